# SPDX-License-Identifier: Apache-2.0
"""What travels: read back as written, refused in any other spelling, never an exception of another kind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.keycentre import (
    KeyCentreError,
    KeyCentreRefused,
    KeyCentreUnavailable,
    Purpose,
    RecoveryRequest,
    WireMalformed,
    parse_recovery_request,
)
from api.keycentre.history import Link, parse_link
from api.keycentre.wire import (
    Answer,
    Request,
    frame,
    from_text,
    moment,
    open_answer,
    open_request,
    read_frame,
    seal_answer,
    seal_request,
    to_moment,
    to_text,
)
from keys import KeyKind, generate_key
from verify import canonical_json

KEY, OTHER = generate_key(KeyKind.SM2), generate_key(KeyKind.SM2)
AT = datetime(2026, 7, 1, 8, 30, 0, 250000, tzinfo=UTC)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
BODIES = st.dictionaries(TEXTS, JSON, max_size=4)
IDS = st.binary(min_size=16, max_size=16).map(bytes.hex)
HASHES = st.binary(min_size=32, max_size=32).map(bytes.hex)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
VERBS = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=30)


class Stream:
    """Gives bytes in pieces of chosen sizes."""

    def __init__(self, data: bytes, piece: int) -> None:
        self.data, self.piece = data, piece

    def __call__(self, size: int) -> bytes:
        taken, self.data = self.data[: min(size, self.piece)], self.data[min(size, self.piece) :]
        return taken


@given(st.binary(min_size=1, max_size=300), st.integers(1, 50), st.binary(max_size=20))
def test_frames(payload: bytes, piece: int, after: bytes) -> None:
    stream = Stream(frame(payload, most=300) + after, piece)
    assert read_frame(stream, most=300) == payload
    assert stream.data == after


@given(st.binary(max_size=40), st.integers(1, 9))
def test_any_bytes_as_a_frame(data: bytes, piece: int) -> None:
    try:
        found = read_frame(Stream(data, piece), most=32)
    except WireMalformed:
        return
    assert found is None or frame(found, most=32) == data[: 4 + len(found)]


@pytest.mark.parametrize(
    "data", [b"\0", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x21" + b"x" * 33, b"\0\0\0\2x"]
)
def test_frames_that_are_none(data: bytes) -> None:
    with pytest.raises(WireMalformed):
        read_frame(Stream(data, 7), most=32)


def test_what_is_announced_is_not_taken_in_advance() -> None:
    """A length beyond the limit is refused before a byte of it is asked for."""
    asked: list[int] = []

    def receive(size: int) -> bytes:
        asked.append(size)
        return b"\x7f\xff\xff\xff"

    with pytest.raises(WireMalformed):
        read_frame(receive, most=2**20)
    assert asked == [4]


def test_frames_that_nobody_would_take() -> None:
    for payload in (b"", b"x" * 33):
        with pytest.raises(WireMalformed):
            frame(payload, most=32)


@FEW
@given(IDS, TIMES, VERBS, BODIES)
def test_requests(number: str, at: datetime, verb: str, body: dict[str, Any]) -> None:
    request = Request(number, at, verb, body)
    payload = seal_request(request, KEY)
    assert open_request(payload, KEY.public_key) == request
    assert canonical_json(json.loads(payload)) == payload
    with pytest.raises(KeyCentreRefused, match="request-forged"):
        open_request(payload, OTHER.public_key)


@FEW
@given(BODIES, st.integers(0, 2**40), HASHES, st.booleans())
def test_answers(result: dict[str, Any], size: int, head: str, good: bool) -> None:
    asked = b"a request"
    digest = hashlib.sha256(asked).hexdigest()
    answer = Answer(digest, result if good else None, None if good else "key-unknown", size, head)
    payload = seal_answer(answer, KEY)
    assert open_answer(payload, KEY.public_key, request=asked) == answer
    for centre, other in ((OTHER, asked), (KEY, b"another request")):
        with pytest.raises(KeyCentreUnavailable):
            open_answer(payload, centre.public_key, request=other)


REQUEST = seal_request(Request("ab" * 16, AT, "make_key", {"reference": "bundle-1", "to": None}), KEY)


@FEW
@given(st.data())
def test_a_changed_request_is_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(REQUEST) - 1))
    changed = bytearray(REQUEST)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(KeyCentreError):
        open_request(bytes(changed), KEY.public_key)


@given(st.binary(max_size=200))
@pytest.mark.parametrize(
    "read",
    [
        lambda data: open_request(data, KEY.public_key),
        lambda data: open_answer(data, KEY.public_key, request=b""),
        parse_recovery_request,
        parse_link,
    ],
)
def test_any_bytes(read: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(KeyCentreError):
        read(data)


@given(JSON)
@pytest.mark.parametrize("read", [parse_recovery_request, parse_link])
def test_any_json(read: Callable[[bytes], object], value: Any) -> None:
    with pytest.raises(KeyCentreError):
        read(canonical_json(value))


@pytest.mark.parametrize("name", ["id", "at", "verb", "body"])
@pytest.mark.parametrize("value", [None, 1, "", [], "x" * 40, "AB" * 16, "2026-07-01T08:30:00Z"])
def test_requests_with_one_wrong_field(name: str, value: Any) -> None:
    """Signed by the right key, and refused all the same."""
    content = {**Request("ab" * 16, AT, "status", {}).content(), name: value}
    if name == "verb" and isinstance(value, str) and value and len(value) <= 30:
        return
    signature = KEY.sign(b"yinxin/kmc/request/v1\n" + canonical_json(content))
    payload = canonical_json(
        {"format": "yinxin-kmc-request/1", "request": content, "signature": to_text(signature)}
    )
    with pytest.raises(WireMalformed):
        open_request(payload, KEY.public_key)


@given(st.binary(max_size=60))
def test_bytes_in_text(data: bytes) -> None:
    text = to_text(data)
    assert from_text(text, most=60) == data
    if data:
        with pytest.raises(WireMalformed):
            from_text(text, most=len(data) - 1)


@pytest.mark.parametrize(
    "text", ["A", "AA", "AA=", "AB==", "AAA", " AAAA", "AAAA\n", "样", "-_==", "AAAA===="]
)
def test_texts_that_are_no_bytes(text: str) -> None:
    with pytest.raises(WireMalformed):
        from_text(text, most=100)


@given(TIMES)
def test_times(at: datetime) -> None:
    assert to_moment(moment(at)) == at
    assert to_moment(moment(at)).tzinfo is UTC


@given(
    IDS,
    IDS,
    st.sampled_from(Purpose),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500),
    st.text("abc-123", min_size=1, max_size=64),
    st.binary(max_size=200),
    TIMES,
)
def test_recovery_requests(
    number: str, key_id: str, purpose: Purpose, reason: str, who: str, to: bytes, at: datetime
) -> None:
    request = RecoveryRequest(number, key_id, purpose, reason, who, to, at)
    assert parse_recovery_request(request.encode()) == request


@given(st.integers(0, 2**40), HASHES, TIMES, IDS, HASHES, st.lists(st.text("abc", min_size=1), max_size=4))
def test_links(index: int, previous: str, at: datetime, key_id: str, other: str, agents: list[str]) -> None:
    link = Link(index, previous, at, Purpose.DRILL, key_id, other, other, tuple(agents))
    assert parse_link(link.encode()) == link


# The centre behind the codec


def test_every_wrong_body_has_its_answer(stand: Any) -> None:
    """Whatever a signed request asks for: an answer, and nothing made."""
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("nothing", {}),
        ("make_key", {}),
        ("make_key", {"reference": 7, "to": None}),
        ("make_key", {"reference": "a", "to": "!"}),
        ("make_key", {"reference": "a", "to": None, "more": 1}),
        ("deliver", {"key_id": "x", "to": ""}),
        ("recover", {"key_id": "ab" * 16, "request": "", "approvals": {}, "proof": "", "consistency": []}),
        ("recover", {"key_id": "ab" * 16, "request": "", "approvals": [1], "proof": "", "consistency": []}),
        ("recover", {"key_id": "ab" * 16, "request": "", "approvals": [], "proof": "", "consistency": [7]}),
        ("recover", {"key_id": "ab" * 16, "request": "", "approvals": [], "proof": "", "consistency": []}),
        ("witness", {"note": "", "consistency": []}),
        ("history", {"start": -1}),
        ("status", {"more": None}),
    ]
    for number, (verb, body) in enumerate(bodies):
        request = Request(f"{number:032x}", stand.clock(), verb, body)
        answer = json.loads(stand.centre.answer(seal_request(request, stand.client)))["answer"]
        assert answer["refused"] in ("request-malformed", "verb-unknown", "recovery-malformed"), verb
        assert answer["result"] is None
    assert stand.remote.status().head.size == 0


@FEW
@given(st.binary(max_size=100))
def test_any_payload_has_a_signed_answer(stand: Any, payload: bytes) -> None:
    answer = open_answer(stand.centre.answer(payload), stand.means.signer.public_key, request=payload)
    assert answer.refused == "request-malformed"


@pytest.mark.parametrize("ago", [timedelta(seconds=-61), timedelta(seconds=61), timedelta(days=-400)])
def test_a_request_of_another_time(stand: Any, ago: timedelta) -> None:
    request = Request("ab" * 16, stand.clock() - ago, "status", {})
    assert b'"refused":"request-stale"' in stand.centre.answer(seal_request(request, stand.client))


def test_spent_ids_are_forgotten_when_they_cannot_come_again(stand: Any) -> None:
    for _ in range(5):
        stand.remote.status()
    stand.clock.advance(timedelta(minutes=5))
    stand.remote.status()
    with stand.means.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM spent_requests").scalar_one() == 1


def test_a_broken_connection_is_asked_again(stand: Any) -> None:
    stand.link.broken = 1
    assert stand.remote.make_key("bundle-1")
    stand.link.broken = 100
    with pytest.raises(KeyCentreUnavailable) as refused:
        stand.remote.make_key("bundle-2")
    assert refused.value.code == "key-centre-unavailable"

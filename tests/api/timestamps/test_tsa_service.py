# SPDX-License-Identifier: Apache-2.0
"""Time-stamping authorities: what they answer, what they write down first, and when they refuse."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import tsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.database.tables_timestamps import timestamps as table
from api.ledger import FindingKind, check_ledger
from api.timestamps import (
    ClockRules,
    KernelClock,
    TimeNotTrusted,
    TooManyWaiting,
    TsaUnknown,
    committed_timestamps,
)
from api.timestamps.grouping import MOST_WAITING, GroupCommit
from ca import TimestampRefused
from keys import HashAlgorithm, der, digest
from verify import (
    Indication,
    TimestampMalformed,
    check_timestamp,
    parse_certificate,
    parse_timestamp,
)

from .conftest import CONTENT, FAMILY, POLICY, Tsa, imprint, query

LABELS = tuple(FAMILY)


def rows(tsa: Tsa) -> list[Any]:
    with tsa.database.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.number)))


def refusal(answer: bytes) -> tuple[str, str]:
    """Name of the failure and what it says, as asn1crypto reads them."""
    (told,) = der.read_only(answer).children()  # asn1crypto knows no response without a token
    status = tsp.PKIStatusInfo.load(told.raw, strict=True)
    assert status["status"].native == "rejection"
    (name,) = status["fail_info"].native
    return name, "".join(status["status_string"].native or ())


@pytest.mark.parametrize("label", LABELS)
def test_a_request_is_answered(tsa: Tsa, label: str) -> None:
    of = imprint(label)
    asked = query(of, der.oid(POLICY), der.integer(2**63 + 9), der.boolean(True))
    answer = tsa.service.answer(label, asked)
    read = tsp.TimeStampResp.load(answer, strict=True)
    assert read["status"]["status"].native == "granted"
    info = read["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert info["policy"].native == POLICY
    assert info["nonce"].native == 2**63 + 9
    assert info["accuracy"]["seconds"].native == 2
    assert info["ordering"].native is False
    assert info["gen_time"].native == tsa.clock()
    assert len(read["time_stamp_token"]["content"]["certificates"]) == 2  # its own, and its issuer's
    found = check_timestamp(answer, of, tsa.trust(), tsa.clock(), nonce=2**63 + 9)
    assert found.indication is Indication.TOTAL_PASSED, found.reasons


@pytest.mark.parametrize("label", LABELS)
def test_without_certificate_unless_asked(tsa: Tsa, label: str) -> None:
    answer = tsa.service.answer(label, query(imprint(label)))
    assert parse_timestamp(answer).signed.certificates == ()


@pytest.mark.parametrize("algorithm", [HashAlgorithm.SHA256, HashAlgorithm.SHA384, HashAlgorithm.SHA512])
def test_rsa_stamps_every_sha2(tsa: Tsa, algorithm: HashAlgorithm) -> None:
    of = digest(algorithm, CONTENT)
    token = tsa.service.stamp("tsa-rsa", of)
    assert check_timestamp(token, of, tsa.trust(), tsa.clock()).indication is Indication.TOTAL_PASSED


def test_families_do_not_mix(tsa: Tsa) -> None:
    for label, other in (("tsa-sm2", "tsa-rsa"), ("tsa-rsa", "tsa-sm2")):
        name, said = refusal(tsa.service.answer(label, query(imprint(other))))
        assert name == "bad_alg"
        assert FAMILY[label].value in said
    assert rows(tsa) == []


def test_written_down_before_it_is_released(tsa: Tsa) -> None:
    """Row, digest of the token, and one public entry that names no content."""
    token = tsa.service.stamp("tsa-sm2", imprint("tsa-sm2"))
    (row,) = rows(tsa)
    info = parse_timestamp(token).info
    assert (row.number, row.serial, row.stamped_at) == (1, f"{info.serial:x}", info.at)
    assert (row.token_sha256, row.batch) == (hashlib.sha256(token).hexdigest(), 1)
    entry = tsa.ledger.entry(tsa.ledger.size() - 1)
    assert b"timestamps.issued" in entry
    assert row.token_sha256.encode() in entry
    assert imprint("tsa-sm2").hex.encode() not in entry


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE timestamps SET stamped_at = '2020-01-01T00:00:00.000000Z' WHERE number = 2", "changed"),
        ("DELETE FROM timestamps WHERE number = 2", "deleted"),
        ("UPDATE timestamps SET batch = 3 WHERE number = 2", "inserted"),
    ],
)
def test_an_edited_row_is_found(tsa: Tsa, statement: str, kind: str) -> None:
    def findings() -> list[FindingKind]:
        sources = {"timestamps": committed_timestamps}
        found = check_ledger(tsa.database, tsa.ledger.log_keys(), sources)
        return [one.kind for one in found.findings if one.table == "timestamps"]

    for _ in range(2):
        tsa.service.stamp("tsa-sm2", imprint("tsa-sm2"))
    assert findings() == []
    with tsa.database.write() as connection:
        connection.exec_driver_sql(statement)
    assert kind in findings()


def test_serial_numbers_rise_and_never_repeat(tsa: Tsa) -> None:
    """Across authorities, restarts, and a source of randomness that says the same each time."""
    serials: list[int] = []
    for _ in range(3):
        service = tsa.start(random=lambda size: b"\xff" * size)
        for label in LABELS:
            serials.append(parse_timestamp(service.stamp(label, imprint(label))).info.serial)
    assert serials == sorted(set(serials))
    assert all(0 < one.bit_length() <= 160 for one in serials)
    assert [row.number for row in rows(tsa)] == [1, 2, 3, 4, 5, 6]


def test_a_number_is_spent_though_nothing_was_signed(tsa: Tsa, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between row and record: the next token has another number, and nobody holds the first."""

    def killed(*_: object, **__: object) -> bytes:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("api.timestamps.service.make_timestamp", killed)
        name, said = refusal(tsa.service.answer("tsa-sm2", query(imprint("tsa-sm2"))))
        assert name == "system_failure"
        assert "killed" not in said
    tsa.service.stamp("tsa-sm2", imprint("tsa-sm2"))
    first, second = rows(tsa)
    assert (first.token_sha256, first.batch) == (None, None)
    assert (second.number, second.batch) == (2, 1)
    found = check_ledger(tsa.database, tsa.ledger.log_keys(), {"timestamps": committed_timestamps})
    assert [one for one in found.findings if one.table == "timestamps"] == []


def test_nothing_is_released_that_was_not_recorded(tsa: Tsa, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError("no space left")

    monkeypatch.setattr("api.timestamps.store.record", full)
    size = tsa.ledger.size()
    name, _ = refusal(tsa.service.answer("tsa-sm2", query(imprint("tsa-sm2"))))
    assert name == "system_failure"
    assert tsa.ledger.size() == size


def test_two_processes_and_many_threads(tsa: Tsa) -> None:
    """Two services over one database, sixteen threads: numbers dense, serials unique, few ledger entries."""
    services, made, size = (tsa.start(), tsa.start()), list[bytes](), tsa.ledger.size()

    def ask(number: int) -> None:
        for turn in range(5):
            label = LABELS[(number + turn) % 2]
            made.append(services[number % 2].stamp(label, imprint(label, f"{number}/{turn}".encode())))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    stored = rows(tsa)
    assert [row.number for row in stored] == list(range(1, 81))
    assert {row.token_sha256 for row in stored} == {hashlib.sha256(one).hexdigest() for one in made}
    assert len({parse_timestamp(one).info.serial for one in made}) == 80
    assert tsa.ledger.size() - size < 80  # they shared transactions


# The clock


def test_a_clock_that_went_back_against_the_database(tsa: Tsa) -> None:
    tsa.service.stamp("tsa-sm2", imprint("tsa-sm2"))
    tsa.clock.advance(timedelta(seconds=-2))
    service = tsa.start()  # a restart forgets the monotonic clock, the database does not
    assert refusal(service.answer("tsa-sm2", query(imprint("tsa-sm2"))))[0] == "time_not_available"
    with pytest.raises(TimeNotTrusted) as refused:
        service.stamp("tsa-sm2", imprint("tsa-sm2"))
    assert refused.value.code == "clock-behind"
    tsa.pass_time(2)
    assert service.stamp("tsa-sm2", imprint("tsa-sm2"))


def test_another_machine_is_a_little_ahead(tsa: Tsa) -> None:
    """Within what the accuracy allows: the time does not fall while numbers rise."""
    first = parse_timestamp(tsa.service.stamp("tsa-sm2", imprint("tsa-sm2"))).info.at
    tsa.clock.advance(timedelta(milliseconds=-700))
    service = tsa.start()
    assert parse_timestamp(service.stamp("tsa-sm2", imprint("tsa-sm2"))).info.at == first


@pytest.mark.parametrize("seconds", [-86_400, -3, 3, 86_400, 10 * 366 * 86_400])
def test_a_clock_that_jumped_since_the_start(tsa: Tsa, seconds: int) -> None:
    """Forwards too: a token from the future would be believed later."""
    tsa.clock.advance(timedelta(seconds=seconds))
    for label in LABELS:
        assert refusal(tsa.service.answer(label, query(imprint(label))))[0] == "time_not_available"
    assert rows(tsa) == []
    tsa.clock.advance(timedelta(seconds=-seconds))  # set right again
    assert tsa.service.stamp("tsa-sm2", imprint("tsa-sm2"))


def test_slow_time_is_no_jump(tsa: Tsa) -> None:
    for seconds in (0.1, 3600, 400 * 86_400):
        tsa.pass_time(seconds)
        assert tsa.service.stamp("tsa-rsa", imprint("tsa-rsa"))


def test_a_process_that_was_interrupted_while_it_read_the_clocks(tsa: Tsa) -> None:
    """Ten seconds between the readings are a slow machine, no wrong clock."""
    rules = ClockRules(timedelta(seconds=1))
    tsa.rules = rules
    service = tsa.start()
    readings = iter([tsa.passed, tsa.passed + 10])
    original = service._ports.clock
    original._monotonic = lambda: next(readings)  # type: ignore[attr-defined]
    assert service.stamp("tsa-sm2", imprint("tsa-sm2"))


@pytest.mark.parametrize(
    ("rules", "kernel", "code"),
    [
        ({"require_synchronised": True}, None, "clock-unsynchronised"),
        ({"require_synchronised": True}, KernelClock(False, timedelta(0)), "clock-unsynchronised"),
        ({"require_synchronised": True}, KernelClock(True, timedelta(0)), None),
        ({"most_error": timedelta(milliseconds=50)}, None, "clock-uncertain"),
        (
            {"most_error": timedelta(milliseconds=50)},
            KernelClock(True, timedelta(milliseconds=51)),
            "clock-uncertain",
        ),
        ({"most_error": timedelta(milliseconds=50)}, KernelClock(False, timedelta(milliseconds=50)), None),
        ({}, KernelClock(False, timedelta(seconds=16)), None),
    ],
)
def test_what_the_kernel_says(tsa: Tsa, rules: dict[str, Any], kernel: Any, code: str | None) -> None:
    tsa.rules, tsa.kernel = ClockRules(timedelta(seconds=1), **rules), kernel
    service = tsa.start()
    if code is None:
        assert service.stamp("tsa-sm2", imprint("tsa-sm2"))
        return
    name, said = refusal(service.answer("tsa-sm2", query(imprint("tsa-sm2"))))
    assert name == "time_not_available"
    assert code in said


def test_after_a_wrong_time_a_new_certificate_begins_anew(tsa: Tsa) -> None:
    """The way out when tokens from the future exist: revoke the certificate they hang on, make another."""
    tsa.clock.advance(timedelta(days=40))
    tsa.start().stamp("tsa-sm2", imprint("tsa-sm2"))
    tsa.clock.advance(timedelta(days=-40))
    service = tsa.start()
    with pytest.raises(TimeNotTrusted):
        service.stamp("tsa-sm2", imprint("tsa-sm2"))
    certificates = tsa.identity.certificates
    own = next(one for one in certificates.listed() if one.key_label == "tsa-sm2")
    certificates.revoke(own.certificate_id, "superseded", by="test")
    with pytest.raises(TsaUnknown):
        service.stamp("tsa-sm2", imprint("tsa-sm2"))
    assert not service.available("tsa-sm2")
    tsa.clock.advance(timedelta(seconds=1))
    certificates.create_platform_keys(by="test")
    assert tsa.start().stamp("tsa-sm2", imprint("tsa-sm2"))


# Requests


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        (b"", "bad_data_format"),
        (b"\x30\x00", "bad_request"),
        (b"\x00" * 5000, "bad_data_format"),
        (query(imprint("tsa-sm2"), der.oid("1.2.3.4")), "unaccepted_policy"),
        (query(imprint("tsa-sm2"), der.integer(2**170)), "bad_request"),
        (query(imprint("tsa-sm2"), der.implicit(0, der.sequence())), "unaccepted_extensions"),
    ],
)
def test_refusals_are_proper_answers(tsa: Tsa, asked: bytes, failure: str) -> None:
    answer = tsa.service.answer("tsa-sm2", asked)
    name, said = refusal(answer)
    assert name.startswith(failure[:15])
    assert said
    with pytest.raises(TimestampMalformed, match="refused to make"):
        parse_timestamp(answer)
    assert rows(tsa) == []


def test_a_suspended_authority_stamps_nothing(tsa: Tsa) -> None:
    certificates = tsa.identity.certificates
    own = next(one for one in certificates.listed() if one.key_label == "tsa-rsa")
    certificates.suspend(own.certificate_id, by="test")
    with pytest.raises(TsaUnknown):
        tsa.service.stamp("tsa-rsa", imprint("tsa-rsa"))
    assert tsa.service.stamp("tsa-sm2", imprint("tsa-sm2"))
    certificates.resume(own.certificate_id, by="test")
    assert tsa.service.stamp("tsa-rsa", imprint("tsa-rsa"))


def test_an_unknown_authority(tsa: Tsa) -> None:
    assert refusal(tsa.service.answer("tsa-none", query(imprint("tsa-sm2"))))[0] == "system_failure"
    assert not tsa.service.available("tsa-none")
    assert tsa.service.available("tsa-sm2")


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_get_an_answer(tsa: Tsa, asked: bytes) -> None:
    refusal(tsa.service.answer("tsa-sm2", asked))


def test_each_byte_of_a_request_changed(tsa: Tsa) -> None:
    """Another request or none: what is stamped is what was sent, never the original."""
    good = query(imprint("tsa-sm2"), der.integer(2**40))
    for place in range(len(good)):
        changed = bytearray(good)
        changed[place] ^= 0x01
        answer = tsa.service.answer("tsa-sm2", bytes(changed))
        try:
            found = parse_timestamp(answer)
        except TimestampMalformed:
            continue
        asked = tsp.TimeStampReq.load(bytes(changed))
        assert found.info.digest.value == asked["message_imprint"]["hashed_message"].native
        assert found.info.nonce == asked["nonce"].native
        assert (found.info.digest, found.info.nonce) != (imprint("tsa-sm2"), 2**40)


@pytest.mark.parametrize("label", LABELS)
def test_each_byte_of_a_token_changed(tsa: Tsa, label: str) -> None:
    """Never TOTAL-PASSED, never an exception."""
    token = tsa.service.stamp(label, imprint(label), with_certificate=False)
    trust = tsa.trust()
    own = next(one for one in tsa.identity.certificates.listed() if one.key_label == label)
    trust = replace(trust, intermediates=(*trust.intermediates, parse_certificate(own.der)))
    assert check_timestamp(token, imprint(label), trust, tsa.clock()).indication is Indication.TOTAL_PASSED
    for place in range(len(token)):
        changed = bytearray(token)
        changed[place] ^= 0x01
        found = check_timestamp(bytes(changed), imprint(label), trust, tsa.clock())
        assert found.indication is not Indication.TOTAL_PASSED, place


def test_stamping_refuses_what_it_does_not_stamp(tsa: Tsa) -> None:
    with pytest.raises(TimestampRefused):
        tsa.service.stamp("tsa-sm2", digest(HashAlgorithm.SHA512, CONTENT))


# Group commit


def test_one_failure_fails_its_batch_alone() -> None:
    def act(items: Any) -> Any:
        if 3 in items:
            raise ValueError("three")
        return [one * 2 for one in items]

    group: GroupCommit[int, int] = GroupCommit(act)
    assert group.submit(1) == 2
    with pytest.raises(ValueError, match="three"):
        group.submit(3)
    assert group.submit(2) == 4


def test_a_batch_has_a_limit_and_everybody_is_answered() -> None:
    sizes: list[int] = []
    hold, entered = threading.Event(), threading.Event()

    def act(items: Any) -> Any:
        entered.set()
        hold.wait(10)
        sizes.append(len(items))
        return items

    group: GroupCommit[int, int] = GroupCommit(act, most=4)
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda number=number: answers.append(group.submit(number)))
        for number in range(11)
    ]
    threads[0].start()
    assert entered.wait(10)
    for one in threads[1:]:
        one.start()
    while len(group._waiting) < 10:
        pass
    hold.set()
    for one in threads:
        one.join(10)
    assert sorted(answers) == list(range(11))
    assert sizes == [1, 4, 4, 2]


def test_too_many_waiting() -> None:
    group: GroupCommit[int, int] = GroupCommit(lambda items: items)
    group._waiting.extend([None] * MOST_WAITING)  # type: ignore[list-item]
    with pytest.raises(TooManyWaiting):
        group.submit(1)

# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON: one value, one text; and a reader without a second meaning."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from verify import JsonMalformed, VerifyError, canonical_json, parse_json

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=5)
    ),
    max_leaves=30,
)


@given(values)
def test_round_trip(value: Any) -> None:
    """What is written is read back, is written the same again, and any JSON reader understands it."""
    text = canonical_json(value)
    assert parse_json(text) == value == json.loads(text)
    assert canonical_json(parse_json(text)) == text


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers(0, 9)))
def test_order_of_names(members: dict[str, int]) -> None:
    """RFC 8785 section 3.2.3: names in the order of their UTF-16 code units, whatever the order of entry."""
    names = list(json.loads(canonical_json(members)))
    assert names == sorted(members, key=lambda name: name.encode("utf-16-be"))
    assert canonical_json(members) == canonical_json(dict(reversed(members.items())))


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=6) | st.text(st.characters(codec="ascii"), max_size=6),
        st.text(st.characters(codec="utf-8")) | st.text(st.characters(codec="ascii")) | st.none(),
        max_size=6,
    )
)
def test_the_short_way_is_the_long_way(members: dict[str, str | None]) -> None:
    """Objects of texts are written without being walked; the reference is another implementation."""
    assert canonical_json(members) == rfc8785.dumps(members)
    assert canonical_json([members]) == rfc8785.dumps([members])


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"": ""},
        {"%": "%", "%s": "100%", "a%%b": "%(c)s"},
        {"one": '\x00\x1f\x7f\u2028"\\/\b\f\n\r\t'},
        {"x" * 401: "a name too long to be kept"},
        {"é": "a name beyond ASCII", "\ufb33": "", "😀": ""},
        {"b": "text", "a": 1},
        {"b": StrEnum("Kind", {"ONE": "one"}).ONE},  # type: ignore[attr-defined]
    ],
)
def test_objects_at_the_edge_of_the_short_way(members: dict[str, Any]) -> None:
    """Marks of formatting are text like any other, and what is unusual takes the long way."""
    assert canonical_json(members) == rfc8785.dumps(members)


def test_the_short_way_refuses_as_much() -> None:
    """Also where an object of texts stands too deep."""
    assert canonical_json({"a": "b"}, depth=63) == b'{"a":"b"}'
    with pytest.raises(JsonMalformed, match="deeper"):
        canonical_json({"a": "b"}, depth=64)
    for value in ({"a": "\udc00"}, {"a": b"bytes"}, {"a": "b", 1: "c"}, {"a": "b", "c": 1.0}):
        with pytest.raises(JsonMalformed):
            canonical_json(value)


def test_example_of_the_standard() -> None:
    """RFC 8785 section 3.2.2, without its fractions; section 3.2.3 on sorting."""
    value = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_json(value) == expected.encode("utf-8")
    unsorted = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, "ö": 7}
    assert list(json.loads(canonical_json(unsorted)).values()) == [2, 4, 6, 7, 1, 5, 3]


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        pytest.param(10**5000, id="more digits than Python prints"),
        b"bytes",
        {1: 2},
        {None: 2},
        {"a": {True: 1}},
        "\ud800",
        {"\udfff": 1},
        [object()],
        {1, 2},
    ],
)
def test_what_is_refused_in_writing(value: Any) -> None:
    """Floats, large numbers, names that are not text, lone surrogates, and everything else."""
    with pytest.raises(JsonMalformed):
        canonical_json(value)
    with pytest.raises(JsonMalformed):
        canonical_json([{"deep": value}])


def test_depth() -> None:
    """64 levels are read and written, 65 are not."""
    for depth, good in ((64, True), (65, False), (100_000, False)):
        text = b"[" * depth + b"]" * depth
        if good:
            assert canonical_json(parse_json(text)) == text
        else:
            with pytest.raises(JsonMalformed, match="deeper"):
                parse_json(text)
    value: Any = []
    for _ in range(64):
        value = [value]
    with pytest.raises(JsonMalformed, match="deeper"):
        canonical_json(value)


def test_brackets_in_strings_are_no_depth() -> None:
    """Also after an escaped quotation mark."""
    value = ["[{" * 200, '"[', "\\", {'\\"[[[[': "]"}] * 20
    assert parse_json(canonical_json(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"+1",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1" * 21,
        b"[1,]",
        b"{'a':1}",
        b'"\\ud800"',
        b'{"\\udc00":1}',
        b'"\\x"',
        b'"a\nb"',
        b'"a\x00b"',
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"{}{}",
        b"{} x",
        "{}\u00a0".encode(),
        b"/* */ {}",
        b"[1 2]",
    ],
)
def test_what_is_refused_in_reading(text: bytes) -> None:
    """Everything that two programs could take differently."""
    with pytest.raises(JsonMalformed) as caught:
        parse_json(text)
    assert caught.value.rule
    assert isinstance(caught.value, VerifyError)


def test_size() -> None:
    """The limit is named before anything is read."""
    assert parse_json(b'"abc"', max_bytes=5) == "abc"
    with pytest.raises(JsonMalformed, match="4 bytes"):
        parse_json(b'"abc"', max_bytes=4)


@pytest.mark.parametrize("text", [b'"' + b'\\"' * 1_000_000, b"[" * 70 + b'"\\' * 500_000, b'{"' * 500_000])
def test_hostile_text_is_refused_at_once(text: bytes) -> None:
    """Each character is looked at once, even in strings that never end."""
    started = time.perf_counter()
    with pytest.raises(JsonMalformed):
        parse_json(text)
    assert time.perf_counter() - started < 5


@given(st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(data: bytes) -> None:
    """A value or a refusal, nothing else."""
    try:
        value = parse_json(data)
    except JsonMalformed:
        return
    assert parse_json(canonical_json(value)) == value

# SPDX-License-Identifier: Apache-2.0
"""Files of rules: read narrowly, or refused with the place, the rule and what to do."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ca import CaError, CeremonyRefused, DocumentRefused
from ca.documents import LARGEST_DOCUMENT, Fields, parse_document


def read(text: str | bytes) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return dict(parse_document(data, refused=CeremonyRefused).values)


def test_what_is_read() -> None:
    found = read(
        "name: 示例\n"
        "count: 12\n"
        "yes: true\n"
        "country: no\n"
        "date: 2026-11-25\n"
        "octal: 012\n"
        'text: "12"\n'
        "list: [a, 'true', 0]\n"
        "inside:\n  - a: 1\n  - {b: -2}\n"
        "lines: |\n  one\n  two\n"
    )
    assert found == {
        "name": "示例",
        "count": 12,
        "yes": True,
        "country": "no",  # Norway
        "date": "2026-11-25",
        "octal": "012",
        "text": "12",
        "list": ["a", "true", 0],
        "inside": [{"a": 1}, {"b": -2}],
        "lines": "one\ntwo\n",
    }


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
REFUSED = [
    b"",
    b"# only a comment\n",
    b"---\n",
    b"- a\n",
    b"text\n",
    b"a: 1\na: 2\n",
    b"a: {b: 1, b: 2}\n",
    BOMB.encode(),
    b"a: &anchor 1\n",
    b"a: *nowhere\n",
    b"a: !!python/object/apply:os.system ['id']\n",
    b"a: !!str 1\n",
    b"a: !own 1\n",
    b"%YAML 1.1\n---\na: 1\n",
    b"%TAG ! tag:example,2026:\n---\na: 1\n",
    b"a: 1\n---\nb: 2\n",
    b"a: 1\n...\nb: 2\n",
    b"a:\n",
    b"a: ~\n",
    b"a: null\n",
    b"? [a, b]\n: 1\n",
    b"? {a: b}\n: 1\n",
    b"a: [1, 2\n",
    b"a: \xff\n",
    b"\xff\xfea\x00:\x00",
    b"a: \x00\n",
    b'a: "\\U00110000"\n',
    b'a: "\\uZZZZ"\n',
    b"a: " + b"[" * 9 + b"1" + b"]" * 9,
    b"a: " + b"[" * 30_000,
    b"a: [" + b"1, " * 20_000 + b"1]",
    b"a: " + b"x" * LARGEST_DOCUMENT,
    b"\ta: 1\n",
]


@pytest.mark.parametrize("data", REFUSED, ids=lambda data: repr(data[:30]))
def test_what_is_not(data: bytes) -> None:
    with pytest.raises(CeremonyRefused) as caught:
        read(data)
    assert caught.value.field
    assert "/" in caught.value.rule
    assert caught.value.todo
    assert isinstance(caught.value, DocumentRefused)
    assert isinstance(caught.value, CaError)


def test_the_place_is_named() -> None:
    with pytest.raises(CeremonyRefused) as caught:
        read("a: 1\nb: 2\na: 3\n")
    assert caught.value.field == "line 3"


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbfa: 1")
def test_any_bytes(data: bytes) -> None:
    """A mapping of plain values, or this one refusal."""
    try:
        found = read(data)
    except CeremonyRefused:
        return
    assert isinstance(found, dict)


PUNCTUATION = st.text("abc01 :-?{}[]&*!|>'\"%@`#,~\n\t\\", max_size=60)


@given(PUNCTUATION)
def test_any_punctuation(text: str) -> None:
    try:
        found = read(text)
    except CeremonyRefused:
        return
    assert isinstance(found, dict)


PLAIN = st.recursive(
    st.booleans()
    | st.integers(-(10**12) + 1, 10**12 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz_", min_size=1), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text("abcxyz_-", min_size=1, max_size=8), PLAIN, min_size=1, max_size=4))
def test_what_others_write_is_read_as_it_was(value: dict[str, Any]) -> None:
    """Whatever PyYAML writes of plain values means the same here, or is too deep; never another value."""
    try:
        assert read(yaml.safe_dump(value)) == value
    except CeremonyRefused as refused:
        assert "8层" in refused.rule


FIELDS = Fields(
    {"text": "some", "number": 5, "flag": True, "list": ["a", "b"], "twice": ["a", "a"], "map": {"x": 1}},
    "top",
    CeremonyRefused,
)


@pytest.mark.parametrize(
    ("take", "field"),
    [
        (lambda f: f.only("text", "number", "flag", "list", "twice"), "top.map"),
        (lambda f: f.text("number"), "top.number"),
        (lambda f: f.text("missing"), "top.missing"),
        (lambda f: f.text("text", pattern="[0-9]+"), "top.text"),
        (lambda f: f.whole("flag", least=0, most=9), "top.flag"),  # true is no number
        (lambda f: f.whole("number", least=6, most=9), "top.number"),
        (lambda f: f.whole("text", least=6, most=9), "top.text"),
        (lambda f: f.flag("number"), "top.number"),
        (lambda f: f.flag("text"), "top.text"),
        (lambda f: f.one_of("text", ("same", "other")), "top.text"),
        (lambda f: f.texts("twice"), "top.twice"),
        (lambda f: f.texts("text"), "top.text"),
        (lambda f: f.texts("list", ("a",)), "top.list"),
        (lambda f: f.texts("list", most=1), "top.list"),
        (lambda f: f.within("list"), "top.list"),
        (lambda f: f.within("map").text("x"), "top.map.x"),
        (lambda f: f.each("list", most=3), "top.list"),
        (lambda f: f.each("map", most=3), "top.map"),
    ],
)
def test_types_are_strict(take: Any, field: str) -> None:
    with pytest.raises(CeremonyRefused) as caught:
        take(FIELDS)
    assert caught.value.field == field


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(CeremonyRefused) as caught:
        Fields({"key_usgae": 1}, "profiles.person", CeremonyRefused).only("key_usage", "days", "usage")
    assert "key_usage" in caught.value.todo
    with pytest.raises(CeremonyRefused) as caught:
        FIELDS.one_of("text", ("same", "other"))
    assert "same" in caught.value.todo

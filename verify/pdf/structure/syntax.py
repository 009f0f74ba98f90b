# SPDX-License-Identifier: Apache-2.0
"""Objects of a PDF as they are written: ISO 32000-1 section 7.3, and nothing that needs a guess.

A number is ``int`` or ``float``, a string ``bytes``, a name :class:`Name`, an array ``list``, a dictionary
``dict``, null ``None``.  A dictionary with the same key twice is malformed: parsers choose differently.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

DEEPEST: Final = 64
_SPACE = rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+"
_TOKEN = re.compile(
    _SPACE
    + rb"(?:([0-9]{1,10})"  # 1, 2: reference
    + rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)++([0-9]{1,5})(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)++R"
    + rb"(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])"
    + rb"|([+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++))(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])"  # 3: number
    + rb"|/([^\x00\t\n\x0c\r ()<>\[\]{}/%]*+)"  # 4: name
    + rb"|(<<|>>|[\[\]])"  # 5: brackets
    + rb"|<([0-9A-Fa-f\x00\t\n\x0c\r ]*+)>"  # 6: hexadecimal string
    + rb"|(\()"  # 7: literal string
    + rb"|(true|false|null)(?![^\x00\t\n\x0c\r ()<>\[\]{}/%]))"  # 8
)
_BLANK = re.compile(_SPACE)
_OBJECT = re.compile(_SPACE + rb"([0-9]{1,10})" + _SPACE + rb"([0-9]{1,5})" + _SPACE + rb"obj(?![A-Za-z0-9])")
_END = re.compile(_SPACE + rb"(?:endobj(?![A-Za-z0-9])|stream(?:\r\n|\n))")
_END_STREAM = re.compile(rb"(?:\r\n|\n|\r)?endstream" + _SPACE + rb"endobj(?![A-Za-z0-9])")
_IN_STRING = re.compile(rb"[()\\]")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|(.))", re.DOTALL)
_LINE_END = re.compile(rb"\r\n?")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\x0c"}
_HEX_IN_NAME = re.compile(r"#([0-9A-Fa-f]{2})")

_WORDS: Final = {b"true": True, b"false": False, b"null": None}

Value = Any
"""None, bool, int, float, bytes, Name, Ref, list, dict or Stream."""


class Malformed(Exception):
    """The bytes are no object, or not the one that was looked for.  Stays inside this room."""


class Name(str):
    """A name, without its solidus."""

    __slots__ = ()


class Ref(NamedTuple):
    """A reference to an indirect object."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its dictionary, and where its bytes stand in the file."""

    entries: dict[str, Value]
    start: int
    end: int


def read_value(data: bytes, at: int) -> tuple[Value, int]:
    """The object at ``at`` and where it ends.  Raises :class:`Malformed`."""
    match = _TOKEN.match
    outside: list[tuple[Any, Name | None]] = []
    inside: Any = None  # the array or dictionary that is being read, and the key that waits for its value
    key: Name | None = None
    value: Value
    while True:
        token = match(data, at)
        if token is None:
            raise Malformed(f"no object at {at}")
        kind, at = token.lastindex, token.end()
        if kind == 4:
            value = _name(token.group(4))
            if key is None and type(inside) is dict:
                if value in inside:
                    raise Malformed(f"the key {value} twice before {at}")
                key = value
                continue
        elif kind == 2:
            value = Ref(int(token.group(1)), int(token.group(2)))
        elif kind == 3:
            digits = token.group(3)
            value = float(digits) if b"." in digits else int(digits)
        elif kind == 5:
            bracket = token.group(5)
            if bracket in (b"<<", b"["):
                if len(outside) == DEEPEST:
                    raise Malformed(f"too deep at {at}")
                outside.append((inside, key))
                inside, key = {} if bracket == b"<<" else [], None
                continue
            if key is not None or type(inside) is not (dict if bracket == b">>" else list):
                raise Malformed(f"a bracket that closes nothing before {at}")
            value = inside
            if bracket == b">>" and None in value.values():
                value = {name: one for name, one in value.items() if one is not None}
            inside, key = outside.pop()
        elif kind == 6:
            digits = token.group(6).translate(None, b"\x00\t\n\x0c\r ")
            value = unhexlify(digits + b"0" * (len(digits) % 2))
        elif kind == 7:
            value, at = _literal(data, at)
        else:
            value = _WORDS[token.group(8)]
        if inside is None:
            return value, at
        if type(inside) is list:
            inside.append(value)
        elif key is None:
            raise Malformed(f"a key that is no name before {at}")
        else:
            inside[key] = value
            key = None


@lru_cache(4096)
def _name(raw: bytes) -> Name:
    text = raw.decode("latin-1")
    return Name(_HEX_IN_NAME.sub(lambda found: chr(int(found[1], 16)), text) if "#" in text else text)


def _literal(data: bytes, start: int) -> tuple[bytes, int]:
    depth, at = 1, start
    while True:
        found = _IN_STRING.search(data, at)
        if found is None:
            raise Malformed(f"a string without end at {start}")
        at = found.end()
        if found[0] == b"\\":
            at += 1
        elif found[0] == b"(":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                break
    text = data[start : at - 1]
    if b"\\" not in text:
        return _LINE_END.sub(b"\n", text), at
    parts, last = [], 0
    for escape in _ESCAPE.finditer(text):
        parts.append(_LINE_END.sub(b"\n", text[last : escape.start()]))
        octal, line_end, other = escape.groups()
        if octal:
            parts.append(bytes([int(octal, 8) & 0xFF]))
        elif not line_end:
            parts.append(_ESCAPED.get(other, other))
        last = escape.end()
    return b"".join((*parts, _LINE_END.sub(b"\n", text[last:]))), at


def blank_end(data: bytes, at: int) -> int:
    """Where white space and comments that begin at ``at`` end."""
    found = _BLANK.match(data, at)
    return found.end() if found else at


def read_head(data: bytes, at: int) -> tuple[Ref, Value, int, bool]:
    """Number, value, where the value ends, and whether a stream follows there.  Raises :class:`Malformed`."""
    head = _OBJECT.match(data, at)
    if head is None:
        raise Malformed(f"no indirect object at {at}")
    value, end = read_value(data, head.end())
    tail = _END.match(data, end)
    if tail is None:
        raise Malformed(f"an indirect object without end at {at}")
    follows = not tail[0].endswith(b"endobj")
    if follows and not isinstance(value, dict):
        raise Malformed(f"a stream without a dictionary at {at}")
    return Ref(int(head[1]), int(head[2])), value, tail.end(), follows


def require_end_of_stream(data: bytes, at: int) -> None:
    """Raises :class:`Malformed` when no stream ends at ``at``."""
    if _END_STREAM.match(data, at) is None:
        raise Malformed(f"a stream whose length is not right at {at}")


def same(one: Value, other: Value) -> bool:
    """Are two values written with the same meaning?  References are not followed; streams never are."""
    if type(one) is not type(other) or isinstance(one, Stream):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)

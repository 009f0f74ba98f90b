# SPDX-License-Identifier: Apache-2.0
"""JSON in exactly one spelling (RFC 8785), and a reader that takes no second meaning (RFC 8259).

What is signed or hashed is ``canonical_json`` of a value.  Stricter than both texts: no fractions or
exponents (two programs round them differently), no duplicate names, no lone surrogates, nesting at most 64.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, NoReturn, TypeAlias

import rfc8785

from .errors import VerifyError

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"

DEEPEST = 64
LARGEST_NUMBER = 2**53 - 1
LARGEST_TEXT = 8 * 1024 * 1024
_LONGEST_NUMBER = 20  # characters: beyond any member of ours, far below what Python refuses to convert
# A string that is not closed runs to the end, so that each character is looked at once.
_BRACKET_OR_STRING = re.compile(r'"[^"\\]*(?:\\.?[^"\\]*)*(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_SURROGATE = "a lone surrogate is no character"
_LONGEST_NAMES = 400  # characters of all names of an object whose order is kept


class JsonMalformed(VerifyError):
    """Not JSON, or JSON that could be read in two ways.  ``rule`` says which rule was broken."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"JSON refused: {rule}")
        self.rule = rule


def canonical_json(value: object, *, depth: int = 0) -> bytes:
    """The one encoding of a JSON value (RFC 8785), UTF-8.

    ``depth``: in how many others the value will stand.  Raises :class:`JsonMalformed` for a float, a name
    that is not text, a number beyond 2**53 - 1, a lone surrogate, and whatever is no JSON.
    """
    if type(value) is dict and depth < DEEPEST:
        flat = _flat(value)
        if flat is not None:
            return flat
    if _require_json(value, depth):
        return _encode(value).encode("utf-8")
    known: Any = value
    return rfc8785.dumps(known)


def _flat(value: dict[Any, Any]) -> bytes | None:
    """An object of texts, as most entries of the log are; ``None`` for any other, and for unusual names."""
    try:
        together = "".join(value)
        if not together.isascii() or not 0 < len(together) <= _LONGEST_NAMES:
            return None
        form, in_order = _form(tuple(value))
        return (form % tuple(map(encode_basestring, in_order(value)))).encode()
    except TypeError:
        return None
    except UnicodeEncodeError:
        raise JsonMalformed(_NO_SURROGATE) from None


@lru_cache(maxsize=256)
def _form(names: tuple[str, ...]) -> tuple[str, Callable[[dict[Any, Any]], tuple[str, ...]]]:
    """How an object with these ASCII names is written, and its texts in the order of their names."""
    ordered = sorted(names)
    members = ",".join(f"{encode_basestring(name)}:".replace("%", "%%") + "%s" for name in ordered)
    if len(ordered) == 1:
        return f"{{{members}}}", lambda value: (value[ordered[0]],)
    return f"{{{members}}}", itemgetter(*ordered)


def parse_json(data: bytes, *, max_bytes: int = LARGEST_TEXT) -> Json:
    """The value in a UTF-8 text.  Raises :class:`JsonMalformed`."""
    if len(data) > max_bytes:
        raise JsonMalformed(f"longer than {max_bytes} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise JsonMalformed("not UTF-8") from None
    _require_shallow(text)
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_no_fraction,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise JsonMalformed(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    # UTF-8 cannot carry a lone surrogate, but an escape can.
    if "\\u" in text:
        _require_no_surrogate(value)
    return value


# Sorts by code points, which for ASCII names is the order of RFC 8785; escapes are the same in both.
_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def _require_json(value: object, depth: int) -> bool:
    """Are all names ASCII?"""
    plain = True
    if value is None or value is True or value is False:
        return plain
    if isinstance(value, str):
        _require_text(value)
    elif isinstance(value, int):
        if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise JsonMalformed("a number beyond 2**53 - 1")
    elif isinstance(value, dict | list | tuple):
        if depth == DEEPEST:
            raise JsonMalformed(f"nested deeper than {DEEPEST}")
        if isinstance(value, dict):
            for name in value:
                if not isinstance(name, str):
                    raise JsonMalformed("a name that is not text")
                if not name.isascii():
                    _require_text(name)
                    plain = False
        for part in value.values() if isinstance(value, dict) else value:
            plain = _require_json(part, depth + 1) and plain
    else:
        raise JsonMalformed(f"{type(value).__name__} is not a JSON value here")
    return plain


def _require_no_surrogate(value: Json) -> None:
    if isinstance(value, str):
        _require_text(value)
    elif isinstance(value, list):
        for part in value:
            _require_no_surrogate(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            _require_text(name)
            _require_no_surrogate(part)


def _require_text(text: str) -> None:
    if not text.isascii() and _SURROGATE.search(text):
        raise JsonMalformed(_NO_SURROGATE)


def _require_shallow(text: str) -> None:
    """Before parsing: a parser that descends by recursion must not meet a bottomless text."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for token in _BRACKET_OR_STRING.finditer(text):
        if token.group() in ("[", "{"):
            depth += 1
            if depth > DEEPEST:
                raise JsonMalformed(f"nested deeper than {DEEPEST}")
        elif token.group() in ("]", "}"):
            depth -= 1


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonMalformed("a name appears twice in one object")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER or digits == "-0":
        raise JsonMalformed(f"a number longer than {_LONGEST_NUMBER} characters, or -0")
    return int(digits)


def _no_fraction(digits: str) -> NoReturn:
    raise JsonMalformed(f"{digits[:_LONGEST_NUMBER]} has a fraction or an exponent")


def _no_constant(name: str) -> NoReturn:
    raise JsonMalformed(f"{name} is not JSON")

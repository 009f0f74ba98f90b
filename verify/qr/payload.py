# SPDX-License-Identifier: Apache-2.0
"""The signed payload of a QR code: what it states, and its one encoding in CBOR.

A definite array in deterministic CBOR (RFC 8949 section 4.2.1).  Tier T1 has six items: kind, id (10 bytes),
digest (16 or 32 bytes), day of issue, last day of validity or null, log index or null.  Tier T2 adds six:
credit code, name, class, good count, bad count, authority.  Days count from 1970-01-01.

Two compact spellings keep T1 in version 8 and T2 in version 11: a registered kind is its number, and a
valid unified social credit code is the number of its first 17 characters in 11 bytes (the 18th is a check
character). A value that has a compact spelling must use it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from operator import mul
from typing import Any, Final, Protocol, TypeAlias

import cbor2

from ..identifiers import IdentifierInvalid, parse_uscc
from .document_id import ID_BYTES, document_id_bytes, new_document_id
from .errors import QrMalformed

KINDS: Final = {"credit_sheet": 1, "construction_permit": 2}
"""Wire numbers of document kinds.  Numbers are added with a new version of the format and never reused;
a kind that is not here travels as text and costs its length."""

DIGEST_SIZES = (16, 32)
LARGEST_PAYLOAD = 512
LONGEST_TEXT = 200
LARGEST_NUMBER = 2**53 - 1
_EPOCH = date(1970, 1, 1)
_KIND_NAMES = {number: name for name, number in KINDS.items()}
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = {character: value for value, character in enumerate(_USCC_ALPHABET)}
_WEIGHTS = [pow(3, at, 31) for at in range(17)]
_USCC_BYTES = 11
_T1, _T2 = 6, 12


@dataclass(frozen=True, slots=True)
class QrFacts:
    """What a person compares with the paper; names of natural persons do not belong here."""

    uscc: str
    name: str
    class_: str
    good: int
    bad: int
    authority: str

    def __post_init__(self) -> None:
        for field, text in (
            ("uscc", self.uscc),
            ("name", self.name),
            ("class", self.class_),
            ("authority", self.authority),
        ):
            _require_text(field, text)
        _require_number("good", self.good)
        _require_number("bad", self.bad)


class Stated(Protocol):
    """The statement, as far as its payload goes."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def digest(self) -> bytes: ...
    @property
    def issued(self) -> date: ...
    @property
    def valid_until(self) -> date | None: ...
    @property
    def log_index(self) -> int | None: ...
    @property
    def facts(self) -> QrFacts | None: ...


def require_stated(stated: Stated) -> None:
    """Everything can be written, and read back.  Raises :class:`QrMalformed`."""
    document_id_bytes(stated.id)
    _require_text("kind", stated.kind)
    if not stated.kind:
        raise QrMalformed(field="kind", rule="not empty")
    if len(stated.digest) not in DIGEST_SIZES:
        raise QrMalformed(field="digest", rule="16 or 32 bytes")
    if stated.issued < _EPOCH:
        raise QrMalformed(field="issued", rule="not before 1970-01-01")
    if stated.valid_until is not None and stated.valid_until < _EPOCH:
        raise QrMalformed(field="valid_until", rule="not before 1970-01-01")
    if stated.log_index is not None:
        _require_number("log_index", stated.log_index)


def encode_payload(stated: Stated) -> bytes:
    """The one encoding.  Raises :class:`QrMalformed` for what is too long."""
    items: list[object] = [
        KINDS.get(stated.kind, stated.kind),
        document_id_bytes(stated.id),
        stated.digest,
        (stated.issued - _EPOCH).days,
        None if stated.valid_until is None else (stated.valid_until - _EPOCH).days,
        stated.log_index,
    ]
    if stated.facts is not None:
        facts = stated.facts
        items += [
            _packed(facts.uscc),
            facts.name,
            facts.class_,
            facts.good,
            facts.bad,
            _packed(facts.authority),
        ]
    encoded = cbor2.dumps(items, canonical=True)
    if len(encoded) > LARGEST_PAYLOAD:
        raise QrMalformed(field="payload", rule=f"at most {LARGEST_PAYLOAD} bytes, not {len(encoded)}")
    return encoded


Read: TypeAlias = tuple[str, str, bytes, date, date | None, int | None, QrFacts | None]
"""Id, kind, digest, day of issue, last day, log index, facts."""


def parse_payload(encoded: bytes) -> Read:
    """Raises :class:`QrMalformed`; takes only the bytes that :func:`encode_payload` writes."""
    items = _array(encoded)
    kind, id_, digest, issued, until, index = items[:_T1]
    found = (
        new_document_id(_bytes("id", id_)),
        _kind(kind),
        _bytes("digest", digest),
        _day("issued", issued),
        None if until is None else _day("valid_until", until),
        None if index is None else _number("log_index", index),
        _facts(items[_T1:]) if len(items) == _T2 else None,
    )
    # Every item has its type by now, and its shortest form by the rules above: what is left is how it is
    # spelled in bytes.
    if cbor2.dumps(items, canonical=True) != encoded:
        raise QrMalformed(
            field="payload", rule="not in its one deterministic encoding (RFC 8949 section 4.2.1)"
        )
    return found


def _array(encoded: bytes) -> list[Any]:
    if len(encoded) > LARGEST_PAYLOAD:
        raise QrMalformed(field="payload", rule=f"at most {LARGEST_PAYLOAD} bytes, not {len(encoded)}")
    stream = io.BytesIO(encoded)
    try:
        items = cbor2.CBORDecoder(stream).decode()
    except Exception as error:
        # The decoder runs many semantic tags (dates, fractions, patterns…), each with errors of its own.
        raise QrMalformed(field="payload", rule="not CBOR") from error
    if not isinstance(items, list) or len(items) not in (_T1, _T2):
        raise QrMalformed(field="payload", rule=f"an array of {_T1} or {_T2} items")
    return items


def _facts(items: list[Any]) -> QrFacts:
    uscc, name, class_, good, bad, authority = items
    return QrFacts(
        uscc=_unpacked("uscc", uscc),
        name=_text("name", name),
        class_=_text("class", class_),
        good=_number("good", good),
        bad=_number("bad", bad),
        authority=_unpacked("authority", authority),
    )


@lru_cache(maxsize=4096)
def _packed(text: str) -> str | bytes:
    """A credit code as 11 bytes, anything else as it is."""
    try:
        if parse_uscc(text) != text:
            return text
    except IdentifierInvalid:
        return text
    number = 0
    for character in text[:17]:
        number = number * 31 + _USCC_VALUES[character]
    return number.to_bytes(_USCC_BYTES)


def _unpacked(field: str, value: object) -> str:
    if not isinstance(value, bytes):
        text = _text(field, value)
        if not isinstance(_packed(text), str):
            raise QrMalformed(field=field, rule="a credit code travels packed, in 11 bytes")
        return text
    number = int.from_bytes(value)
    if len(value) != _USCC_BYTES or number >= 31**17:
        raise QrMalformed(field=field, rule="a packed credit code is 11 bytes")
    text = _credit_code(number)
    if _packed(text) != value:
        raise QrMalformed(field=field, rule="a packed credit code is a valid one")
    return text


@lru_cache(maxsize=4096)
def _credit_code(number: int) -> str:
    """The code of which this is the number of the first 17 characters; GB 32100-2015: weights 3^i mod 31."""
    values = []
    for _ in range(17):
        number, digit = divmod(number, 31)
        values.append(digit)
    total = sum(map(mul, reversed(values), _WEIGHTS))
    return "".join([_USCC_ALPHABET[value] for value in reversed(values)]) + _USCC_ALPHABET[-total % 31]


def _kind(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        if value not in _KIND_NAMES:
            raise QrMalformed(field="kind", rule=f"number {value} is not registered")
        return _KIND_NAMES[value]
    text = _text("kind", value)
    if text in KINDS:
        raise QrMalformed(field="kind", rule="a registered kind is its number")
    return text


def _day(field: str, value: object) -> date:
    days = _number(field, value)
    try:
        return _EPOCH + timedelta(days=days)
    except OverflowError:
        raise QrMalformed(field=field, rule="not a day of the calendar") from None


def _number(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise QrMalformed(field=field, rule="a whole number")
    _require_number(field, value)
    return value


def _bytes(field: str, value: object) -> bytes:
    if not isinstance(value, bytes) or (field == "id" and len(value) != ID_BYTES):
        raise QrMalformed(field=field, rule="a byte string of the right length")
    return value


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise QrMalformed(field=field, rule="text")
    _require_text(field, value)
    return value


def _require_text(field: str, text: str) -> None:
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise QrMalformed(field=field, rule=f"at most {LONGEST_TEXT} printable characters")


def _require_number(field: str, number: int) -> None:
    if not 0 <= number <= LARGEST_NUMBER:
        raise QrMalformed(field=field, rule=f"a whole number from 0 to {LARGEST_NUMBER}")

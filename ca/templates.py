# SPDX-License-Identifier: Apache-2.0
"""The lint again, for the thousandth certificate of one kind.

The first draft of a shape (profile, issuer, kind of key, addresses) passes every rule in full; what of its
bytes depends on the shape alone is kept.  A later draft passes here when those bytes are the same ones and
everything between them (serial, times, subject, key, key id, credit code) is read anew and holds.  Whatever
does not pass here goes through every rule in full: this room never refuses, and never accepts what the rules
would not (tested by changing every byte).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from keys import KeysError, PublicKey, der

from .drafting import AUTHORITY_KEY_ID, LONGEST_SERIAL, ORGANIZATION_CODE, SUBJECT_KEY_ID, Draft
from .subject import SubjectName

SHORTEST_SERIAL_BITS = 64
MOST_SHAPES = 1024
_VALIDITY, _TIME = b"\x30\x1e\x17\x0d", b"\x17\x0d"  # two UTCTimes
_KEY_ID_SIZE, _CODE_SIZE = 20, 18


@dataclass(frozen=True, slots=True)
class Template:
    """The bytes that every certificate of a shape has in common, in their order."""

    version: bytes
    algorithm_and_issuer: bytes
    extensions: bytes  # up to the subject key id
    more: bytes  # after it
    code: bytes  # up to the credit code; empty when there is none

    def fits(self, order: Draft) -> bool:
        """Does the draft differ from one that passed only where it may, and are those places right?"""
        try:
            return self._fits(order)
        except (KeysError, IndexError, UnicodeDecodeError):
            return False

    def _fits(self, order: Draft) -> bool:
        tbs, key, subject = order.tbs, order.public_key, order.subject
        outer = der.expect(der.read_only(tbs), der.SEQUENCE)
        at = outer.end - len(outer.content)
        if not tbs.startswith(self.version, at):
            return False
        serial = der.read(tbs, at + len(self.version))
        number = der.as_integer(serial)
        at = serial.end
        if number != order.serial or not _is_serial(number):
            return False
        if not tbs.startswith(self.algorithm_and_issuer, at):
            return False
        at += len(self.algorithm_and_issuer)
        if not _are_times(order, tbs[at : at + 32]):
            return False
        at = _read_subject(tbs, at + 32, subject)
        if not at or not tbs.startswith(key.spki, at):
            return False
        last = der.expect(der.read(tbs, at + len(key.spki)), 0xA3)
        listed = der.expect(der.read_only(last.content), der.SEQUENCE).content
        code = self.code + subject.uscc.encode("ascii") if self.code else b""
        return last.end == outer.end and listed == self.extensions + key.key_id + self.more + code


_SEEN: dict[Hashable, Template] = {}


def seen(order: Draft, laws: Hashable) -> bool:
    """Did a draft of this shape pass before, under the same laws, and is this one like it?"""
    shape = _shape(order, laws)
    found = None if shape is None else _SEEN.get(shape)
    return found is not None and found.fits(order)


def remember(order: Draft, laws: Hashable) -> None:
    """Keep the shape of a draft that passed every rule."""
    shape = _shape(order, laws)
    if shape is None or shape in _SEEN:
        return
    found = _learn(order)
    if found is not None and found.fits(order):
        if len(_SEEN) >= MOST_SHAPES:
            _SEEN.clear()
        _SEEN[shape] = found


def _shape(order: Draft, laws: Hashable) -> Hashable | None:
    """What the bytes that are kept depend on; ``None`` for drafts that go through every rule each time."""
    profile, subject = order.profile, order.subject
    if (
        order.issuer is None
        or profile.ca
        or profile.names_required
        or order.alternative_names
        or order.identifiers
        or order.policies
        # Both types are proofs: a key on its curve, words that may stand in a name.
        or type(order.public_key) is not PublicKey
        or type(subject) is not SubjectName
    ):
        return None
    return (
        laws,
        profile,
        order.issuer,
        order.scheme,
        order.null_parameters,
        order.public_key.kind,
        order.crl_url,
        order.ocsp_url,
        order.issuer_url,
        bool(subject.uscc),
        bool(subject.state or subject.locality or subject.unit),
    )


def _learn(order: Draft) -> Template | None:
    version, _, algorithm, issuer, *_, last = der.read_only(order.tbs).children()
    listed = [one.raw for one in der.read_only(last.content).children()]
    kinds = [der.as_oid(der.read_only(one).children()[0]) for one in listed]
    coded = bool(order.subject.uscc)
    if kinds[:2] != [AUTHORITY_KEY_ID, SUBJECT_KEY_ID] or (kinds[-1] == ORGANIZATION_CODE) is not coded:
        return None
    return Template(
        version=version.raw,
        algorithm_and_issuer=algorithm.raw + issuer.raw,
        extensions=listed[0] + listed[1][:-_KEY_ID_SIZE],
        more=b"".join(listed[2:-1] if coded else listed[2:]),
        code=listed[-1][:-_CODE_SIZE] if coded else b"",
    )


def _is_serial(number: int) -> bool:
    return number > 0 and SHORTEST_SERIAL_BITS <= number.bit_length() < 8 * LONGEST_SERIAL


def _are_times(order: Draft, written: bytes) -> bool:
    """Two UTCTimes, as ordered, in their order, within the profile's term and the issuer's."""
    if written[:4] != _VALIDITY or written[17:19] != _TIME:
        return False
    start, end = _moment(written[2:17]), _moment(written[17:])
    issuer = order.issuer
    return (
        (start, end) == (order.not_before, order.not_after)
        and start < end
        and end - start <= _term(order.profile.days)
        and issuer is not None
        and issuer.not_before <= start
        and end <= issuer.not_after
    )


@lru_cache(maxsize=1024)
def _moment(written: bytes) -> datetime:
    return der.as_time(der.read_only(written))


@lru_cache(maxsize=64)
def _term(days: int) -> timedelta:
    return timedelta(days=days)


_ATTRIBUTE = b"\x06\x03\x55\x04"


def _read_subject(tbs: bytes, at: int, subject: SubjectName) -> int:
    """Where the name ends, if it says these words in this order and these string types; else 0."""
    if tbs[at] != der.SEQUENCE:
        return 0
    length, at = _length(tbs, at + 1)
    end = at + length
    for kind, string, text in (
        (6, der.PRINTABLE, subject.country),
        (8, der.UTF8, subject.state),
        (7, der.UTF8, subject.locality),
        (10, der.UTF8, subject.uscc + subject.organization),
        (11, der.UTF8, subject.unit),
        (3, der.UTF8, subject.common_name),
    ):
        if not text:
            continue
        if tbs[at] != der.SET:
            return 0
        length, at = _length(tbs, at + 1)
        after = at + length
        if tbs[at] != der.SEQUENCE:
            return 0
        length, at = _length(tbs, at + 1)
        if at + length != after or not tbs.startswith(_ATTRIBUTE, at) or tbs[at + 4] != kind:
            return 0
        if tbs[at + 5] != string:
            return 0
        length, at = _length(tbs, at + 6)
        if at + length != after or tbs[at:after].decode("utf-8") != text:
            return 0
        at = after
    return at if at == end else 0


def _length(tbs: bytes, at: int) -> tuple[int, int]:
    """A length in its shortest spelling, and where the content begins; -1 for any other spelling."""
    first = tbs[at]
    if first < 0x80:
        return first, at + 1
    if first == 0x81 and tbs[at + 1] >= 0x80:
        return tbs[at + 1], at + 2
    if first == 0x82 and tbs[at + 1]:
        return tbs[at + 1] << 8 | tbs[at + 2], at + 3
    return -1, at + 1

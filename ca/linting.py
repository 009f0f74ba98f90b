# SPDX-License-Identifier: Apache-2.0
"""Lint a draft.  What comes out is the only thing that :func:`ca.issue` signs.

The bytes are read anew, by the same reader that relying parties use: a fault of the writer cannot hide in
the writer's own objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field, replace
from threading import Lock
from typing import Any

from keys import KeyFamily, KeysError, der
from verify import Certificate, VerifyError, parse_certificate

from .drafting import Draft
from .errors import AlreadySigned, LintRefused, NotLinted
from .law import PROFILES
from .profiles import Profile
from .rules import CONTENT, FORM, OUTLAWED, UNREAD, UNREADABLE
from .second import SecondLint
from .shape import read_tbs
from .templates import remember, seen

_PASSED = object()
_NO_SIGNATURE = {
    # Shaped as a signature, and one that no key ever makes: nothing but the reader sees it.
    KeyFamily.SM2: der.sequence(der.integer(1), der.integer(1)),
    KeyFamily.ECDSA: der.sequence(der.integer(1), der.integer(1)),
    KeyFamily.RSA: bytes(256),
}


@dataclass(frozen=True, slots=True)
class Linted:
    """A draft that passed every lint, with the exact bytes to sign; only :func:`lint` makes one.

    It is good for one signature.  Copies share the token, and nothing makes a second one.
    """

    draft: Draft
    tbs: bytes = field(repr=False)
    _token: Any = field(default_factory=Lock, init=False, repr=False, compare=False)
    proof: InitVar[object] = None

    def __post_init__(self, proof: object) -> None:
        if proof is not _PASSED:
            raise NotLinted

    @property
    def certificate(self) -> Certificate:
        """As relying parties will read it, with a signature that no key ever makes."""
        return _reopen(self.draft)

    def spend(self) -> None:
        """Use it up, once, whatever thread comes first.  Raises :class:`AlreadySigned`."""
        if not self._token.acquire(blocking=False):
            raise AlreadySigned


def lint(
    draft: Draft, *, profiles: Mapping[str, Profile] = PROFILES, second: SecondLint | None = None
) -> Linted:
    """Check every rule.  Raises :class:`LintRefused` with all findings.

    ``second`` judges whatever goes through the rules in full: authorities, names, identifiers and policies
    each time, other holders when their shape is new.
    """
    laws = (id(profiles), second)
    if not seen(draft, laws):
        check(draft, profiles)
        if second is not None and second.judges(draft):
            against = second.certificate(_standing_in(draft))
            if against:
                raise LintRefused(against)
        if profiles is PROFILES:
            remember(draft, laws)
    return Linted(draft, draft.tbs, proof=_PASSED)


def check(draft: Draft, profiles: Mapping[str, Profile]) -> None:
    """Every rule in full."""
    try:
        raw = read_tbs(draft.tbs)
    except KeysError as error:
        raise LintRefused([replace(UNREADABLE, en=f"unreadable: {error}")]) from error
    misspelt = [one.finding() for one in FORM if not one.holds(draft, raw)]
    if misspelt:
        raise LintRefused(misspelt)
    try:
        certificate = _reopen(draft)
        wrong = [one.finding() for one in CONTENT if not one.holds(draft, raw, certificate)]
    except (VerifyError, KeysError) as error:
        raise LintRefused([replace(UNREAD, en=f"verify cannot read it: {error}")]) from error
    known = profiles.get(draft.profile.name)
    if known is not draft.profile and known != draft.profile:
        wrong.append(OUTLAWED)
    if wrong:
        raise LintRefused(wrong)


def _reopen(draft: Draft) -> Certificate:
    return parse_certificate(_standing_in(draft))


def _standing_in(draft: Draft) -> bytes:
    """The certificate as it will be, but for its signature."""
    return der.sequence(draft.tbs, draft.algorithm, der.bits(_NO_SIGNATURE[draft.scheme.family]))

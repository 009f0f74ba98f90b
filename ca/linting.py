# SPDX-License-Identifier: Apache-2.0
"""Lint a draft.  What comes out is the only thing that :func:`ca.issue` signs.

The bytes are read anew, by the same reader that relying parties use: a fault of the writer cannot hide in
the writer's own objects.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field

from keys import KeyFamily, KeysError, der
from verify import Certificate, VerifyError, parse_certificate

from .drafting import Draft
from .errors import Finding, LintRefused, NotLinted
from .rules import CONTENT, FORM
from .shape import read_tbs

_PASSED = object()
_NO_SIGNATURE = {
    # Shaped as a signature, and one that no key ever makes: nothing but the reader sees it.
    KeyFamily.SM2: der.sequence(der.integer(1), der.integer(1)),
    KeyFamily.ECDSA: der.sequence(der.integer(1), der.integer(1)),
    KeyFamily.RSA: bytes(256),
}


@dataclass(frozen=True, slots=True)
class Linted:
    """A draft that passed every lint, with the exact bytes to sign; only :func:`lint` makes one."""

    draft: Draft
    tbs: bytes = field(repr=False)
    certificate: Certificate = field(repr=False)  # as reopened: what the signed one must say again
    proof: InitVar[object] = None

    def __post_init__(self, proof: object) -> None:
        if proof is not _PASSED:
            raise NotLinted


def lint(draft: Draft) -> Linted:
    """Check every rule.  Raises :class:`LintRefused` with all findings."""
    tbs = draft.tbs
    try:
        raw = read_tbs(tbs)
    except KeysError as error:
        raise LintRefused([Finding("structure", "证书结构无法读取", f"unreadable: {error}")]) from error
    misspelt = [Finding(one.name, one.zh, one.en) for one in FORM if not one.holds(draft, raw)]
    if misspelt:
        raise LintRefused(misspelt)
    try:
        certificate = _reopen(draft, tbs, raw.algorithm)
        wrong = [
            Finding(one.name, one.zh, one.en) for one in CONTENT if not one.holds(draft, raw, certificate)
        ]
    except (VerifyError, KeysError) as error:
        raise LintRefused(
            [Finding("readable", "验证方无法读取", f"verify cannot read it: {error}")]
        ) from error
    if wrong:
        raise LintRefused(wrong)
    return Linted(draft, tbs, certificate, proof=_PASSED)


def _reopen(draft: Draft, tbs: bytes, algorithm: bytes) -> Certificate:
    stand_in = der.bits(_NO_SIGNATURE[draft.scheme.family])
    return parse_certificate(der.sequence(tbs, algorithm, stand_in))

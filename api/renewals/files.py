# SPDX-License-Identifier: Apache-2.0
"""Sealed PDFs that prove themselves: how long the last time stamp in a file lasts, and one more.

EN 319 142-1 section 5.6.  What comes out is a further file: the one that was given, and an appended revision.
An issued document stays as it is, for its digest is in the log; evidence records renew those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from keys import KeyKind
from seal import Evidence, Level, extend_pdf, renew_pdf
from verify import Certificate, Indication, Report, SignatureReport, Trust, VerifyError, check_pdf

from .errors import FileNotRenewable
from .preserving import LEVELS, PreservingPorts, family

_STAMP: Final = "document-time-stamp"
MOST_STAMPS: Final = 30
"""Time stamps and seals together: what verifiers read is 32."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a file stands today.

    ``level``: the least that one of its seals reaches.  ``good_until``: when the path of the newest document
    time stamp ends; ``None`` without one, which is so below B-LTA.
    """

    level: str
    good_until: datetime | None

    def due(self, at: datetime, ahead: timedelta) -> bool:
        """Is the last time stamp to be renewed, seen from ``at``?"""
        return self.good_until is not None and self.good_until <= at + ahead


@dataclass(frozen=True, slots=True)
class FileRenewals:
    """Looks at files that others keep, and renews them with the service's own authorities."""

    ports: PreservingPorts
    trust: Callable[[], Trust]

    def now(self) -> datetime:
        """The clock that time stamps are judged by."""
        return self.ports.clock()

    def standing(self, pdf: bytes) -> Standing:
        """How it stands.  Raises :class:`FileNotRenewable` unless all of it passes today."""
        return _standing(self._passing(pdf, self.trust()))

    def renewed(self, pdf: bytes) -> bytes:
        """The file at B-LTA with lists of today and one more time stamp over all of it.

        Raises :class:`FileNotRenewable`, what ``seal`` refuses, and what the authority raises.
        """
        trust = self.trust()
        # 1. What no longer passes is not made younger: it is renewed in time, or not at all.
        report = self._passing(pdf, trust)
        if len(report.signatures) > MOST_STAMPS:
            raise FileNotRenewable("file-too-often-stamped")
        # 2. Lists of today for every certificate that the verdict rests on, and one more time stamp.
        seals = [one for one in report.signatures if one.facts.get("kind") != _STAMP]
        label, algorithm = family(KeyKind(_signer(seals[0])["key"]))
        own = self.ports.authority(label)
        evidence = own.with_(_resting_on(report, trust, own))
        act = extend_pdf if _standing(report).good_until is None else renew_pdf
        options: dict[str, Any] = {"level": Level.B_LTA} if act is extend_pdf else {}
        made = act(
            pdf,
            evidence=evidence,
            timestamper=lambda digest: self.ports.stamp(label, digest),
            algorithm=algorithm,
            at=self.now(),
            **options,
        )
        # 3. The reader decides, and without any list but those inside.
        alone = replace(trust, crls=(), intermediates=())
        if _standing(self._passing(made, alone)).level != Level.B_LTA:
            raise FileNotRenewable("file-not-archived")
        return made

    def _passing(self, pdf: bytes, trust: Trust) -> Report:
        try:
            report = check_pdf(pdf, trust=trust, at=self.now())
        except VerifyError as error:
            raise FileNotRenewable("file-does-not-pass", str(error)) from error
        if report.indication is not Indication.TOTAL_PASSED:
            reasons = [*report.reasons, *(reason for one in report.signatures for reason in one.reasons)]
            raise FileNotRenewable("file-does-not-pass", ", ".join(sorted({one.code for one in reasons})))
        if any(_level(one) is None for one in report.signatures if one.facts.get("kind") != _STAMP):
            raise FileNotRenewable("file-not-pades")
        return report


def _standing(report: Report) -> Standing:
    levels = [level for one in report.signatures if (level := _level(one)) is not None]
    stamps = [one.facts for one in report.signatures if one.facts.get("kind") == _STAMP]
    newest: Any = max(stamps, key=lambda facts: str(facts["time"]), default=None)
    ends = None if newest is None else min(str(one["not_after"]) for one in newest["chain"])
    return Standing(min(levels, key=LEVELS.index), None if ends is None else datetime.fromisoformat(ends))


def _level(one: SignatureReport) -> str | None:
    level = one.facts.get("level")
    return level if isinstance(level, str) else None


def _signer(one: SignatureReport) -> Any:
    return one.facts["signer"]


def _resting_on(report: Report, trust: Trust, own: Evidence) -> Evidence:
    """Issuers in the paths of all signatures, as far as they are known here, and their lists of today."""
    wanted = set(_fingerprints(report))
    known = (*trust.anchors, *trust.intermediates, *own.certificates)
    found: dict[str, Certificate] = {one.fingerprint: one for one in known if one.fingerprint in wanted}
    names = {one.subject for one in found.values()}
    return Evidence(tuple(found.values()), tuple(one for one in trust.crls if one.issuer in names))


def _fingerprints(report: Report) -> Iterator[str]:
    for one in report.signatures:
        chain: Any = one.facts.get("chain") or ()
        yield from (str(each["fingerprint"]) for each in chain)

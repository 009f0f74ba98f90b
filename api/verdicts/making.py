# SPDX-License-Identifier: Apache-2.0
"""Seal a report with the platform's seal, as receipts are: announced, sealed, reopened, recorded, released.

The log gets digests of the sheet alone, which holds a salt: nobody learns from it who had which file checked.
Nothing of it is stored.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from threading import Lock
from typing import Final

from keys import HashAlgorithm, digest
from seal import Appearance, Attachment, Layout, drawing_pdf, seal_pdf, write_pdf
from verify import Indication, Json, Report, Trust, canonical_json, check_pdf

from ..documents import SealDidNotVerify, Site
from ..ledger import Intents, Ledger
from ..seals import UsableSeal, placed, require_usable
from .errors import TooManyReports
from .sheet import TITLE, UNSEALED, Checked, report_sheet

MOST_IN_A_MINUTE: Final = 60
_MINUTE: Final = timedelta(minutes=1)
DOCUMENT_TYPE = "verification-report"
ATTACHED = "report.json"


@dataclass(frozen=True, slots=True)
class ReportPorts:
    """Filled once by the wiring."""

    ledger: Ledger
    intents: Intents
    platform_seal: Callable[[], UsableSeal]
    site: Site
    trust: Callable[[], Trust]
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class SealedSheet:
    """The sealed report and where its entry stands."""

    content: bytes = field(repr=False)
    sha256: str
    ledger_index: int


def checked(name: str, content: bytes, report: Report, at: datetime) -> Checked:
    """What was checked, with its digests."""
    return Checked(
        name=name,
        size=len(content),
        sha256=digest(HashAlgorithm.SHA256, content).hex,
        sm3=digest(HashAlgorithm.SM3, content).hex,
        report=report,
        at=at,
    )


class SealedSheets:
    """Makes sealed reports."""

    def __init__(self, ports: ReportPorts) -> None:
        self._ports = ports
        self._lock = Lock()
        self._begun: deque[datetime] = deque(maxlen=MOST_IN_A_MINUTE)

    def make(self, what: Checked) -> SealedSheet:
        """Raises :class:`TooManyReports`, :class:`ReportDoesNotFit`, :class:`SealNotUsable` and
        :class:`SealDidNotVerify`."""
        ports = self._ports
        self._admit()
        trust, seal, at = ports.trust(), ports.platform_seal(), ports.clock()
        require_usable(seal, trust=trust, at=at, ledger=ports.ledger, document_type=DOCUMENT_TYPE)
        layout = report_sheet(what, trust, issuer_name=ports.site.authority_name, site=ports.site.host)
        pdf = _written(layout, what, trust, salt=ports.random(16))
        intent = ports.intents.open("report.seal", {"sha256": hashlib.sha256(pdf).hexdigest()})
        try:
            sealed = _sealed(pdf, layout, seal, at)
            report = check_pdf(sealed, trust=trust, at=at)
            if report.indication is not Indication.TOTAL_PASSED:
                reasons = [*report.reasons, *(one for part in report.signatures for one in part.reasons)]
                raise SealDidNotVerify(report.indication.value, tuple(one.code for one in reasons))
            sha256 = hashlib.sha256(sealed).hexdigest()
            with ports.ledger.transaction() as tx:
                index = tx.append("report.sealed", {"sha256": sha256})
                ports.intents.close(tx, intent, "sealed")
        except Exception as error:
            ports.intents.fail(intent, type(error).__name__)
            raise
        return SealedSheet(sealed, sha256, index)

    def _admit(self) -> None:
        """Anybody may ask, and each report is an entry in a log that is kept for ever."""
        now = self._ports.clock()
        with self._lock:
            oldest = self._begun[0] if len(self._begun) == MOST_IN_A_MINUTE else None
            if oldest is not None and now - oldest < _MINUTE:
                raise TooManyReports(max(1, ceil((_MINUTE - (now - oldest)).total_seconds())))
            self._begun.append(now)


def unsealed_sheet(what: Checked, trust: Trust, *, salt: bytes) -> bytes:
    """The same page without a seal, marked as that across the paper."""
    layout = report_sheet(what, trust, issuer_name="", site="yinxin", watermark=UNSEALED)
    return _written(layout, what, trust, salt=salt)


def _written(layout: Layout, what: Checked, trust: Trust, *, salt: bytes) -> bytes:
    attached = Attachment(
        name=ATTACHED,
        mime="application/json",
        data=canonical_json(_machine_readable(what, trust, salt)),
        description="机器可读的查验结果 the result for programs",
    )
    return write_pdf(layout, title=TITLE, at=what.at, attachments=(attached,))


def _machine_readable(what: Checked, trust: Trust, salt: bytes) -> dict[str, Json]:
    lists: dict[str, Json] = {
        "trust_list": None if trust.issued is None else _utc(trust.issued),
        "seal_status": None if trust.seal_status is None else _utc(trust.seal_status.issued),
    }
    return {
        "format": "yinxin-sealed-report/1",
        "checked_at": _utc(what.at),
        "file": {"name": what.name, "size": what.size, "sha256": what.sha256, "sm3": what.sm3},
        "lists": lists,
        "report": what.report.to_json(),
        "salt": salt.hex(),
    }


def _sealed(pdf: bytes, layout: Layout, seal: UsableSeal, at: datetime) -> bytes:
    position = layout.seal_position
    return seal_pdf(
        pdf,
        seal.signer,
        sealing=seal.sealing,
        at=at,
        placement=placed(
            seal.drawing,
            position.page,
            left_mm=position.x_mm,
            top_mm=position.y_mm,
            width_mm=position.width_mm,
            height_mm=position.height_mm,
        ),
        appearance=Appearance(*drawing_pdf(seal.drawing)),
        reason=TITLE,
        certify=True,
        inspected=True,  # it was written above
    )


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

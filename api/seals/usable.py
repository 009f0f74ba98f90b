# SPDX-License-Identifier: Apache-2.0
"""Is the certificate behind this seal good, now?  Asked before anything is announced or signed.

Every way to a sealed file passes :func:`require_usable`: what an officer approves, what a holder prints, the
receipt, the file at the console.  The refusal is in the ledger; nothing was signed.
"""

from __future__ import annotations

from datetime import datetime

from verify import Indication, Purpose, Trust, check_certificate

from ..ledger import Ledger
from .errors import SealNotUsable
from .ports import UsableSeal

_CODES = {
    "CERTIFICATE_REVOKED": "seal-certificate-revoked",
    "CERTIFICATE_EXPIRED": "seal-certificate-expired",
}


def require_usable(
    seal: UsableSeal,
    *,
    trust: Trust,
    at: datetime,
    ledger: Ledger,
    document_type: str,
    officer: str | None = None,
) -> None:
    """Raise :class:`SealNotUsable`, recorded, unless what this seal signs ``at`` that time would verify."""
    sealing = seal.sealing
    verdict = check_certificate(
        sealing.certificate, trust, at, purpose=Purpose.SEAL, intermediates=sealing.chain
    )
    if verdict.indication is Indication.TOTAL_PASSED:
        return
    found = (_CODES[reason.code] for reason in verdict.reasons if reason.code in _CODES)
    code = next(found, "seal-certificate-unusable")
    with ledger.transaction() as tx:
        tx.append(
            "seal.refused",
            {"seal_id": seal.seal_id, "officer": officer, "document_type": document_type, "code": code},
        )
    first = verdict.reasons[0]
    raise SealNotUsable(code, seal_id=seal.seal_id, why_zh=first.zh, why_en=first.en)

# SPDX-License-Identifier: Apache-2.0
"""What a report tells about certificates and their status."""

from __future__ import annotations

from collections.abc import Sequence

from ..canonical import Json
from .certificate import Certificate
from .crl import Crl
from .moments import shown
from .organization_code import SIZE
from .path import Path
from .revocation import Status


def holder_facts(one: Certificate) -> dict[str, Json]:
    """Who holds a certificate, in the words of the certificate."""
    organization = one.subject.organization
    if one.uscc is not None and organization.startswith(one.uscc):
        organization = organization[SIZE:]
    return {
        "common_name": one.subject.common_name,
        "organization": organization,
        "uscc": one.uscc,
        "serial": f"{one.serial:x}",
        "fingerprint": one.fingerprint,
        "not_before": shown(one.not_before),
        "not_after": shown(one.not_after),
        "issuer": one.issuer.common_name or one.issuer.text,
        "key": one.public_key.kind.value,
    }


def chain_facts(path: Path, statuses: Sequence[Status]) -> list[Json]:
    """The path from the certificate to the anchor; the anchor is trusted, so it has no status."""
    standings: list[Json] = [status.standing.value for status in statuses]
    return [
        {
            "common_name": one.subject.common_name,
            "fingerprint": one.fingerprint,
            "not_after": shown(one.not_after),
            "revocation": standing,
        }
        for one, standing in zip(path, [*standings, "anchor"], strict=True)
    ]


def status_facts(status: Status | None) -> dict[str, Json]:
    """The status of the certificate itself, and the list that says so."""
    if status is None:
        return {"status": "anchor"}
    facts: dict[str, Json] = {"status": status.standing.value}
    if status.revoked is not None:
        facts["revoked_at"] = shown(status.revoked.at)
        facts["reason"] = status.revoked.reason
    if status.crl is not None:
        facts["list"] = list_facts(status.crl)
    if status.base is not None:
        facts["base"] = list_facts(status.base)
    if status.answered is not None:
        facts["ocsp"] = {"this_update": shown(status.answered)}
    return facts


def list_facts(crl: Crl) -> dict[str, Json]:
    """Which revocation list this is; a number may be too long for a JSON number."""
    return {
        "issuer": crl.issuer.common_name or crl.issuer.text,
        "number": None if crl.number is None else str(crl.number),
        "this_update": shown(crl.this_update),
        "next_update": None if crl.next_update is None else shown(crl.next_update),
    }

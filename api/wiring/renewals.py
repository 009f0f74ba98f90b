# SPDX-License-Identifier: Apache-2.0
"""Time stamps and evidence with the service's own authorities."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from seal import Evidence
from verify import Trust, parse_certificate

from ..certificates import CertificateService, find_by_label
from ..database import Database
from ..ledger import Ledger
from ..renewals import FileRenewals, Preserving, PreservingPorts, RenewalPorts, Renewals
from ..timestamps import Timestamps, TsaUnknown
from .clock import now


def preserving_of(database: Database, certificates: CertificateService, timestamps: Timestamps) -> Preserving:
    """Levels of sealed files."""
    return Preserving(_ports(database, certificates, timestamps))


def file_renewals_of(
    database: Database,
    certificates: CertificateService,
    timestamps: Timestamps,
    trust: Callable[[], Trust],
) -> FileRenewals:
    """Renewal of sealed files that prove themselves."""
    return FileRenewals(_ports(database, certificates, timestamps), trust)


def renewals_of(
    database: Database,
    ledger: Ledger,
    certificates: CertificateService,
    timestamps: Timestamps,
    trust: Callable[[], Trust],
) -> Renewals:
    """Evidence records over stored documents."""
    return Renewals(
        RenewalPorts(
            database=database,
            ledger=ledger,
            stamp=timestamps.stamp,
            authority=_evidence(database, certificates),
            trust=trust,
            clock=now,
            random=secrets.token_bytes,
        )
    )


def _ports(database: Database, certificates: CertificateService, timestamps: Timestamps) -> PreservingPorts:
    authority = _evidence(database, certificates)
    return PreservingPorts(stamp=timestamps.stamp, authority=authority, clock=now)


def _evidence(database: Database, certificates: CertificateService) -> Callable[[str], Evidence]:
    """What shows later that a time-stamping authority was good: its certificate first, the root last."""

    def evidence(label: str) -> Evidence:
        with database.read() as connection:
            found = find_by_label(connection, label)
        if found is None:
            raise TsaUnknown(label)
        sealing = certificates.sealing(found.certificate_id)
        root = parse_certificate(certificates.chain(found.certificate_id)[-1])
        return Evidence((sealing.certificate, *sealing.chain, root), sealing.crls)

    return evidence

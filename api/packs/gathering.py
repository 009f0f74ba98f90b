# SPDX-License-Identifier: Apache-2.0
"""The parts that follow from an original: its signatures, their time stamps, and how the certificates stood.

Every signature is looked up in the file itself, as the reader of the pack will do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from verify import (
    Indication,
    PackPart,
    PackRole,
    SignatureReport,
    StatusStatement,
    Trust,
    check_file,
    embedded_signatures,
    parse_status_receipt,
    signature_timestamps,
)

from ..status import StatusError
from .ports import PackPorts

_log = logging.getLogger("yinxin.packs")


class Gathering:
    """Collects parts; what two signatures share stands in the pack once."""

    def __init__(self, ports: PackPorts, at: datetime) -> None:
        self._ports, self._at = ports, at
        self._trust: Trust = ports.trust()
        self._signatures: list[PackPart] = []
        self._stamps: list[PackPart] = []
        self._statuses: dict[tuple[str, datetime], tuple[bytes, list[str]]] = {}
        self._certificates: dict[bytes, str] = {}
        self._lists: dict[bytes, str] = {}

    def add(self, original: PackPart) -> None:
        """Take in everything about one original."""
        report = check_file(original.content, trust=self._trust, at=self._at)
        values = embedded_signatures(original.content)
        if len(values) != len(report.signatures):
            return  # the pack then says that something is missing
        for value, judged in zip(values, report.signatures, strict=True):
            if judged.format == "RFC 3161":
                self._stamp(value, original.name)
            else:
                self._signature(value, judged, original)

    def parts(self) -> Iterator[PackPart]:
        """Everything that was collected, in a fixed order."""
        yield from self._signatures
        yield from self._stamps
        for number, (content, about) in enumerate(self._statuses.values(), 1):
            yield PackPart(f"status/{number}.json", PackRole.STATUS, content, tuple(about))
        for der, name in self._certificates.items():
            yield PackPart(name, PackRole.CERTIFICATE, der)
        for der, name in self._lists.items():
            yield PackPart(name, PackRole.REVOCATION, der)

    def _signature(self, value: bytes, judged: SignatureReport, original: PackPart) -> None:
        name = f"signatures/{len(self._signatures) + 1}.p7s"
        if judged.format.startswith("SES") or "seal" in judged.facts:
            name = f"signatures/{len(self._signatures) + 1}.ses"
        self._signatures.append(PackPart(name, PackRole.SIGNATURE, value, (original.name,)))
        for token in signature_timestamps(value):
            self._stamp(token, name)
        self._status(judged, name)

    def _stamp(self, token: bytes, about: str) -> None:
        name = f"timestamps/{len(self._stamps) + 1}.tst"
        self._stamps.append(PackPart(name, PackRole.TIMESTAMP, token, (about,)))

    def _status(self, judged: SignatureReport, about: str) -> None:
        """How the certificate stood when it signed, from the lists that were out then."""
        signer: Any = judged.facts.get("signer")
        moment = _time_of(judged)
        found = None
        if isinstance(signer, dict):
            found = self._ports.certificates.by_fingerprint(str(signer.get("fingerprint")))
        if found is None or moment is None:
            return
        key = (found.certificate_id, moment)
        if key not in self._statuses:
            try:
                content = self._ports.receipts.receipt(found.certificate_id, at=moment)
            except StatusError as error:
                _log.warning("a pack goes without a status receipt: %s", error)
                return
            self._statuses[key] = (content, [])
            self._take(parse_status_receipt(content).statement)
        self._statuses[key][1].append(about)

    def _take(self, said: StatusStatement) -> None:
        for one in (said.certificate, *said.chain):
            self._certificates.setdefault(one.der, f"certificates/{len(self._certificates) + 1}.cer")
        for listed in said.lists:
            self._lists.setdefault(listed.der, f"revocation/{len(self._lists) + 1}.crl")


def _time_of(judged: SignatureReport) -> datetime | None:
    """When it was made: as it says itself, or as is proven."""
    proven: Any = judged.facts.get("proven_time")
    told = (
        judged.facts.get("signing_time"),
        judged.facts.get("claimed_time"),
        proven.get("time") if isinstance(proven, dict) else None,
    )
    for one in told:
        if isinstance(one, str) and judged.indication is not Indication.TOTAL_FAILED:
            try:
                found = datetime.fromisoformat(one)
            except ValueError:
                continue
            if found.tzinfo is not None:
                return found.astimezone(UTC).replace(microsecond=0)
    return None

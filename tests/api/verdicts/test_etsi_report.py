# SPDX-License-Identifier: Apache-2.0
"""The report by ETSI TS 119 102-2: read back with the standard's own types, and the verdict is the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pyhanko.generated.etsi import ts_11910202 as vr
from xsdata.formats.dataclass.parsers import XmlParser

from api.verdicts import checked, etsi_report
from verify import Indication, Reason, Report, SignatureReport, SubIndication

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "x": "written by hand",
    "signer": {"organization": "某某住建局(演示)<&"},
    "chain": [{"fingerprint": "ab" * 32, "revocation": "good"}, {"fingerprint": "cd" * 32}],
    "proven_time": "2026-07-01T00:00:00Z",
}


def part(indication: Indication, sub: SubIndication | None, *codes: str) -> SignatureReport:
    reasons = tuple(Reason(one, "中", "en") for one in codes)
    return SignatureReport("SES V4", indication, sub, reasons, FACTS)


def read(report: Report, name: str = "文件.pdf") -> Any:
    return XmlParser().from_bytes(etsi_report(checked(name, b"content", report, AT)), vr.ValidationReport)


@pytest.mark.parametrize(
    ("indication", "sub", "main", "told"),
    [
        (Indication.TOTAL_PASSED, None, "total-passed", ()),
        (
            Indication.TOTAL_FAILED,
            SubIndication.REVOKED,
            "total-failed",
            ("urn:etsi:019102:subindication:REVOKED",),
        ),
        (
            Indication.TOTAL_FAILED,
            SubIndication.SIGNER_NOT_IN_SEAL,
            "total-failed",
            ("urn:yinxin:subindication:SIGNER_NOT_IN_SEAL",),
        ),
        (
            Indication.INDETERMINATE,
            SubIndication.TRY_LATER,
            "indeterminate",
            ("urn:etsi:019102:subindication:TRY_LATER",),
        ),
    ],
)
def test_the_verdict_is_the_same(
    indication: Indication, sub: SubIndication | None, main: str, told: tuple[str, ...]
) -> None:
    """With the proven time as best signature time, the chain by digests, and the aspects beside."""
    found = read(Report("ofd", indication, sub, (part(indication, sub),)))
    (one,) = found.signature_validation_report
    status = one.signature_validation_status
    assert status.main_indication == f"urn:etsi:019102:mainindication:{main}"
    assert status.sub_indication == told
    assert str(one.validation_time_info.best_signature_time.poetime) == "2026-07-01T00:00:00Z"
    assert one.signer_information.signer == "某某住建局(演示)<&"
    listed = found.signature_validation_objects.validation_object
    assert [bool(item.validation_object_representation) for item in listed] == [True, True]
    assert one.signer_information.signer_certificate.voreference == (listed[0].id,)
    data = status.associated_validation_report_data[0].additional_validation_report_data.report_data
    kinds = [item.type_value for item in data]
    assert sum(kind.startswith("urn:yinxin:aspect:") for kind in kinds) == 10


def test_nothing_signed_has_a_report_too() -> None:
    """And a name may hold what XML cannot carry."""
    reason = Reason("NOT_SEALED", "中", "en")
    sub = SubIndication.SIGNED_DATA_NOT_FOUND
    found = read(Report("pdf", Indication.INDETERMINATE, sub, (), (reason,)), name="a\x00\ud800\x1b.pdf")
    (one,) = found.signature_validation_report
    assert one.signature_validation_status.sub_indication == (f"urn:etsi:019102:subindication:{sub.value}",)

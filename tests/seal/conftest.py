# SPDX-License-Identifier: Apache-2.0
"""A small authority of each family, a permit-like page, and PDFs written by hand to break one rule each."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pikepdf
import pytest
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from ca import SubjectName, draft, issue, lint, make_crl, new_serial, profile
from keys import KeyKind, SoftwareKey, generate_key
from seal import (
    Appearance,
    Placement,
    SealDesign,
    SealingCertificate,
    SheetContent,
    draw_seal,
    drawing_pdf,
    lay_out,
    seal_pdf,
    write_pdf,
)
from verify import Certificate, Indication, Report, Trust, check_pdf, parse_certificate, parse_crl

from ..verify.conforming import every_report_conforms

__all__ = ["every_report_conforms"]

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
NAME, USCC = "蜀州市锦北区住房和城乡建设局(演示)", "11510106DEM9A00331"
_RANDOM = random.Random(20260801)


@dataclass(frozen=True)
class Authority:
    """One seal's key and certificate, and the trust of a verifier who knows the root and nothing else."""

    key: SoftwareKey
    root: Certificate
    sealing: SealingCertificate
    trust: Trust

    def check(self, data: bytes) -> Report:
        return check_pdf(data, trust=self.trust, at=AT)

    def passes(self, data: bytes, signatures: int = 1) -> Report:
        report = self.check(data)
        told = [reason for part in (report, *report.signatures) for reason in part.reasons]
        assert report.indication is Indication.TOTAL_PASSED, told
        assert [one.indication for one in report.signatures] == [Indication.TOTAL_PASSED] * signatures
        return report

    def statuses(self, data: bytes) -> list[Any]:
        """Oracle: what pyHanko says about each signature."""
        context = ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(self.root.der)], allow_fetching=False, moment=AT
        )
        reader = PdfFileReader(io.BytesIO(data))
        return [validate_pdf_signature(one, context) for one in reader.embedded_signatures]


def _certify(
    name: str, subject: SubjectName, key: SoftwareKey, issuer: Certificate | None, issuer_key: SoftwareKey
) -> Certificate:
    made = draft(
        profile(name),
        subject=subject,
        public_key=key.public_key,
        issuer=issuer,
        scheme=issuer_key.scheme,
        serial=new_serial(_RANDOM.randbytes(16)),
        not_before=AT - timedelta(days=2),
        not_after=AT + timedelta(days=300),
        crl_url="" if issuer is None else "http://ca.example/issuing.crl",
    )
    return parse_certificate(issue(lint(made), issuer_key))


@cache
def _authority(kind: KeyKind) -> Authority:
    root_key, issuing_key, key = (generate_key(kind) for _ in range(3))
    root = _certify("root", SubjectName("测试根"), root_key, None, root_key)
    issuing = _certify("issuing", SubjectName("测试签发"), issuing_key, root, root_key)
    subject = SubjectName("51010600000003", organization=NAME, uscc=USCC)
    sealed = _certify("seal", subject, key, issuing, issuing_key)
    crls = tuple(
        parse_crl(
            make_crl(
                issuer=issuer,
                signer=signer,
                number=1,
                this_update=AT - timedelta(hours=1),
                next_update=AT + timedelta(days=7),
                revoked=(),
            )
        )
        for issuer, signer in ((root, root_key), (issuing, issuing_key))
    )
    trust = Trust(
        anchors=(root,),
        intermediates=(),
        crls=(),
        qr_keys=(),
        log_keys=(),
        hosts=(),
        issued=None,
        next_update=None,
        sequence=None,
        source="test",
    )
    return Authority(key, root, SealingCertificate(sealed, (issuing,), crls), trust)


@pytest.fixture(scope="session")
def authority() -> Callable[[KeyKind], Authority]:
    """The authority of this kind of key; made once."""
    return _authority


@cache
def _permit() -> tuple[bytes, Placement]:
    layout = lay_out(
        SheetContent(
            title="建筑工程施工许可证",
            number="510106201705080101",
            rows=(("工程名称", "样例花园一期"), ("建设单位", "四川样例建工集团有限公司")),
            paragraphs=("经审查,本建筑工程符合施工条件,准予施工。",),
            issuer_name=NAME,
            issue_date="2026年8月1日",
            watermark="样章 SPECIMEN",
        )
    )
    at = layout.seal_position
    place = Placement(at.page, at.x_mm, at.y_mm, at.width_mm, at.height_mm)
    return write_pdf(layout, title="建筑工程施工许可证", at=AT), place


@pytest.fixture(scope="session")
def permit() -> bytes:
    """A page of our own, unsealed."""
    return _permit()[0]


@pytest.fixture(scope="session")
def place() -> Placement:
    """Where the seal goes on the permit."""
    return _permit()[1]


@pytest.fixture(scope="session")
def appearance() -> Appearance:
    """The drawing of a seal."""
    design = SealDesign(name="蜀州市锦北区住房和城乡建设局", line="电子证照专用章", code="51010600000003")
    return Appearance(*drawing_pdf(draw_seal(design)))


@pytest.fixture(scope="session")
def sealed_by(appearance: Appearance) -> Callable[..., bytes]:
    """Seal in one call; invisible unless a place is given."""

    def seal(
        data: bytes,
        own: Authority,
        *,
        place: Placement | None = None,
        certify: bool = False,
        reason: str = "核发",
    ) -> bytes:
        return seal_pdf(
            data,
            own.key,
            sealing=own.sealing,
            at=AT,
            placement=place,
            appearance=appearance if place else None,
            reason=reason,
            certify=certify,
        )

    return seal


def _written(
    objects: dict[int, bytes], trailer: str = "", header: bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
) -> bytes:
    out, offsets = bytearray(header), {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in offsets.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    out += f"trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


@pytest.fixture(scope="session")
def hand_made() -> Callable[..., bytes]:
    """A one-page PDF whose objects a test may replace or add: 1 catalog, 2 pages, 3 page, 4 content."""

    def make(objects: dict[int, bytes] | None = None, trailer: str = "", **page: str) -> bytes:
        entries = " ".join(f"/{key} {value}" for key, value in page.items() if key != "MediaBox")
        media = page.get("MediaBox", "[0 0 420 595]")
        standard = {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: (
                "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << >> "
                f"/MediaBox {media} {entries} >>"
            ).encode(),
            4: b"<< /Length 0 >>\nstream\n\nendstream",
        }
        return _written({**standard, **(objects or {})}, trailer)

    return make


@pytest.fixture(scope="session")
def resaved() -> Callable[..., bytes]:
    """The same document as another product would have written it."""

    def save(data: bytes, **options: Any) -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(data)) as pdf:
            pdf.save(out, static_id=True, **options)
        return out.getvalue()

    return save

# SPDX-License-Identifier: Apache-2.0
"""A small authority of each family for the benchmark, and a page to seal."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

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
    write_pdf,
)
from verify import Certificate, Trust, parse_certificate, parse_crl

USCC = "11510106DEM9A00331"
NAME = "蜀州市锦北区住房和城乡建设局(演示)"
CRL_URL = "http://ca.example/issuing.crl"
AT = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Authority:
    """Root and issuing CA, a seal's key and certificate, and the trust of a verifier."""

    root: Certificate
    issuing: Certificate
    issuing_key: SoftwareKey
    seal_key: SoftwareKey
    sealing: SealingCertificate
    trust: Trust


def certify(
    name: str, subject: SubjectName, key: SoftwareKey, issuer: Certificate | None, issuer_key: SoftwareKey
) -> bytes:
    """One certificate through the whole pipeline."""
    made = draft(
        profile(name),
        subject=subject,
        public_key=key.public_key,
        issuer=issuer,
        scheme=issuer_key.scheme,
        serial=new_serial(secrets.token_bytes(16)),
        not_before=AT - timedelta(hours=1),
        not_after=AT + timedelta(days=300),
        crl_url="" if issuer is None else CRL_URL,
    )
    return issue(lint(made), issuer_key)


@cache
def authority(kind: KeyKind) -> Authority:
    """The authority whose every key is of this kind."""
    root_key, issuing_key, seal_key = (generate_key(kind) for _ in range(3))
    root = parse_certificate(certify("root", SubjectName("基准根"), root_key, None, root_key))
    issuing = parse_certificate(certify("issuing", SubjectName("基准签发"), issuing_key, root, root_key))
    subject = SubjectName("51010600000003", organization=NAME, uscc=USCC)
    sealed = parse_certificate(certify("seal", subject, seal_key, issuing, issuing_key))
    crls = tuple(
        parse_crl(
            make_crl(
                issuer=issuer,
                signer=key,
                number=1,
                this_update=AT - timedelta(hours=1),
                next_update=AT + timedelta(days=7),
                revoked=(),
            )
        )
        for issuer, key in ((root, root_key), (issuing, issuing_key))
    )
    return Authority(
        root=root,
        issuing=issuing,
        issuing_key=issuing_key,
        seal_key=seal_key,
        sealing=SealingCertificate(certificate=sealed, chain=(issuing,), crls=crls),
        trust=Trust(
            anchors=(root,),
            intermediates=(),
            crls=(),
            qr_keys=(),
            log_keys=(),
            hosts=(),
            issued=None,
            next_update=None,
            sequence=None,
            source="bench",
        ),
    )


@cache
def page() -> tuple[bytes, Placement]:
    """A permit-like page, and the place for its seal."""
    layout = lay_out(
        SheetContent(
            title="建筑工程施工许可证",
            subtitle="Construction Permit",
            number="510106201705080101",
            rows=tuple((f"项目{n}", "样例花园一期 总建筑面积 86420.50 平方米") for n in range(12)),
            paragraphs=("经审查,本建筑工程符合施工条件,准予施工。",),
            issuer_name=NAME,
            issue_date="2026年11月24日",
            watermark="样章 SPECIMEN",
        )
    )
    at = layout.seal_position
    place = Placement(page=at.page, x_mm=at.x_mm, y_mm=at.y_mm, width_mm=at.width_mm, height_mm=at.height_mm)
    return write_pdf(layout, title="建筑工程施工许可证", at=AT), place


@cache
def appearance() -> Appearance:
    """The seal's drawing."""
    design = SealDesign(name="蜀州市锦北区住房和城乡建设局", line="电子证照专用章", code="51010600000003")
    stream, box = drawing_pdf(draw_seal(design))
    return Appearance(stream, box)

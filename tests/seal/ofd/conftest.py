# SPDX-License-Identifier: Apache-2.0
"""A seal of the small authority, pages to put it on, and OFDs as other producers write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from PIL import Image, ImageDraw

from keys import KeyKind, SoftwareKey
from seal import (
    Layout,
    Placement,
    Protection,
    SealingCertificate,
    SheetContent,
    lay_out,
    seal_ofd,
    write_ofd,
)
from seal.ses import SealFacts, make_seal
from verify import Certificate, Indication, Report, Trust, check_ofd

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
NAME = "蜀州市锦北区住房和城乡建设局(演示)"


@dataclass(frozen=True)
class Sealer:
    """One seal, its key, and a verifier who knows the root and the issuing authority."""

    esl: bytes
    key: SoftwareKey
    sealing: SealingCertificate
    trust: Trust

    @property
    def certificate(self) -> Certificate:
        return self.sealing.certificate

    def seal(self, data: bytes, *marks: Any, **options: Any) -> bytes:
        """In one call, on the first page if nothing else is said."""
        return seal_ofd(
            data,
            self.key,
            esl=self.esl,
            certificate=self.certificate,
            marks=marks or (Placement(0, 120, 200, 40, 40),),
            **{"at": AT, **options},
        )

    def check(self, data: bytes) -> Report:
        return check_ofd(data, trust=self.trust, at=AT + timedelta(minutes=1))

    def passes(self, data: bytes, signatures: int = 1) -> Report:
        report = self.check(data)
        told = [reason for part in (report, *report.signatures) for reason in part.reasons]
        assert report.indication is Indication.TOTAL_PASSED, told
        assert [one.indication for one in report.signatures] == [Indication.TOTAL_PASSED] * signatures, told
        return report


def picture(side: int = 400) -> bytes:
    """A round red seal with a star, transparent, that says it is a specimen."""
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, side - 8, side - 8), outline=(215, 0, 15, 255), width=14)
    draw.regular_polygon((side / 2, side / 2, side / 6), 3, fill=(215, 0, 15, 255))
    draw.text((side / 2 - 60, side * 0.72), "SPECIMEN", fill=(215, 0, 15, 255))
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(254, 254))
    return out.getvalue()


@cache
def _sealer(own: Any) -> Sealer:
    facts = SealFacts(
        code="51010600000003",
        vendor="YINXIN",
        type=1,
        name=NAME,
        certificates=(own.sealing.certificate,),
        created=AT - timedelta(hours=1),
        valid_from=AT - timedelta(hours=1),
        valid_until=AT + timedelta(days=200),
        picture_type="PNG",
        picture=picture(),
        width_mm=40,
        height_mm=40,
    )
    esl = make_seal(facts, own.key, maker_certificate=own.sealing.certificate)
    trust = Trust(
        **{
            **{name: getattr(own.trust, name) for name in own.trust.__slots__},
            "intermediates": own.sealing.chain,
            "crls": own.sealing.crls,
        }
    )
    return Sealer(esl, own.key, own.sealing, trust)


@pytest.fixture(scope="session")
def sealer(authority: Callable[[KeyKind], Any]) -> Sealer:
    """An SM2 seal whose holder made it himself: enough for the file formats."""
    return _sealer(authority(KeyKind.SM2))


@cache
def layout(rows: int = 6) -> Layout:
    """A permit of one page, or of several."""
    return lay_out(
        SheetContent(
            title="建筑工程施工许可证",
            number="510106201705080101",
            rows=tuple((f"工程名称{n}", f"样例花园{n}期 <A&B>") for n in range(rows)),
            paragraphs=("经审查,本建筑工程符合施工条件,准予施工。",),
            issuer_name=NAME,
            issue_date="2026年8月1日",
            watermark="样章 SPECIMEN",
        )
    )


@cache
def _written(rows: int) -> bytes:
    return write_ofd(layout(rows), title="建筑工程施工许可证", at=AT, document_id="0123456789ABCDEF")


@pytest.fixture(scope="session")
def permit() -> bytes:
    """One page of our own, unsealed."""
    return _written(6)


@pytest.fixture(scope="session")
def booklet() -> bytes:
    """Several pages of our own, unsealed."""
    return _written(110)


def page_count(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return sum("/Pages/" in name for name in package.namelist())


def foreign(
    *,
    pages: int = 1,
    prefix: str = "ofd:",
    signatures: str = "",
    files: dict[str, bytes] | None = None,
    area: str = "",
    compression: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """As another product writes it: relative paths, one font without a file, Python's ZIP writer."""
    p, ns = prefix, f' xmlns{":" + prefix[:-1] if prefix else ""}="http://www.ofdspec.org/2016"'
    listed = "".join(f'<{p}Page ID="{n + 10}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(pages))
    written = {
        "OFD.xml": '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{p}OFD{ns} Version="1.0" DocType="OFD"><{p}DocBody>'
        f"<{p}DocInfo><{p}DocID>0123456789abcdef0123456789abcdef</{p}DocID></{p}DocInfo>"
        f"<{p}DocRoot>Doc_0/Document.xml</{p}DocRoot>{signatures}</{p}DocBody></{p}OFD>",
        "Doc_0/Document.xml": f"<{p}Document{ns}><{p}CommonData><{p}MaxUnitID>99</{p}MaxUnitID><{p}PageArea>"
        f"<{p}PhysicalBox>0 0 210 297</{p}PhysicalBox></{p}PageArea>"
        f"<{p}PublicRes>PublicRes.xml</{p}PublicRes></{p}CommonData>"
        f"<{p}Pages>{listed}</{p}Pages></{p}Document>",
        "Doc_0/PublicRes.xml": f'<{p}Res{ns} BaseLoc="Res"><{p}Fonts>'
        f'<{p}Font ID="3" FontName="宋体"/></{p}Fonts></{p}Res>',
    }
    for n in range(pages):
        written[f"Doc_0/Pages/Page_{n}/Content.xml"] = (
            f'<{p}Page{ns}>{area}<{p}Content><{p}Layer ID="{100 + 2 * n}"><{p}TextObject ID="{101 + 2 * n}" '
            f'Boundary="20 {30 + n} 100 5" Font="3" Size="4"><{p}TextCode X="0" Y="4" DeltaX="g 5 4">'
            f"盖章处第{n + 1}页</{p}TextCode></{p}TextObject></{p}Layer></{p}Content></{p}Page>"
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for name, text in written.items():
            package.writestr(name, text)
        for name, data in (files or {}).items():
            package.writestr(name, data)
    return out.getvalue()


def whole() -> Protection:
    return Protection.WHOLE

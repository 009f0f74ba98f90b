# SPDX-License-Identifier: Apache-2.0
"""What is sealed as OFD: two pages from another product, the template of a certificate, a seal of its own."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import timedelta
from functools import cache

from keys import KeyKind
from seal import (
    Attachment,
    FieldAlign,
    OfdMassTemplate,
    Placement,
    SealDesign,
    SealFacts,
    SheetContent,
    draw_seal,
    drawing_png,
    lay_out,
    make_seal,
    ofd_mass_template,
)

from .world import AT, NAME, Authority, authority

PLACE = Placement(page=0, x_mm=134, y_mm=210, width_mm=42, height_mm=42)
CODE = "HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF#"
_NS = ' xmlns:ofd="http://www.ofdspec.org/2016"'


@cache
def own() -> Authority:
    """The authority whose keys are SM2."""
    return authority(KeyKind.SM2)


@cache
def esl() -> bytes:
    """A seal with a picture of 150 dpi."""
    design = SealDesign(name="蜀州市锦北区住房和城乡建设局", line="电子证照专用章", code="51010600000003")
    facts = SealFacts(
        code="51010600000003",
        vendor="YINXIN",
        type=1,
        name=NAME,
        certificates=(own().sealing.certificate,),
        created=AT - timedelta(minutes=1),
        valid_from=AT - timedelta(minutes=1),
        valid_until=AT + timedelta(days=200),
        picture_type="PNG",
        picture=drawing_png(draw_seal(design), dpi=150),
        width_mm=42,
        height_mm=42,
    )
    return make_seal(facts, own().seal_key, maker_certificate=own().sealing.certificate)


@cache
def document() -> bytes:
    """Two pages with 72 texts and a picture of 20 KB, as another product writes them with deflate."""
    dice = random.Random(33190)
    files: dict[str, bytes] = {
        "OFD.xml": f'<?xml version="1.0" encoding="UTF-8"?><ofd:OFD{_NS} Version="1.0" DocType="OFD">'
        "<ofd:DocBody><ofd:DocInfo><ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID></ofd:DocInfo>"
        "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>".encode(),
        "Doc_0/Document.xml": f"<ofd:Document{_NS}><ofd:CommonData><ofd:MaxUnitID>200</ofd:MaxUnitID>"
        "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
        "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes><ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>"
        '</ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/>'
        '<ofd:Page ID="2" BaseLoc="Pages/Page_1/Content.xml"/></ofd:Pages></ofd:Document>'.encode(),
        "Doc_0/PublicRes.xml": f'<ofd:Res{_NS} BaseLoc="Res"><ofd:Fonts>'
        '<ofd:Font ID="3" FontName="宋体" FamilyName="宋体"/></ofd:Fonts></ofd:Res>'.encode(),
        "Doc_0/DocumentRes.xml": f'<ofd:Res{_NS} BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="4" '
        'Type="Image"><ofd:MediaFile>photo.jpg</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>'
        "".encode(),
        "Doc_0/Res/photo.jpg": dice.randbytes(20_000),
    }
    for page in (0, 1):
        texts = "".join(
            f'<ofd:TextObject ID="{20 + 40 * page + n}" Boundary="20 {20 + 6 * n} 150 5" Font="3" Size="4">'
            f'<ofd:TextCode X="0" Y="4" DeltaX="g 23 4">样例花园{page}期{n}号楼面积{dice.randrange(10**6):06}'
            "平方米框架结构</ofd:TextCode></ofd:TextObject>"
            for n in range(36)
        )
        files[f"Doc_0/Pages/Page_{page}/Content.xml"] = (
            f"<ofd:Page{_NS}><ofd:Area><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:Area><ofd:Content>"
            f'<ofd:Layer ID="{10 + page}">{texts}<ofd:ImageObject ID="{120 + page}" Boundary="20 240 40 30" '
            'CTM="40 0 0 30 0 0" ResourceID="4"/></ofd:Layer></ofd:Content></ofd:Page>'
        ).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            package.writestr(name, data)
    return out.getvalue()


@cache
def template() -> OfdMassTemplate:
    """The certificate of the row ``seal.pdf.mass``: eleven values, a code, the record attached."""
    layout = lay_out(
        SheetContent(
            title="建筑工程施工许可证",
            subtitle="Construction Permit",
            number="{number}",
            rows=(
                ("建设单位", "{holder}"),
                ("工程名称", "{project}"),
                ("建设地址", "{address}"),
                ("建设规模", "{scale}"),
                ("合同工期", "{period}"),
                ("合同价格", "{price} 万元"),
                ("项目负责人", "{leader}"),
            ),
            paragraphs=("经审查,本建筑工程符合施工条件,准予施工。",),
            issuer_name=NAME,
            issue_date="{date}",
            document_id="{id}",
            short_url="https://yinxin.example.gov.cn/c",
            qr_text=CODE + "7" * 268,
            watermark="样章 SPECIMEN",
        )
    )
    return ofd_mass_template(
        layout,
        title="建筑工程施工许可证",
        at=AT,
        align={"date": FieldAlign.CENTRE},
        code="code",
        attachments=(Attachment("record.json", "application/json", b""),),
    )

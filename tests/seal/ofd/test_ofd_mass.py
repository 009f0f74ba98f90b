# SPDX-License-Identifier: Apache-2.0
"""Mass issue of OFD: each document whole and verified, shared parts the same, values refused by name."""

from __future__ import annotations

import io
import pickle
import zipfile
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keys import KeyKind, generate_key
from seal import (
    Attachment,
    EveryPage,
    Layout,
    MassRefused,
    OfdMassTemplate,
    OfdRefused,
    PreparedOfd,
    SheetContent,
    SignerMismatch,
    complete_ofd,
    lay_out,
    ofd_mass_template,
)
from seal.ofd.picture import qr_png
from seal.pages.qr import symbol_of

from .conftest import AT, Sealer

NS = "{http://www.ofdspec.org/2016}"
SAMPLE = "HTTPS://DEMO.EXAMPLE/R/0123456789ABCDEF#" + "0" * 280
RECORD = Attachment("record.json", "application/json", b"")


@cache
def layout() -> Layout:
    return lay_out(
        SheetContent(
            title="建筑工程施工许可证",
            number="{number}",
            rows=(("工程名称", "{project}"), ("建设单位", "{holder}")),
            paragraphs=("经审查,本建筑工程符合施工条件,准予施工。",),
            qr_text=SAMPLE,
            issuer_name="蜀州市锦北区住房和城乡建设局(演示)",
            issue_date="{date}",
            watermark="样章 SPECIMEN",
        )
    )


@cache
def template() -> OfdMassTemplate:
    return ofd_mass_template(
        layout(),
        title="建筑工程施工许可证",
        at=AT,
        code="qr",
        attachments=(RECORD,),
        characters="工程有限公司",
    )


def values(number: int = 7, **more: str) -> dict[str, str]:
    return {
        "number": f"51010620170508{number:04d}",
        "project": f"样例花园{number}期 <A&B>,总包",
        "holder": "四川样例建工集团有限公司",
        "date": "2026年8月1日",
        "qr": SAMPLE[:-4] + f"{number:04d}",
        **more,
    }


def sealed(sealer: Sealer, number: int = 7, **more: str) -> bytes:
    return template().seal(
        values(number, **more),
        signer=sealer.key,
        esl=sealer.esl,
        certificate=sealer.certificate,
        at=AT,
        document_id=f"{number:016d}",
        metadata={"证照名称": "施工许可证"},
        attachments={"record.json": b'{"number":%d}' % number},
    )


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def test_each_is_whole(sealer: Sealer) -> None:
    """Verified; numbers unique and bounded; every number that is used is defined; the values stand in it."""
    data = sealed(sealer)
    sealer.passes(data)
    found = files(data)
    numbers: list[int] = []
    used: set[int] = set()
    for name, content in found.items():
        if name.endswith(".xml") and "/Signs/" not in name and "Attach" not in name and name != "OFD.xml":
            for one in ElementTree.fromstring(content).iter():
                if "ID" in one.attrib:
                    numbers.append(int(one.attrib["ID"]))
                used |= {
                    int(one.attrib[key]) for key in ("Font", "ResourceID", "TemplateID") if key in one.attrib
                }
    assert len(numbers) == len(set(numbers)) and used <= set(numbers)
    root = ElementTree.fromstring(found["Doc_0/Document.xml"])
    assert max(numbers) <= int(root.findtext(f".//{NS}MaxUnitID") or 0)
    page = ElementTree.fromstring(found["Doc_0/Pages/Page_0/Content.xml"])
    codes = [one.text for one in page.iter(f"{NS}TextCode")]
    assert "样例花园7期 <A&B>,总包" in codes and "编号 No. 510106201705080007" in codes
    assert found["Doc_0/Attachs/attachment_1.json"] == b'{"number":7}'
    assert "施工许可证" in found["OFD.xml"].decode()


def test_what_is_shared(sealer: Sealer) -> None:
    """Two documents begin with the same bytes and differ in what is theirs."""
    first, second = sealed(sealer, 1), sealed(sealer, 2)
    run = len(template().run.data)
    assert first[:run] == second[:run] == template().run.data
    one, two = files(first), files(second)
    same = {name for name in one if one[name] == two.get(name)}
    assert {"Doc_0/Document.xml", "Doc_0/Res/serif.ttf", "Doc_0/Tpls/Tpl_0/Content.xml"} <= same
    assert not same & {"OFD.xml", "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Res/code.png"}
    assert sealed(sealer, 1)[:run] == template().run.data
    assert pickle.loads(pickle.dumps(template())) == template()


def test_the_code_is_read(sealer: Sealer) -> None:
    """The picture decodes to the value; the white field stays around it."""
    with Image.open(io.BytesIO(files(sealed(sealer, 42))["Doc_0/Res/code.png"])) as picture:
        wide = Image.new("L", (picture.width + 32, picture.height + 32), 255)
        wide.paste(picture.convert("L"), (16, 16))
    (read,) = zxingcpp.read_barcodes(wide)
    assert read.text == values(42)["qr"]


@pytest.mark.parametrize("text", ["1", "HTTPS://A.EXAMPLE/1", "0" * 700, SAMPLE])
def test_code_pictures(text: str) -> None:
    """Module for module those of the symbol, whatever its size."""
    symbol = symbol_of(text)
    with Image.open(io.BytesIO(qr_png(symbol))) as picture:
        assert picture.size == (4 * symbol.modules, 4 * symbol.modules)
        small = picture.convert("L").resize((symbol.modules, symbol.modules), Image.Resampling.NEAREST)
    pixels = list(small.getdata())
    drawn = [[pixel == 0 for pixel in pixels[start : start + symbol.modules]]
             for start in range(0, len(pixels), symbol.modules)]  # fmt: skip
    assert drawn == [list(row) for row in symbol.rows]


def test_two_steps(sealer: Sealer) -> None:
    """The same state as for any other OFD."""
    prepared = template().prepare(
        values(),
        esl=sealer.esl,
        certificate=sealer.certificate,
        at=AT,
        document_id="1",
        attachments={"record.json": b"{}"},
    )
    again = PreparedOfd.restore(prepared.state(), prepared.data)
    sealer.passes(complete_ofd(again, sealer.key.sign(again.to_be_signed)))


def test_more_seals_can_follow(sealer: Sealer) -> None:
    """It is an OFD like any other."""
    sealer.passes(sealer.seal(sealed(sealer), EveryPage(10, 10, 20, 20)), signatures=2)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"holder": None}, "mass-value-missing", "holder"),
        ({"other": "x"}, "mass-value-unknown", "other"),
        ({"holder": "很" * 80}, "mass-value-too-long", "holder"),
        ({"holder": "\ue000"}, "mass-glyph-missing", "holder"),
        ({"qr": None}, "mass-value-missing", "qr"),
        ({"qr": "字"}, "mass-code-refused", "qr"),
        ({"qr": SAMPLE + "A" * 200}, "mass-code-refused", "qr"),
    ],
)
def test_refused_values(sealer: Sealer, change: dict[str, str | None], code: str, field: str) -> None:
    """Each names the field."""
    given: dict[str, Any] = {**values(), **change}
    given = {name: value for name, value in given.items() if value is not None}
    with pytest.raises(MassRefused) as refused:
        template().seal(
            given,
            signer=sealer.key,
            esl=sealer.esl,
            certificate=sealer.certificate,
            at=AT,
            document_id="1",
            attachments={"record.json": b"{}"},
        )
    assert (refused.value.code, refused.value.field) == (code, field)


def test_refused_otherwise(sealer: Sealer, authority: Any) -> None:
    """Attachments, keys, templates."""
    options: dict[str, Any] = {
        "esl": sealer.esl,
        "certificate": sealer.certificate,
        "at": AT,
        "document_id": "1",
    }
    for attachments, code in (
        ({}, "mass-attachment-missing"),
        ({"record.json": b"", "b": b""}, "mass-attachment-unknown"),
    ):
        with pytest.raises(MassRefused) as refused:
            template().prepare(values(), attachments=attachments, **options)
        assert refused.value.code == code
    with pytest.raises(SignerMismatch):
        template().seal(
            values(), signer=generate_key(KeyKind.SM2), attachments={"record.json": b""}, **options
        )
    rsa = authority(KeyKind.RSA2048).sealing.certificate
    with pytest.raises(OfdRefused):
        template().prepare(values(), attachments={"record.json": b""}, **{**options, "certificate": rsa})
    with pytest.raises(MassRefused):
        ofd_mass_template(lay_out(SheetContent(title="无")), title="x", at=AT)


@settings(max_examples=40, deadline=None)
@given(text=st.text(st.sampled_from("施工<>&\"'();:,.?!A g龘\n " + chr(0x20087) + "\uff0c"), max_size=12))
def test_any_value(sealer: Sealer, text: str) -> None:
    """Well-formed, verified, one glyph for each character."""
    data = sealed(sealer, project=text)
    sealer.passes(data)
    page = ElementTree.fromstring(files(data)["Doc_0/Pages/Page_0/Content.xml"])
    for one in page.iter(f"{NS}TextObject"):
        glyphs = (one.findtext(f".//{NS}Glyphs") or "").split()
        assert len(glyphs) == len(one.findtext(f"{NS}TextCode") or "")

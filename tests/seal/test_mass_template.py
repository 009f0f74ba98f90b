# SPDX-License-Identifier: Apache-2.0
"""Mass issue: every file an ordinary, whole, valid PDF, and every refusal names the field."""

from __future__ import annotations

import io
import pickle
import shutil
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.sign.validation.status import SignatureCoverageLevel

from keys import KeyKind
from seal import (
    Appearance,
    Attachment,
    FieldAlign,
    MassRefused,
    MassTemplate,
    SheetContent,
    SignatureMismatch,
    SignerMismatch,
    complete_pdf,
    lay_out,
    mass_template,
)
from verify import Indication, read_attachment

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
CODE = "HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF#" + "7" * 268
VALUES = {
    "number": "510106202608010101",
    "holder": "四川样例建工集团有限公司",
    "project": "样例花园一期(A区)",
    "scale": "86420.50 平方米",
    "date": "2026年8月1日",
    "docid": "7K3Q-XW2M-9PTR-4HBD",
    "code": CODE[:-12] + "314159265358",
}
RECORD = '{"holder":"四川样例建工集团有限公司"}'.encode()
KINDS = [KeyKind.SM2, KeyKind.P256, KeyKind.RSA2048]


@pytest.fixture(scope="module")
def template(appearance: Appearance) -> MassTemplate:
    layout = lay_out(
        SheetContent(
            title="建筑工程施工许可证",
            number="{number}",
            rows=(("建设单位", "{holder}"), ("工程名称", "{project}"), ("建设规模", "面积 {scale}")),
            paragraphs=("经审查,本建筑工程符合施工条件,准予施工。",),
            issuer_name="蜀州市锦北区住房和城乡建设局(演示)",
            issue_date="{date}",
            document_id="{docid}",
            qr_text=CODE,
            watermark="样章 SPECIMEN",
        )
    )
    return mass_template(
        layout,
        title="建筑工程施工许可证",
        reason="核发",
        appearance=appearance,
        align={"date": FieldAlign.CENTRE},
        code="code",
        attachments=(Attachment("record.json", "application/json", b"", "证照数据"),),
    )


Make = Callable[..., bytes]


@pytest.fixture(scope="module")
def make(template: MassTemplate, authority: Callable[[KeyKind], Any]) -> Make:
    def seal(kind: KeyKind = KeyKind.P256, **changed: str) -> bytes:
        own = authority(kind)
        return template.seal(
            {**VALUES, **changed},
            signer=own.key,
            sealing=own.sealing,
            at=AT,
            attachments={"record.json": RECORD},
        )

    return seal


def drawn(data: bytes, scale: float = 2.0) -> Any:
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        return document[0].render(scale=scale).to_pil()


def words(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return str(document[0].get_textpage().get_text_range()).replace("\r\n", "\n")


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_our_verifier_passes_every_family(
    make: Make, authority: Callable[[KeyKind], Any], kind: KeyKind
) -> None:
    """One revision, certified against any change."""
    data = make(kind)
    report = authority(kind).passes(data)
    assert data.count(b"%%EOF") == 1 and data.count(b"startxref") == 1
    assert report.signatures[0].facts["permission"] == 1


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA2048], ids=str)
def test_others_pass_it(
    make: Make, authority: Callable[[KeyKind], Any], kind: KeyKind, tmp_path: Path
) -> None:
    """pyHanko's validator, poppler with NSS, qpdf."""
    data = make(kind)
    (status,) = authority(kind).statuses(data)
    assert status.bottom_line and status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    file = tmp_path / "one.pdf"
    file.write_bytes(data)
    for name, package in (("pdfsig", "poppler-utils"), ("qpdf", "qpdf")):
        if shutil.which(name) is None:
            pytest.skip(f"needs {name}: apt-get install {package}")
    told = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in told and "Total document signed" in told
    checked = subprocess.run(["qpdf", "--check", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_values_are_on_the_page(make: Make) -> None:
    """As text that can be copied as it was typed, with the constant texts around it."""
    text = words(make())
    for value in ("510106202608010101", "四川样例建工集团有限公司", "86420.50 平方米", "2026年8月1日"):
        assert value in text
    assert text.count("7K3Q-XW2M-9PTR-4HBD") == 2
    assert "建筑工程施工许可证" in text and "准予施工" in text
    assert "{" not in text


def test_what_was_typed_is_copied(make: Make) -> None:
    """Brackets are drawn full-width beside Chinese and copied as they were typed."""
    with pikepdf.open(io.BytesIO(make())) as pdf:
        contents = b"".join(one.read_bytes() for one in pdf.pages[0].Contents)
    assert f"<FEFF{VALUES['project'].encode('utf-16-be').hex().upper()}>".encode() in contents


def test_the_code_is_read_from_the_drawn_page(make: Make) -> None:
    """At 150 dpi, as a phone sees a screen or a print."""
    found = zxingcpp.read_barcodes(drawn(make(), 150 / 72))
    assert [one.text for one in found] == [VALUES["code"]]


def test_a_shorter_code_is_as_large(make: Make) -> None:
    """The symbol keeps the size of the template's."""
    found = zxingcpp.read_barcodes(drawn(make(code="HTTPS://A.EXAMPLE")))
    assert [one.text for one in found] == ["HTTPS://A.EXAMPLE"]


def test_the_seal_is_in_its_place(make: Make) -> None:
    """Red below the middle at the right, none above."""
    image = drawn(make(), 1.0).convert("RGB")
    wide, high = image.size
    red = [
        (x, y)
        for x in range(wide)
        for y in range(high)
        if (p := image.getpixel((x, y)))[0] > 200 and p[1] < 80
    ]
    assert len(red) > 300
    assert min(x for x, _ in red) > wide / 2 and min(y for _, y in red) > high * 0.7


def test_two_documents_share_the_block_and_differ_behind(make: Make, template: MassTemplate) -> None:
    """What is constant is once digested and never written anew."""
    one, other = make(), make(holder="样例物业有限公司")
    assert one.startswith(template.block.data) and other.startswith(template.block.data)
    assert one != other and "样例物业有限公司" in words(other)


def test_the_same_values_make_the_same_document(
    template: MassTemplate, authority: Callable[[KeyKind], Any]
) -> None:
    """Only the signature value may differ; a copy of the template in another process does the same."""
    own = authority(KeyKind.SM2)
    options: dict[str, Any] = {"sealing": own.sealing, "at": AT, "attachments": {"record.json": RECORD}}
    again = pickle.loads(pickle.dumps(template))
    assert template.prepare(VALUES, **options) == again.prepare(VALUES, **options)


def test_the_attachment_is_inside(make: Make) -> None:
    """Under its name, byte by byte."""
    assert read_attachment(make(), "record.json") == RECORD


def test_a_key_elsewhere_signs(template: MassTemplate, authority: Callable[[KeyKind], Any]) -> None:
    """Hash and return: nothing is embedded that does not verify."""
    own = authority(KeyKind.SM2)
    prepared = template.prepare(VALUES, sealing=own.sealing, at=AT, attachments={"record.json": RECORD})
    own.passes(complete_pdf(prepared, own.key.sign(prepared.attributes), sealing=own.sealing))
    with pytest.raises(SignatureMismatch):
        complete_pdf(prepared, own.key.sign(b"another"), sealing=own.sealing)


def test_another_key_is_refused(template: MassTemplate, authority: Callable[[KeyKind], Any]) -> None:
    """The key must be that of the certificate."""
    with pytest.raises(SignerMismatch):
        template.seal(
            VALUES,
            signer=authority(KeyKind.RSA2048).key,
            sealing=authority(KeyKind.P256).sealing,
            at=AT,
            attachments={"record.json": RECORD},
        )


def test_every_byte_counts(make: Make, authority: Callable[[KeyKind], Any]) -> None:
    """A change anywhere behind the shared block, and at some places in it, is seen."""
    own, data = authority(KeyKind.SM2), make(KeyKind.SM2)
    places = [*range(9, len(data) // 2, 4_001), *range(len(data) - 9_000, len(data), 149)]
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 0x01
        try:
            told = own.check(bytes(changed)).indication
        except Exception as error:
            assert type(error).__module__.startswith("verify"), error
        else:
            padding = (
                data[place : place + 40].strip(b"0") == b"" or data[place - 40 : place].strip(b"0") == b""
            )
            assert told is not Indication.TOTAL_PASSED or padding, place


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"holder": "样例" * 60}, "mass-value-too-long", "holder"),
        ({"holder": "样例\U0002ffff公司"}, "mass-glyph-missing", "holder"),
        ({"code": "A" * 484}, "mass-code-refused", "code"),
        ({"code": "印信"}, "mass-code-refused", "code"),
        ({"code": ""}, "mass-code-refused", "code"),
        ({"holders": "x"}, "mass-value-unknown", "holders"),
    ],
    ids=["long", "glyph", "large code", "Chinese code", "empty code", "unknown"],
)
def test_refusals_name_the_field(make: Make, changed: Mapping[str, str], code: str, field: str) -> None:
    """Whoever mends the list must find the cell."""
    with pytest.raises(MassRefused) as caught:
        make(**changed)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert field in str(caught.value)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_missing_value_is_named(
    template: MassTemplate, authority: Callable[[KeyKind], Any], name: str
) -> None:
    """An empty place on a certificate is never an accident."""
    values = {one: value for one, value in VALUES.items() if one != name}
    with pytest.raises(MassRefused) as caught:
        template.prepare(
            values, sealing=authority(KeyKind.SM2).sealing, at=AT, attachments={"record.json": RECORD}
        )
    assert (caught.value.code, caught.value.field) == ("mass-value-missing", name)


@pytest.mark.parametrize(
    ("attachments", "code"),
    [({}, "mass-attachment-missing"), ({"record.json": b"", "x": b""}, "mass-attachment-unknown")],
    ids=["missing", "unknown"],
)
def test_attachments_are_those_of_the_template(
    template: MassTemplate, authority: Callable[[KeyKind], Any], attachments: dict[str, bytes], code: str
) -> None:
    """Their names stand in the shared block."""
    sealing = authority(KeyKind.SM2).sealing
    with pytest.raises(MassRefused) as caught:
        template.prepare(VALUES, sealing=sealing, at=AT, attachments=attachments)
    assert caught.value.code == code


def test_a_template_without_code_and_attachments(
    appearance: Appearance, authority: Callable[[KeyKind], Any]
) -> None:
    """The least there can be: one value."""
    layout = lay_out(SheetContent(title="证书", rows=(("姓名", "{name}"),), issuer_name="样例机关"))
    plain = mass_template(layout, title="证书", reason="核发", appearance=appearance)
    own = authority(KeyKind.P256)
    data = plain.seal({"name": "张三"}, signer=own.key, sealing=own.sealing, at=AT)
    own.passes(data)
    assert all(status.bottom_line for status in own.statuses(data))
    assert "张三" in words(data)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (SheetContent(title="证书", rows=(("姓名", "{name} {given}"),)), {}),
        (SheetContent(title="证书"), {"align": {"name": FieldAlign.LEFT}}),
        (SheetContent(title="证书"), {"code": "code"}),
    ],
    ids=["two fields in one text", "no such field", "no code"],
)
def test_templates_that_cannot_work(
    appearance: Appearance, content: SheetContent, options: dict[str, Any]
) -> None:
    """Refused before the first document."""
    with pytest.raises(MassRefused) as caught:
        mass_template(lay_out(content), title="证书", reason="核发", appearance=appearance, **options)
    assert caught.value.code == "mass-template"


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=24))
def test_any_value_is_set_or_refused(make: Make, authority: Callable[[KeyKind], Any], value: str) -> None:
    """No value breaks a file, and none raises anything else."""
    try:
        data = make(holder=value)
    except MassRefused as refusal:
        assert refusal.field == "holder"
        return
    authority(KeyKind.P256).passes(data)

# SPDX-License-Identifier: Apache-2.0
"""What is sealed: an ordinary document of 70 KB from another product, and the template of a certificate."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import cache
from itertools import cycle
from typing import Any

from seal import (
    Attachment,
    FieldAlign,
    MassTemplate,
    Placement,
    SheetContent,
    SheetTable,
    lay_out,
    mass_template,
    write_pdf,
)

from .world import AT, NAME, appearance

PLACE = Placement(page=0, x_mm=134, y_mm=210, width_mm=42, height_mm=42)
_CODE = "HTTPS://YINXIN.EXAMPLE.GOV.CN/R/0123456789ABCDEF#"
RECORD = '{"格式":"样例","持证人":"四川样例建工集团有限公司","编号":"510106202611300101"}'.encode() * 6


@cache
def document() -> bytes:
    """Two pages with a subset of a Chinese typeface and a photograph, saved by another product (qpdf)."""
    import pikepdf

    table = SheetTable(
        "工程明细",
        ("序号", "名称", "规模", "说明"),
        tuple(
            (str(n), f"样例楼{n}号", f"{n * 137}.50 平方米", "框架剪力墙结构,地上十八层")
            for n in range(1, 31)
        ),
    )
    layout = lay_out(
        SheetContent(
            title="建设项目情况说明",
            rows=tuple((f"项目{n}", "样例花园一期 总建筑面积 86420.50 平方米") for n in range(10)),
            tables=(table,),
            paragraphs=("以上情况属实,如有虚假,愿承担相应法律责任。" * 4,),
            issuer_name=NAME,
            watermark="样章 SPECIMEN",
        )
    )
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(write_pdf(layout, title="情况说明", at=AT))) as pdf:
        image = pikepdf.Stream(pdf, _photograph())
        image.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=320,
            Height=200,
            ColorSpace=pikepdf.Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=pikepdf.Name.DCTDecode,
        )
        page = pdf.pages[1]
        page.Resources.XObject = pikepdf.Dictionary(Photo=pdf.make_indirect(image))
        page.contents_add(b"q 160 0 0 100 210 240 cm /Photo Do Q")
        pdf.save(out, static_id=True)
    return out.getvalue()


def _photograph() -> bytes:
    """Colours that do not pack well, as in a photograph."""
    from PIL import Image

    dice = random.Random(70)
    small = Image.frombytes("RGB", (80, 50), dice.randbytes(80 * 50 * 3))
    out = io.BytesIO()
    small.resize((320, 200), Image.Resampling.BICUBIC).save(out, "JPEG", quality=82)
    return out.getvalue()


@cache
def certificate_template() -> MassTemplate:
    """An electronic certificate: eleven values, a code with a signed statement, the record attached."""
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
            qr_text=_CODE + "7" * 268,
            watermark="样章 SPECIMEN",
        )
    )
    return mass_template(
        layout,
        title="建筑工程施工许可证",
        reason="核发",
        appearance=appearance(),
        align={"date": FieldAlign.CENTRE},
        code="code",
        attachments=(Attachment("record.json", "application/json", b"", "证照数据"),),
    )


def certificate_values() -> Callable[[], dict[str, str]]:
    """The values of the next certificate: five hundred, none like another, made before anything is timed."""
    dice = random.Random(11)
    return cycle([_values(dice, number) for number in range(500)]).__next__


def _values(dice: random.Random, number: int) -> dict[str, str]:
    names, given = "张王李赵刘陈杨黄周吴徐孙马朱胡", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
    places = "青山绿水东西南北云霞松竹梅兰锦江龙凤"

    def pick(letters: str, count: int) -> str:
        return "".join(dice.choices(letters, k=count))

    return {
        "number": f"5101062026{number:08d}",
        "holder": f"四川样例{pick(places, 2)}建工集团有限公司",
        "project": f"{pick(places, 3)}花园{number % 9 + 1}期(A区)",
        "address": f"蜀州市锦北区{pick(places, 2)}大道 {number + 1} 号",
        "scale": f"总建筑面积 {dice.randrange(10**7) / 100:.2f} 平方米",
        "period": "2026-12-01 至 2028-06-30",
        "price": f"{dice.randrange(10**7) / 100:.2f}",
        "leader": pick(names, 1) + pick(given, 2),
        "date": "2026年11月30日",
        "id": "-".join(pick("23456789ABCDEFGHJKMNPQRSTVWXYZ", 4) for _ in range(4)),
        "code": _CODE + pick("0123456789", 268),
    }


def peak_kilobytes(act: Callable[[], Any]) -> int:
    """Memory that Python takes for one act, beyond what it had."""
    import tracemalloc

    act()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        act()
        return (tracemalloc.get_traced_memory()[1] - before) // 1024
    finally:
        tracemalloc.stop()

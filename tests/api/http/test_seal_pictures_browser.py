# SPDX-License-Identifier: Apache-2.0
"""Applying for a seal in headless Chromium: what is filled in is seen at once, a scan is straightened."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from .test_pages_browser import PHONE, log_in, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDE = {"width": 1280, "height": 900}


@pytest.fixture(params=["phone", "wide"])
def page(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    viewport = PHONE if request.param == "phone" else WIDE
    context = chromium.new_context(viewport=viewport, locale="zh-CN")
    yield context.new_page()
    context.close()


def scan(path: Path) -> Path:
    """A square imprint, turned by three degrees."""
    stamp = Image.new("RGBA", (240, 240), (0, 0, 0, 0))
    pen = ImageDraw.Draw(stamp)
    pen.rectangle((0, 0, 239, 239), outline=(210, 30, 40, 255), width=12)
    for y in range(50, 220, 50):
        pen.rectangle((40, y, 200, y + 14), fill=(210, 30, 40, 255))
    stamp = stamp.rotate(-3, expand=True, resample=Image.Resampling.BICUBIC)
    sheet = Image.new("RGB", (500, 400), (250, 249, 245))
    sheet.paste(stamp, (90, 60), stamp)
    packed = io.BytesIO()
    sheet.save(packed, "PNG")
    path.write_bytes(packed.getvalue())
    return path


def test_picture_while_filling_in(site: Any, page: Any, tmp_path: Path, shots: Path) -> None:
    """Each change is drawn; a rule that is broken is said beside the picture."""
    width = "phone" if page.viewport_size["width"] < 500 else "wide"
    log_in(page, site, "H10", tmp_path, next="/seals")
    page.goto(f"{site.url}/seals/apply")
    page.fill("#name", "蜀州市锦北区样例局")
    page.fill("#line", "业务专用章")
    page.wait_for_selector("#picture:visible")
    first = page.get_attribute("#picture", "src")
    shoot(page, shots, f"{width}-seal-apply-round")
    page.select_option("#shape", "oval")
    page.wait_for_function("was => document.getElementById('picture').src !== was", arg=first)
    shoot(page, shots, f"{width}-seal-apply-oval")
    assert not page.is_visible("#rank")
    page.select_option("#shape", "square")
    page.wait_for_selector("#picture-note.field-error")
    assert "2" in page.inner_text("#picture-note")
    page.fill("#name", "李一清")
    page.wait_for_function("() => document.getElementById('picture-note').className === 'hint'")
    shoot(page, shots, f"{width}-seal-apply-square")
    page.select_option("#source", "scan")
    page.set_input_files("#scan-file", scan(tmp_path / "scan.png"))
    page.fill("#width_mm", "20")
    page.wait_for_function(
        "() => document.getElementById('picture-note').textContent.includes('mm')", timeout=60_000
    )
    assert "-3" in page.inner_text("#picture-note") or "3" in page.inner_text("#picture-note")
    shoot(page, shots, f"{width}-seal-apply-scan")
    page.select_option("#type", "special")
    page.click("button[value=apply]")
    page.wait_for_url(lambda url: not url.endswith("/apply"), timeout=60_000)
    assert "待审批" in page.inner_text("main")
    shoot(page, shots, f"{width}-seal-applied-scan")

# SPDX-License-Identifier: Apache-2.0
"""The SVG in a browser looks like the PNG: two writers, two renderers, one page."""

from __future__ import annotations

import io
import shutil
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from verify import ofd_png, ofd_svg

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OBJECTS = (
    '<ofd:PathObject ID="30" Boundary="20 60 60 60" Fill="true" LineWidth="1" CTM="1 0.3 -0.2 1 0 0">'
    '<ofd:Clips><ofd:Clip><ofd:Area><ofd:Path Boundary="5 5 40 40">'
    "<ofd:AbbreviatedData>M 0 20 A 20 20 0 0 1 40 20 A 20 20 0 0 1 0 20 C</ofd:AbbreviatedData>"
    "</ofd:Path></ofd:Area></ofd:Clip></ofd:Clips>"
    '<ofd:StrokeColor Value="0 0 200"/><ofd:FillColor Value="220 120 0" Alpha="160"/>'
    "<ofd:AbbreviatedData>M 0 0 L 50 0 L 50 50 L 0 50 C M 15 15 L 35 15 L 35 35 L 15 35 C"
    "</ofd:AbbreviatedData></ofd:PathObject>"
    '<ofd:PathObject ID="31" Boundary="110 60 60 60" LineWidth="2" DashPattern="4 2" Cap="Round"'
    ' Join="Round">'
    "<ofd:AbbreviatedData>M 0 30 Q 15 -20 30 30 B 40 60 50 0 60 30</ofd:AbbreviatedData></ofd:PathObject>"
    '<ofd:TextObject ID="32" Boundary="20 140 170 20" Font="3" Size="12" Stroke="true" LineWidth="0.2">'
    '<ofd:StrokeColor Value="0 0 200"/><ofd:FillColor Value="220 0 0"/>'
    '<ofd:TextCode X="0" Y="15" DeltaX="g 5 14">住房和城乡建</ofd:TextCode></ofd:TextObject>'
)


def test_svg_and_png_agree(workshop: Any) -> None:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: install the package chromium to run the browser tests")
    from playwright.sync_api import sync_playwright

    files = workshop.plain(1)
    files["Doc_0/Pages/Page_0/Content.xml"] = workshop.page(OBJECTS, '<ofd:Template TemplateID="5"/>')
    data = workshop.pack(workshop.sealed(files))
    ours = Image.open(io.BytesIO(ofd_png(data, 0, 96))).convert("RGB")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 794, "height": 1123})
        page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{ofd_svg(data, 0)}")
        theirs = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        browser.close()
    width, height = min(ours.width, theirs.width), min(ours.height, theirs.height)
    difference = ImageChops.difference(
        ours.crop((0, 0, width, height)), theirs.crop((0, 0, width, height))
    ).convert("L")
    assert ImageStat.Stat(difference).mean[0] < 2.0
    assert sum(difference.histogram()[128:]) < width * height * 0.004
    blank = ImageChops.difference(ours, Image.new("RGB", ours.size, "white")).convert("L")
    assert ImageStat.Stat(blank).mean[0] > 3.0

# SPDX-License-Identifier: Apache-2.0
"""Seals in headless Chromium: a keeper applies, signs a step with a key file, sees a use, says "not us"."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.console import FileOrder
from seal import Placement

from .test_pages_browser import PASSPHRASE, PHONE, key_file, log_in, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport=PHONE, locale="zh-CN")
    yield context.new_page()
    context.close()


def test_from_application_to_not_us(site: Any, page: Any, tmp_path: Path, shots: Path) -> None:
    """On a phone; the step that the key file signs is the keeper's own, and the use appears by itself."""
    log_in(page, site, "H10", tmp_path, next="/seals")
    page.click("text=申请印章 Apply for a seal")
    page.fill("#name", "蜀州市锦北区样例局")
    page.fill("#line", "浏览器专用章")
    page.click("form#seal-application button[value=apply]")
    page.wait_for_selector("text=待审批")
    seal_id = page.url.rsplit("/", 1)[1]
    shoot(page, shots, "phone-seal-applied")
    for step in ("approve", "make"):
        site.operator.post(f"/api/v1/seals/{seal_id}/steps", {"step": step})
    page.reload()
    page.click("summary:has-text('用本人密钥签名办理')")
    page.set_input_files("#keyfile", key_file(site, "H10", tmp_path))
    page.fill("#passphrase", PASSPHRASE)
    page.click("form[data-step=activate] button")
    page.wait_for_selector("h1 .pass-tag", timeout=30_000)
    assert "本人签名" in page.inner_text("main")
    shoot(page, shots, "phone-seal-active")
    page.goto(f"{site.url}/seals")
    before = page.locator("#uses form").count()
    source = tmp_path / "in.pdf"
    source.write_bytes(site.files()["land_approval"])
    place = FileOrder(lambda drawing: [Placement(0, 20.0, 40.0, drawing.width_mm, drawing.height_mm)])
    site.service.console.seal(source.read_bytes(), seal_id, place)
    page.wait_for_function(
        "count => document.querySelectorAll('#uses form').length > count", arg=before, timeout=30_000
    )
    shoot(page, shots, "phone-seal-uses")
    page.locator("#uses form button").first.click()
    page.wait_for_selector("#uses .fail-tag")
    assert site.stage.client().get(f"/api/v1/seals/{seal_id}")["state"] == "suspended"

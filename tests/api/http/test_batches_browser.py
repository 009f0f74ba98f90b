# SPDX-License-Identifier: Apache-2.0
"""Batches in headless Chromium: an officer on a phone without a script, an applicant who signs there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from keys import write_key_file

from ..batches.conftest import tiny_pdf

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}
PASSPHRASE = "样例口令 sample 1"


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport=PHONE, locale="zh-CN")
    yield context.new_page()
    context.close()


def pdfs(folder: Path, count: int) -> list[str]:
    made = []
    for number in range(count):
        path = folder / f"附件{number}.pdf"
        path.write_bytes(tiny_pdf(500 + number))
        made.append(str(path))
    return made


def key_file(site: Any, key: str, folder: Path) -> Path:
    holder = site.holder(key)
    path = folder / f"{key}.pem"
    path.write_bytes(write_key_file(holder.signer, [holder.certificate], PASSPHRASE))
    return path


def open_key(page: Any, site: Any, key: str, folder: Path) -> None:
    page.set_input_files("#keyfile", key_file(site, key, folder))
    page.fill("#passphrase", PASSPHRASE)


def shoot(page: Any, shots: Path, name: str) -> None:
    page.screenshot(path=shots / f"{name}.png", full_page=True)
    assert page.locator("body").bounding_box()["width"] <= PHONE["width"] + 1


def finish(page: Any, site: Any) -> None:
    """On PostgreSQL the workers are other processes: here, this one."""
    if site.service.batch_call.shared:
        site.service.batches.worker().work_off()
        page.reload()
    page.wait_for_selector("text=已完成", timeout=60_000)


def test_an_applicant_confirms_once(site: Any, page: Any, shots: Path, tmp_path: Path) -> None:
    """The list is shown, the key signs in the page, the files are done."""
    page.goto(f"{site.url}/login?next=/applicant/batches")
    open_key(page, site, "H01", tmp_path)
    page.fill("#act_for", site.stage.facts.uscc("E01"))
    page.click("form#login button")
    page.wait_for_url("**/applicant/batches", timeout=30_000)
    page.fill("#title", "年报附件")
    bad = tmp_path / "说明.pdf"
    bad.write_bytes(b"no pdf")
    page.set_input_files("#files", [*pdfs(tmp_path, 3), str(bad)])
    open_key(page, site, "E01", tmp_path)
    page.click("#prepare")
    page.wait_for_selector("#confirm:not([hidden])", timeout=60_000)
    assert page.locator("#list li").count() == 3
    assert "1 个文件不能签章" in page.inner_text("#bad")
    shoot(page, shots, "phone-own-batch-list")
    page.click("#confirm")
    page.wait_for_url("**/applicant/batches/*", timeout=60_000)
    finish(page, site)
    assert page.locator("text=文件 File").count() == 3
    shoot(page, shots, "phone-own-batch-done")


def test_an_officer_without_a_script(site: Any, chromium: Any, shots: Path, tmp_path: Path) -> None:
    """Form, report, start, a page that refreshes by itself until it is done."""
    service = site.service
    at = service.clock()
    service.grants.give(
        site.stage.seals["A3-sm2"],
        site.stage.accounts["H10"],
        document_types=["file"],
        period=(at - timedelta(minutes=1), at + timedelta(days=1)),
        by="test",
    )
    token = site.login("H10").http.headers["authorization"].removeprefix("Bearer ")
    context = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    context.add_cookies([{"name": "yinxin_session", "value": token, "url": site.url}])
    page = context.new_page()
    try:
        page.goto(f"{site.url}/batches")
        page.fill("#title", "会议通知")
        page.set_input_files("#files", pdfs(tmp_path, 5))
        shoot(page, shots, "phone-batches")
        page.click("text=上传并核对")
        page.wait_for_selector("text=待开始")
        shoot(page, shots, "phone-batch-checked")
        page.click("text=开始办理")
        finish(page, site)
        shoot(page, shots, "phone-batch-done")
    finally:
        context.close()

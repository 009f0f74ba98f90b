# SPDX-License-Identifier: Apache-2.0
"""The pages in headless Chromium: a citizen on a phone without scripts, an applicant, an officer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from api.demo.stage import now, stamp
from ca import SubjectName
from keys import KeyKind, generate_key, write_key_file
from verify import picture_of_pdf, read_codes

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}
PASSPHRASE = "样例口令 sample 1"


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport=PHONE, locale="zh-CN")
    yield context.new_page()
    context.close()


@pytest.fixture
def still(chromium: Any) -> Iterator[Any]:
    """A browser in which no script runs."""
    context = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def permit(site: Any) -> dict[str, Any]:
    """One permit, issued over the API."""
    facts = site.stage.facts
    answer = site.login("H01", "E01").submit(
        "permit_application",
        facts.permit_application("P8"),
        site.files(),
        site.holder("E01"),
        key="browser-p8",
    )
    for seal in ("A3-sm2", "A3-rsa"):
        site.operator.post(
            f"/api/v1/seals/{site.stage.seals[seal]}/grants",
            {
                "officer": site.stage.accounts["H10"],
                "document_types": ["construction_permit"],
                "valid_from": stamp(now() - timedelta(minutes=1)),
                "valid_until": stamp(now() + timedelta(days=1)),
            },
        )
    officer = site.login("H10")
    path = f"/api/v1/desk/{answer['submission_id']}/approve"
    issued: dict[str, Any] = officer.post(path, {"seal_id": site.stage.seals["A3-sm2"]})
    return {**issued, "pdf": officer.fetch(issued["file_url"])}


def key_file(site: Any, key: str, folder: Path) -> Path:
    if key == "H07-P256" and key not in site.stage.holders:
        # An ECDSA key for a person who has an account already.
        site.stage.holders[key] = site.operator.certify(
            generate_key(KeyKind.P256),
            SubjectName(common_name=site.stage.facts.name("H07")),
            profile="person",
            holder="H07",
            account_id=site.stage.accounts["H07"],
        )
    holder = site.holder(key)
    path = folder / f"{key}.pem"
    path.write_bytes(write_key_file(holder.signer, [holder.certificate], PASSPHRASE))
    return path


def shoot(page: Any, shots: Path, name: str) -> None:
    """A picture to look at; and whatever the width, nothing sticks out of it."""
    page.screenshot(path=shots / f"{name}.png", full_page=True)
    if page.context.pages and name.startswith("phone"):
        size = page.viewport_size["width"]
        assert page.locator("body").bounding_box()["width"] <= size + 1


def log_in(
    page: Any, site: Any, key: str, folder: Path, *, act_for: str = "", next: str = "/applicant"
) -> None:
    page.goto(f"{site.url}/login?next={next}")
    page.set_input_files("#keyfile", key_file(site, key, folder))
    page.fill("#passphrase", PASSPHRASE)
    if act_for:
        page.fill("#act_for", site.stage.facts.uscc(act_for))
    page.click("form#login button")
    page.wait_for_url(lambda url: urlsplit(url).path == next, timeout=30_000)


def test_home_on_a_phone(site: Any, still: Any, shots: Path) -> None:
    """Three doors, no script."""
    still.goto(site.url)
    assert still.locator(".door").count() == 3
    for words in ("查验", "申请人", "机关"):
        assert still.locator(".door", has_text=words).count() == 1
    shoot(still, shots, "phone-home")


def test_public_answer_without_scripts(site: Any, permit: dict[str, Any], still: Any, shots: Path) -> None:
    """The address in the QR code opens a page with the answer first; nothing on it needs a script."""
    (text,) = [one for one in read_codes(picture_of_pdf(permit["pdf"], dpi=150)) if "/R/" in one]
    still.goto(text.split("#")[0].replace("HTTP://", "http://"))
    assert still.locator(".headline.pass .words").inner_text().startswith("真实有效")
    assert still.locator("ul.lines li").count() == 5
    assert "样例学校" in still.inner_text("main")
    shoot(still, shots, "phone-live")


def test_typed_code_and_pasted_address(site: Any, permit: dict[str, Any], still: Any, shots: Path) -> None:
    """The code as it is printed, in any spelling, and the whole QR text."""
    printed = "-".join(permit["document_id"][at : at + 4] for at in range(0, 16, 4)).lower()
    still.goto(f"{site.url}/verify")
    shoot(still, shots, "phone-verify")
    still.fill("#code", f"  {printed} ")
    still.click("text=查验 Check")
    assert "/r/" in still.url
    assert still.locator(".headline.pass").count() == 1
    (text,) = [one for one in read_codes(picture_of_pdf(permit["pdf"], dpi=150)) if "/R/" in one]
    still.goto(f"{site.url}/verify")
    still.fill("#code", text)
    still.click("text=查验 Check")
    assert still.locator(".headline.pass").count() == 1
    shoot(still, shots, "phone-qr-text")


def test_wrong_codes_help(site: Any, still: Any, shots: Path) -> None:
    """A typing mistake is told from a document that nobody issued."""
    still.goto(f"{site.url}/verify/code?code=ABC")
    assert "16 位" in still.inner_text(".error")
    still.goto(f"{site.url}/r/04HMASW9NF6YY093")
    assert still.locator(".headline.fail").count() == 1
    shoot(still, shots, "phone-unknown")


def test_upload_genuine_and_changed(
    site: Any, permit: dict[str, Any], still: Any, shots: Path, tmp_path: Path
) -> None:
    """One file passes; with one byte changed it fails, and the page says why."""
    good, bad = tmp_path / "permit.pdf", tmp_path / "changed.pdf"
    good.write_bytes(permit["pdf"])
    at = permit["pdf"].index(b"stream\n") + 20
    bad.write_bytes(permit["pdf"][:at] + bytes([permit["pdf"][at] ^ 1]) + permit["pdf"][at + 1 :])
    for path, tone in ((good, "pass"), (bad, "fail")):
        still.goto(f"{site.url}/verify")
        still.set_input_files("#file", path)
        still.click("text=上传查验")
        assert still.locator(f".headline.{tone}").count() == 1
        shoot(still, shots, f"phone-upload-{tone}")


@pytest.mark.parametrize(
    ("key", "enterprise"), [("H01", "E01"), ("H02", ""), ("H07-P256", "")], ids=["SM2", "RSA", "ECDSA"]
)
def test_login_with_a_key_in_the_page(
    site: Any, page: Any, tmp_path: Path, shots: Path, key: str, enterprise: str
) -> None:
    """SM2 by our own module, RSA and ECDSA by the browser's; the key file never leaves the page."""
    sent: list[bytes] = []
    page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    log_in(page, site, key, tmp_path, act_for=enterprise)
    assert site.stage.facts.name(key.split("-")[0]) in page.inner_text("main")
    if enterprise:
        assert site.stage.facts.name(enterprise) in page.inner_text("main")
    assert not any(b"PRIVATE KEY" in body for body in sent)
    shoot(page, shots, f"phone-applicant-{key}")


def test_wrong_passphrase_helps(site: Any, page: Any, tmp_path: Path, shots: Path) -> None:
    """The page says that the passphrase is wrong, and keeps what was filled in."""
    page.goto(f"{site.url}/login")
    page.set_input_files("#keyfile", key_file(site, "H01", tmp_path))
    page.fill("#passphrase", "wrong")
    page.fill("#act_for", "91510100DEM001017Y")
    page.click("form#login button")
    page.wait_for_selector("#problem:not([hidden])")
    assert "口令不正确" in page.inner_text("#problem")
    assert page.input_value("#act_for") == "91510100DEM001017Y"
    shoot(page, shots, "phone-wrong-passphrase")


def test_refused_login_helps(site: Any, page: Any, tmp_path: Path) -> None:
    """Acting for an enterprise without a mandate is refused in words, with its code."""
    page.goto(f"{site.url}/login")
    page.set_input_files("#keyfile", key_file(site, "H02", tmp_path))
    page.fill("#passphrase", PASSPHRASE)
    page.fill("#act_for", site.stage.facts.uscc("E01"))
    page.click("form#login button")
    page.wait_for_selector("#problem:not([hidden])")
    assert "not-allowed-to-act" in page.inner_text("#problem")


def test_file_approve_and_print(site: Any, page: Any, permit: Any, tmp_path: Path, shots: Path) -> None:
    """Fill in, seal in the page, get a receipt; the officer approves and seals; the sheet is printed."""
    facts = site.stage.facts
    log_in(page, site, "H01", tmp_path, act_for="E01")
    page.goto(f"{site.url}/applicant/forms/permit_application")
    for name, value in facts.permit_application("P1").items():
        page.fill(f"#f-{name}", value)
    for slot, content in site.files().items():
        path = tmp_path / f"{slot}.pdf"
        path.write_bytes(content)
        page.set_input_files(f"#s-{slot}", path)
    page.set_input_files("#keyfile", key_file(site, "E01", tmp_path))
    page.fill("#passphrase", PASSPHRASE)
    shoot(page, shots, "phone-form")
    page.click("text=签章并提交")
    page.wait_for_url("**/applicant/submissions/*", timeout=60_000)
    assert "下载回执 PDF" in page.inner_text("main")
    shoot(page, shots, "phone-submission")
    submission = page.url.rsplit("/", 1)[1]

    page.goto(f"{site.url}/applicant")
    # On a phone a line of the list is read across the page, not down a column one letter wide.
    assert all(cell.bounding_box()["width"] > 200 for cell in page.locator("table.list td").all())
    shoot(page, shots, "phone-applicant-list")
    page.fill("#credit_sheet-purpose", "参加样例工程投标")
    with page.expect_response("**/documents/*/file") as answer:
        page.click("button:has-text('打印 Print')")
    assert answer.value.status == 200

    page.context.clear_cookies()
    page.set_viewport_size({"width": 1100, "height": 900})
    log_in(page, site, "H10", tmp_path, next="/desk")
    shoot(page, shots, "desk")
    page.goto(f"{site.url}/desk/{submission}")
    assert page.locator(".pass-tag").count() >= 3
    shoot(page, shots, "case")
    page.click("button:has-text('批准并用印')")
    page.wait_for_selector("text=下载证照 PDF", timeout=60_000)
    shoot(page, shots, "case-approved")


def test_form_errors_stand_beside_their_fields(site: Any, page: Any, tmp_path: Path, shots: Path) -> None:
    """A wrong credit code is refused by the service; the message stands beside the field, nothing is lost."""
    facts = site.stage.facts
    log_in(page, site, "H01", tmp_path, act_for="E01")
    page.goto(f"{site.url}/applicant/forms/permit_application")
    for name, value in {**facts.permit_application("P1"), "survey": "91510100DEM001017X"}.items():
        page.fill(f"#f-{name}", value)
    for slot, content in site.files().items():
        path = tmp_path / f"{slot}.pdf"
        path.write_bytes(content)
        page.set_input_files(f"#s-{slot}", path)
    page.set_input_files("#keyfile", key_file(site, "E01", tmp_path))
    page.fill("#passphrase", PASSPHRASE)
    page.click("text=签章并提交")
    page.wait_for_selector('[data-error="survey"]:not([hidden])', timeout=30_000)
    assert page.input_value("#f-address") == facts.permit_application("P1")["address"]
    shoot(page, shots, "phone-form-error")


def test_larger_type_is_remembered(site: Any, still: Any, shots: Path) -> None:
    """The link for larger type works without a script, on every later page."""
    still.goto(f"{site.url}/verify?size=large")
    assert still.locator("html.large").count() == 1
    still.goto(f"{site.url}/")
    assert still.locator("html.large").count() == 1
    shoot(still, shots, "phone-large")

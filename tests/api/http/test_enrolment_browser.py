# SPDX-License-Identifier: Apache-2.0
"""Enrolment in headless Chromium: the key is made in the page, saved, certified, and logs in."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ca import SubjectName, make_request, parse_request
from keys import KeyFamily, KeyKind, generate_key, read_key_file, write_key_file

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1100, "height": 900}
PASSPHRASE = "样例口令 enrol 1"
OFFICE = "11510000DEM9A0017F"
_numbers = itertools.count(1)


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport=PHONE, locale="zh-CN", accept_downloads=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def office(chromium: Any) -> Iterator[Any]:
    """The officer's own browser, in which no script runs after the login."""
    context = chromium.new_context(viewport=DESKTOP, locale="zh-CN")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def registrar(site: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key file of a registration officer."""
    name, subject = "赵样登", "BREG1"
    opened = {"name": name, "subject": subject, "roles": ["registrar"], "agency": OFFICE}
    account_id = site.operator.post("/api/v1/accounts", opened)["account_id"]
    key = generate_key(KeyKind.SM2)
    holder = site.operator.certify(
        key, SubjectName(name), profile="person", holder=subject, account_id=account_id
    )
    path = tmp_path_factory.mktemp("registrar") / "registrar.pem"
    path.write_bytes(write_key_file(key, [holder.certificate], PASSPHRASE))
    return path


def shoot(page: Any, shots: Path, name: str) -> None:
    """A picture to look at; and whatever the width, nothing sticks out of it."""
    page.screenshot(path=shots / f"{name}.png", full_page=True)
    assert page.locator("body").bounding_box()["width"] <= page.viewport_size["width"] + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"] + 1


def log_in(page: Any, site: Any, key_file: Path, *, next: str) -> None:
    page.goto(f"{site.url}/login?next={next}")
    page.set_input_files("#keyfile", key_file)
    page.fill("#passphrase", PASSPHRASE)
    page.click("form#login button")
    page.wait_for_url(lambda url: urlsplit(url).path == next, timeout=30_000)


def newcomer(site: Any) -> tuple[str, str, str]:
    """Somebody with an account and nothing else."""
    subject = f"BNEW{next(_numbers)}"
    name = f"李样新{subject[-1]}"
    opened = {"name": name, "subject": subject, "roles": ["applicant"]}
    return site.operator.post("/api/v1/accounts", opened)["account_id"], subject, name


@pytest.mark.parametrize("family", ["SM2", "RSA"])
def test_enrol_approve_fetch_log_in(
    site: Any, page: Any, office: Any, registrar: Path, tmp_path: Path, shots: Path, family: str
) -> None:
    """The whole way; the private key and its passphrase never leave the page."""
    _, subject, name = newcomer(site)
    sent: list[bytes] = []
    page.on("request", lambda request: sent.append(request.url.encode() + (request.post_data_buffer or b"")))

    log_in(office, site, registrar, next="/registration")
    office.select_option("#profile", "person")
    office.fill("#subject", subject)
    office.click("text=发放 Make a code")
    code = office.inner_text("#new-code")
    shoot(office, shots, f"registration-code-{family}")

    page.goto(f"{site.url}/enrol")
    shoot(page, shots, "phone-enrol")
    page.fill("#code", code.lower())
    page.click("text=查看或继续")
    page.wait_for_selector("#make:not([hidden])")
    assert name in page.inner_text("#told")
    page.check(f"[name=family][value={family}]")
    page.fill("#new-passphrase", PASSPHRASE)
    page.fill("#repeat", "another one")
    page.click("text=生成密钥、保存并提交")
    page.wait_for_selector("#problem:not([hidden])")
    assert "不一致" in page.inner_text("#problem")
    page.fill("#repeat", PASSPHRASE)
    shoot(page, shots, f"phone-enrol-key-{family}")
    with page.expect_download(timeout=60_000) as saved:
        page.click("text=生成密钥、保存并提交")
    key_file = tmp_path / "key.pem"
    saved.value.save_as(key_file)
    page.wait_for_selector("#told:has-text('等待登记机构审批')", timeout=30_000)
    shoot(page, shots, f"phone-enrol-waiting-{family}")
    key, certificates = read_key_file(key_file.read_bytes(), PASSPHRASE)
    assert certificates == ()
    assert key.public_key.family is KeyFamily(family)

    # What left the page: one request for exactly this key, and nothing that could open it.
    (body,) = [one for one in sent if b"/by-code" in one]
    request = parse_request(base64.b64decode(json.loads(body[body.index(b"{") :])["request"]))
    assert request.public_key == key.public_key
    everything = b"\n".join(sent)
    pkcs8 = key.pkcs8()
    secrets = [
        PASSPHRASE.encode(),
        b"PRIVATE KEY",
        pkcs8,
        base64.b64encode(pkcs8)[8:48],
        pkcs8.hex().encode(),
    ]
    assert [one for one in secrets if one in everything] == []

    office.goto(f"{site.url}/registration")
    card = office.locator("section.card", has_text=name)
    shoot(office, shots, f"registration-{family}")
    office.set_viewport_size(PHONE)
    shoot(office, shots, f"phone-registration-{family}")
    office.set_viewport_size(DESKTOP)
    card.locator("text=批准 Approve").click()
    office.wait_for_load_state()
    assert name in office.locator("section.card", has_text="最近办结").inner_text()

    page.goto(f"{site.url}/enrol")
    page.fill("#code", code)
    page.click("text=查看或继续")
    page.wait_for_selector("#merge:not([hidden])")
    page.set_input_files("#old-keyfile", registrar)
    page.fill("#old-passphrase", PASSPHRASE)
    page.click("text=下载带证书的密钥文件")
    page.wait_for_selector("#problem:not([hidden])")
    assert "不是申请该证书时生成的" in page.inner_text("#problem")
    page.set_input_files("#old-keyfile", key_file)
    shoot(page, shots, f"phone-enrol-merge-{family}")
    with page.expect_download() as merged:
        page.click("text=下载带证书的密钥文件")
    full = tmp_path / "full.pem"
    merged.value.save_as(full)
    log_in(page, site, full, next="/holder")
    assert name in page.inner_text("main")
    # With SM2 an encryption certificate comes along, and its key in an envelope.
    bundle = family == "SM2" and site.service.key_centre is not None
    assert page.locator("text=加密密钥信封").count() == int(bundle)
    shoot(page, shots, f"phone-holder-{family}")
    page.set_viewport_size(DESKTOP)
    shoot(page, shots, f"holder-{family}")
    assert [one for one in secrets if one in b"\n".join(sent)] == []

    # Lost: suspended, and this login is over at once.
    serial = page.locator(".code").first.inner_text()
    page.click("text=挂失 Suspend")
    page.wait_for_url("**/login**")
    # At the counter it is resumed again.
    office.goto(f"{site.url}/registration")
    office.fill("#query", serial)
    office.click("text=恢复 Resume")
    assert f"已恢复:{name}" in office.inner_text("[role=status]")
    log_in(page, site, full, next="/holder")


def test_apply_after_login_and_merge_on_the_holders_page(
    site: Any, page: Any, registrar: Path, tmp_path: Path, shots: Path
) -> None:
    """Another key for somebody who has one; the applicant, a registrar, cannot approve it."""
    log_in(page, site, registrar, next="/enrol")
    page.fill("#new-passphrase", PASSPHRASE)
    page.fill("#repeat", PASSPHRASE)
    if page.locator("#bundle").count():
        page.uncheck("#bundle")
    shoot(page, shots, "phone-enrol-logged-in")
    with page.expect_download(timeout=60_000) as saved:
        page.click("text=生成密钥、保存并提交")
    key_file = tmp_path / "second.pem"
    saved.value.save_as(key_file)
    page.wait_for_selector("#told:has-text('等待登记机构审批')")
    page.goto(f"{site.url}/registration")
    assert "须由他人审批" in page.inner_text("main")
    (waiting,) = [
        one for one in site.operator.get("/api/v1/enrolments")["waiting"] if one["holder"] == "BREG1"
    ]
    done = site.operator.post(f"/api/v1/enrolments/{waiting['enrolment_id']}/approve", {})
    page.goto(f"{site.url}/holder")
    page.select_option("#which", done["certificate_id"])
    page.set_input_files("#old-keyfile", key_file)
    page.fill("#old-passphrase", PASSPHRASE)
    with page.expect_download() as merged:
        page.click("text=下载带证书的密钥文件")
    merged.value.save_as(tmp_path / "full.pem")
    _, certificates = read_key_file((tmp_path / "full.pem").read_bytes(), PASSPHRASE)
    assert certificates[0] == site.service.certificates.get(done["certificate_id"]).der
    log_in(page, site, tmp_path / "full.pem", next="/holder")
    shoot(page, shots, "phone-holder-two")
    page.context.clear_cookies()


def test_a_request_from_elsewhere_without_scripts(
    site: Any, chromium: Any, registrar: Path, tmp_path: Path, shots: Path
) -> None:
    """A token's software made the request: uploaded with the code, in a browser without scripts."""
    account_id, subject, name = newcomer(site)
    code = site.operator.post(
        "/api/v1/enrolments/codes",
        {"profile": "person", "holder": subject, "holder_name": name, "account_id": account_id},
    )["code"]
    path = tmp_path / "request.csr"
    path.write_bytes(make_request(generate_key(KeyKind.SM2), SubjectName(name)))
    context = chromium.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    still = context.new_page()
    still.goto(f"{site.url}/enrol")
    still.click("summary")
    still.fill("#file-code", code)
    still.set_input_files("#file-request", path)
    still.click("text=提交请求")
    assert "待登记机构审批" in still.inner_text("main")
    shoot(still, shots, "phone-enrol-upload")
    still.goto(f"{site.url}/enrol")
    still.fill("#code", code)
    still.click("text=查看或继续")
    assert name in still.inner_text("main")
    still.fill("#code", "0000-0000-0000-0000")
    still.click("text=查看或继续")
    assert "没有这个注册码" in still.inner_text(".error")
    context.close()


def test_status_and_authority_at_both_widths(site: Any, page: Any, operator_file: Path, shots: Path) -> None:
    """What everybody may ask, and what the operator sees."""
    serial = site.service.certificates.get(site.holder("H01").certificate_id).serial
    page.goto(f"{site.url}/status")
    shoot(page, shots, "phone-status")
    page.fill("#query", serial)
    page.click("text=查询 Ask")
    assert page.locator(".headline.pass").count() == 1
    shoot(page, shots, "phone-status-good")
    page.fill("#query", "12ab")
    page.click("text=查询 Ask")
    assert page.locator(".headline.unsure").count() == 1
    log_in(page, site, operator_file, next="/authority")
    shoot(page, shots, "phone-authority")
    page.goto(f"{site.url}/authority/accounts")
    shoot(page, shots, "phone-accounts")
    page.set_viewport_size(DESKTOP)
    shoot(page, shots, "accounts")
    page.fill("#name", "王样登")
    page.fill("#subject", "BREG2")
    page.check("[name=roles][value=registrar]")
    page.click("text=开立 Open")
    assert "agency" in page.inner_text(".error")
    assert page.input_value("#name") == "王样登"
    page.fill("#agency", OFFICE)
    page.click("text=开立 Open")
    assert "已开立" in page.inner_text("[role=status]")
    page.goto(f"{site.url}/authority")
    shoot(page, shots, "authority")
    for name in ("persons-sm2", "organisations-rsa", "root-sm2"):
        assert name in page.inner_text("main")
    page.goto(f"{site.url}/status?query={serial}")
    shoot(page, shots, "status-good")
    page.goto(f"{site.url}/enrol")
    shoot(page, shots, "enrol-operator")


@pytest.fixture
def operator_file(site: Any) -> Path:
    """The key file that ``yinxin init`` made, under a passphrase of this test."""
    data: Path = site.stage.data
    key, certificates = read_key_file(
        (data / "operator.pem").read_bytes(), (data / "operator.passphrase").read_text("utf-8").strip()
    )
    path = data.parent / "operator-browser.pem"
    path.write_bytes(write_key_file(key, certificates, PASSPHRASE))
    return path

# SPDX-License-Identifier: Apache-2.0
"""The live page and the offline page in Chromium: what is read, heard, touched, printed, and kept offline."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import qrcode
from PIL import Image

from verify import check_qr, load_trust, picture_of_pdf, read_codes

from .conftest import CHROMIUM
from .test_pages_browser import shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]
VECTORS = Path(__file__).resolve().parents[2] / "vectors"
SMALL = {"width": 320, "height": 640}  # 640 px at 200 %
MEASURES = (Path(__file__).parent / "page_measures.js").read_text("utf-8").rstrip()


def measured(page: Any, what: str, given: Any = None) -> Any:
    """One of the measures, taken in the page."""
    return page.evaluate(f"(given) => {MEASURES}.{what}(given)", given)


@pytest.fixture(scope="module")
def sheet(site: Any) -> dict[str, Any]:
    """A sheet that an enterprise printed for itself, and the text of its code."""
    holder = site.login("H01", "E01")
    issued: dict[str, Any] = holder.post("/api/v1/sheets/credit_sheet", {"purpose": "参加样例工程投标"})
    pdf = holder.fetch(issued["file_url"])
    png = picture_of_pdf(pdf, dpi=200)
    (text,) = [one for one in read_codes(png) if "/R/" in one]
    return {**issued, "pdf": pdf, "png": png, "text": text}


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN")
    yield context.new_page()
    context.close()


def fetch_of(text: str) -> str:
    return text.replace("HTTP://", "http://")


def roles(page: Any) -> list[tuple[str, str]]:
    """The accessibility tree as a screen reader gets it: role and name, in reading order."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored") and "role" in node
    ]


def test_the_live_page_is_read_in_order(site: Any, sheet: Any, page: Any, shots: Path) -> None:
    """Headline as a status, facts before everything technical; focus, contrast, targets, zoom, print."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: errors.append(request.url) if site.url not in request.url else None)
    page.goto(fetch_of(sheet["text"]))
    page.wait_for_selector("html[data-ready]")
    heard = roles(page)
    names = [name for role, name in heard if role == "heading"]
    assert names[0] == "真实有效"
    assert ("status", "真实有效") in heard
    assert names[1].startswith("请与纸面逐项核对")
    order = ["请与纸面逐项核对", "五项回答", "打印之后", "本机核验"]
    assert [next(i for i, name in enumerate(names) if name.startswith(one)) for one in order] == [1, 2, 3, 4]
    assert ("rowheader", "签发机关 Issuer") in heard
    assert page.evaluate("document.activeElement.id") == "answer"
    assert page.get_attribute("#statement", "data-codes").split()[0] == "QR_GENUINE"
    assert measured(page, "facts") >= 20
    for expected in ("本页只说明文书真伪,不评价企业", "本页从不要求付款、登录或提供身份证号", "IR-00"):
        assert expected in page.inner_text("main")
    before = page.inner_text("#clock")
    page.locator("#clock").filter(has_not_text=before).wait_for()
    for summary in page.locator("summary").all():
        summary.click()
    assert measured(page, "contrast") == []
    assert measured(page, "small") == []
    shoot(page, shots, "phone-live-page")
    page.set_viewport_size(SMALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
    page.emulate_media(media="print")
    assert page.locator(".headline").is_visible() and not page.locator("form").first.is_visible()
    assert errors == []


def test_the_live_page_compares_a_file_that_stays(site: Any, sheet: Any, page: Any, tmp_path: Path) -> None:
    """The file as issued is the one on record, any other is not; nothing is sent."""
    page.goto(f"{site.url}/r/{sheet['document_id']}")
    page.wait_for_selector("html[data-ready]")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    for name, content, words in (("a", sheet["pdf"], "完全一致"), ("b", sheet["pdf"] + b"\n", "不一致")):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(content)
        page.set_input_files("#own", path)
        page.locator("#own-answer", has_text=words).wait_for()
    assert sent == []


def test_a_code_that_was_changed_is_told_beside_the_answer(sheet: Any, page: Any, shots: Path) -> None:
    """The number is genuine and the server says so; the statement in the code is not, and that is said."""
    flipped = sheet["text"][:-1] + ("1" if sheet["text"][-1] != "1" else "2")
    page.goto(fetch_of(flipped))
    page.wait_for_selector("html[data-ready]")
    assert page.get_attribute(".headline", "data-code") == "IR-00"
    assert page.get_attribute("#statement", "data-codes") == "QR_SIGNATURE_INVALID"
    assert "签名不成立" in page.inner_text("#warning") and page.get_attribute("#warning", "role") == "alert"
    shoot(page, shots, "phone-changed-code")
    page.goto(fetch_of(sheet["text"]))
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator("#warning").count() == 0


def test_unknown_and_mistyped_numbers(site: Any, page: Any, shots: Path) -> None:
    """No such number is told from one that cannot exist; each has its code, one thing to do, and a form."""
    for number, code in (("04HMASW9NF6YY093", "IR-20"), ("ABC", "IR-23")):
        answer = page.goto(f"{site.url}/r/{number}")
        page.wait_for_selector("html[data-ready]")
        assert answer.status == 404
        assert page.get_attribute(".headline", "data-code") == code
        assert page.locator("#action").count() == page.locator("#code").count() == 1
        assert measured(page, "contrast") == measured(page, "small") == []
        shoot(page, shots, f"phone-{code}")


def test_revoked_and_withheld_are_genuine_all_the_same(site: Any, page: Any, shots: Path) -> None:
    """Never "invalid": the words, the decision behind it, one thing to do; what is withheld is not shown."""
    holder = site.login("H01", "E01")
    issued = holder.post("/api/v1/sheets/credit_sheet", {"purpose": "停止公示的样例"})
    officer, address = site.login("H11"), f"{site.url}/r/{issued['document_id']}"
    told = (
        ("revoked", "IR-03", "真实,但已撤销", True),
        ("withheld", "IR-04", "真实,但已停止公示", False),
    )
    for state, code, words, shown in told:
        decision = f"演示决字〔2026〕{code}号"
        body = {"state": state, "reason": "data-error", "decision": decision}
        officer.post(f"/api/v1/documents/{issued['document_id']}/state", body)
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        assert page.get_attribute(".headline", "data-code") == code
        assert page.inner_text("#answer") == words
        text = page.inner_text("main")
        assert decision in text and "内容有误" in text and page.locator("#action").count() == 1
        assert ("停止公示的样例" in text) is shown
        assert "无效" not in text and "invalid" not in text.lower()
        shoot(page, shots, f"phone-{code}")


def test_the_offline_page(site: Any, sheet: Any, page: Any, shots: Path, tmp_path: Path) -> None:
    """Picture, text and file on this device; then without any network; and never back to an older list."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site.url}/offline/")
    page.wait_for_selector("html[data-ready]")
    assert "列表时间" in page.inner_text("#lists") and page.get_attribute("#lists", "data-wrong") == ""
    (tmp_path / "sheet.png").write_bytes(sheet["png"])
    page.set_input_files("#picture", tmp_path / "sheet.png")
    page.wait_for_selector("#answer[data-code]", timeout=20_000)
    assert page.get_attribute("#answer", "data-codes").split()[0] == "QR_GENUINE"
    assert "四川样例建工集团有限公司" in page.inner_text("#answer")
    assert "签发登记第" in page.inner_text("#answer")  # not the entry that the live page names
    assert page.evaluate("document.activeElement.className") == "words"
    (tmp_path / "sheet.pdf").write_bytes(sheet["pdf"])
    page.set_input_files("#file", tmp_path / "sheet.pdf")
    page.locator("#file-answer", has_text="内嵌的记录就是").wait_for()
    index = site.stage.client().get(f"/api/v1/documents/{sheet['document_id']}")["ledger_index"]
    (tmp_path / "proof.json").write_bytes(site.stage.client().fetch(f"/log/proof/{index}"))
    page.set_input_files("#proof", tmp_path / "proof.json")
    page.locator("#file-answer", has_text="PDF 文件完全一致").wait_for()
    assert f"签发完成第 {index} 条" in page.inner_text("#file-answer")
    assert measured(page, "contrast") == measured(page, "small") == []
    shoot(page, shots, "phone-offline")
    page.evaluate("navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.goto(f"{site.url}/offline/?size=large")
    page.wait_for_selector("html.large[data-ready]")
    assert page.get_attribute("#lists", "data-wrong") == "LIST_UNREACHABLE"
    flipped = sheet["text"][:-1] + ("1" if sheet["text"][-1] != "1" else "2")
    page.fill("#text", flipped)
    page.click("#typed button")
    page.wait_for_selector("#answer[data-code=IR-22]")
    assert ("heading", "不是本机关签发,或内容被改动") in roles(page)
    shoot(page, shots, "phone-offline-forged")
    measured(page, "remember", 5)
    page.context.set_offline(False)
    page.goto(f"{site.url}/offline/")
    page.wait_for_selector("html[data-ready]")
    assert "LIST_ROLLBACK" in page.get_attribute("#lists", "data-wrong").split()
    assert errors == []


def test_the_camera_sees_a_code(site: Any, sheet: Any, chromium: Any, tmp_path: Path) -> None:
    """A camera in front of the code; the picture never leaves the page, the camera is let go."""
    frame, seen = io.BytesIO(), Image.new("RGB", (640, 480), (200, 200, 200))
    seen.paste(qrcode.make(sheet["text"]).get_image().convert("RGB").resize((420, 420)), (110, 30))
    seen.save(frame, "JPEG", quality=90)
    film = tmp_path / "film.mjpeg"
    film.write_bytes(frame.getvalue() * 20)
    args = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--no-sandbox"]
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=[*args, f"--use-file-for-fake-video-capture={film}"]
    )
    try:
        page = browser.new_context(permissions=["camera"]).new_page()
        page.goto(f"{site.url}/offline/")
        page.wait_for_selector("html[data-ready]")
        page.click("#camera")
        page.wait_for_selector("#answer[data-code]", timeout=30_000)
        assert page.get_attribute("#answer", "data-codes").split()[0] == "QR_GENUINE"
        page.locator("#view").wait_for(state="hidden")
    finally:
        browser.close()


def test_the_same_verdict_as_the_command_line(site: Any, sheet: Any, page: Any) -> None:
    """SM2 and SM3 by the standards' examples, and the golden vectors, in this browser's own engine."""
    page.goto(f"{site.url}/offline/")
    example = json.loads((VECTORS / "sm2" / "INSECURE-gbt32918_5.json").read_text("utf-8"))
    told = measured(page, "standards", example)
    assert told["digests"] == [one["sm3"] for one in example["digests"]]
    assert (told["e"], told["good"], told["bad"]) == (example["signature"]["e"], True, [False] * 3)
    vectors = json.loads((VECTORS / "qr" / "ir1.json").read_text("utf-8"))
    # Every good one and every third of the others: Node runs them all.
    passing = [one for one in vectors["cases"] if one["expected"]["indication"] == "TOTAL-PASSED"]
    others = [one for one in vectors["cases"] if one not in passing]
    chosen = [*passing, *others[::3]]
    given = {"cases": chosen, "trusts": vectors["trusts"], "lists": vectors["document_statuses"]}
    found = measured(page, "verdicts", given)
    assert found == [one["expected"] for one in chosen]
    lists = [("trust-list.json", site.stage.client().fetch("/trust-list.json"))]
    at = site.service.clock()
    assert check_qr(sheet["text"], trust=load_trust(lists, at), at=at).indication.value == "TOTAL-PASSED"

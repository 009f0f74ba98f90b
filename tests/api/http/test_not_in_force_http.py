# SPDX-License-Identifier: Apache-2.0
"""The sealed file of a revoked document over HTTP: page, JSON, XML and sealed report tell of it."""

from __future__ import annotations

import httpx

from verify import parse_json, read_attachment

from .conftest import Site


def test_a_revoked_document_by_its_file(site: Site) -> None:
    """In force it passes; revoked, the page has the words of the live page and leads there."""
    holder, officer = site.login("H01", "E01"), site.login("H11")
    issued = holder.post("/api/v1/sheets/credit_sheet", {"purpose": "参加样例工程投标"})
    pdf = holder.fetch(issued["file_url"])

    def asked(path: str) -> httpx.Response:
        files = {"file": ("sheet.pdf", pdf)}
        answer = httpx.post(f"{site.url}{path}", files=files, trust_env=False, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer

    before = asked("/api/v1/verify").json()
    assert (before["indication"], before["facts"]["document_status"]) == ("TOTAL-PASSED", "normal")
    body = {"state": "revoked", "reason": "data-error", "decision": "蜀建函〔2026〕7 号"}
    officer.post(f"/api/v1/documents/{issued['document_id']}/state", body)
    report = asked("/api/v1/verify").json()
    assert (report["indication"], report["sub_indication"]) == ("INDETERMINATE", "DOCUMENT_NOT_IN_FORCE")
    assert report["facts"]["document_status_reason"] == "data-error"
    assert {one["indication"] for one in report["signatures"]} == {"TOTAL-PASSED"}
    page = asked("/verify").text
    live = httpx.get(f"{site.url}/r/{issued['document_id']}", trust_env=False).text
    for words in ("真实,但已撤销", "Genuine, but revoked", "IR-03"):
        assert words in page
        assert words in live
    assert f'href="/r/{issued["document_id"]}"' in page
    assert "未通过核验" not in page
    assert b"urn:yinxin:subindication:DOCUMENT_NOT_IN_FORCE" in asked("/api/v1/verify/report.xml").content
    inside = parse_json(read_attachment(asked("/api/v1/verify/report.pdf").content, "report.json") or b"")
    assert isinstance(inside, dict)
    assert isinstance(inside["report"], dict)
    assert inside["report"]["sub_indication"] == "DOCUMENT_NOT_IN_FORCE"

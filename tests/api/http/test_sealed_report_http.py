# SPDX-License-Identifier: Apache-2.0
"""A sealed report over HTTP: by program and from the page, genuine itself, and in the log without a trace of
the file."""

from __future__ import annotations

import hashlib
import json

import httpx

from verify import Indication, check_pdf, parse_json, read_attachment

from .conftest import Site

LIST = "trust-list.json"


def asked(site: Site, path: str, content: bytes, name: str = LIST) -> httpx.Response:
    files = {"file": (name, content)}
    return httpx.post(f"{site.url}{path}", files=files, trust_env=False, timeout=60)


def test_one_page_with_the_platforms_seal(site: Site) -> None:
    """It passes its own check, holds the report, and the log has only digests of the page."""
    content = httpx.get(f"{site.url}/{LIST}", trust_env=False).content
    before = site.service.ledger.size()
    answer = asked(site, "/api/v1/verify/report.pdf", content)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    trust, at = site.service.trust(), site.service.clock()
    sealed = check_pdf(answer.content, trust=trust, at=at)
    assert sealed.indication is Indication.TOTAL_PASSED
    assert sealed.facts["pages"] == 1
    inside = parse_json(read_attachment(answer.content, "report.json") or b"")
    assert isinstance(inside, dict)
    report = inside["report"]
    assert isinstance(report, dict)
    assert (report["kind"], report["indication"]) == ("trust-list", "TOTAL-PASSED")
    entries = [
        json.loads(site.service.ledger.entry(one)) for one in range(before, site.service.ledger.size())
    ]
    kinds = [one["kind"] for one in entries]
    assert kinds.count("report.sealed") == 1
    ours = next(one for one in entries if one["kind"] == "report.sealed")
    assert ours["body"]["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert hashlib.sha256(content).hexdigest() not in json.dumps(entries)


def test_the_page_offers_it(site: Site) -> None:
    """One button, no script; what cannot be read is answered as a page."""
    page = httpx.get(f"{site.url}/verify", trust_env=False).text
    assert 'formaction="/verify/report.pdf"' in page
    assert asked(site, "/verify/report.pdf", b"hello", "a.txt").status_code == 422

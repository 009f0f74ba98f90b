# SPDX-License-Identifier: Apache-2.0
"""Nonsense over HTTP: each a 4xx with a problem document that helps, and nothing left half-written."""

from __future__ import annotations

import base64
import io
import json
from datetime import timedelta
from typing import Any

import httpx
import pikepdf
import pytest
from sqlalchemy import func, select

from api.database.tables import metadata
from api.demo.client import Client, encoded


def counts(site: Any) -> dict[str, int]:
    """How many rows each table has: the oracle for "nothing was written"."""
    with site.service.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def assert_problem(response: httpx.Response, status: int | tuple[int, ...], code: str = "") -> Any:
    statuses = (status,) if isinstance(status, int) else status
    assert response.status_code in statuses, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["title"] and problem["detail"] and problem["code"]
    assert "Traceback" not in response.text
    if code:
        assert problem["code"] == code, problem
    return problem


def encrypted_pdf() -> bytes:
    pdf, out = pikepdf.new(), io.BytesIO()
    pdf.add_blank_page()
    pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def post_submission(client: Client, site: Any, **parts: Any) -> httpx.Response:
    data = {
        "form": "permit_application",
        "data": json.dumps(site.stage.facts.permit_application("P1"), ensure_ascii=False),
        "certificate": encoded(site.holder("E01").certificate),
    }
    files = parts.pop("files", site.files())
    data = {name: value for name, value in {**data, **parts}.items() if value is not None}
    return client.http.post(
        "/api/v1/submissions", data=data, files={name: (name, content) for name, content in files.items()}
    )


BAD_FILES = {
    "empty": (b"", "pdf-empty"),
    "no PDF": (b"hello, I am a text", "pdf-malformed"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(60), "pdf-malformed"),
    "encrypted": (encrypted_pdf(), "pdf-encrypted"),
    "only a header": (b"%PDF-1.7\n", ""),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_attachment(site: Any, name: str) -> None:
    """The slot is named, the reason has a code of its own, the other file is not kept either."""
    content, code = BAD_FILES[name]
    client, before = site.login("H01", "E01"), counts(site)
    response = post_submission(client, site, files={**site.files(), "land_approval": content})
    problem = assert_problem(response, (400, 415, 422), code)
    assert "land_approval" in json.dumps(problem, ensure_ascii=False)
    assert counts(site) == before


def test_truncated_attachment(site: Any) -> None:
    """A file cut off on its way is refused, not repaired."""
    client, before = site.login("H01", "E01"), counts(site)
    files = site.files()
    cut = {**files, "drawing_review": files["drawing_review"][: len(files["drawing_review"]) * 2 // 3]}
    assert_problem(post_submission(client, site, files=cut), (400, 422))
    assert counts(site) == before


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"data": "{"}, "data"),
        ({"data": "[1,2]"}, ""),
        ({"data": '{"agency": NaN}'}, "data"),
        ({"data": '{"agency": "a", "agency": "b"}'}, "twice"),
        ({"data": '{"price": 31250.00}'}, "fraction"),
        ({"data": "[" * 100 + "]" * 100}, "nested"),
        ({"data": None}, "data"),
        ({"form": "no_such_form"}, ""),
        ({"certificate": "%%%"}, "certificate"),
        ({"certificate": encoded(b"no certificate")}, ""),
        ({"surprise": "x"}, "surprise"),
        ({"files": {"drawing_review": b"%PDF-"}}, "land_approval"),
        ({"files": {"other": b"%PDF-"}}, "other"),
    ],
)
def test_bad_part(site: Any, parts: dict[str, Any], field: str) -> None:
    """Wrong JSON, missing and unknown parts: the part is named."""
    client, before = site.login("H01", "E01"), counts(site)
    problem = assert_problem(post_submission(client, site, **parts), (400, 404, 422))
    assert field in json.dumps(problem, ensure_ascii=False)
    assert counts(site) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"surprise": "x"}, "surprise"),
        ({"price": "abc"}, "price"),
        ({"price": "-3"}, "price"),
        ({"project_no": "1"}, "project_no"),
        ({"survey": "91510100DEM001017X"}, "survey"),
        ({"agency": "91510100DEM001017Y"}, "agency"),
        ({"construction_lead": ""}, "construction_lead"),
        ({"address": "x" * 5000}, "address"),
    ],
)
def test_bad_field(site: Any, change: dict[str, str], field: str) -> None:
    """Each wrong field is named, with its rule and what to do."""
    client, before = site.login("H01", "E01"), counts(site)
    data = {**site.stage.facts.permit_application("P1"), **change}
    problem = assert_problem(post_submission(client, site, data=json.dumps(data)), (404, 422))
    assert any(error["field"] == field and error["rule"] and error["todo"] for error in problem["errors"]), (
        problem
    )
    assert counts(site) == before


def test_grant_for_a_document_type_that_nobody_declares(site: Any) -> None:
    """Refused with the ones that there are: a grant that can never be used is a mistake in the writing."""
    response = site.operator.http.post(
        f"/api/v1/seals/{site.stage.seals['A3-sm2']}/grants",
        json={
            "officer": site.stage.accounts["H10"],
            "document_types": ["construction_permit", "construction_permits"],
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": "2036-01-01T00:00:00Z",
        },
    )
    problem = assert_problem(response, 422, "grant-malformed")
    (error,) = problem["errors"]
    assert error["field"] == "document_types"
    assert "construction_permits" in error["rule"]
    assert "credit_sheet" in error["todo"]
    assert "construction_permit" in error["todo"]


def test_sixty_megabytes(site: Any) -> None:
    """Refused by its announced size, and by its real size when none is announced."""
    client, before = site.login("H01", "E01"), counts(site)
    large = b"%PDF-1.7\n" + bytes(60 * 1024 * 1024)
    response = post_submission(client, site, files={**site.files(), "land_approval": large})
    assert_problem(response, 413, "body-too-large")

    def chunks() -> Any:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        for _ in range(60):
            yield bytes(1024 * 1024)
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    try:
        streamed = client.http.post("/api/v1/verify", content=chunks(), headers=headers)
    except httpx.WriteError:
        streamed = None  # the service stopped reading: that is a refusal too
    if streamed is not None:
        assert_problem(streamed, 413, "body-too-large")
    assert counts(site) == before
    assert client.get("/api/v1/me")["roles"] == ["applicant"]


def test_expired_challenge(site: Any) -> None:
    """A challenge signed too late is refused as expired, not as something else."""
    client = site.stage.client()
    challenge = client.challenge()
    with site.service.database.write() as connection:
        table = metadata.tables["challenges"]
        past = site.service.clock() - timedelta(minutes=10)
        connection.execute(table.update().values(expires_at=past).where(table.c.used_at.is_(None)))
    body = {
        "challenge_id": challenge["challenge_id"],
        "certificate": encoded(site.holder("H01").certificate),
        "signature": encoded(site.holder("H01").signer.sign(base64.b64decode(challenge["to_be_signed"]))),
    }
    assert_problem(client.http.post("/api/v1/login", json=body), (400, 401, 403), "challenge-expired")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"challenge_id":1}', b'{"a":' * 2000, b"\xff\xfe", b'{"x":1e999}']
)
def test_login_with_nonsense(site: Any, body: bytes) -> None:
    """Whatever comes instead of an answer is refused with a problem document."""
    headers = {"Content-Type": "application/json"}
    response = site.stage.client().http.post("/api/v1/login", content=body, headers=headers)
    assert_problem(response, (400, 422))


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff"])
def test_half_a_character_in_a_name(site: Any, half: str) -> None:
    """An escape can write what UTF-8 cannot carry; the refusal that repeats the name still goes out."""
    headers = {"Content-Type": "application/json"}
    for client, path in (
        (site.login("H01", "E01"), "/api/v1/sheets/credit_sheet"),
        (site.operator, "/api/v1/relying/credit/records/conduct"),
    ):
        response = client.http.post(path, content=f'{{"{half}": "x"}}'.encode(), headers=headers)
        assert_problem(response, 422, "fields-refused")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/documents/xyz", "/log/entries/999999999", "/log/proof/x"]
)
def test_unknown_places(site: Any, path: str) -> None:
    """What is not there is said not to be there."""
    assert_problem(site.stage.client().http.get(path), (400, 404, 422))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/accounts", {"name": "x", "subject": "H99", "roles": ["applicant"]}),
        ("POST", "/api/v1/seals", {"holder": "x", "holder_name": "x", "name": "x"}),
        ("GET", "/api/v1/desk", None),
        ("POST", "/api/v1/relying/credit/records/conduct", {}),
    ],
)
def test_rights(site: Any, method: str, path: str, body: Any) -> None:
    """Without a login 401; with a login that may not, 403; nothing is written either way."""
    before = counts(site)
    assert_problem(site.stage.client().http.request(method, path, json=body), 401)
    assert_problem(site.login("H01", "E01").http.request(method, path, json=body), 403)
    assert counts(site) == before


def test_cookie_needs_the_token_of_its_session(site: Any) -> None:
    """A page elsewhere can make a browser send its cookie, but not the CSRF token."""
    client = site.stage.client()
    answer = client.answer(client.challenge(), site.holder("H01"))
    assert client.http.cookies.get("yinxin_session")
    assert_problem(client.http.post("/api/v1/logout"), 403)
    assert client.http.get("/api/v1/me").status_code == 200
    done = client.http.post("/api/v1/logout", headers={"X-CSRF-Token": answer["csrf"]})
    assert done.status_code == 200
    assert client.http.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.pdf", b""),
        ("text.txt", b"hello"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj"),
        ("zip.ofd", b"PK\x03\x04"),
    ],
)
def test_verify_what_cannot_be_read(site: Any, name: str, content: bytes) -> None:
    """The public check answers in words for what it cannot read, in JSON and as a page."""
    http = site.stage.client().http
    assert_problem(http.post("/api/v1/verify", files={"file": (name, content)}), (400, 422))
    page = http.post("/verify", files={"file": (name, content)}, headers={"Accept": "text/html"})
    assert page.status_code in (400, 422)
    assert 'role="alert"' in page.text


def test_headers_everywhere(site: Any) -> None:
    """A strict content policy on pages, refusals and files alike."""
    http = site.stage.client().http
    for path in ("/", "/verify", "/nothing", "/api/v1/nothing", "/static/sm2.js", "/trust-list.json"):
        headers = http.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"


def test_requests_are_logged_without_what_they_say(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    """One line for each request: the route's pattern, status and time; no identifier, query or person."""
    caplog.set_level("INFO", logger="yinxin.requests")
    site.stage.client().http.get("/r/04HMASW9NF6YY093?name=%E6%9D%8E%E6%A0%B7%E4%B8%80")
    (line,) = [one for one in caplog.records if one.name == "yinxin.requests"]
    assert (line.path, line.status, line.method) == ("/r/{document_id}", 404, "GET")  # type: ignore[attr-defined]
    assert "04HM" not in str(line.__dict__.get("path")) + line.getMessage()

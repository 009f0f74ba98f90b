# SPDX-License-Identifier: Apache-2.0
"""Batches over HTTP and in the page: ordered, delivered, checked, started, watched, taken away."""

from __future__ import annotations

import base64
import io
import time
import zipfile
from typing import Any

import pytest

from verify import Indication, check_pdf

from ..batches.conftest import tiny_pdf

SHEET = "credit_sheet"


@pytest.fixture(scope="module")
def officer(site: Any) -> Any:
    """H10 of A3 with a grant for batches; the service's own worker does the work, on either database."""
    service = site.service
    service.grant_seal(
        site.stage.seals["A3-sm2"],
        site.stage.accounts["H10"],
        document_types=[SHEET],
        period=(service.clock(), service.clock().replace(year=service.clock().year + 1)),
        by="test",
    )
    service.grants.give(
        site.stage.seals["A3-sm2"],
        site.stage.accounts["H10"],
        document_types=["file"],
        period=(service.clock(), service.clock().replace(year=service.clock().year + 1)),
        by="test",
    )
    return site.login("H10").http


def order(site: Any, officer: Any, **more: Any) -> dict[str, Any]:
    sent = {"kind": "files", "seal_id": site.stage.seals["A3-sm2"], "title": "样例批次", **more}
    answer = officer.post("/api/v1/batches", json=sent)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def finished(site: Any, officer: Any, batch_id: str) -> dict[str, Any]:
    """Looked at until it is over.  On PostgreSQL the workers are other processes: here, this one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if site.service.batch_call.shared:
            site.service.batches.worker().work_off(batch_id)
        found: dict[str, Any] = officer.get(f"/api/v1/batches/{batch_id}").json()
        if found["state"] not in ("filling", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError("it never ended")


def test_rows(site: Any, officer: Any) -> None:
    """A stream of rows, a report with lines, the good ones issued, a sheet of results."""
    uscc = site.stage.facts.uscc("E01")
    batch = order(site, officer, kind="documents", document_type=SHEET, idempotency_key="http-rows")
    path = f"/api/v1/batches/{batch['batch_id']}"
    rows = f"holder,purpose\n{uscc},投标\n,投标\n{uscc},资质\n".encode()
    sent = {"content": rows, "headers": {"Content-Type": "text/csv; charset=utf-8"}}
    assert officer.post(f"{path}/rows", **sent).json() == {"accepted": 2, "known": 0, "bad": 1}
    assert officer.post(f"{path}/rows", **sent).json()["known"] == 2
    assert officer.get(path).json()["progress"]["bad"] == 1
    refused = officer.post(f"{path}/start", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "batch-has-bad-rows")
    (bad,) = officer.get(f"{path}/items", params={"state": "bad"}).json()["items"]
    assert (bad["line"], bad["problems"][0]["field"]) == (3, "holder")
    assert officer.post(f"{path}/start", json={"accept_bad": True}).status_code == 200
    done = finished(site, officer, batch["batch_id"])
    assert (done["state"], done["progress"]["done"]) == ("done", 2)
    first = officer.get(f"{path}/items", params={"most": 1}).json()
    assert first["next"] == 1
    answer = site.stage.client().get(f"/api/v1/documents/{first['items'][0]['document_id']}")
    assert answer["state"] == "valid"
    results = officer.get(f"{path}/results.csv")
    assert results.headers["content-type"].startswith("text/csv")
    assert results.text.count("\r\n") == 4
    again = order(site, officer, kind="documents", document_type=SHEET, idempotency_key="http-rows")
    assert again["state"] == "done"


def test_files(site: Any, officer: Any) -> None:
    batch = order(site, officer)
    path = f"/api/v1/batches/{batch['batch_id']}"
    parts = [("files", (f"{number}.pdf", tiny_pdf(number))) for number in range(12)]
    assert officer.post(f"{path}/files", files=parts).json() == {"accepted": 12, "known": 0, "bad": 0}
    officer.post(f"{path}/start", json={})
    assert finished(site, officer, batch["batch_id"])["progress"]["done"] == 12
    archive = zipfile.ZipFile(io.BytesIO(officer.get(f"{path}/files.zip").content))
    assert archive.testzip() is None
    assert archive.namelist()[0] == "0000001-0.pdf"
    for name in archive.namelist():
        report = check_pdf(archive.read(name), trust=site.service.trust(), at=site.service.clock())
        assert report.indication is Indication.TOTAL_PASSED
    one = officer.get(f"{path}/items/3/file")
    assert one.content == archive.read("0000003-2.pdf")
    assert officer.get(f"{path}/items/13/file").status_code == 404
    assert site.login("H11").http.get(path).status_code == 404


def test_many_files_under_one_confirmation(site: Any) -> None:
    """The applicant's key signs a list and its files; a wrong signature changes nothing."""
    client, holder = site.login("H01", "E01").http, site.holder("E01")
    certificate = base64.b64encode(holder.certificate).decode()
    batch = client.post("/api/v1/own-batches", json={"title": "年报附件", "certificate": certificate}).json()
    path = f"/api/v1/own-batches/{batch['batch_id']}"
    parts = [("files", (f"{number}.pdf", tiny_pdf(number))) for number in range(7)]
    parts.append(("files", ("no.pdf", b"no")))
    assert client.post(f"{path}/files", files=parts).json() == {"accepted": 7, "known": 0, "bad": 1}
    wanted = client.get(f"{path}/list").json()
    assert b'"count":7' in base64.b64decode(wanted["list"])

    def sign(message: str) -> str:
        return base64.b64encode(holder.signer.sign(base64.b64decode(message))).decode()

    body = {
        "list_signature": sign(wanted["list"]),
        "signatures": [
            {"number": one["number"], "signature": sign(one["to_be_signed"])} for one in wanted["items"]
        ],
    }
    wrong = {**body, "list_signature": body["signatures"][0]["signature"]}
    refused = client.post(f"{path}/signatures", json=wrong)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "list_signature")
    assert client.post(f"{path}/signatures", json=body).status_code == 200
    assert client.post(f"{path}/signatures", json=body).status_code == 200
    done = finished(site, client, batch["batch_id"])
    assert (done["state"], done["progress"]["done"], done["progress"]["bad"]) == ("done", 7, 1)
    sealed = client.get(f"/api/v1/batches/{batch['batch_id']}/items/1/file").content
    assert sealed.startswith(tiny_pdf(0))
    report = check_pdf(sealed, trust=site.service.trust(), at=site.service.clock())
    assert report.indication is Indication.TOTAL_PASSED
    listed = [one["batch_id"] for one in client.get("/api/v1/batches").json()["batches"]]
    assert listed.count(batch["batch_id"]) == 1


def test_the_page(site: Any, officer: Any) -> None:
    """Without a script: a form opens the batch, its page shows report and bar, buttons start and cancel."""
    page = {"Accept": "text/html"}
    session = site.service.login.session(officer.headers["authorization"].removeprefix("Bearer "))
    listed = officer.get("/batches", headers=page)
    assert "批量办理" in listed.text
    form = {
        "csrf": session.csrf,
        "key": "page-1",
        "title": "页面<批次>",
        "seal_id": site.stage.seals["A3-sm2"],
        "document_type": "file",
    }
    files = [("files", ("a.pdf", tiny_pdf(1))), ("files", ("b.pdf", b"no"))]
    made = officer.post("/batches", data=form, files=files, headers=page)
    assert made.status_code == 303, made.text
    again = officer.post("/batches", data=form, files=files, headers=page)
    assert made.headers["location"] == again.headers["location"]
    place = made.headers["location"]
    shown = officer.get(place, headers=page).text
    assert "页面&lt;批次&gt;" in shown
    assert "只办理无误的 1 条" in shown
    refused = officer.post(f"{place}/start", data={"csrf": session.csrf}, headers=page)
    assert refused.status_code == 409
    sent = {"csrf": session.csrf, "accept_bad": "yes"}
    assert officer.post(f"{place}/start", data=sent, headers=page).status_code == 303
    finished(site, officer, place.rsplit("/", 1)[1])
    done = officer.get(place, headers=page).text
    assert "已完成" in done
    assert 'http-equiv="refresh"' not in done
    bad = officer.post("/batches", data={**form, "key": "page-2", "quota": "-1"}, files=files, headers=page)
    assert bad.status_code == 422
    assert "quota" in bad.text
    nothing = officer.post("/batches", data={**form, "key": "page-3"}, headers=page)
    assert nothing.status_code == 422
    empty = order(site, officer, title="另一批")
    cancelled = officer.post(
        f"/batches/{empty['batch_id']}/cancel", data={"csrf": session.csrf}, headers=page
    )
    assert cancelled.status_code == 303
    assert "已取消" in officer.get(f"/batches/{empty['batch_id']}", headers=page).text

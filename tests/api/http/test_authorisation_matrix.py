# SPDX-License-Identifier: Apache-2.0
"""Every route, asked by everybody: who gets in is written here, and a route that is not written here fails.

The case is a submission of E01, filed by H01 and addressed to A3, and its receipt.  Requests that would
change something are worded so that whoever may make them is refused for what they ask (422, or 404 for a seal
that does not exist), because the question is only who is let through: 401 nobody is logged in, 403 this login
may not, 404 this login does not learn that it exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.routes import application
from api.routes.access import COOKIE

ACTORS = ("anonymous", "H01 for E01", "H01", "H02", "A3", "A1", "operator")
NO_ID = "0" * 32
PAGE = {"Accept": "text/html"}


@dataclass(frozen=True)
class Row:
    """What each of ``ACTORS`` is answered, in their order."""

    method: str
    path: str
    answers: tuple[int, ...]
    sent: Mapping[str, Any] = field(default_factory=dict)


def everybody(method: str, path: str, status: int, **sent: Any) -> Row:
    return Row(method, path, (status,) * len(ACTORS), sent)


def only(method: str, path: str, answers: str, **sent: Any) -> Row:
    return Row(method, path, tuple(int(one) for one in answers.split()), sent)


ACME = (
    "new-account",
    "new-order",
    "key-change",
    "revoke-cert",
    "account/{account_id}",
    "account/{account_id}/orders",
    "order/{order_id}",
    "order/{order_id}/finalize",
    "authorization/{proof_id}",
    "challenge/{challenge_id}",
    "certificate/{certificate_id}",
)
MATRIX = (
    # Public: the answer does not depend on who asks.
    everybody("GET", "/", 200),
    everybody("GET", "/login", 200),
    everybody("GET", "/verify", 200),
    everybody("POST", "/verify", 422, files={"file": ("a.txt", b"hello")}),
    everybody("POST", "/verify/report.pdf", 422, files={"file": ("a.txt", b"hello")}),
    everybody("POST", "/api/v1/verify/report.pdf", 422, files={"file": ("a.txt", b"hello")}),
    everybody("POST", "/api/v1/verify/report.xml", 422, files={"file": ("a.txt", b"hello")}),
    everybody("GET", "/verify/code", 400),
    everybody("GET", "/r/{document_id}", 200),
    everybody("GET", "/R/{document_id}", 200),
    everybody("GET", "/offline", 308),
    everybody("GET", "/offline/{path:path}", 404),
    everybody("GET", "/relying/{module}/{view}", 404),
    everybody("GET", "/trust-list.json", 200),
    everybody("GET", "/schemas/report-1.json", 200),
    everybody("GET", "/log/checkpoint", 200),
    everybody("GET", "/log/checkpoint.witnessed", 404),
    everybody("GET", "/log/tile/{path:path}", 404),
    everybody("GET", "/log/sm3/tile/{path:path}", 404),
    everybody("POST", "/log/cosignatures", 422, content=b"x"),
    everybody("GET", "/log/entries/{index}", 200),
    everybody("GET", "/log/proof/{index}", 200),
    everybody("GET", "/log/consistency", 200, params={"old": 1, "new": 2}),
    everybody("GET", "/crl/{name}.crl", 404),
    everybody("GET", "/certificates/{name}.cer", 404),
    everybody("GET", "/crl/{name}-delta.crl", 404),
    everybody("GET", "/crl/{name}/{number}.crl", 404),
    everybody("GET", "/api/v1/status", 422),
    everybody("GET", "/status/{certificate_id}", 200),
    everybody("POST", "/api/v1/status/receipt", 422, files={"file": ("a.txt", b"hello")}),
    everybody("GET", "/.well-known/est/cacerts", 200),
    everybody("GET", "/.well-known/est/{label}/cacerts", 200),
    everybody("GET", "/.well-known/est/csrattrs", 200),
    everybody("GET", "/.well-known/est/{label}/csrattrs", 200),
    everybody("POST", "/.well-known/est/simpleenroll", 401),
    everybody("POST", "/.well-known/est/{label}/simpleenroll", 401),
    everybody("POST", "/.well-known/est/simplereenroll", 401),
    everybody("POST", "/.well-known/est/{label}/simplereenroll", 401),
    everybody("POST", "/.well-known/est/serverkeygen", 501),
    everybody("POST", "/.well-known/est/{label}/serverkeygen", 501),
    everybody("POST", "/tsa/sm2", 415),
    everybody("POST", "/tsa/rsa", 415),
    everybody("GET", "/seals/{seal_id}.svg", 200),
    everybody("GET", "/api/v1/seals", 200),
    everybody("GET", "/seal-status.json", 200),
    everybody("GET", "/document-status.json", 200),
    everybody("GET", "/api/v1/seals/{seal_id}", 200),
    everybody("GET", "/api/v1/seals/{seal_id}/seal.esl", 200),
    everybody("GET", "/seals/{seal_id}", 200, headers=PAGE),
    everybody("GET", "/api/v1/documents/{document_id}", 200),
    everybody("POST", "/api/v1/verify", 422, files={"file": ("a.txt", b"hello")}),
    everybody("POST", "/api/v1/login/challenges", 201, json={}),
    everybody("POST", "/api/v1/login", 422, json={}),
    # ACME: whoever signs; an unsigned request is refused for its type, whoever sends it.
    everybody("GET", "/acme/directory", 200),
    everybody("HEAD", "/acme/new-nonce", 200),
    everybody("GET", "/acme/new-nonce", 204),
    everybody("GET", "/acme/renewal-info/{asked}", 404),
    *(everybody("POST", f"/acme/{path}", 415, json={}) for path in ACME),
    # Any login.
    only("GET", "/api/v1/me", "401 200 200 200 200 200 200"),
    # The operator's.
    only(
        "POST",
        "/api/v1/accounts",
        "401 403 403 403 403 403 422",
        json={"name": "x", "subject": "X1", "roles": []},
    ),
    only(
        "POST",
        "/api/v1/accounts/{account_id}/principals",
        "401 403 403 403 403 403 422",
        json={"uscc": "no code"},
    ),
    only(
        "POST",
        "/api/v1/certificates",
        "401 403 403 403 403 403 422",
        json={"profile": "person", "request": "MAA=", "holder": "X1", "holder_name": "x"},
    ),
    only(
        "POST",
        "/api/v1/certificates/{certificate_id}/revoke",
        "401 403 422 403 403 403 422",
        json={"reason": "none"},
    ),
    only(
        "POST",
        "/api/v1/seals",
        "401 403 403 403 403 403 422",
        json={"holder": "x", "holder_name": "x", "name": "x"},
    ),
    only(
        "POST",
        "/api/v1/seals/{seal_id}/grants",
        "401 403 403 403 403 403 422",
        json={
            "officer": "{account_id}",
            "document_types": ["construction_permit"],
            "valid_from": "2026-01-02T00:00:00Z",
            "valid_until": "2026-01-01T00:00:00Z",
        },
    ),
    # The life of a seal: its holder's, the office's, the operator's; who may take which step is in the rules.
    only("GET", "/api/v1/seal-applications", "401 200 200 200 200 200 200"),
    only(
        "POST",
        "/api/v1/seal-applications",
        "401 403 403 403 403 403 422",
        json={"holder": "x", "holder_name": "x", "type": "special", "design": {"name": "样例机关"}},
    ),
    only("POST", "/api/v1/seals/{seal_id}/steps", "401 403 403 403 409 403 409", json={"step": "make"}),
    only("POST", "/api/v1/seal-steps/prepare", "401 422 422 422 422 422 422", json={}),
    only(
        "POST",
        "/api/v1/seal-steps",
        "401 422 422 422 422 422 422",
        json={"to_be_signed": "MAA=", "certificate": "MAA=", "signature": "MAA="},
    ),
    only("GET", "/api/v1/seal-uses", "401 200 200 200 200 200 200"),
    only("POST", "/api/v1/seals/{seal_id}/uses/{use_id}/not-me", "401 403 403 403 404 403 403"),
    only("GET", "/seals", "303 200 200 200 200 200 200", headers=PAGE),
    only("GET", "/api/v1/seal-pictures/preview.svg", "401 200 200 200 200 200 200"),
    only("POST", "/api/v1/seal-pictures/preview", "401 422 422 422 422 422 422", json={"design": {"x": 1}}),
    only(
        "POST",
        "/api/v1/seal-pictures/drawings",
        "401 422 422 422 422 422 422",
        files={"file": ("a.png", b"no")},
    ),
    only("GET", "/seals/apply", "303 200 200 200 200 200 200", headers=PAGE),
    only("POST", "/seals/apply", "303 403 403 403 403 403 403"),
    only("POST", "/seals/{seal_id}/steps", "303 403 403 403 403 403 403"),
    only("POST", "/seals/{seal_id}/uses/{use_id}/not-me", "303 403 403 403 403 403 403"),
    # Use of seals: who asks and who approves is in the rules of the request; the policy is the operator's.
    only("GET", "/api/v1/seals/{seal_id}/use-policy", "401 200 200 200 200 200 200"),
    only(
        "PUT",
        "/api/v1/seals/{seal_id}/use-policy",
        "401 403 403 403 403 403 422",
        json={"approvers": 7},
    ),
    only("GET", "/api/v1/seal-use-requests", "401 200 200 200 200 200 200"),
    only(
        "POST",
        "/api/v1/seal-use-requests",
        "401 404 404 404 404 404 404",
        json={"seal_id": NO_ID, "document_type": "file", "case": "x", "reason": "x"},
    ),
    only("GET", "/api/v1/seal-use-requests/{request_id}", "401 404 404 404 404 404 404"),
    only(
        "POST",
        "/api/v1/seal-use-requests/{request_id}/steps",
        "401 404 404 404 404 404 404",
        json={"step": "approve-use"},
    ),
    only("POST", "/api/v1/seal-use-steps/prepare", "401 422 422 422 422 422 422", json={}),
    only(
        "POST",
        "/api/v1/seal-use-steps",
        "401 422 422 422 422 422 422",
        json={"to_be_signed": "MAA=", "certificate": "MAA=", "signature": "MAA="},
    ),
    only("GET", "/api/v1/seal-mandates", "401 200 200 200 200 200 200"),
    only(
        "POST",
        "/api/v1/seal-mandates",
        "401 404 404 404 404 404 404",
        json={
            "seal_id": NO_ID,
            "agent": NO_ID,
            "document_types": ["file"],
            "valid_from": "2026-01-01T00:00:00Z",
            "valid_until": "2026-01-02T00:00:00Z",
            "certificate": "MAA=",
        },
    ),
    only("GET", "/api/v1/seal-mandates/{mandate_id}", "401 404 404 404 404 404 404"),
    only(
        "POST",
        "/api/v1/seal-mandates/{mandate_id}/signature",
        "401 404 404 404 404 404 404",
        json={"signature": "MAA="},
    ),
    only("DELETE", "/api/v1/seal-mandates/{mandate_id}", "401 404 404 404 404 404 404"),
    only("GET", "/approvals", "303 200 200 200 200 200 200", headers=PAGE),
    only("POST", "/approvals", "303 403 403 403 403 403 403"),
    only("POST", "/approvals/{request_id}", "303 403 403 403 403 403 403"),
    only("POST", "/api/v1/acme/keys", "401 403 403 403 403 403 422", json={"domains": ["test"]}),
    only("GET", "/api/v1/acme/keys", "401 403 403 403 403 403 200"),
    only("DELETE", "/api/v1/acme/keys/{key_id}", "401 403 403 403 403 403 404"),
    only("DELETE", "/api/v1/grants/{grant_id}", "401 403 403 403 403 403 404"),
    only("GET", "/api/v1/devices", "401 403 403 403 403 403 200"),
    only(
        "POST",
        "/api/v1/devices",
        "401 403 403 403 403 403 422",
        json={"label": "x", "holder": "x", "holder_name": "x"},
    ),
    only("POST", "/api/v1/devices/{device_id}/secrets", "401 403 403 403 403 403 404", json={}),
    only("DELETE", "/api/v1/devices/{device_id}", "401 403 403 403 403 403 404"),
    # Recoveries: the operator's and recovery agents'; the holder's own to ask for and to see.
    only(
        "POST",
        "/api/v1/recoveries",
        "401 404 404 404 404 404 404",
        json={"key": NO_ID, "recipient": "MAA=", "reason": "x"},
    ),
    only("GET", "/api/v1/recoveries", "401 403 403 403 403 403 200"),
    only("GET", "/api/v1/recoveries/mine", "401 200 200 200 200 200 200"),
    only("GET", "/api/v1/recoveries/history", "401 200 200 200 200 200 200"),
    only(
        "POST",
        "/api/v1/recoveries/{recovery_id}/approvals",
        "401 403 403 403 403 403 403",
        json={"agent": "nobody", "signature": "MAA="},
    ),
    only("POST", "/api/v1/recoveries/{recovery_id}/complete", "401 403 403 403 403 403 404"),
    # A certificate: the operator's, and its owner's to look at.
    only("GET", "/api/v1/certificates/{certificate_id}", "401 200 200 403 403 403 200"),
    # Records: a module says which roles; conduct is entered by officers and operators.
    only("POST", "/api/v1/relying/{module}/records/{kind}", "401 403 403 403 422 422 422", json={}),
    # The applicant's own.
    only("POST", "/api/v1/submissions", "401 422 422 422 403 403 403", data={"form": "x"}),
    only("GET", "/api/v1/submissions", "401 200 200 200 403 403 403"),
    only(
        "POST",
        "/api/v1/submissions/{submission_id}/signatures",
        "401 200 404 404 403 403 403",
        json={"signatures": []},
    ),
    only("POST", "/api/v1/sheets/{document_type}", "401 422 422 422 403 403 403", json={"surprise": "x"}),
    # A submission and what is in it: whoever filed it, and the agency that it is addressed to.
    only("GET", "/api/v1/submissions/{submission_id}", "401 200 404 404 200 404 404"),
    only("GET", "/api/v1/submissions/{submission_id}/items/{item_id}/file", "401 200 404 404 200 404 404"),
    only("GET", "/api/v1/submissions/{submission_id}/evidence-pack", "401 200 404 404 200 404 404"),
    # The receipt was issued by A1, the authority that runs the platform: its officers may have it as well.
    only("GET", "/api/v1/documents/{document_id}/evidence-pack", "401 200 403 403 200 200 403"),
    only("GET", "/documents/{document_id}/file", "401 200 403 403 200 200 403"),
    # The platform seals receipts itself, so there is no OFD of them.
    only("GET", "/documents/{document_id}/document.ofd", "401 404 403 403 404 404 403"),
    # The agency that issued it: here, the authority that runs the platform.
    only(
        "POST",
        "/api/v1/documents/{document_id}/state",
        "401 403 403 403 422 422 403",
        json={"state": "none", "reason": "x"},
    ),
    # The officer's.
    only("GET", "/api/v1/desk", "401 403 403 403 200 200 403"),
    only(
        "POST", "/api/v1/desk/{submission_id}/approve", "401 403 403 403 404 404 403", json={"seal_id": NO_ID}
    ),
    only(
        "POST",
        "/api/v1/desk/{submission_id}/return",
        "401 403 403 403 422 422 403",
        json={"reason": "\u200b"},
    ),
    # Batches: the officer's agency's, or those of the applicant's own key.
    only(
        "POST",
        "/api/v1/batches",
        "401 403 403 403 404 404 403",
        json={"kind": "files", "seal_id": NO_ID, "title": "x"},
    ),
    only("GET", "/api/v1/batches", "401 200 200 200 200 200 403"),
    only("POST", "/api/v1/batches/{batch_id}/rows", "401 403 403 403 422 422 403"),
    only("POST", "/api/v1/batches/{batch_id}/files", "401 403 403 403 422 422 403"),
    only("POST", "/api/v1/batches/{batch_id}/start", "401 403 403 403 404 404 403", json={}),
    only("POST", "/api/v1/batches/{batch_id}/resume", "401 403 403 403 404 404 403", json={}),
    only("POST", "/api/v1/batches/{batch_id}/cancel", "401 404 404 404 404 404 403"),
    *(
        only("GET", f"/api/v1/batches/{{batch_id}}{part}", "401 404 404 404 404 404 403")
        for part in ("", "/items", "/results.csv", "/items/{item_number}/file", "/files.zip")
    ),
    only(
        "POST",
        "/api/v1/own-batches",
        "401 422 422 422 403 403 403",
        json={"title": "x", "certificate": "MAA="},
    ),
    only("POST", "/api/v1/own-batches/{batch_id}/files", "401 422 422 422 403 403 403"),
    only("GET", "/api/v1/own-batches/{batch_id}/list", "401 404 404 404 403 403 403"),
    only(
        "POST",
        "/api/v1/own-batches/{batch_id}/signatures",
        "401 404 404 404 403 403 403",
        json={"list_signature": "MAA=", "signatures": []},
    ),
    only("GET", "/batches", "303 403 403 403 200 200 403", headers=PAGE),
    only("GET", "/applicant/batches", "303 200 200 200 403 403 403", headers=PAGE),
    only("GET", "/applicant/batches/{batch_id}", "303 404 404 404 403 403 403", headers=PAGE),
    only("POST", "/applicant/batches/{batch_id}/cancel", "303 403 403 403 403 403 403"),
    only("POST", "/batches", "303 403 403 403 403 403 403", data={"title": "x"}),
    only("GET", "/batches/{batch_id}", "303 403 403 403 404 404 403", headers=PAGE),
    only("POST", "/batches/{batch_id}/{act}", "303 403 403 403 403 403 403"),
    # Enrolment: public with a code, otherwise for whom it is; who decides it is asked again inside.
    everybody("GET", "/enrol", 200),
    only("POST", "/enrol", "404 403 403 403 403 403 403", data={"code": "x"}),
    everybody("GET", "/status", 200),
    everybody("POST", "/status", 422),
    everybody("POST", "/api/v1/enrolments/by-code", 404, json={"code": "x", "request": "MAA="}),
    everybody("POST", "/api/v1/enrolments/collect", 404, json={"code": "x"}),
    only("GET", "/api/v1/enrolments", "401 200 200 200 200 200 200"),
    only(
        "POST",
        "/api/v1/enrolments",
        "401 422 422 422 422 422 422",
        json={"profile": "root", "request": "MAA=", "holder": "X1", "holder_name": "x"},
    ),
    only(
        "POST",
        "/api/v1/enrolments/codes",
        "401 403 403 403 422 422 422",
        json={"profile": "root", "holder": "X1", "holder_name": "x"},
    ),
    only("GET", "/api/v1/enrolments/{enrolment_id}", "401 404 404 404 404 404 404"),
    only("GET", "/api/v1/enrolments/{enrolment_id}/certificate", "401 404 404 404 404 404 404"),
    only("POST", "/api/v1/enrolments/{enrolment_id}/approve", "401 403 403 403 404 404 404"),
    only(
        "POST",
        "/api/v1/enrolments/{enrolment_id}/refuse",
        "401 403 403 403 404 404 404",
        json={"reason": "x"},
    ),
    only("POST", "/api/v1/enrolments/{enrolment_id}/withdraw", "401 404 404 404 404 404 404"),
    # What one holds: nobody else's exists, but for the registration office.
    *(
        only(method, f"/api/v1/certificates/{{held_id}}/{verb}", "401 404 404 404 404 404 404")
        for method, verb in (
            ("POST", "suspend"),
            ("POST", "resume"),
            ("POST", "renew"),
            ("GET", "envelope"),
            ("GET", "response"),
        )
    ),
    only(
        "POST",
        "/api/v1/certificates/{held_id}/rekey",
        "401 404 404 404 404 404 404",
        json={"request": "MAA="},
    ),
    only("GET", "/holder", "303 200 200 200 200 200 200", headers=PAGE),
    only("GET", "/holder/certificates/{certificate_id}", "401 404 200 404 404 404 404"),
    only("POST", "/holder/certificates/{held_id}/{verb}", "303 403 403 403 403 403 403"),
    only("POST", "/holder/enrolments/{enrolment_id}/withdraw", "303 403 403 403 403 403 403"),
    only("GET", "/registration", "303 403 403 403 200 200 200", headers=PAGE),
    only("POST", "/registration/codes", "303 403 403 403 403 403 403"),
    only("POST", "/registration/holdings", "303 403 403 403 403 403 403"),
    only("POST", "/registration/{enrolment_id}/approve", "303 403 403 403 403 403 403"),
    only("POST", "/registration/{enrolment_id}/refuse", "303 403 403 403 403 403 403"),
    only("GET", "/authority", "303 403 403 403 403 403 200", headers=PAGE),
    only("GET", "/authority/accounts", "303 403 403 403 403 403 200", headers=PAGE),
    only("POST", "/authority/accounts", "303 403 403 403 403 403 403"),
    only("POST", "/authority/accounts/mandates", "303 403 403 403 403 403 403"),
    only("POST", "/authority/accounts/{account_id}/close", "303 403 403 403 403 403 403"),
    # Pages: nobody is sent to the login.
    only("GET", "/applicant", "303 200 200 200 403 403 403", headers=PAGE),
    only("GET", "/applicant/forms/{name}", "303 200 200 200 403 403 403", headers=PAGE),
    only("GET", "/applicant/submissions/{submission_id}", "303 200 404 404 200 404 404", headers=PAGE),
    only("GET", "/desk", "303 403 403 403 200 200 403", headers=PAGE),
    only("GET", "/desk/{submission_id}", "303 403 403 403 200 404 403", headers=PAGE),
    # Forms of pages carry the CSRF token in the body; without it nobody gets further.
    everybody("POST", "/logout", 403),
    only("POST", "/applicant/sheets/{document_type}", "303 403 403 403 403 403 403", data={"purpose": "x"}),
    only("POST", "/desk/{submission_id}/approve", "303 403 403 403 403 403 403", data={"seal_id": NO_ID}),
    only("POST", "/desk/{submission_id}/return", "303 403 403 403 403 403 403", data={"reason": "x"}),
)
ELSEWHERE = {("POST", "/api/v1/logout")}
"""Ends the session that it is asked with: tests/api/http/test_bad_input.py."""
CHANGING = tuple(
    row for row in MATRIX if row.method != "GET" and row.answers[0] == 401 and set(row.answers) != {401}
)


@pytest.fixture(scope="module")
def case(site: Any) -> dict[str, str]:
    """The parts of the addresses: a filed submission of E01 and what hangs on it."""
    client = site.login("H01", "E01")
    filed = client.submit(
        "permit_application",
        site.stage.facts.permit_application("P1"),
        site.files(),
        site.holder("E01"),
        key="authorisation-matrix",
    )
    details = client.get(f"/api/v1/submissions/{filed['submission_id']}")
    return {
        "submission_id": filed["submission_id"],
        "item_id": details["items"][0]["item_id"],
        "document_id": filed["receipt"]["document_id"],
        "certificate_id": site.holder("H01").certificate_id,
        "account_id": site.stage.accounts["H10"],
        "seal_id": site.stage.seals["A3-sm2"],
        "grant_id": NO_ID,
        "use_id": NO_ID,
        "key_id": NO_ID,
        "order_id": NO_ID,
        "proof_id": NO_ID,
        "challenge_id": NO_ID,
        "asked": "AAAA.AAAA",
        "enrolment_id": NO_ID,
        "batch_id": NO_ID,
        "item_number": "1",
        "act": "start",
        "held_id": NO_ID,
        "recovery_id": NO_ID,
        "request_id": NO_ID,
        "mandate_id": NO_ID,
        "verb": "suspend",
        "device_id": NO_ID,
        "label": "sm2",
        "module": "credit",
        "kind": "conduct",
        "view": "none",
        "path": "none",
        "document_type": "credit_sheet",
        "index": "0",
        "number": "0",
    }


@pytest.fixture(scope="module")
def asked(site: Any) -> dict[str, httpx.Client]:
    """A client for each actor."""
    return {
        "anonymous": site.stage.client().http,
        "H01 for E01": site.login("H01", "E01").http,
        "H01": site.login("H01").http,
        "H02": site.login("H02").http,
        "A3": site.login("H10").http,
        "A1": site.login("H11").http,
        "operator": site.operator.http,
    }


def address(row: Row, case: Mapping[str, str]) -> str:
    path = row.path.replace(":path}", "}")
    return path.format(**case, name="permit_application" if "forms" in row.path else "none")


def words(row: Row, case: Mapping[str, str]) -> dict[str, Any]:
    sent = dict(row.sent)
    if isinstance(sent.get("json"), dict):
        sent["json"] = {
            name: case["account_id"] if value == "{account_id}" else value
            for name, value in sent["json"].items()
        }
    return sent


def test_every_route_is_in_the_matrix() -> None:
    """A new route needs a row: nobody decides by forgetting."""
    parts = [
        getattr(application, name)
        for name in dir(application)
        if hasattr(getattr(application, name), "router")
    ]
    routes = {
        (method, route.path)
        for part in parts
        for route in part.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert len(parts) > 20
    assert routes == {(row.method, row.path) for row in MATRIX} | ELSEWHERE


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row.method} {row.path}")
def test_who_gets_in(site: Any, case: dict[str, str], asked: dict[str, httpx.Client], row: Row) -> None:
    """The whole row at once, so that a failure shows who is let in."""
    found = {
        actor: asked[actor].request(row.method, address(row, case), **words(row, case)).status_code
        for actor in ACTORS
    }
    expected = dict(zip(ACTORS, row.answers, strict=True))
    if row.path == "/logout":
        expected["anonymous"] = 303  # nothing to end
    assert found == expected


@pytest.mark.parametrize("row", CHANGING, ids=lambda row: f"{row.method} {row.path}")
def test_a_cookie_alone_changes_nothing(site: Any, case: dict[str, str], row: Row) -> None:
    """What a page elsewhere can make a browser send is refused before anything else is looked at."""
    for key in ("H02", "H10"):
        token = site.login(key).http.headers["authorization"].removeprefix("Bearer ")
        with httpx.Client(base_url=site.url, trust_env=False, cookies={COOKIE: token}) as browser:
            for headers in ({}, {"X-CSRF-Token": "0" * 64}):
                answer = browser.request(row.method, address(row, case), headers=headers, **words(row, case))
                assert (answer.status_code, answer.json()["code"]) == (403, "csrf-missing")

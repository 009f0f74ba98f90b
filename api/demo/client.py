# SPDX-License-Identifier: Apache-2.0
"""A client of the service: what a token holder, an officer's desk or another system would send over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from ca import SubjectName, make_request
from keys import Signer


class Refused(Exception):
    """The service said no; ``code`` is the code of its problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status, self.code, self.problem = status, str(problem.get("code")), problem


@dataclass(frozen=True, slots=True)
class Holder:
    """A key on this side, and the certificate that the service issued for it."""

    signer: Signer
    certificate: bytes
    certificate_id: str
    account_id: str = ""


class Client:
    """One browser, so to say: remembers its login."""

    def __init__(self, base_url: str, *, token: str = "") -> None:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.base_url = base_url
        # No idle connections: a client here is forgotten, never closed.
        idle = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False, limits=idle)

    def get(self, path: str, **params: str) -> Any:
        """JSON of a GET."""
        return _json(self.http.get(path, params=params))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """JSON of a POST with a JSON body."""
        return _json(self.http.post(path, json=dict(body or {})))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """JSON of a PUT with a JSON body."""
        return _json(self.http.put(path, json=dict(body)))

    def fetch(self, path: str) -> bytes:
        """The bytes behind a path or an address of this service."""
        response = self.http.get(path.removeprefix(self.base_url))
        if response.status_code >= 400:
            _json(response)
        return response.content

    def page(self, path: str) -> str:
        """The HTML that a browser would get."""
        response = self.http.get(path.removeprefix(self.base_url), headers={"Accept": "text/html"})
        response.raise_for_status()
        return response.text

    def challenge(self) -> Any:
        """A fresh login challenge."""
        return self.post("/api/v1/login/challenges")

    def login(self, holder: Holder, *, act_for: str = "") -> Client:
        """A client that is logged in as ``holder``."""
        answer = self.answer(self.challenge(), holder, act_for=act_for)
        return Client(self.base_url, token=answer["token"])

    def answer(self, challenge: Mapping[str, str], holder: Holder, *, act_for: str = "") -> Any:
        """Sign a challenge and send it."""
        body = {
            "challenge_id": challenge["challenge_id"],
            "certificate": encoded(holder.certificate),
            "signature": encoded(holder.signer.sign(base64.b64decode(challenge["to_be_signed"]))),
        }
        return self.post("/api/v1/login", {**body, "act_for": act_for} if act_for else body)

    def certify(
        self,
        signer: Signer,
        subject: SubjectName,
        *,
        profile: str,
        holder: str,
        account_id: str = "",
        valid_until: str = "",
    ) -> Holder:
        """Have a certificate issued for a key of ours (the operator's right)."""
        body = {
            "profile": profile,
            "request": encoded(make_request(signer, subject)),
            "holder": holder,
            "holder_name": subject.organization or subject.common_name,
        }
        if account_id:
            body["account_id"] = account_id
        if valid_until:
            body["valid_until"] = valid_until
        issued = self.post("/api/v1/certificates", body)
        return Holder(signer, base64.b64decode(issued["certificate"]), issued["certificate_id"], account_id)

    def submit(
        self, form: str, data: Mapping[str, Any], files: Mapping[str, bytes], holder: Holder, *, key: str
    ) -> Any:
        """Prepare, sign on this side, return the signatures: hash-and-return."""
        prepared = _json(
            self.http.post(
                "/api/v1/submissions",
                data={
                    "form": form,
                    "data": json.dumps(dict(data), ensure_ascii=False),
                    "certificate": encoded(holder.certificate),
                    "idempotency_key": key,
                },
                files={slot: (f"{slot}.pdf", content, "application/pdf") for slot, content in files.items()},
            )
        )
        signatures = [
            {
                "item_id": item["item_id"],
                "signature": encoded(holder.signer.sign(base64.b64decode(item["to_be_signed"]))),
            }
            for item in prepared["items"]
        ]
        path = f"/api/v1/submissions/{prepared['submission_id']}/signatures"
        return self.post(path, {"signatures": signatures})

    def verify(self, name: str, content: bytes) -> Any:
        """The public check by upload."""
        return _json(self.http.post("/api/v1/verify", files={"file": (name, content)}))


def encoded(content: bytes) -> str:
    """Base64 as the service takes it."""
    return base64.b64encode(content).decode("ascii")


def _json(response: httpx.Response) -> Any:
    try:
        body = response.json()
    except ValueError:
        body = {"code": "no-json", "detail": response.text[:200]}
    if response.status_code >= 400:
        raise Refused(response.status_code, body)
    return body

# SPDX-License-Identifier: Apache-2.0
"""A client of Yinxin for programs whose key stays with them: one file, standard library alone.

Copy it.  Signing is a callback that takes the bytes to sign and returns the signature (DER for SM2 and ECDSA,
the octets for RSA): an HSM, a token, an agent, a subprocess.  For devices that sign a digest and not a
message :func:`sm2_digest` computes e = SM3(Z_A || message) with the standard user id.

    client = Client("https://yinxin.example", certificate, sign).login()
    prepared = client.prepare_submission("permit_application", data, {"drawing_review": pdf})
    save(json.dumps(prepared))                     # typed state: it may be completed tomorrow, elsewhere
    filed = client.complete_submission(prepared)

What is signed is looked at first: a login challenge must name this origin, everything else must be the DER of
signed attributes (CMS, first octet 31), and a list of many files must be about exactly those files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Sign = Callable[[bytes], bytes]

LOGIN = b"yinxin/login/v1\n"
STEP = b"yinxin/seal-step/v1\n"
USER_ID = b"1234567812345678"


class Refused(Exception):
    """The service said no: ``status``, ``code`` and ``problem`` (RFC 9457) say why and what to do."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail') or problem.get('title')}")
        self.status, self.code, self.problem = status, str(problem.get("code")), dict(problem)


class NotSigned(Exception):
    """What the service asked to sign is not what was asked of it; nothing was signed."""


class Client:
    """One login.  ``certificate``: DER of the one that logs in (and seals, unless another is named)."""

    def __init__(self, url: str, certificate: bytes, sign: Sign, *, timeout: float = 60.0) -> None:
        if not url.startswith(("https://", "http://")):
            raise NotSigned("url: https://… or http://…")
        self.url, self.certificate, self.sign = url.rstrip("/"), certificate, sign
        self._timeout, self._token = timeout, ""
        # The service is asked directly: a proxy of the environment would see what is sealed.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    # Login

    def login(self, act_for: str = "") -> Client:
        """Sign a fresh challenge; ``act_for``: credit code of an enterprise that one may act for."""
        challenge = self.post("/api/v1/login/challenges", {})
        message = unbase64(challenge["to_be_signed"])
        require_login_challenge(message, self.url)
        answer = {
            "challenge_id": challenge["challenge_id"],
            "certificate": to_base64(self.certificate),
            "signature": to_base64(self.sign(message)),
        }
        if act_for:
            answer["act_for"] = act_for
        self._token = self.post("/api/v1/login", answer)["token"]
        return self

    # A submission in two phases

    def prepare_submission(
        self,
        form: str,
        data: Mapping[str, Any],
        files: Mapping[str, bytes],
        *,
        certificate: bytes | None = None,
        key: str = "",
    ) -> dict[str, Any]:
        """What has to be signed, as plain JSON.  ``key``: the same one brings back what it prepared."""
        parts: list[tuple[str, str | bytes]] = [
            ("form", form),
            ("data", json.dumps(dict(data), ensure_ascii=False)),
            ("certificate", to_base64(certificate or self.certificate)),
            ("idempotency_key", key or secrets.token_hex(16)),
            *files.items(),
        ]
        prepared: dict[str, Any] = self._multipart("/api/v1/submissions", parts)
        return prepared

    def complete_submission(self, prepared: Mapping[str, Any], sign: Sign | None = None) -> dict[str, Any]:
        """Sign each item and file.  Safe to repeat with the same state."""
        signatures = [
            {"item_id": one["item_id"], "signature": self._attributes(one["to_be_signed"], sign)}
            for one in prepared["items"]
        ]
        path = f"/api/v1/submissions/{quoted(prepared['submission_id'])}/signatures"
        filed: dict[str, Any] = self.post(path, {"signatures": signatures})
        return filed

    def sealed_item(self, submission_id: str, item_id: str) -> bytes:
        """The sealed file of one item."""
        return self.fetch(f"/api/v1/submissions/{quoted(submission_id)}/items/{quoted(item_id)}/file")

    # Many files in one round trip

    def prepare_files(
        self,
        title: str,
        files: Sequence[tuple[str, bytes]],
        *,
        certificate: bytes | None = None,
        key: str = "",
    ) -> dict[str, Any]:
        """Prepare ready PDF files for one's own key; answers the list and every digest, as plain JSON."""
        order = {"title": title, "certificate": to_base64(certificate or self.certificate)}
        if key:
            order["idempotency_key"] = key
        batch = self.post("/api/v1/own-batches", order)
        path = f"/api/v1/own-batches/{quoted(batch['batch_id'])}"
        for start in range(0, len(files), 100):
            some = [(name, content) for name, content in files[start : start + 100]]
            self._multipart(f"{path}/files", [("file", content, name) for name, content in some])
        prepared: dict[str, Any] = self.get(f"{path}/list")
        return prepared

    def complete_files(self, prepared: Mapping[str, Any], sign: Sign | None = None) -> dict[str, Any]:
        """Sign the list and each file on it; everything goes back in one request.  Safe to repeat."""
        text = unbase64(prepared["list"])
        require_list(text, prepared["items"])
        signatures = [
            {"number": one["number"], "signature": self._attributes(one["to_be_signed"], sign)}
            for one in prepared["items"]
        ]
        body = {"list_signature": to_base64((sign or self.sign)(text)), "signatures": signatures}
        path = f"/api/v1/own-batches/{quoted(prepared['batch_id'])}/signatures"
        done: dict[str, Any] = self.post(path, body)
        return done

    def batch(self, batch_id: str) -> dict[str, Any]:
        """How far a batch is."""
        found: dict[str, Any] = self.get(f"/api/v1/batches/{quoted(batch_id)}")
        return found

    def batch_file(self, batch_id: str, number: int) -> bytes:
        """The sealed file of one item."""
        return self.fetch(f"/api/v1/batches/{quoted(batch_id)}/items/{number}/file")

    # Approval before use: the statement is signed by whoever decides

    def ask_use(
        self, seal_id: str, document_type: str, case: str, copies: int, reason: str
    ) -> dict[str, Any]:
        """Ask for the use of a seal under one's own signature."""
        request = {
            "seal_id": seal_id,
            "document_type": document_type,
            "case": case,
            "copies": copies,
            "reason": reason,
        }
        said = {**request, "step": "ask-use"}
        return self._statement({"request": request}, said)

    def decide_use(self, request_id: str, step: str, reason: str = "") -> dict[str, Any]:
        """``approve-use``, ``refuse-use`` or ``withdraw-use`` under one's own signature."""
        wanted = {"request_id": request_id, "step": {"step": step, "reason": reason}}
        return self._statement(wanted, {"request_id": request_id, "step": step})

    def _statement(self, wanted: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
        prepared = self.post("/api/v1/seal-use-steps/prepare", wanted)["to_be_signed"]
        message = unbase64(prepared)
        require_statement(message, said)
        body = {
            "to_be_signed": prepared,
            "certificate": to_base64(self.certificate),
            "signature": to_base64(self.sign(message)),
        }
        done: dict[str, Any] = self.post("/api/v1/seal-use-steps", body)
        return done

    # Looking

    def verify(self, name: str, content: bytes) -> dict[str, Any]:
        """The report of ``yinxin verify`` over one file.  TOTAL-PASSED is the only pass."""
        report: dict[str, Any] = self._multipart("/api/v1/verify", [("file", content, name)])
        return report

    def get(self, path: str) -> Any:
        """JSON of a GET."""
        return json.loads(self._send("GET", path, None, {}))

    def fetch(self, path: str) -> bytes:
        """The bytes behind a path."""
        return self._send("GET", path, None, {})

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """JSON of a POST with a JSON body."""
        data = json.dumps(dict(body)).encode()
        return json.loads(self._send("POST", path, data, {"Content-Type": "application/json"}))

    def _attributes(self, encoded: str, sign: Sign | None) -> str:
        message = unbase64(encoded)
        if message[:1] != b"\x31":
            raise NotSigned("not the DER of signed attributes (CMS): the first octet is not 31")
        return to_base64((sign or self.sign)(message))

    def _multipart(self, path: str, parts: Sequence[tuple[Any, ...]]) -> Any:
        boundary = secrets.token_hex(24)
        body = bytearray()
        for name, value, *more in parts:
            shown = f'; filename="{_quoted_name(more[0])}"' if more else ""
            if isinstance(value, bytes) and not more:
                shown = f'; filename="{_quoted_name(name)}.pdf"'
            content = value if isinstance(value, bytes) else value.encode()
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n'.encode()
            if isinstance(value, bytes):
                body += b"Content-Type: application/octet-stream\r\n"
            body += b"\r\n" + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return json.loads(self._send("POST", path, bytes(body), kind))

    def _send(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> bytes:
        # The scheme was checked when the client was made.
        request = urllib.request.Request(self.url + path, data=data, method=method)  # noqa: S310
        for name, value in {"Accept": "application/json", **headers}.items():
            request.add_header(name, value)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with self._open(request, timeout=self._timeout) as response:
                content: bytes = response.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _problem(error.read())) from None
        return content


# What may be signed


def require_login_challenge(message: bytes, url: str) -> None:
    """Raise :class:`NotSigned` unless this is a login challenge of the service at ``url``."""
    if not message.startswith(LOGIN):
        raise NotSigned("not a login challenge")
    address = urllib.parse.urlsplit(url)
    if json.loads(message[len(LOGIN) :]).get("origin") != f"{address.scheme}://{address.netloc}".lower():
        raise NotSigned("a login challenge of another origin")


def require_statement(message: bytes, said: Mapping[str, Any]) -> None:
    """Raise :class:`NotSigned` unless the statement says exactly what was asked for."""
    if not message.startswith(STEP):
        raise NotSigned("not a statement about a seal")
    stated = json.loads(message[len(STEP) :])
    wrong = [name for name, value in said.items() if stated.get(name) != value]
    if wrong:
        raise NotSigned(f"the statement says something else: {', '.join(wrong)}")


def require_list(text: bytes, items: Sequence[Mapping[str, Any]]) -> None:
    """Raise :class:`NotSigned` unless the list names exactly the files that are to be signed."""
    stated = json.loads(text)
    if stated.get("format") != "yinxin-batch-list/1" or stated.get("count") != len(items):
        raise NotSigned("not the list of these files")
    for said, one in zip(stated["items"], items, strict=True):
        digest = hashlib.sha256(unbase64(one["to_be_signed"])).hexdigest()
        if (said["number"], said["name"]) != (one["number"], one["name"]):
            raise NotSigned(f"the list names another file: {said['number']}")
        if said["to_be_signed_sha256"] != digest:
            raise NotSigned(f"the list is about another content: {said['number']}")


def sm2_digest(message: bytes, x: bytes, y: bytes) -> bytes:
    """e = SM3(Z_A || message) for a device that signs a digest; ``x``, ``y``: the public key, 32 octets each.

    Z_A = SM3(ENTL || ID || a || b || xG || yG || x || y), GB/T 32918.2-2016 section 5.5, ID 1234567812345678.
    Needs a Python whose OpenSSL knows SM3.
    """
    curve = bytes.fromhex(
        "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
        "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
        "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
        "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
    )
    length = (8 * len(USER_ID)).to_bytes(2, "big")
    z = hashlib.new("sm3", length + USER_ID + curve + x + y).digest()
    return hashlib.new("sm3", z + message).digest()


def to_base64(content: bytes) -> str:
    """As the interface carries bytes."""
    return base64.b64encode(content).decode("ascii")


def unbase64(text: str) -> bytes:
    """The reverse, strict."""
    return base64.b64decode(text, validate=True)


def quoted(part: str) -> str:
    """One part of a path."""
    return urllib.parse.quote(str(part), safe="")


def _quoted_name(name: str) -> str:
    return name.replace("\\", "_").replace('"', "_").replace("\r", "_").replace("\n", "_")


def _problem(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {"code": "no-problem-document"}
    return found if isinstance(found, dict) else {"code": "no-problem-document"}

# SPDX-License-Identifier: Apache-2.0
"""An ACME server over a fresh database with real hierarchies, and a client that signs what it is told to."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.registry import HeaderParameter

from api.acme import (
    Acme,
    AcmePorts,
    AcmeRefused,
    Answer,
    Authorization,
    Limits,
    MadeKey,
    ServerOrder,
    Unproven,
)
from api.acme.proofs import in_processing
from api.certificates import IssuedCertificate, IssueOrder
from ca import AlternativeName

BASE = "https://yinxin.example"
A1 = "11510000DEM9A0017F"
NAME = "省住房和城乡建设厅(演示)"


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@cache
def account_key(name: str, kind: str = "P-256") -> Any:
    """One key for each name, made for this run."""
    if kind == "RSA":
        return RSAKey.generate_key(2048)
    return OKPKey.generate_key("Ed25519") if kind == "Ed25519" else ECKey.generate_key(kind)


@cache
def server_key(name: str, kind: str = "P-256") -> Any:
    if kind == "RSA":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1() if kind == "P-256" else ec.SECP384R1())


def algorithm_of(key: Any) -> str:
    if isinstance(key, RSAKey):
        return "RS256"
    if isinstance(key, OKPKey):
        return "Ed25519"
    return {"P-256": "ES256", "P-384": "ES384"}[key.curve_name]


def public(key: Any) -> dict[str, str]:
    return {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}


def signed(header: Mapping[str, Any], payload: bytes, key: Any) -> dict[str, str]:
    """A flattened JWS, whatever the header says."""
    registry = jws.JWSRegistry(
        header_registry={
            "url": HeaderParameter("", "str"),
            "nonce": HeaderParameter("", "str"),
            "jwk": HeaderParameter("", "jwk"),
        },
        algorithms=[header["alg"]],
        strict_check_header=False,
    )
    registry.max_header_length = 10_000
    compact = jws.serialize_compact(dict(header), payload, key, algorithms=[header["alg"]], registry=registry)
    parts = compact.split(".")
    return dict(zip(("protected", "payload", "signature"), parts, strict=True))


def request_for(*names: str, key: Any = None, cn: str = "", extensions: tuple[Any, ...] = ()) -> bytes:
    """A request as certbot makes it: no subject, the names as alternative names."""
    subject = [x509.NameAttribute(x509.NameOID.COMMON_NAME, cn)] if cn else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False
        )
    for one in extensions:
        builder = builder.add_extension(one, critical=False)
    made = builder.sign(key or server_key("host"), hashes.SHA256())
    return made.public_bytes(Encoding.DER)


@dataclass
class Web:
    """Everything outside, as tests put it there."""

    pages: dict[tuple[str, str], bytes] = field(default_factory=dict)
    records: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    allowed: dict[str, tuple[Authorization, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)

    def page(self, name: str, path: str) -> bytes:
        self.asked.append(name)
        if self.fails:
            raise self.fails.pop(0)
        if (name, path) not in self.pages:
            raise Unproven("connection", f"{name}: nobody answers")
        return self.pages[name, path]

    def texts(self, name: str) -> tuple[bytes, ...]:
        self.asked.append(name)
        return self.records.get(name, ())

    def authorizations(self, name: str) -> tuple[Authorization, ...]:
        return self.allowed.get(name, ())


@dataclass
class Client:
    """A client of one key.  It signs correctly unless a test says otherwise."""

    acme: Acme
    web: Web
    key: Any
    kid: str = ""

    def header(self, url: str, **more: Any) -> dict[str, Any]:
        who = {"kid": self.kid} if self.kid else {"jwk": public(self.key)}
        header = {"alg": algorithm_of(self.key), "nonce": self.acme.nonce(), "url": url, **who, **more}
        return {name: value for name, value in header.items() if value is not None}

    def body(self, url: str, payload: Any, **more: Any) -> bytes:
        content = b"" if payload is None else json.dumps(payload).encode()
        return json.dumps(signed(self.header(url, **more), content, self.key)).encode()

    def post(self, url: str, payload: Any = None, **more: Any) -> Answer:
        return self.send(url, self.body(url, payload, **more))

    def send(self, url: str, body: bytes) -> Answer:
        """To the verb that this address belongs to, as the routes do."""
        path = url.removeprefix(f"{BASE}/acme/").partition("?")[0].split("/")
        cursor = int(url.partition("?cursor=")[2] or 0)
        verbs: dict[str, Callable[[], Answer]] = {
            "new-account": lambda: self.acme.new_account(body, url),
            "new-order": lambda: self.acme.new_order(body, url),
            "key-change": lambda: self.acme.key_change(body, url),
            "revoke-cert": lambda: self.acme.revoke_cert(body, url),
            "account": lambda: (
                self.acme.account_orders(path[1], body, url, cursor=cursor)
                if path[-1] == "orders"
                else self.acme.account(path[1], body, url)
            ),
            "order": lambda: (
                self.acme.finalize(path[1], body, url)
                if path[-1] == "finalize"
                else self.acme.order(path[1], body, url)
            ),
            "authorization": lambda: self.acme.authorization(path[1], body, url),
            "challenge": lambda: self.acme.challenge(path[1], body, url),
            "certificate": lambda: self.acme.certificate(path[1], body, url),
        }
        return verbs[path[0]]()

    def url(self, name: str) -> str:
        return str(self.acme.directory()[name])

    def binding(self, made: MadeKey, *, secret: bytes | None = None, key: Any = None, **more: Any) -> Any:
        mac = base64.urlsafe_b64decode(made.secret + "=") if secret is None else secret
        header = {"alg": "HS256", "kid": made.key.key_id, "url": self.url("newAccount"), **more}
        payload = json.dumps(public(self.key if key is None else key)).encode()
        return signed(header, payload, OctKey.import_key(mac))

    def register(self, made: MadeKey, **more: Any) -> Answer:
        answer = self.post(
            self.url("newAccount"),
            {"contact": ["mailto:ops@corp.test"], "externalAccountBinding": self.binding(made), **more},
        )
        self.kid = answer.headers["Location"]
        return answer

    def order(self, *names: str, **more: Any) -> tuple[str, Any]:
        identifiers = [{"type": "dns", "value": one} for one in names]
        answer = self.post(self.url("newOrder"), {"identifiers": identifiers, **more})
        return answer.headers["Location"], answer.body

    def thumbprint(self) -> str:
        return str(self.key.thumbprint())

    def publish(self, proof: Any) -> str:
        """Put the proof of an authorization where it belongs; the address of its challenge."""
        chosen = {one["type"]: one for one in proof["challenges"]}
        name = proof["identifier"]["value"]
        if "http-01" in chosen:
            one = chosen["http-01"]
            content = f"{one['token']}.{self.thumbprint()}".encode()
            self.web.pages[name, f"/.well-known/acme-challenge/{one['token']}"] = content
        else:
            one = chosen["dns-01"]
            digest = hashlib.sha256(f"{one['token']}.{self.thumbprint()}".encode()).digest()
            where = f"_acme-challenge.{name}"
            self.web.records[where] = (*self.web.records.get(where, ()), b64(digest).encode())
        return str(one["url"])

    def prove(self, order: Any) -> None:
        """Publish and answer every challenge of an order, and wait for the pool."""
        for url in order["authorizations"]:
            proof: Any = self.post(url).body
            if proof["status"] == "pending":
                self.post(self.publish(proof), {})
        self.settle()

    def settle(self) -> None:
        """Wait until the pool has looked at everything."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with self.acme._ports.database.read() as connection:
                if not in_processing(connection):
                    return
            time.sleep(0.005)
        raise AssertionError("the pool does not end")

    def ready(self, *names: str, **more: Any) -> tuple[str, Any]:
        url, order = self.order(*names, **more)
        self.prove(order)
        return url, self.post(url).body

    def issued(self, *names: str, **more: Any) -> tuple[str, Any]:
        """An order that came to a certificate."""
        url, order = self.ready(*names, **more)
        csr = request_for(*names, key=server_key(names[0]))
        self.post(order["finalize"], {"csr": b64(csr)})
        return url, self.post(url).body


def refused(code: str, act: Callable[[], Any]) -> AcmeRefused:
    with pytest.raises(AcmeRefused) as caught:
        act()
    assert caught.value.code == code, caught.value
    return caught.value


@dataclass
class Desk:
    """The server, what is outside, and how certificates are issued: a test may break that."""

    acme: Acme
    ports: AcmePorts
    web: Web
    identity: Any
    issued: list[ServerOrder]
    before_issue: list[Exception]

    refused = staticmethod(refused)
    b64 = staticmethod(b64)
    request_for = staticmethod(request_for)
    server_key = staticmethod(server_key)
    account_key = staticmethod(account_key)
    signed = staticmethod(signed)
    public = staticmethod(public)

    def stranger(self, name: str = "one", kind: str = "P-256") -> Client:
        """A client without an account."""
        return Client(self.acme, self.web, account_key(name, kind))

    def key(self, *domains: str, **more: Any) -> MadeKey:
        return self.acme.make_key(domains=domains or ("corp.test",), by="test", **more)

    def client(self, name: str = "one", kind: str = "P-256", *, made: MadeKey | None = None) -> Client:
        client = self.stranger(name, kind)
        client.register(made or self.key())
        return client


@pytest.fixture
def desk(identity: Any, request: pytest.FixtureRequest) -> Any:
    ports: Any = identity.ports
    web, issued, broken = Web(), [], []

    def issue(order: ServerOrder) -> IssuedCertificate:
        if broken:
            raise broken.pop(0)
        made: IssuedCertificate = identity.certificates.issue(
            IssueOrder(
                profile="tls_server",
                request=order.request,
                account_id=order.account_id,
                holder=order.holder,
                holder_name=order.holder_name,
                valid_until=order.valid_until,
                alternative_names=tuple(AlternativeName("dns", one) for one in order.names),
            ),
            by="acme",
        )
        issued.append(order)
        return made

    acme_ports = AcmePorts(
        database=ports.database,
        ledger=ports.ledger,
        certificates=identity.certificates,
        issue=issue,
        accounts=ports.accounts,
        outside=web,
        base=BASE,
        authority=(A1, NAME),
        nonce_secret=b"n" * 32,
        binding_secret=b"b" * 32,
        clock=ports.clock,
        random=ports.random,
        pause=lambda _seconds: None,
        caa_identity="yinxin.example",
        limits=getattr(request, "param", Limits()),
    )
    acme = Acme(acme_ports)
    yield Desk(acme, acme_ports, web, identity, issued, broken)
    acme.close()


@pytest.fixture(scope="session")
def signed_once() -> tuple[bytes, dict[str, str]]:
    """One signed request, and the key that verifies it."""
    key = account_key("signs once")
    who = {"nonce": "bm9uY2U", "kid": f"{BASE}/acme/account/x"}
    header = {"alg": "ES256", "url": f"{BASE}/acme/new-order", **who}
    return json.dumps(signed(header, b'{"identifiers":[]}', key)).encode(), public(key)


@pytest.fixture(scope="session")
def client_of() -> Callable[[Acme], Client]:
    """A client of any server, with one and the same key."""
    return lambda acme: Client(acme, Web(), account_key("of any server"))


@pytest.fixture(scope="session")
def make_request() -> Callable[..., str]:
    """A request in base64url."""
    return lambda *names: b64(request_for(*names))

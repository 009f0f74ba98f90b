# SPDX-License-Identifier: Apache-2.0
"""Issuing as the service does it, in batches of a hundred: proof of possession, serial number, draft, lint,
intent, signature, reopening, ledger and database, on a file that is synchronised.  The peers only check the
request, build and sign: they keep no evidence.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from asn1crypto import algos, core, csr, keys, x509
from cryptography import x509 as builders
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from api.accounts import AccountBook, committed_accounts, committed_mandates
from api.certificates import (
    Authority,
    CertificatePorts,
    CertificateService,
    IssueOrder,
    committed_authorities,
    committed_certificates,
    committed_qr_keys,
)
from api.database import Database
from api.database.tables_identity import certificates as table
from api.ledger import Intents, Ledger, LogSigners, check_ledger
from api.status import PublishedLists, StatusPorts, committed_crls
from ca import DEFAULT_CEREMONY, SubjectName, make_request, parse_ceremony, parse_request
from keys import KeyKind, SoftwareKey, generate_key
from keys.adapters.file_vault import FileVault
from verify import Purpose, check_certificate, parse_certificate

from ..measure import Contest
from .world import AT, NAME, USCC

BATCH = 100
SM2_WITH_SM3 = "1.2.156.10197.1.501"
_CRL_URL = "https://yinxin.example/crl/organisations-rsa/1.crl"


@dataclass
class World:
    """A service with its default authorities, on a file of its own."""

    service: CertificateService
    database: Database
    ledger: Ledger
    vault: FileVault


@cache
def world() -> World:
    folder = Path(tempfile.mkdtemp(prefix="yinxin-bench-"))
    import atexit

    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'yinxin.db'}")
    database.upgrade()
    made: dict[str, Any] = {"clock": lambda: AT, "random": secrets.token_bytes}
    signers = LogSigners("yinxin.example/log", secrets.token_bytes(32), generate_key(KeyKind.SM2))
    ledger = Ledger(database, signers=signers, **made)
    intents = Intents(database, ledger, **made)
    vault = FileVault.create(folder / "vault", secrets.token_hex(), scrypt_n=2**14)
    offline = FileVault.create(folder / "offline", secrets.token_hex(), scrypt_n=2**14)
    authority = Authority("11510000DEM9A0017F", "省住房和城乡建设厅(演示)", "https://yinxin.example")
    rooms: dict[str, Any] = {"database": database, "ledger": ledger, "intents": intents, "vault": vault}
    service = CertificateService(
        CertificatePorts(
            **rooms,
            **made,
            accounts=AccountBook(database, ledger, **made),
            authority=authority,
            document_types=tuple,
            status=PublishedLists(StatusPorts(**rooms, authority=authority, clock=made["clock"])),
        )
    )
    service.hold_ceremony(parse_ceremony(DEFAULT_CEREMONY), offline, by="bench")
    return World(service, database, ledger, vault)


@cache
def requests(kind: KeyKind, size: int) -> tuple[bytes, ...]:
    """Requests with different keys; those of RSA share a few, for making them takes longest."""
    subject = SubjectName(NAME, organization=NAME, uscc=USCC)
    some: list[SoftwareKey] = [generate_key(kind) for _ in range(4 if kind is KeyKind.RSA2048 else size)]
    return tuple(make_request(some[number % len(some)], subject) for number in range(size))


_TERMS = count(1)


def orders(kind: KeyKind, size: int) -> list[IssueOrder]:
    """Another term for each, so that no order was ever there before."""
    return [
        IssueOrder("enterprise", one, USCC, NAME, valid_until=AT + timedelta(days=30, seconds=next(_TERMS)))
        for one in requests(kind, size)
    ]


def contest(kind: KeyKind, name: str, peers: dict[str, Callable[[], object]], quick: bool) -> Contest:
    """Checked first: every certificate passes, is stored, and the log vouches for all of it."""
    size = 10 if quick else BATCH
    here = world()
    made = here.service.issue_batch(orders(kind, size), by="bench")
    trust = here.service.trust()
    for one in made:
        verdict = check_certificate(parse_certificate(one.der), trust, AT, purpose=Purpose.SEAL)
        if verdict.indication.value != "TOTAL-PASSED":
            raise AssertionError(verdict)
    with here.database.read() as connection:
        stored = set(connection.execute(select(table.c.fingerprint)).scalars())
    sources = {
        "accounts": committed_accounts,
        "mandates": committed_mandates,
        "authorities": committed_authorities,
        "certificates": committed_certificates,
        "crls": committed_crls,
        "qr_keys": committed_qr_keys,
    }
    found = check_ledger(here.database, here.ledger.log_keys(), sources).findings
    wrong = [one for one in found if one.kind.value != "not-compared"]
    if wrong or not {one.fingerprint for one in made} <= stored:
        raise AssertionError(wrong)

    def ours() -> object:
        return here.service.issue_batch(orders(kind, size), by="bench")

    def repeated(act: Callable[[], object]) -> Callable[[], object]:
        return lambda: [act() for _ in range(size)]

    return Contest(
        name,
        ours,
        peers={peer: repeated(act) for peer, act in peers.items()},
        note=f"batches of {size}, everything on; the peer keeps no evidence",
        each=size,
    )


def ca_issue_sm2_full(quick: bool) -> Contest:
    """SM2 under SM2; the peer writes with asn1crypto and signs with the same provider."""
    signer = world().vault.signer("organisations-sm2")
    issuer = parse_certificate(world().service.issuer_file("organisations-sm2"))
    request = requests(KeyKind.SM2, 10 if quick else BATCH)[0]

    def peer() -> bytes:
        asked = parse_request(request)  # asn1crypto checks no signature
        algorithm = algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3, "parameters": core.Null()})
        body = x509.TbsCertificate(
            {
                "version": "v3",
                "serial_number": int.from_bytes(secrets.token_bytes(19)) >> 1,
                "signature": algorithm,
                "issuer": x509.Name.load(issuer.subject.der),
                "validity": {
                    "not_before": x509.Time({"utc_time": AT}),
                    "not_after": x509.Time({"utc_time": AT + timedelta(days=30)}),
                },
                "subject": csr.CertificationRequest.load(request)["certification_request_info"]["subject"],
                "subject_public_key_info": keys.PublicKeyInfo.load(asked.public_key.spki),
                "extensions": [
                    {
                        "extn_id": "key_usage",
                        "critical": True,
                        "extn_value": x509.KeyUsage({"digital_signature", "non_repudiation"}),
                    },
                    {"extn_id": "key_identifier", "critical": False, "extn_value": asked.public_key.key_id},
                ],
            }
        )
        parts = {
            "tbs_certificate": body,
            "signature_algorithm": algorithm,
            "signature_value": signer.sign(body.dump()),
        }
        return bytes(x509.Certificate(parts).dump())

    made = parse_certificate(peer())
    issuer.public_key.verify(made.signature, made.tbs, made.scheme)
    return contest(KeyKind.SM2, "ca.issue.sm2.full", {"asn1crypto, same signer": peer}, quick)


def ca_issue_p256_full(quick: bool) -> Contest:
    """ECDSA P-256 holders are certified under RSA-3072."""
    return _under_rsa(KeyKind.P256, "ca.issue.p256.full", quick)


def ca_issue_rsa_full(quick: bool) -> Contest:
    """RSA-2048 holders under RSA-3072."""
    return _under_rsa(KeyKind.RSA2048, "ca.issue.rsa.full", quick)


def _under_rsa(kind: KeyKind, name: str, quick: bool) -> Contest:
    request = requests(kind, 10 if quick else BATCH)[0]
    own = generate_key(KeyKind.RSA3072)
    key: Any = serialization.load_der_private_key(own.pkcs8(), None)
    issuer = builders.load_der_x509_certificate(world().service.issuer_file("organisations-rsa"))
    start: datetime = AT

    def peer() -> bytes:
        asked = builders.load_der_x509_csr(request)
        if not asked.is_signature_valid:
            raise AssertionError("the request does not prove possession")
        builder = (
            builders.CertificateBuilder()
            .subject_name(asked.subject)
            .issuer_name(issuer.subject)
            .public_key(asked.public_key())
            .serial_number(int.from_bytes(secrets.token_bytes(19)) >> 1)
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=30))
            .add_extension(builders.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
            .add_extension(builders.SubjectKeyIdentifier.from_public_key(asked.public_key()), False)
            .add_extension(_USAGE, True)
            .add_extension(_POINT, False)
        )
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    made = parse_certificate(peer())
    own.public_key.verify(made.signature, made.tbs, made.scheme)
    if not made.subject.common_name or NameOID.COMMON_NAME.dotted_string not in dict(made.subject.attributes):
        raise AssertionError("the peer lost the name")
    return contest(kind, name, {"cryptography, build and sign": peer}, quick)


_USAGE = builders.KeyUsage(True, True, False, False, False, False, False, False, False)
_POINT = builders.CRLDistributionPoints(
    [builders.DistributionPoint([builders.UniformResourceIdentifier(_CRL_URL)], None, None, None)]
)

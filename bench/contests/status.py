# SPDX-License-Identifier: Apache-2.0
"""Status: answers of OCSP that are kept, answers that are signed, and a list of a million entries.

What the list costs in memory is measured in processes of their own; its row gives lists per second, and the
note says seconds and megabytes.
"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp as peer

from api.routes.ocsp import OcspDoor
from api.status import EpochWatch, Responder, ResponderPorts
from api.wiring import initialise, open_service
from ca import CertificateStatus, SubjectName, make_ocsp_response
from keys import HashAlgorithm, KeyKind, SoftwareKey, der, generate_key
from verify import OcspStanding, cert_id, parse_certificate, parse_ocsp_response

from ..long_list import Nowhere, measured, write
from ..measure import Contest
from .world import AT, authority, certify

FEW, MANY = 20_000, 1_000_000


def ca_ocsp_cached(_quick: bool) -> Contest:
    """From the bytes of a POST to the bytes that go to the network: the door of the application, a real
    database asked before each answer whether anything changed, and no network."""
    data = Path(tempfile.mkdtemp(prefix="yinxin-bench-")) / "data"
    initialise(data, url="http://127.0.0.1:9", uscc="11510000DEM9A0017F", name="基准机构(演示)")
    service = open_service(data)
    responder = Responder(
        ResponderPorts(
            database=service.database,
            vault=service.vault,
            certificates=service.certificates,
            watch=EpochWatch(service.database, lambda: 0.0),
            clock=lambda: datetime.now(UTC),
        )
    )
    one = next(found for found in service.certificates.listed() if found.profile == "person")
    issuer = parse_certificate(service.certificates.issuer_file(one.issuer))
    request = _request(issuer, int(one.serial, 16))
    door, sent = OcspDoor(_nobody, responder), []
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/ocsp", "headers": []}

    async def receive() -> Any:
        return {"type": "http.request", "body": request, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(door(scope, receive, send))
    if parse_ocsp_response(sent[-1]["body"]).singles[0].standing is not OcspStanding.GOOD:
        raise AssertionError("not good")

    def ours() -> None:
        sent.clear()
        coroutine = door(scope, receive, send)
        try:
            coroutine.send(None)  # an answer that is kept waits for nothing
        except StopIteration:
            return
        raise AssertionError("not kept")

    return Contest(
        "ca.ocsp.cached",
        ours,
        peers={"cryptography, ECDSA P-256, signed": _cryptography_ocsp(generate_key(KeyKind.P256))},
        note="no network; the database is asked before each whether anything changed",
    )


async def _nobody(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError("not for the door")


def ca_ocsp_signed_sm2(_quick: bool) -> Contest:
    """With a nonce, so signed each time; reopening, comparison and a check of the signature included."""
    own = authority(KeyKind.SM2)
    signer = generate_key(KeyKind.SM2)
    responder = parse_certificate(
        certify("ocsp", SubjectName("基准OCSP"), signer, own.issuing, own.issuing_key)
    )
    status = CertificateStatus(cert_id(own.issuing, 4711, HashAlgorithm.SM3), OcspStanding.GOOD)

    def ours() -> bytes:
        return make_ocsp_response(
            issuer=own.issuing,
            responder=responder,
            signer=signer,
            statuses=[status],
            produced_at=AT,
            this_update=AT,
            next_update=AT + timedelta(hours=1),
            nonce=b"n" * 16,
        )

    ours()
    return Contest(
        "ca.ocsp.signed.sm2",
        ours,
        peers={"cryptography, RSA-2048": _cryptography_ocsp(generate_key(KeyKind.RSA2048))},
        note="SM2; signature checked before release",
    )


def ca_crl_million(quick: bool) -> Contest:
    """SM2 by our writer, into nothing; memory, RSA and the peer are measured in processes of their own."""
    count = FEW if quick else MANY
    told = {name: measured(name, count) for name in ("sm2", "rsa3072", "cryptography")}
    note = "; ".join(f"{name} {took:.2f} s CPU, {most:.0f} MB" for name, (took, most) in told.items())
    return Contest(
        "ca.crl.million",
        lambda: write("sm2", count, Nowhere()),
        printed={"cryptography builder, RSA": 1 / told["cryptography"][0]},
        note=f"{count:,} entries: {note}",
    )


def _request(issuer: Any, serial: int) -> bytes:
    return der.sequence(der.sequence(der.sequence(der.sequence(cert_id(issuer, serial).encode()))))


def _cryptography_ocsp(key: SoftwareKey) -> Any:
    own = authority(key.public_key.kind)
    issuer = x509.load_der_x509_certificate(own.issuing.der)
    native: Any = serialization.load_der_private_key(own.issuing_key.pkcs8(), None)
    builder = peer.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=b"n" * 32,
        issuer_key_hash=b"k" * 32,
        serial_number=4711,
        algorithm=hashes.SHA256(),
        cert_status=peer.OCSPCertStatus.GOOD,
        this_update=AT,
        next_update=AT + timedelta(hours=1),
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(peer.OCSPResponderEncoding.HASH, issuer)
    return lambda: builder.sign(native, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

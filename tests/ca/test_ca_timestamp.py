# SPDX-License-Identifier: Apache-2.0
"""Time stamps as an authority makes them; OpenSSL asks, verifies and is read, SM2 is checked by gmssl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from gmssl.sm2 import CryptSM2
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import (
    DraftRefused,
    IssueFailed,
    Revocation,
    SubjectName,
    TimestampFailure,
    TimestampRefused,
    make_crl,
    make_timestamp,
    make_timestamp_failure,
    make_timestamp_response,
    parse_timestamp_request,
)
from keys import HashAlgorithm, KeyKind, der, digest, generate_key
from verify import (
    Accuracy,
    Certificate,
    Indication,
    TimestampMalformed,
    Trust,
    check_timestamp,
    parse_crl,
    parse_timestamp,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
POLICY = "1.3.6.1.4.1.99999.1"
CONTENT = "市政工程施工许可".encode()
CONFIG = f"""
[tsa]
serial = serial.txt
signer_digest = sha256
default_policy = {POLICY}
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
""".encode()


def gmssl_key(point: str) -> CryptSM2:
    """Its constructor takes every leading 0 and 4 off a point that begins with 04."""
    found = CryptSM2(private_key="", public_key="")
    found.public_key = point
    return found


def pem(one: Certificate) -> bytes:
    return x509.load_der_x509_certificate(one.der).public_bytes(Encoding.PEM)


def tsa_of(authority: Any) -> Certificate:
    found: Certificate = authority.certify("tsa", SubjectName("示例时间戳", "示例电子认证中心"))
    return found


def trust(authority: Any, *revoked: int) -> Trust:
    until: dict[str, Any] = {"number": 1, "this_update": AT, "next_update": AT + timedelta(days=7)}
    gone = [Revocation(serial, AT) for serial in revoked]
    crls = (
        make_crl(issuer=authority.root, signer=authority.root_key, revoked=(), **until),
        make_crl(issuer=authority.certificate, signer=authority.key, revoked=gone, **until),
    )
    return Trust(
        anchors=(authority.root,),
        intermediates=(authority.certificate,),
        crls=tuple(parse_crl(one) for one in crls),
    )


def token(authority: Any, **changes: Any) -> bytes:
    order: dict[str, Any] = {
        "tsa": tsa_of(authority),
        "signer": authority.holder_key,
        "digest": digest(authority.key.scheme.hash, CONTENT),
        "policy": POLICY,
        "serial": 2**150 + 7,
        "at": AT,
        "accuracy": Accuracy(1, 500, 100),
        "nonce": 2**63 + 1,
    }
    return make_timestamp(**(order | changes))


def request(
    imprint: bytes | None = None, *rest: bytes, version: int = 1, algorithm: bytes | None = None
) -> bytes:
    named = algorithm or HashAlgorithm.SM3.algorithm_identifier()
    value = digest(HashAlgorithm.SM3, CONTENT).value if imprint is None else imprint
    return der.sequence(der.integer(version), der.sequence(named, der.octets(value)), *rest)


@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
@pytest.mark.parametrize("wrapped", [False, True])
def test_the_verifier_reads_it(authority: Any, algorithm: HashAlgorithm, wrapped: bool) -> None:
    content = digest(algorithm, CONTENT)
    made = token(authority, digest=content)
    made = make_timestamp_response(made) if wrapped else made
    found = check_timestamp(made, content, trust(authority), AT, nonce=2**63 + 1)
    assert (found.indication, found.reasons[0].code) == (Indication.TOTAL_PASSED, "TIMESTAMP_TRUSTED")
    assert found.facts["time"] == "2026-08-01T04:00:00Z"
    assert found.facts["accuracy_micros"] == 1_500_100
    assert found.facts["digest"] == content.hex
    gone = trust(authority, tsa_of(authority).serial)
    assert check_timestamp(made, content, gone, AT).indication is Indication.TOTAL_FAILED


def test_without_what_is_optional(authority: Any) -> None:
    own = tsa_of(authority)
    made = token(authority, tsa=own, accuracy=None, nonce=None, with_certificate=False)
    content = digest(authority.key.scheme.hash, CONTENT)
    info = parse_timestamp(made).info
    assert (info.accuracy, info.nonce, info.ordering) == (None, None, False)
    known = trust(authority)
    found = check_timestamp(made, content, known, AT)
    assert found.reasons[0].code == "NO_SIGNING_CERTIFICATE"
    beside = Trust(known.anchors, (*known.intermediates, own), known.crls)
    assert check_timestamp(made, content, beside, AT).indication is Indication.TOTAL_PASSED


def test_openssl_asks_and_verifies(rsa: Any, openssl: Any, tmp_path: Any) -> None:
    files = {"root.pem": pem(rsa.root), "issuing.pem": pem(rsa.certificate), "data": CONTENT, "other": b"x"}
    openssl("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "a.tsq", files=files)
    asked = parse_timestamp_request((tmp_path / "a.tsq").read_bytes(), policies={POLICY})
    assert asked.digest == digest(HashAlgorithm.SHA256, CONTENT)
    assert asked.nonce is not None
    assert asked.wants_certificate
    made = token(rsa, digest=asked.digest, nonce=asked.nonce)
    files = {"a.tsr": make_timestamp_response(made)}
    how = ["-CAfile", "root.pem", "-untrusted", "issuing.pem", "-attime", str(int(AT.timestamp()) + 60)]
    said = openssl("ts", "-verify", "-in", "a.tsr", "-queryfile", "a.tsq", *how, files=files)
    assert "Verification: OK" in said
    assert "Verification: OK" in openssl("ts", "-verify", "-in", "a.tsr", "-data", "data", *how)
    openssl("ts", "-verify", "-in", "a.tsr", "-data", "other", *how, ok=False)
    text = openssl("ts", "-reply", "-in", "a.tsr", "-text")
    for wanted in ("Granted", POLICY, "Aug  1 04:00:00 2026 GMT", "0x01 seconds, 0x01F4 millis, 0x64 micros"):
        assert wanted in text


def test_openssl_says_what_a_refusal_means(openssl: Any) -> None:
    for failure, words in (
        (TimestampFailure.BAD_ALGORITHM, "unrecognized or unsupported algorithm identifier"),
        (TimestampFailure.TIME_NOT_AVAILABLE, "the TSA's time source is not available"),
        (TimestampFailure.UNACCEPTED_POLICY, "the requested TSA policy is not supported"),
    ):
        said = openssl(
            "ts", "-reply", "-in", "a.tsr", "-text", files={"a.tsr": make_timestamp_failure(failure)}
        )
        assert words in said
        with pytest.raises(TimestampMalformed):
            parse_timestamp(make_timestamp_failure(failure))


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_what_openssl_makes(rsa: Any, openssl: Any, tmp_path: Any, algorithm: str) -> None:
    files = {
        "tsa.pem": pem(tsa_of(rsa)),
        "issuing.pem": pem(rsa.certificate),
        "key.der": rsa.holder_key.pkcs8(),
        "data": CONTENT,
        "serial.txt": b"10",
        "a.cnf": CONFIG,
    }
    openssl("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem", files=files)
    openssl("ts", "-query", "-data", "data", f"-{algorithm}", "-cert", "-out", "a.tsq")
    openssl(
        "ts", "-reply", "-config", "a.cnf", "-section", "tsa", "-queryfile", "a.tsq", "-signer", "tsa.pem",
        "-inkey", "key.pem", "-chain", "issuing.pem", "-out", "a.tsr",
    )  # fmt: skip
    made = (tmp_path / "a.tsr").read_bytes()
    found = parse_timestamp(made)
    assert (found.info.policy, found.info.ordering, found.info.serial) == (POLICY, True, 0x11)
    assert found.info.accuracy == Accuracy(1, 500, 100)
    asked = parse_timestamp_request((tmp_path / "a.tsq").read_bytes(), policies=())
    report = check_timestamp(made, asked.digest, trust(rsa), AT, nonce=asked.nonce)
    # It says what time it is on this machine, which may stand after the time of the check.
    clock = {"TIMESTAMP_TRUSTED", "TIMESTAMP_FROM_FUTURE", "TIMESTAMP_OUTSIDE_VALIDITY"}
    assert {one.code for one in report.reasons} <= clock
    assert report.facts["algorithm"]
    wrong = check_timestamp(made, digest(asked.digest.algorithm, b"x"), trust(rsa), AT)
    assert wrong.indication is Indication.TOTAL_FAILED


def test_sm2_by_another_path(sm2: Any) -> None:
    """asn1crypto for the structure, gmssl for the signature, ``cryptography`` for SM3."""
    signed = cms.ContentInfo.load(token(sm2))["content"]
    content = signed["encap_content_info"]["content"].contents
    info = tsp.TSTInfo.load(signed["encap_content_info"]["content"].parsed.dump())
    assert info["serial_number"].native == 2**150 + 7
    assert info["message_imprint"]["hash_algorithm"]["algorithm"].dotted == "1.2.156.10197.1.401"
    assert info["gen_time"].native == AT
    (signer,) = signed["signer_infos"]
    attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
    state = hashes.Hash(hashes.SM3())
    state.update(content[-len(info.dump()) :])
    assert state.finalize() in attributes
    state = hashes.Hash(hashes.SM3())
    state.update(tsa_of_token(signed))
    assert state.finalize() in attributes
    numbers = core.SequenceOf.load(signer["signature"].native, spec=core.Integer).native
    raw = b"".join(one.to_bytes(32) for one in numbers).hex()
    point = sm2.holder_key.public_key.spki[-64:].hex()
    assert gmssl_key(point).verify_with_sm3(raw, attributes)
    assert not gmssl_key(point).verify_with_sm3(raw, attributes + b"x")


def tsa_of_token(signed: Any) -> bytes:
    (one,) = signed["certificates"]
    return bytes(one.chosen.dump())


def test_requests() -> None:
    full = request(None, der.oid(POLICY), der.integer(5), der.boolean(True))
    found = parse_timestamp_request(full, policies={POLICY})
    assert (found.policy, found.nonce, found.wants_certificate) == (POLICY, 5, True)
    bare = parse_timestamp_request(request(), policies=())
    assert (bare.policy, bare.nonce, bare.wants_certificate) == (None, None, False)
    assert bare.digest == digest(HashAlgorithm.SM3, CONTENT)
    absent = parse_timestamp_request(
        request(algorithm=der.sequence(der.oid(HashAlgorithm.SM3.oid))), policies=()
    )
    assert absent.digest == bare.digest


SHA1 = der.sequence(der.oid("1.3.14.3.2.26"), der.null())
EXTENSION = der.explicit(0, der.sequence(der.oid("1.2.3"), der.octets(b"")))


@pytest.mark.parametrize(
    ("encoded", "failure"),
    [
        (b"", TimestampFailure.BAD_DATA_FORMAT),
        (b"\x30\x00", TimestampFailure.BAD_REQUEST),
        (b"\x30" + bytes(5000), TimestampFailure.BAD_DATA_FORMAT),
        (request() + b"\x00", TimestampFailure.BAD_DATA_FORMAT),
        (request(version=2), TimestampFailure.BAD_REQUEST),
        (request(bytes(31)), TimestampFailure.BAD_DATA_FORMAT),
        (request(bytes(33)), TimestampFailure.BAD_DATA_FORMAT),
        (request(bytes(20), algorithm=SHA1), TimestampFailure.BAD_ALGORITHM),
        (request(None, der.oid("1.2.3")), TimestampFailure.UNACCEPTED_POLICY),
        (request(None, der.integer(2**161)), TimestampFailure.BAD_REQUEST),
        (request(None, EXTENSION), TimestampFailure.UNACCEPTED_EXTENSION),
        (request(None, der.null()), TimestampFailure.BAD_DATA_FORMAT),
        (request(None, der.integer(1), der.oid(POLICY)), TimestampFailure.BAD_DATA_FORMAT),
    ],
)
def test_requests_refused(encoded: bytes, failure: TimestampFailure) -> None:
    with pytest.raises(TimestampRefused) as caught:
        parse_timestamp_request(encoded, policies={POLICY})
    assert caught.value.failure is failure
    said = tsp.PKIStatusInfo.load(caught.value.response[2:])
    assert said["status"].native == "rejection"
    bits = int.from_bytes(said["fail_info"].contents[1:]) << 8
    assert bits == 1 << (8 * len(said["fail_info"].contents) - 1 - failure.value)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=120))
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(TimestampRefused):
        parse_timestamp_request(data, policies={POLICY})


def test_every_flipped_byte_of_a_request() -> None:
    """Another request or a refusal, nothing else."""
    encoded = request(None, der.oid(POLICY), der.integer(5), der.boolean(True))
    for at in range(len(encoded)):
        for mask in (0x01, 0x20, 0x80):
            broken = bytearray(encoded)
            broken[at] ^= mask
            try:
                found = parse_timestamp_request(bytes(broken), policies={POLICY})
            except TimestampRefused:
                continue
            assert found != parse_timestamp_request(encoded, policies={POLICY})


def test_what_a_token_cannot_say(authority: Any) -> None:
    for changes in (
        {"tsa": authority.certify("enterprise")},
        {"tsa": authority.certify("ocsp")},
        {"tsa": authority.certificate, "signer": authority.key},
        {"serial": 0},
        {"serial": -1},
        {"serial": 2**160},
        {"nonce": 2**161},
        {"at": AT.replace(tzinfo=None)},
        {"at": AT - timedelta(days=1)},
        {"at": AT + timedelta(days=366)},
        {"policy": "nonsense"},
        {"accuracy": Accuracy(-1)},
        {"accuracy": Accuracy(0, 1000)},
        {"accuracy": Accuracy(0, 0, 1000)},
    ):
        with pytest.raises(DraftRefused):
            token(authority, **changes)


def test_keys_that_do_not_fit(authority: Any) -> None:
    with pytest.raises(IssueFailed):
        token(authority, signer=generate_key(KeyKind.SM2))


def test_openssl_prints_the_certificate_of_the_authority(authority: Any, openssl: Any) -> None:
    said = openssl(
        "x509", "-inform", "DER", "-in", "t.der", "-noout", "-text", files={"t.der": tsa_of(authority).der}
    )
    assert "X509v3 Extended Key Usage: critical\n                Time Stamping" in said

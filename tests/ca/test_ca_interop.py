# SPDX-License-Identifier: Apache-2.0
"""The other opinion: OpenSSL and ``cryptography`` on what we issue.

OpenSSL 3 sets the SM2 user id only on the leaf of a path, so SM2 is checked pair by pair (standards.md
section 4.3); the RSA chain as a whole, with revocation lists.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca import PROFILES, Revocation, RevocationReason, SubjectName, make_crl
from keys import KeyKind, generate_key
from verify import Certificate, Indication, Purpose, SubIndication, Trust, check_certificate, parse_crl

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
DISTID = "distid:1234567812345678"
CODE = "91510100DEM001017Y"
FIRM = SubjectName("示例建工有限公司", "示例建工有限公司", CODE)
NOW = ["-attime", str(int(AT.timestamp()) + 3600)]


def pem(encoded: bytes) -> bytes:
    return x509.load_der_x509_certificate(encoded).public_bytes(Encoding.PEM)


def test_openssl_verifies_sm2_pair_by_pair(sm2: Any, openssl: Any) -> None:
    files = {
        "root.pem": pem(sm2.root.der),
        "issuing.pem": pem(sm2.certificate.der),
        "leaf.pem": pem(sm2.certify("seal").der),
    }
    pairs = (("root.pem", "issuing.pem"), ("issuing.pem", "leaf.pem"))
    for issuer, subject in pairs:
        said = openssl(
            "verify", "-x509_strict", "-partial_chain", "-trusted", issuer, *NOW,
            "-vfyopt", DISTID, subject, files=files,
        )  # fmt: skip
        assert said.strip() == f"{subject}: OK"
    # The same pair under another user id: the id is really what decides.
    openssl(
        "verify", "-partial_chain", "-trusted", "issuing.pem", *NOW,
        "-vfyopt", "distid:somebody", "leaf.pem", ok=False,
    )  # fmt: skip


@pytest.mark.parametrize("kind", [KeyKind.RSA2048, KeyKind.P256, KeyKind.P384])
def test_openssl_verifies_the_whole_rsa_chain(rsa: Any, openssl: Any, kind: KeyKind) -> None:
    leaf = rsa.certify("enterprise", FIRM, public_key=generate_key(kind).public_key)
    updates = {"number": 1, "this_update": AT, "next_update": AT + timedelta(days=7)}
    root_list = make_crl(issuer=rsa.root, signer=rsa.root_key, revoked=(), **updates)
    good = make_crl(issuer=rsa.certificate, signer=rsa.key, revoked=(), **updates)
    bad = make_crl(issuer=rsa.certificate, signer=rsa.key, revoked=[Revocation(leaf.serial, AT)], **updates)
    files = {
        "root.pem": pem(rsa.root.der),
        "issuing.pem": pem(rsa.certificate.der),
        "leaf.pem": pem(leaf.der),
        "root.crl": x509.load_der_x509_crl(root_list).public_bytes(Encoding.PEM),
        "good.crl": x509.load_der_x509_crl(good).public_bytes(Encoding.PEM),
        "bad.crl": x509.load_der_x509_crl(bad).public_bytes(Encoding.PEM),
    }
    path = [
        "verify",
        "-x509_strict",
        "-check_ss_sig",
        "-CAfile",
        "root.pem",
        "-untrusted",
        "issuing.pem",
        *NOW,
    ]
    assert openssl(*path, "leaf.pem", files=files).strip() == "leaf.pem: OK"
    lists = ["-crl_check_all", "-CRLfile", "root.crl", "-CRLfile"]
    assert openssl(*path, *lists, "good.crl", "leaf.pem").strip() == "leaf.pem: OK"
    assert "certificate revoked" in openssl(*path, *lists, "bad.crl", "leaf.pem", ok=False)


def test_openssl_reads_every_field(authority: Any, openssl: Any) -> None:
    leaf = authority.certify("seal", SubjectName("51010000000001", "示例市住房和城乡建设局", CODE))
    options = ["-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space"]
    said = openssl("x509", "-inform", "DER", "-in", "leaf.der", *options, files={"leaf.der": leaf.der})
    for wanted in (
        "Version: 3 (0x2)",
        "Digital Signature, Non Repudiation",
        "X509v3 Key Usage: critical",
        "URI:http://ca.example/issuing.crl",
        f"O={CODE}示例市住房和城乡建设局",
        "CN=51010000000001",
        "1.2.156.10260.4.1.4",
        f"..{CODE}",
        "Aug  1 04:00:00 2026 GMT",
        "Aug  1 04:00:00 2027 GMT",
        leaf.subject_key_id.hex(":").upper(),
    ):
        assert wanted in said
    assert "Basic Constraints" not in said  # "CA:" alone may stand in a key id
    tree = openssl("asn1parse", "-inform", "DER", "-in", "leaf.der")
    assert "PRINTABLESTRING   :CN" in tree
    root = openssl(
        "x509", "-inform", "DER", "-in", "root.der", *options, files={"root.der": authority.root.der}
    )
    assert "CA:TRUE, pathlen:1" in root
    assert "Certificate Sign, CRL Sign" in root


def test_inner_and_outer_algorithm_are_the_same_bytes(sm2: Any, openssl: Any) -> None:
    """OID 1.2.156.10197.1.501 with NULL, twice (standards.md section 4.3)."""
    leaf = sm2.certify()
    assert leaf.der.count(bytes.fromhex("300c06082a811ccf550183750500")) == 2
    assert openssl(
        "asn1parse", "-inform", "DER", "-in", "leaf.der", files={"leaf.der": leaf.der}
    ).count("SM2-with-SM3") == 2  # fmt: skip


def test_cryptography_reads_every_field(authority: Any) -> None:
    for one in (authority.root, authority.certificate, authority.certify("enterprise", FIRM)):
        found = x509.load_der_x509_certificate(one.der)
        assert found.version is x509.Version.v3
        assert found.serial_number == one.serial
        assert (found.not_valid_before_utc, found.not_valid_after_utc) == (one.not_before, one.not_after)
        assert found.subject.public_bytes() == one.subject.der
        assert found.issuer.public_bytes() == one.issuer.der
        usage = found.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.key_cert_sign is usage.value.crl_sign is one.is_ca
        assert usage.value.digital_signature is usage.value.content_commitment is not one.is_ca
        ski = found.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        assert ski.digest == one.subject_key_id
    leaf = found
    assert (
        leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == f"{CODE}示例建工有限公司"
    )
    points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [one.value for point in points for one in point.full_name or ()] == [
        "http://ca.example/issuing.crl"
    ]
    code = leaf.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.2.156.10260.4.1.4")).value
    assert isinstance(code, x509.UnrecognizedExtension)
    assert code.value == b"\x13\x12" + CODE.encode()


def test_cryptography_and_openssl_read_the_purpose_of_a_list_signer(authority: Any, openssl: Any) -> None:
    leaf = authority.certify("trust_list", FIRM)
    found = x509.load_der_x509_certificate(leaf.der).extensions
    usage = found.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical
    assert [one.dotted_string for one in usage.value] == ["0.4.0.2231.3.0"]
    options = ["-noout", "-text", "-nameopt", "utf8"]
    said = openssl("x509", "-inform", "DER", "-in", "leaf.der", *options, files={"leaf.der": leaf.der})
    assert "X509v3 Extended Key Usage: critical\n                0.4.0.2231.3.0" in said


SIGNERS = sorted(one.name for one in PROFILES.values() if one.usage == "sign" and not one.extended_key_usage)


@pytest.mark.parametrize("name", SIGNERS)
def test_no_other_holder_signs_a_trust_list(sm2: Any, name: str) -> None:
    """Each of them is under the roots that a verifier knows; none was certified for this."""
    leaf = sm2.certify(name)
    assert _refusals(sm2, leaf, Purpose.TRUST_LIST) == ["EXTENDED_KEY_USAGE"]
    assert _refusals(sm2, leaf, Purpose.SEAL) == _refusals(sm2, leaf, Purpose.LOGIN) == []


@pytest.mark.parametrize("purpose", [Purpose.SEAL, Purpose.LOGIN])
def test_the_signer_of_the_trust_list_does_nothing_else(sm2: Any, purpose: Purpose) -> None:
    assert _refusals(sm2, sm2.certify("trust_list", FIRM), purpose) == ["EXTENDED_KEY_USAGE"]


def _refusals(authority: Any, leaf: Certificate, purpose: Purpose) -> list[str]:
    """The codes of what speaks against it, but for the status, of which nothing is known here."""
    trust = Trust(anchors=(authority.root,), intermediates=(authority.certificate,))
    found = check_certificate(leaf, trust, AT + timedelta(hours=1), purpose=purpose)
    assert found.indication is Indication.INDETERMINATE
    return [one.code for one in found.reasons if not one.code.endswith("REVOCATION_UNKNOWN")]


def test_cryptography_verifies_the_rsa_signatures(rsa: Any) -> None:
    root, issuing, leaf = (
        x509.load_der_x509_certificate(one.der) for one in (rsa.root, rsa.certificate, rsa.certify())
    )
    leaf.verify_directly_issued_by(issuing)
    issuing.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)


@pytest.mark.parametrize("purpose", [Purpose.SEAL, Purpose.LOGIN, Purpose.TRUST_LIST, Purpose.CERTIFICATE])
def test_the_verifier_passes_what_we_issue(authority: Any, purpose: Purpose) -> None:
    """Chain, validity, key usage and status, from public material alone; then the same after a revocation."""
    leaf = authority.certify("trust_list" if purpose is Purpose.TRUST_LIST else "enterprise", FIRM)
    updates: dict[str, Any] = {"this_update": AT, "next_update": AT + timedelta(days=7)}
    top = parse_crl(
        make_crl(issuer=authority.root, signer=authority.root_key, number=1, revoked=(), **updates)
    )
    order: dict[str, Any] = {"issuer": authority.certificate, "signer": authority.key, **updates}
    good = parse_crl(make_crl(number=1, revoked=(), **order))
    gone = Revocation(leaf.serial, AT, RevocationReason.KEY_COMPROMISE)
    bad = parse_crl(make_crl(number=2, revoked=[gone], **order))
    trust = Trust(anchors=(authority.root,), intermediates=(authority.certificate,), crls=(top, good))
    at = AT + timedelta(hours=1)
    passed = check_certificate(leaf, trust, at, purpose=purpose)
    assert passed.indication is Indication.TOTAL_PASSED, passed
    failed = check_certificate(leaf, trust, at, purpose=purpose, crls=[bad])
    assert failed.indication is Indication.TOTAL_FAILED
    assert failed.sub_indication is SubIndication.REVOKED

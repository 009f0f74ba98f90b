# SPDX-License-Identifier: Apache-2.0
"""Other programs as peers: what they write is read the same, and their verdict is ours.

``cryptography`` for RSA and ECDSA; the OpenSSL command line for SM2 as well.  OpenSSL 3 signs and verifies
SM2 with an empty user id unless ``distid`` is given, and applies it to the last certificate only
(standards.md 4.3), so SM2 is compared one step at a time.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from keys import KeyKind
from verify import (
    Certificate,
    Indication,
    Purpose,
    SignatureReport,
    SubIndication,
    Trust,
    check_certificate,
    parse_certificate,
    parse_crl,
)

ID = "1234567812345678"
NOW = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="needs openssl: apt-get install openssl")


def run(*arguments: str, folder: Path, good: bool = True) -> str:
    told = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if good and told.returncode:
        raise AssertionError(f"openssl {arguments}: {told.stderr}")
    return told.stdout + told.stderr


def check(leaf: Certificate, trust: Trust, at: datetime) -> SignatureReport:
    return check_certificate(leaf, trust, at, purpose=Purpose.SEAL)


def built(
    subject: str, key: Any, issuer: str, issuer_key: Any, *, authority: bool, pss: bool = False
) -> x509.Certificate:
    def name(text: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN"),
                x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "11510106DEM9A00331住建局(演示)"),
                x509.NameAttribute(x509.NameOID.COMMON_NAME, text),
            ]
        )

    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    usage |= {"key_cert_sign": authority, "crl_sign": authority, "digital_signature": not authority}
    points = [
        x509.DistributionPoint([x509.UniformResourceIdentifier("http://crl.example/a.crl")], None, None, None)
    ]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=5))
        .not_valid_after(NOW + timedelta(days=9000))
        .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .add_extension(x509.CRLDistributionPoints(points), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.OID_CLIENT_AUTH]), critical=False)
    )
    chosen = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if pss else None
    return builder.sign(issuer_key, hashes.SHA256(), rsa_padding=chosen)


def revoking(issuer: x509.Certificate, key: Any, *serials: int) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(NOW - timedelta(days=1))
        .next_update(NOW + timedelta(days=6))
        .add_extension(x509.CRLNumber(7), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    for serial in serials:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(NOW - timedelta(days=2))
            .add_extension(x509.CRLReason(x509.ReasonFlags.superseded), critical=False)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("make", "kind", "pss"),
    [(rsa_key, KeyKind.RSA2048, False), (rsa_key, KeyKind.RSA2048, True), (ec_key, KeyKind.P256, False)],
    ids=["RSA", "RSA-PSS", "ECDSA"],
)
def test_cryptography(make: Callable[[], Any], kind: KeyKind, pss: bool, tmp_path: Path) -> None:
    """Every fact agrees with the reader of ``cryptography``; the verdict with ``openssl verify``."""
    key, leaf_key = make(), make()
    root = built("根", key, "根", key, authority=True, pss=pss)
    leaf = built("叶", leaf_key, "根", key, authority=False, pss=pss)
    ours = parse_certificate(leaf.public_bytes(Encoding.DER))
    assert ours.serial == leaf.serial_number
    assert (ours.not_before, ours.not_after) == (leaf.not_valid_before_utc, leaf.not_valid_after_utc)
    assert ours.tbs == leaf.tbs_certificate_bytes
    assert ours.signature == leaf.signature
    assert ours.scheme.oid == leaf.signature_algorithm_oid.dotted_string
    assert ours.subject.der == leaf.subject.public_bytes()
    assert ours.issuer.der == leaf.issuer.public_bytes()
    assert ours.subject.attributes == tuple((one.oid.dotted_string, one.value) for one in leaf.subject)
    assert ours.public_key.kind is kind
    assert ours.public_key.spki == leaf_key.public_key().public_bytes(
        Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert ours.fingerprint == leaf.fingerprint(hashes.SHA256()).hex()
    assert ours.key_usage == {"digitalSignature"}
    assert ours.extended_key_usage == {"1.3.6.1.5.5.7.3.2"}
    assert ours.crl_urls == ("http://crl.example/a.crl",)
    assert ours.uscc == "11510106DEM9A00331"

    anchor = parse_certificate(root.public_bytes(Encoding.PEM))
    assert (anchor.is_ca, anchor.path_length) == (True, 0)
    good, bad = (parse_crl(revoking(root, key, *serials)) for serials in ((), (ours.serial,)))
    assert bad.entries[ours.serial].reason == "superseded"
    trust = Trust(anchors=(anchor,), crls=(good,))
    assert check(ours, trust, NOW).indication is Indication.TOTAL_PASSED
    assert check(ours, replace(trust, crls=(bad,)), NOW).sub_indication is SubIndication.REVOKED
    if OPENSSL is None:
        pytest.skip("needs openssl for the second half: apt-get install openssl")
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (tmp_path / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    at = str(int(NOW.timestamp()))
    for crl, word in ((good, "leaf.pem: OK"), (bad, "certificate revoked")):
        (tmp_path / "list.der").write_bytes(crl.der)
        run("crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem", folder=tmp_path)
        told = run(
            *(
                "verify",
                "-attime",
                at,
                "-crl_check",
                "-CRLfile",
                "list.pem",
                "-CAfile",
                "root.pem",
                "leaf.pem",
            ),
            folder=tmp_path,
            good=False,
        )
        assert word in told


ROOT_EXTENSIONS = ("basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign")
CA_CONFIG = """
[ca]
default_ca = here
[here]
database = index.txt
crlnumber = crlnumber
default_md = sm3
default_crl_days = 7
crl_extensions = lists
[lists]
authorityKeyIdentifier = keyid:always
"""


@pytest.fixture(scope="module")
def made_by_openssl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SM2 root, a certificate, a list that is empty and one that revokes, all by the command line."""
    folder = tmp_path_factory.mktemp("sm2")
    identified = ("-sigopt", f"distid:{ID}")
    for name in ("root", "leaf"):
        run("ecparam", "-genkey", "-name", "SM2", "-noout", "-out", f"{name}.key", folder=folder)
    extensions = [word for one in ROOT_EXTENSIONS for word in ("-addext", one)]
    run(
        *("req", "-x509", "-new", "-key", "root.key", "-sm3", *identified, "-days", "3650", "-utf8"),
        *("-subj", "/C=CN/O=国密/CN=国密根", *extensions, "-out", "root.pem"),
        folder=folder,
    )
    run(
        *("req", "-new", "-key", "leaf.key", "-sm3", *identified, "-utf8"),
        *("-subj", "/C=CN/O=91510100DEM001017Y四川样例建工集团有限公司/CN=国密叶", "-out", "leaf.csr"),
        folder=folder,
    )
    (folder / "leaf.ext").write_text(
        "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature,nonRepudiation\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"
    )
    run(
        *("x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key", "-sm3", *identified),
        *("-vfyopt", f"distid:{ID}", "-set_serial", "0x1234", "-days", "365", "-extfile", "leaf.ext"),
        *("-out", "leaf.pem"),
        folder=folder,
    )
    (folder / "ca.cnf").write_text(CA_CONFIG)
    (folder / "index.txt").write_text("")
    (folder / "crlnumber").write_text("01\n")
    sign = ("ca", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key", *identified)
    run(*sign, "-gencrl", "-out", "good.crl", folder=folder)
    run(*sign, "-revoke", "leaf.pem", "-crl_reason", "keyCompromise", folder=folder)
    run(*sign, "-gencrl", "-out", "bad.crl", folder=folder)
    return folder


@needs_openssl
def test_sm2_made_by_openssl(made_by_openssl: Path) -> None:
    """Certificates and lists of the command line, with the standard user id."""
    root, leaf = (parse_certificate((made_by_openssl / f"{n}.pem").read_bytes()) for n in ("root", "leaf"))
    assert leaf.public_key.kind is KeyKind.SM2
    assert leaf.scheme.oid == "1.2.156.10197.1.501"
    assert leaf.serial == 0x1234
    assert leaf.uscc == "91510100DEM001017Y"
    assert leaf.subject.common_name == "国密叶"
    assert leaf.authority_key_id == root.subject_key_id == root.public_key.key_id
    good, bad = (parse_crl((made_by_openssl / name).read_bytes()) for name in ("good.crl", "bad.crl"))
    assert (good.number, bad.number) == (1, 2)
    assert bad.entries[0x1234].reason == "keyCompromise"
    at = bad.this_update + timedelta(minutes=1)
    trust = Trust(anchors=(root,), crls=(good,))
    assert check(leaf, trust, at).indication is Indication.TOTAL_PASSED
    assert check(leaf, replace(trust, crls=(good, bad)), at).sub_indication is SubIndication.REVOKED


@needs_openssl
@pytest.mark.parametrize("user_id", ["", "another"])
def test_sm2_with_another_id_is_refused(made_by_openssl: Path, user_id: str) -> None:
    """The trap of OpenSSL 3: without ``distid`` it signs with an empty user id; no authority does."""
    run(
        *("x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key", "-sm3", "-days", "365"),
        *("-sigopt", f"distid:{user_id}", "-vfyopt", f"distid:{ID}", "-set_serial", "5", "-out", "other.pem"),
        folder=made_by_openssl,
    )
    root, other = (parse_certificate((made_by_openssl / f"{n}.pem").read_bytes()) for n in ("root", "other"))
    trust = Trust(anchors=(root,), crls=(parse_crl((made_by_openssl / "good.crl").read_bytes()),))
    report = check(other, trust, other.not_before + timedelta(minutes=1))
    assert report.indication is Indication.TOTAL_FAILED
    assert report.reasons[0].code == "CHAIN_SIGNATURE_INVALID"


@needs_openssl
def test_openssl_verifies_ours(sm2: Any, tmp_path: Path) -> None:
    """Each step of an SM2 path, one at a time; and refuses it without the user id."""
    steps = [sm2.root.certificate, sm2.issuing.certificate, sm2.leaf.certificate]
    for number, one in enumerate(steps):
        (tmp_path / f"{number}.der").write_bytes(one.der)
        run("x509", "-inform", "DER", "-in", f"{number}.der", "-out", f"{number}.pem", folder=tmp_path)
    at = str(int(NOW.timestamp()))
    for number in (1, 2):
        step = ("verify", "-partial_chain", "-attime", at, "-trusted", f"{number - 1}.pem")
        told = run(*step, "-vfyopt", f"distid:{ID}", f"{number}.pem", folder=tmp_path, good=False)
        assert f"{number}.pem: OK" in told
        other = run(*step, "-vfyopt", "distid:another", f"{number}.pem", folder=tmp_path, good=False)
        assert "OK" not in other


@needs_openssl
def test_openssl_agrees_on_paths(small: Any, tmp_path: Path) -> None:
    """A three-step path that is right, expired, and without its middle."""
    for name, one in (
        ("root", small.root.certificate),
        ("issuing", small.issuing.certificate),
        ("leaf", small.leaf.certificate),
    ):
        (tmp_path / f"{name}.der").write_bytes(one.der)
        run("x509", "-inform", "DER", "-in", f"{name}.der", "-out", f"{name}.pem", folder=tmp_path)
    late = small.leaf.certificate.not_after + timedelta(seconds=1)
    without = replace(small.trust, intermediates=())
    for trust, at, untrusted in (
        (small.trust, NOW, ("-untrusted", "issuing.pem")),
        (small.trust, late, ("-untrusted", "issuing.pem")),
        (without, NOW, ()),
    ):
        told = run(
            *("verify", "-attime", str(int(at.timestamp())), "-CAfile", "root.pem", *untrusted, "leaf.pem"),
            folder=tmp_path,
            good=False,
        )
        passed = check(small.leaf.certificate, trust, at).indication is Indication.TOTAL_PASSED
        assert ("leaf.pem: OK" in told) is passed

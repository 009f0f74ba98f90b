# SPDX-License-Identifier: Apache-2.0
"""CMS by unrelated writers: asn1crypto for SM2, OpenSSL for RSA and ECDSA."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import algos
from asn1crypto import cms as asn1_cms
from asn1crypto import core as asn1_core
from asn1crypto import tsp as asn1_tsp

from keys import Digest, HashAlgorithm, digest
from verify import Indication, Purpose, SignatureReport, SubIndication, check_signed_data

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
CONTENT = "四川样例建工集团有限公司".encode() * 40


def check(der: bytes, trust: Any, content: bytes = CONTENT) -> SignatureReport:
    def content_digest(algorithm: HashAlgorithm) -> Digest:
        return digest(algorithm, content)

    return check_signed_data(der, trust=trust, at=AT, purpose=Purpose.SEAL, content_digest=content_digest)


def test_sm2_by_asn1crypto(sm2_authority: Any) -> None:
    """SignedData built from the classes of asn1crypto, signed with an SM2 key."""
    holder = sm2_authority.holder()
    sm3 = algos.DigestAlgorithm.load(HashAlgorithm.SM3.algorithm_identifier())
    attributes = asn1_cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "message_digest", "values": [digest(HashAlgorithm.SM3, CONTENT).value]},
            {"type": "signing_time", "values": [asn1_cms.Time({"utc_time": AT})]},
            {
                "type": "signing_certificate_v2",
                "values": [
                    asn1_tsp.SigningCertificateV2(
                        {
                            "certs": [
                                {
                                    "hash_algorithm": {"algorithm": "sha256"},
                                    "cert_hash": digest(HashAlgorithm.SHA256, holder.der).value,
                                    "issuer_serial": {
                                        "issuer": [
                                            asn1_cms.GeneralName(
                                                name="directory_name", value=holder.certificate.issuer
                                            )
                                        ],
                                        "serial_number": holder.certificate.serial_number,
                                    },
                                }
                            ]
                        }
                    )
                ],
            },
        ]
    )
    signed = asn1_cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": {
                "version": "v1",
                "digest_algorithms": [sm3],
                "encap_content_info": {"content_type": "data"},
                "certificates": [holder.certificate, sm2_authority.issuing.certificate],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": {
                            "issuer_and_serial_number": {
                                "issuer": holder.certificate.issuer,
                                "serial_number": holder.certificate.serial_number,
                            }
                        },
                        "digest_algorithm": sm3,
                        "signed_attrs": attributes,
                        "signature_algorithm": algos.SignedDigestAlgorithm.load(
                            holder.key.scheme.algorithm_identifier()
                        ),
                        "signature": asn1_core.OctetString(holder.key.sign(attributes.dump())),
                    }
                ],
            },
        }
    ).dump()
    report = check(signed, sm2_authority.trust())
    assert report.indication is Indication.TOTAL_PASSED, report.reasons
    altered = check(signed, sm2_authority.trust(), CONTENT[:-1])
    assert altered.sub_indication is SubIndication.HASH_FAILURE


@pytest.fixture
def openssl() -> str:
    path = shutil.which("openssl")
    if path is None:
        pytest.skip("needs openssl: apt-get install openssl")
    return path


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
@pytest.mark.parametrize(
    ("name", "options", "passes"),
    [
        ("plain", [], True),
        ("cades", ["-cades"], True),
        ("key id", ["-keyid"], True),
        ("no attributes", ["-noattr"], False),
        ("sha384 over a key that signs sha256", ["-md", "sha384"], None),
        ("sha1", ["-md", "sha1"], False),
        ("enclosed", ["-nodetach"], False),
    ],
)
def test_openssl(
    openssl: str,
    authorities: Any,
    tmp_path: Path,
    kind: str,
    name: str,
    options: list[str],
    passes: bool | None,
) -> None:
    """``openssl cms -sign``: what it writes is read; what we do not accept is refused by name."""
    authority = authorities[kind]
    holder = authority.holder()
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "key").write_bytes(holder.key.pkcs8())
    for file, der in (("certificate", holder.der), ("chain", holder.chain[0])):
        command = [openssl, "x509", "-inform", "DER", "-out", file]
        subprocess.run(command, input=der, cwd=tmp_path, capture_output=True, check=True)
    digests = [] if "-md" in options else ["-md", "sha256"]
    command = [openssl, "cms", "-sign", "-binary", "-in", "content", "-outform", "DER", "-certfile", "chain"]
    keys = ["-signer", "certificate", "-inkey", "key", "-keyform", "DER"]
    done = subprocess.run(
        [*command, *keys, *digests, *options], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = check(done.stdout, authority.trust())
    expected = kind == "rsa" if passes is None else passes
    assert (report.indication is Indication.TOTAL_PASSED) is expected, (name, report.reasons)
    if expected:
        altered = check(done.stdout, authority.trust(), CONTENT + b" ")
        assert altered.sub_indication is SubIndication.HASH_FAILURE

# SPDX-License-Identifier: Apache-2.0
"""Issuing one SM2 certificate: draft, lint, sign, reopen and compare — everything but the database."""

from __future__ import annotations

import secrets
from datetime import timedelta

from asn1crypto import algos, core, keys, x509

from ca import SubjectName
from keys import KeyKind, generate_key
from verify import Purpose, check_certificate, parse_certificate

from ..measure import Contest
from .world import AT, NAME, USCC, authority, certify

SM2_WITH_SM3 = "1.2.156.10197.1.501"


def cert_issue_sm2(_quick: bool) -> Contest:
    """Ours does more than the peer: lint, reopening, comparison and a check of the new signature."""
    own = authority(KeyKind.SM2)
    holder = generate_key(KeyKind.SM2)
    subject = SubjectName(NAME, organization=NAME, uscc=USCC)

    def ours() -> bytes:
        return certify("enterprise", subject, holder, own.issuing, own.issuing_key)

    def peer() -> bytes:
        algorithm = algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3, "parameters": core.Null()})
        body = x509.TbsCertificate(
            {
                "version": "v3",
                "serial_number": int.from_bytes(secrets.token_bytes(16)) >> 1,
                "signature": algorithm,
                "issuer": x509.Name.load(own.issuing.subject.der),
                "validity": {
                    "not_before": x509.Time({"utc_time": AT}),
                    "not_after": x509.Time({"utc_time": AT + timedelta(days=300)}),
                },
                "subject": x509.Name.build({"country_name": "CN", "organization_name": NAME}),
                "subject_public_key_info": keys.PublicKeyInfo.load(holder.public_key.spki),
                "extensions": [
                    {
                        "extn_id": "key_usage",
                        "critical": True,
                        "extn_value": x509.KeyUsage({"digital_signature", "non_repudiation"}),
                    },
                    {"extn_id": "key_identifier", "critical": False, "extn_value": holder.public_key.key_id},
                ],
            }
        )
        signature = own.issuing_key.sign(body.dump())
        return bytes(
            x509.Certificate(
                {"tbs_certificate": body, "signature_algorithm": algorithm, "signature_value": signature}
            ).dump()
        )

    made = parse_certificate(ours())
    verdict = check_certificate(
        made, own.trust, AT, purpose=Purpose.SEAL, intermediates=[own.issuing], crls=own.sealing.crls
    )
    if verdict.indication.value != "TOTAL-PASSED":
        raise AssertionError(verdict)
    parse_certificate(peer())
    return Contest(
        "cert.issue.sm2", ours, peers={"asn1crypto, same signer": peer}, note="lint and reopening included"
    )

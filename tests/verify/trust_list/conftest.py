# SPDX-License-Identifier: Apache-2.0
"""A trust list of two families, with one signer under each root."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keys import KeyKind, generate_key
from verify import (
    DocumentStatusSource,
    Indication,
    LogKey,
    QrKey,
    Report,
    SubIndication,
    TrustListBody,
    TrustListSignature,
    parse_certificate,
    parse_crl,
    qr_key_id,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
PUBLISHER = "蜀州市住房和城乡建设局(演示)"


def signed(body: TrustListBody, signers: Sequence[Any]) -> bytes:
    return body.encode(
        [TrustListSignature(parse_certificate(one.der), one.key.sign(body.signed_bytes())) for one in signers]
    )


def codes(report: Report) -> set[str]:
    return {reason.code for part in (report, *report.signatures) for reason in part.reasons}


def verdict(report: Report) -> tuple[Indication, SubIndication | None]:
    return report.indication, report.sub_indication


def pem(label: str, *ders: bytes) -> bytes:
    return b"".join(
        f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) + f"-----END {label}-----\n".encode()
        for der in ders
    )


@pytest.fixture(scope="module")
def signers(sm2_authority: Any, rsa_authority: Any) -> tuple[Any, ...]:
    """One list signer under each root."""
    return tuple(one.list_signer() for one in (sm2_authority, rsa_authority))


@pytest.fixture(scope="module")
def body(sm2_authority: Any, rsa_authority: Any) -> TrustListBody:
    both = (sm2_authority, rsa_authority)
    qr = generate_key(KeyKind.SM2).public_key
    return TrustListBody(
        sequence=7,
        issued=AT - timedelta(hours=1),
        next_update=AT + timedelta(days=7),
        expires=AT + timedelta(days=21),
        publisher=PUBLISHER,
        hosts=("xinyong.example.gov.cn",),
        anchors=tuple(parse_certificate(one.root.der) for one in both),
        intermediates=tuple(parse_certificate(one.issuing.der) for one in both),
        crls=tuple(parse_crl(der) for one in both for der in one.crls()),
        qr_keys=(
            QrKey(
                kid=qr_key_id(qr.spki),
                algorithm="SM2",
                public_key=qr,
                authority=PUBLISHER,
                kinds=("credit_sheet",),
                sign_from=AT - timedelta(days=100),
                sign_until=AT + timedelta(days=100),
                revoked_at=AT,
                authorities=("11510106DEM9A00331",),
                revocation_reason="key-compromise",
            ),
        ),
        log_keys=(
            LogKey("log.example.gov.cn", "ed25519", bytes(range(32))),
            LogKey("log.example.gov.cn", "sm2", qr.spki),
        ),
        witnesses=(LogKey("audit.example.gov.cn", "ed25519", bytes(range(1, 33))),),
        quorum=1,
        document_status=DocumentStatusSource("https://xinyong.example.gov.cn/document-status.json", 86_400),
    )

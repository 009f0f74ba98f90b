# SPDX-License-Identifier: Apache-2.0
"""Keys of the platform: its seal, the maker of seals, the signers of the trust list and of QR statements."""

from __future__ import annotations

from ca import profile
from keys import KeyKind

from . import qr_keys
from .model import Hierarchy
from .own import own_certificate
from .ports import CertificatePorts

PLATFORM_SEAL = "platform-seal-sm2"
"""Seals receipts and what holders print themselves."""

SEAL_MAKER = "seal-maker-sm2"
"""Makes seals (制章人): its signature is under every ``.esl``."""

TRUST_LIST_SIGNERS = ("trust-list-sm2", "trust-list-rsa", "trust-list-p256")
"""Three custodians, each with a key of another family.  Two of them make a list, one SM2 among them: neither
one custodian nor one broken algorithm is enough, and a lost key does not stop the others."""

TSA_SIGNERS = ("tsa-sm2", "tsa-rsa")
"""The time-stamping authorities, one of each family."""

_CUSTODIANS = (
    ("保管人甲 SM2", Hierarchy.SM2.kind),
    ("保管人乙 RSA", Hierarchy.RSA.kind),
    ("保管人丙 P-256", KeyKind.P256),
)


def create_platform_keys(ports: CertificatePorts, *, by: str) -> None:
    """Make what is missing; the authorities are there already."""
    own_certificate(
        ports,
        PLATFORM_SEAL,
        kind=KeyKind.SM2,
        profile=profile("platform"),
        common_name="Yinxin 平台签章",
        by=by,
    )
    own_certificate(
        ports,
        SEAL_MAKER,
        kind=KeyKind.SM2,
        profile=profile("seal_maker"),
        common_name="Yinxin 制章",
        by=by,
    )
    for label, (custodian, kind) in zip(TRUST_LIST_SIGNERS, _CUSTODIANS, strict=True):
        own_certificate(
            ports,
            label,
            kind=kind,
            profile=profile("trust_list"),
            common_name=f"Yinxin 信任列表 {custodian}",
            by=by,
        )
    for label, hierarchy in zip(TSA_SIGNERS, Hierarchy, strict=True):
        own_certificate(
            ports,
            label,
            kind=hierarchy.kind,
            profile=profile("tsa"),
            common_name=f"Yinxin 时间戳 {hierarchy.name}",
            by=by,
        )
    for algorithm in qr_keys.LABELS:
        qr_keys.create(ports, algorithm)

# SPDX-License-Identifier: Apache-2.0
"""The default ceremony: a root of each family, and an issuing authority for each purpose below it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from keys import KeyKind

PURPOSES = ("persons", "organisations", "seals", "devices", "services")


@dataclass(frozen=True, slots=True)
class CeremonyAuthority:
    name: str
    family: str
    role: str
    purpose: str
    key: KeyKind
    issuer: str
    subject: str
    years: int
    partitions: int
    null_parameters: bool


@dataclass(frozen=True, slots=True)
class Ceremony:
    sha256: str
    authorities: tuple[CeremonyAuthority, ...]


_TITLES = {"persons": "个人", "organisations": "单位", "seals": "印章", "devices": "设备", "services": "服务"}


def _default() -> Ceremony:
    found = []
    for family, kind in (("sm2", KeyKind.SM2), ("rsa", KeyKind.RSA3072)):
        root = f"root-{family}"
        found.append(
            CeremonyAuthority(
                root, family, "root", "", kind, root, f"Yinxin 演示根 {family.upper()}", 25, 1, True
            )
        )
        found.extend(
            CeremonyAuthority(
                f"{purpose}-{family}",
                family,
                "issuing",
                purpose,
                kind,
                root,
                f"Yinxin 演示{_TITLES[purpose]}签发 {family.upper()}",
                15,
                16 if purpose in ("persons", "organisations") else 1,
                True,
            )
            for purpose in PURPOSES
        )
    return Ceremony(hashlib.sha256(repr(found).encode()).hexdigest(), tuple(found))


DEFAULT = _default()

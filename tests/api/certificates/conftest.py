# SPDX-License-Identifier: Apache-2.0
"""A key centre in this process, and holders who order bundles."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from api.certificates import BundleOrder, CertificateService, EscrowedKey
from ca import SubjectName, make_request
from keys import KeyKind, PublicKey, SoftwareKey, envelope_key, generate_key

AGENCY = "11510106DEM9A00331"
NAME = "蜀州市锦北区住房和城乡建设局(演示)"


@dataclass
class LocalKeyCentre:
    """INSECURE: keeps keys in memory.  The real one is a process and a trust domain of its own."""

    keys: dict[str, SoftwareKey] = field(default_factory=dict)
    deliveries: int = 0

    def make_key(self, reference: str, to: PublicKey) -> EscrowedKey:
        made = self.keys.setdefault(reference, generate_key(KeyKind.SM2))
        return EscrowedKey(reference, made.public_key.spki)

    def deliver(self, key_id: str, to: PublicKey) -> bytes:
        self.deliveries += 1
        return envelope_key(self.keys[key_id], to).encode()


class Bundles:
    """Orders for bundles of one agency or one enterprise, over one database with a key centre."""

    def __init__(self, identity: Any) -> None:
        self.centre = LocalKeyCentre()
        self.ports = replace(identity.ports, key_centre=self.centre)
        self.service = CertificateService(self.ports)
        self.clock, self.accounts = identity.clock, identity.accounts

    def order(self, sign: SoftwareKey, rsa: SoftwareKey | None = None, **more: Any) -> BundleOrder:
        subject = SubjectName(NAME, NAME, AGENCY)
        facts: dict[str, Any] = {
            "profile": "enterprise",
            "sign_request": make_request(sign, subject),
            "rsa_request": None if rsa is None else make_request(rsa, subject),
            "holder": AGENCY,
            "holder_name": NAME,
            **more,
        }
        return BundleOrder(**facts)

    def new(self, *, rsa: bool = False, **more: Any) -> BundleOrder:
        second = generate_key(KeyKind.P256) if rsa else None
        return self.order(generate_key(KeyKind.SM2), second, **more)


@pytest.fixture
def bundles(identity: Any) -> Bundles:
    return Bundles(identity)

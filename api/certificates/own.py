# SPDX-License-Identifier: Apache-2.0
"""Certificates for keys of the service itself: platform, trust list, time stamps, OCSP.

Every step that a crash left undone is done by the next call: keys are found again by their label, and a
certificate that exists is not issued twice.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from ca import Profile, SubjectName
from keys import KeyKind, PublicKey, Vault

from . import store
from .authorities import in_force
from .issuing import Plan, certify
from .model import IssuedCertificate
from .ports import CertificatePorts


def own_certificate(
    ports: CertificatePorts,
    label: str,
    *,
    kind: KeyKind,
    profile: Profile,
    common_name: str,
    by: str,
    issuer: str = "",
    early: timedelta = timedelta(),
) -> IssuedCertificate:
    """The certificate for a key of ours, made with its key if there is none in force.

    ``issuer``: the authority that signs; the one for the purpose of the profile unless it is said.
    ``early``: how long before its end a certificate is followed by another one for the same key.
    """
    at = ports.clock()
    with ports.database.read() as connection:
        found = store.find_by_label(connection, label)
        if found is not None and found.not_after - early > at:
            return found
        issuer = issuer or in_force(connection).issuing(profile, kind, at)
    authority = ports.authority
    key = own_key(ports.vault, label, kind)
    return certify(
        ports,
        Plan(
            profile=profile,
            subject=SubjectName(common_name, organization=authority.name, uscc=authority.uscc),
            public_key=key,
            issuer=issuer,
            holder=authority.uscc,
            holder_name=authority.name,
            order_digest=digest_of(label if found is None else f"{label}/{found.serial}", key),
            by=by,
            key_label=label,
        ),
    )


def digest_of(label: str, key: PublicKey) -> str:
    """What makes two orders for a key of ours the same one."""
    return hashlib.sha256(f"{label}/{key.key_id.hex()}".encode()).hexdigest()


def own_key(vault: Vault, label: str, kind: KeyKind) -> PublicKey:
    """The key under this label, made if there is none."""
    if label in vault.labels():
        return vault.signer(label).public_key
    return vault.create_key(label, kind)

# SPDX-License-Identifier: Apache-2.0
"""The two hierarchies, made once: root and issuing authority, SM2 and RSA.

Every step that a crash left undone is done by the next call: keys are found again by their label, and a
certificate that exists is not issued twice.
"""

from __future__ import annotations

import hashlib

from ca import Profile, SubjectName, profile
from keys import KeyKind, PublicKey

from . import store
from .issuing import Plan, certify
from .model import Hierarchy, IssuedCertificate
from .ports import CertificatePorts

_NAMES = {"root": "演示根", "issuing": "演示签发"}


def create_hierarchies(ports: CertificatePorts, *, by: str) -> None:
    """Make what is missing."""
    for one in Hierarchy:
        own_certificate(
            ports,
            one.root,
            kind=one.kind,
            issuer=one.root,
            profile=profile("root"),
            common_name=f"Yinxin {_NAMES['root']} {one.name}",
            by=by,
        )
        own_certificate(
            ports,
            one.issuing,
            kind=one.kind,
            issuer=one.root,
            profile=profile("issuing"),
            common_name=f"Yinxin {_NAMES['issuing']} {one.name}",
            by=by,
        )


def own_certificate(
    ports: CertificatePorts,
    label: str,
    *,
    kind: KeyKind,
    issuer: str,
    profile: Profile,
    common_name: str,
    by: str,
) -> IssuedCertificate:
    """The certificate for a key of ours, made with its key if there is none in force."""
    at = ports.clock()
    with ports.database.read() as connection:
        found = store.find_by_label(connection, label)
    if found is not None and found.not_after > at:
        return found
    authority = ports.authority
    key = own_key(ports, label, kind)
    return certify(
        ports,
        Plan(
            profile=profile,
            subject=SubjectName(common_name, organization=authority.name, uscc=authority.uscc),
            public_key=key,
            issuer=issuer,
            holder=authority.uscc,
            holder_name=authority.name,
            order_digest=hashlib.sha256(f"{label}/{key.key_id.hex()}".encode()).hexdigest(),
            by=by,
            key_label=label,
        ),
    )


def own_key(ports: CertificatePorts, label: str, kind: KeyKind) -> PublicKey:
    """The key under this label, made if there is none."""
    if label in ports.vault.labels():
        return ports.vault.signer(label).public_key
    return ports.vault.create_key(label, kind)

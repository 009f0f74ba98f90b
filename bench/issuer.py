# SPDX-License-Identifier: Apache-2.0
"""A root that signs lists, for measurements that must import as little as they can."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from ca import SubjectName, draft, issue, lint, new_serial, profile
from keys import KeyKind, SoftwareKey, generate_key
from verify import Certificate, parse_certificate

AT = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Its certificate and its key."""

    certificate: Certificate
    key: SoftwareKey


@cache
def issuer_of(kind: KeyKind) -> Issuer:
    """The root whose key is of this kind."""
    key = generate_key(kind)
    made = draft(
        profile("root"),
        subject=SubjectName("基准根", organization="基准机构"),
        public_key=key.public_key,
        issuer=None,
        scheme=key.scheme,
        serial=new_serial(secrets.token_bytes(20)),
        not_before=AT - timedelta(days=365),
        not_after=profile("root").until(AT - timedelta(days=365)),
    )
    return Issuer(parse_certificate(issue(lint(made), key)), key)

# SPDX-License-Identifier: Apache-2.0
"""A time-stamping authority of its own, for the tests of what carries a time stamp."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from ca import SubjectName, draft, issue, lint, make_crl, make_timestamp, new_serial, profile
from keys import Digest, KeyKind, generate_key
from verify import parse_certificate, parse_crl

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)


@cache
def tsa() -> tuple[Any, tuple[Any, ...], tuple[Any, ...], Any]:
    """Key, certificates from the time stamp's to the root, lists, policy: an authority of its own."""
    chance = random.Random(20260802)
    keys = [generate_key(KeyKind.SM2) for _ in range(3)]
    made: list[Any] = []
    for place, name in enumerate(("root", "issuing", "tsa")):
        issuer_key = keys[max(place - 1, 0)]
        order = draft(
            profile(name),
            subject=SubjectName(f"时间戳测试 {name}", organization="" if place < 2 else "示例电子认证中心"),
            public_key=keys[place].public_key,
            issuer=made[-1] if made else None,
            scheme=issuer_key.scheme,
            serial=new_serial(chance.randbytes(16)),
            not_before=AT - timedelta(days=2),
            not_after=AT + timedelta(days=300),
            crl_url="http://ca.example/tsa.crl" if made else "",
        )
        made.append(parse_certificate(issue(lint(order), issuer_key)))
    lists = tuple(
        parse_crl(
            make_crl(
                issuer=made[place],
                signer=keys[place],
                number=1,
                this_update=AT - timedelta(hours=1),
                next_update=AT + timedelta(days=7),
                revoked=(),
            )
        )
        for place in (0, 1)
    )
    return keys[2], tuple(reversed(made)), lists, "1.3.6.1.4.1.99999.1"


def stamped_at(at: datetime) -> Callable[[Digest], bytes]:
    """What stamps digests at this moment."""
    key, (certificate, issuing, _), _, policy = tsa()

    def stamp(over: Digest) -> bytes:
        return make_timestamp(
            tsa=certificate, signer=key, digest=over, policy=policy, serial=1, at=at, chain=(issuing,)
        )

    return stamp

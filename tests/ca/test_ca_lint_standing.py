# SPDX-License-Identifier: Apache-2.0
"""Every rule of standing has drafts that break exactly this one: order, issuer, key, validity."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ca import profile
from ca.rules import STANDING
from keys import KeyKind, generate_key

from .conftest import (
    BUILDER,
    ISSUER,
    PERSON,
    Break,
    cases,
    findings,
    issuing,
    passes_the_short_way,
    with_part,
)

RULES = {one.name for one in STANDING} | {"profile"}
TSL_SIGNING = "0.4.0.2231.3.0"

BROKEN: dict[str, list[Break]] = {
    "profile": [
        lambda a: a.draft(profile=replace(profile("enterprise"), days=5000)),
        lambda a: a.draft(profile=replace(profile("enterprise"), name="other")),
        lambda a: a.draft(profile=replace(profile("enterprise"), places=False)),
        lambda a: a.draft(profile=replace(profile("enterprise"), extended_key_usage=(TSL_SIGNING,))),
    ],
    "ordered": [
        lambda a: replace(a.draft(), serial=a.draft().serial + 1),
        lambda a: replace(a.draft(), subject=replace(BUILDER, common_name="另一公司")),
        lambda a: replace(a.draft(), not_after=a.draft().not_after + timedelta(seconds=1)),
        lambda a: replace(a.draft(), public_key=a.key.public_key),
    ],
    "issuer_name": [
        lambda a: with_part(a.draft(), ISSUER, a.root.subject.der),
        # The same words in another spelling are another name for whoever compares DER.
        lambda a: with_part(
            a.draft(), ISSUER, a.certificate.subject.der.replace(b"\x13\x02CN", b"\x0c\x02CN")
        ),
    ],
    "issuer_authority": [
        lambda a: a.draft(issuer=a.certify(), scheme=a.holder_key.scheme),
        lambda a: issuing(a, issuer=a.certificate, scheme=a.key.scheme),
        lambda a: a.draft("person", PERSON, issuer=None, scheme=a.holder_key.scheme, crl_url=""),
        lambda a: a.draft("root", PERSON, issuer=a.root, scheme=a.root_key.scheme),
    ],
    "scheme": [
        lambda a: a.draft(scheme=generate_key(KeyKind.P256).scheme),
    ],
    "key_kind": [
        lambda a: a.draft(
            public_key=generate_key(
                KeyKind.P256 if a.key.public_key.family == "SM2" else KeyKind.SM2
            ).public_key
        ),
    ],
    "validity_order": [
        lambda a: a.draft(not_after=a.draft().not_before),
        lambda a: a.draft(not_after=a.draft().not_before - timedelta(days=1)),
    ],
    "validity_length": [
        lambda a: a.draft(
            not_after=a.draft().not_before + timedelta(days=profile("enterprise").days, seconds=1)
        ),
    ],
    "validity_nested": [
        lambda a: a.draft(
            not_before=a.certificate.not_before - timedelta(seconds=1), not_after=a.draft().not_before
        ),
        lambda a: a.draft(
            not_before=a.certificate.not_after - timedelta(days=9),
            not_after=a.certificate.not_after + timedelta(seconds=1),
        ),
    ],
}


@pytest.mark.parametrize(("rule", "number"), cases(BROKEN, RULES), ids=lambda value: str(value))
def test_breaks_exactly_one_rule_of_standing(authority: Any, rule: str, number: int) -> None:
    assert findings(BROKEN[rule][number](authority)) == [rule]


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_the_short_way_accepts_nothing_that_breaks_standing(authority: Any, rule: str) -> None:
    assert not any(passes_the_short_way(authority, make) for make in BROKEN[rule])

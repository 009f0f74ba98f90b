# SPDX-License-Identifier: Apache-2.0
"""Ceremony files: the default one, and what no hierarchy may be founded on."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import (
    DEFAULT_CEREMONY,
    PURPOSES,
    CeremonyRefused,
    SubjectName,
    draft,
    issue,
    lint,
    new_serial,
    parse_ceremony,
    profile,
)
from ca.adapters.pkilint_gate import second_lint
from keys import KeyKind, generate_key
from verify import parse_certificate

KEYS = {kind: generate_key(kind) for kind in (KeyKind.SM2, KeyKind.RSA3072)}

DEFAULT = DEFAULT_CEREMONY.decode("utf-8")
SMALL = """format: yinxin-ceremony/1
name: small
date: 2026-11-25
witnesses:
  - 示例公证处 王样二
  - "Notary, 示例"
authorities:
  - name: root-sm2
    role: root
    family: sm2
    key: sm2
    subject: 示例根
    years: 20
  - name: persons-sm2
    role: issuing
    family: sm2
    purpose: persons
    issuer: root-sm2
    key: sm2
    subject: 示例个人签发
    years: 10
    partitions: 8
    null_parameters: false
"""
SECOND = """  - name: seals-sm2
    role: issuing
    family: sm2
    purpose: seals
    issuer: root-sm2
    key: sm2
    subject: 示例印章签发
    years: 10
"""


def test_the_default() -> None:
    """Two roots, ten issuing authorities; each after its issuer and named after its purpose."""
    found = parse_ceremony(DEFAULT_CEREMONY)
    assert found.sha256 == hashlib.sha256(DEFAULT_CEREMONY).hexdigest()
    assert [one.name for one in found.authorities] == [
        name
        for family in ("sm2", "rsa")
        for name in (f"root-{family}", *(f"{purpose}-{family}" for purpose in PURPOSES))
    ]
    for one in found.authorities:
        assert one.issuer == f"root-{one.family}"
        assert (one.role == "root") is (one.issuer == one.name) is (one.purpose == "")
        assert one.key is (KeyKind.SM2 if one.family == "sm2" else KeyKind.RSA3072)
        assert one.days <= profile(one.role).days
        assert one.null_parameters
    assert {one.name: one.partitions for one in found.authorities if one.partitions > 1} == {
        f"{purpose}-{family}": 16 for family in ("sm2", "rsa") for purpose in ("persons", "organisations")
    }


def test_one_of_ones_own() -> None:
    found = parse_ceremony(SMALL.encode())
    root, below = found.authorities
    assert (found.name, found.date) == ("small", date(2026, 11, 25))
    assert found.witnesses == ("示例公证处 王样二", "Notary, 示例")
    assert (root.issuer, root.partitions, root.null_parameters) == ("root-sm2", 1, True)
    assert (below.issuer, below.partitions, below.null_parameters) == ("root-sm2", 8, False)
    start = datetime(2026, 11, 25, tzinfo=UTC)
    assert below.until(start) < root.until(start)
    assert len(parse_ceremony((SMALL + SECOND).encode()).authorities) == 3


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("format", SMALL.replace("ceremony/1", "ceremony/9")),
        ("name", SMALL.replace("name: small", "name: Small")),
        ("date", SMALL.replace("2026-11-25", "2026-02-30")),
        ("date", SMALL.replace("2026-11-25", "25.11.2026")),
        ("witnesses", SMALL.replace("示例公证处 王样二", '"a\\nb"')),
        ("colour", SMALL + "colour: red\n"),
        ("authorities", SMALL.split("authorities:")[0]),
        ("authorities", SMALL.split("authorities:")[0] + "authorities: []\n"),
        ("authorities[0].role", SMALL.replace("role: root", "role: rot")),
        ("authorities[0].family", SMALL.replace("family: sm2", "family: sm3", 1)),
        ("authorities[0].key", SMALL.replace("key: sm2", "key: rsa3072", 1)),
        (
            "authorities[0].key",
            SMALL.replace("family: sm2\n    key: sm2", "family: rsa\n    key: rsa2048", 1),
        ),
        ("authorities[0].years", SMALL.replace("years: 20", "years: 26")),
        ("authorities[0].years", SMALL.replace("years: 20", "years: 0")),
        ("authorities[0].subject", SMALL.replace("subject: 示例根", "subject: 11010519491231002X")),
        ("authorities[0].subject", SMALL.replace("    subject: 示例根\n", "")),
        ("authorities[0].purpose", SMALL.replace("    years: 20", "    years: 20\n    purpose: seals")),
        ("authorities[0].issuer", SMALL.replace("    years: 20", "    years: 20\n    issuer: root-sm2")),
        ("authorities[0].partitions", SMALL.replace("    years: 20", "    years: 20\n    partitions: 4")),
        (
            "authorities[0].null_parameters",
            SMALL.replace(
                "family: sm2\n    key: sm2", "family: rsa\n    key: rsa3072\n    null_parameters: false", 1
            ),
        ),
        ("authorities[1].name", SMALL.replace("name: persons-sm2", "name: root-sm2")),
        ("authorities[1].name", SMALL.replace("name: persons-sm2", "name: Persons_SM2")),
        ("authorities[1].name", SMALL.replace("name: persons-sm2", "name: ../persons")),
        ("authorities[1].subject", SMALL.replace("subject: 示例个人签发", "subject: 示例根")),
        ("authorities[1].issuer", SMALL.replace("issuer: root-sm2", "issuer: root-rsa")),
        ("authorities[1].issuer", SMALL.replace("issuer: root-sm2", "issuer: persons-sm2")),
        ("authorities[2].issuer", SMALL + SECOND.replace("issuer: root-sm2", "issuer: persons-sm2")),
        ("authorities[1].purpose", SMALL.replace("purpose: persons", "purpose: people")),
        ("authorities[1].purpose", SMALL.replace("    purpose: persons\n", "")),
        ("authorities[1].years", SMALL.replace("years: 20", "years: 9")),
        ("authorities[1].years", SMALL.replace("years: 10", "years: 16")),
        ("authorities[1].partitions", SMALL.replace("partitions: 8", "partitions: 0")),
        ("authorities[1].partitions", SMALL.replace("partitions: 8", "partitions: 5000")),
        ("authorities[1].partition", SMALL.replace("partitions: 8", "partition: 8")),
        (
            "authorities[1].family",
            SMALL.replace(
                "purpose: persons\n    issuer: root-sm2\n    key: sm2",
                "purpose: persons\n    issuer: root-sm2\n    key: rsa3072",
            )
            .replace("family: sm2\n    purpose", "family: rsa\n    purpose")
            .replace("null_parameters: false", "null_parameters: true"),
        ),
        ("authorities[2].purpose", SMALL + SECOND.replace("purpose: seals", "purpose: persons")),
        (
            "authorities[2].role",
            SMALL
            + SECOND.replace("role: issuing", "role: root").replace(
                "    purpose: seals\n    issuer: root-sm2\n", ""
            ),
        ),
    ],
)
def test_refused(field: str, text: str) -> None:
    with pytest.raises(CeremonyRefused) as caught:
        parse_ceremony(text.encode())
    assert caught.value.field == field
    assert caught.value.rule
    assert caught.value.todo


@pytest.mark.parametrize("text", [DEFAULT, SMALL + SECOND], ids=["default", "small"])
def test_what_is_read_can_be_founded(text: str) -> None:
    """Every authority of the file passes the lints, under its issuer, for its whole term."""
    start, made = datetime(2026, 11, 25, tzinfo=UTC), {}
    for number, one in enumerate(parse_ceremony(text.encode()).authorities):
        issuer, signer = made.get(one.issuer, (None, KEYS[one.key]))
        drafted = draft(
            profile(one.role),
            subject=SubjectName(one.subject, "示例市大数据局", "11510000DEM9A0017F"),
            public_key=KEYS[one.key].public_key,
            issuer=issuer,
            scheme=signer.scheme,
            serial=new_serial(bytes((number, *range(15)))),
            not_before=start,
            not_after=one.until(start),
            crl_url="" if issuer is None else f"http://ca.example/crl/{one.issuer}.crl",
            null_parameters=one.null_parameters,
        )
        certificate = parse_certificate(issue(lint(drafted, second=second_lint()), signer))
        made[one.name] = (certificate, KEYS[one.key])
        assert certificate.not_after == one.until(start)


LINES = DEFAULT.splitlines()


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1), st.text("abcdef:-[]{}0123 \n", max_size=9)
)
def test_any_edit_is_read_or_refused(at: int, other: int, text: str) -> None:
    """And whatever is still read is a hierarchy: issuers first, families whole, terms nested."""
    lines: list[Any] = [*LINES]
    lines[at], lines[other] = lines[other] + text, lines[at]
    try:
        found = parse_ceremony("\n".join(lines).encode())
    except CeremonyRefused:
        return
    before: dict[str, Any] = {}
    for one in found.authorities:
        issuer = one if one.role == "root" else before[one.issuer]
        assert issuer.family == one.family
        assert one.years <= issuer.years
        assert one.name not in before
        before[one.name] = one

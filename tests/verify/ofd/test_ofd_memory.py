# SPDX-License-Identifier: Apache-2.0
"""What is remembered between two checks never changes a report: not after a revocation, not at any time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify import Indication, Report, check_ofd, parse_certificate
from verify.ofd import markup
from verify.ses import facts, seal, seal_check, standing, value
from verify.x509 import certificate, crl, signatures

from .conftest import AT, pack
from .test_ofd_attacks import CONTENT, SIGNATURE, codes

_ROOMS = (markup, facts, seal, seal_check, standing, value, certificate, crl)


def _forget() -> None:
    """Empty every memory of the rooms that have one."""
    signatures.forget()
    standing._reports.clear()
    for room in _ROOMS:
        for one in vars(room).values():
            if hasattr(one, "cache_clear"):
                one.cache_clear()


@pytest.fixture(scope="module")
def situations(workshop: Any, sm2_authority: Any) -> list[tuple[bytes, Any, Any]]:
    """Files, trusts and moments, all with the same few keys."""
    good = workshop.sealed()
    altered = {**good, CONTENT: good[CONTENT] + b" "}
    described = {**good, SIGNATURE: good[SIGNATURE].replace(b"maker", b"MAKER")}
    stranger = workshop.sealed(signer=workshop.stranger)
    other = workshop.sealed(seal=workshop.seal(name="另一枚(样章)"))
    plain = workshop.sealed(kind="Sign", value=workshop.form_a)
    files = [pack(one) for one in (good, altered, described, stranger, other, plain)]
    signer, maker = (parse_certificate(one.der).serial for one in (workshop.sealing.signer, workshop.maker))
    middle = workshop.trust.intermediates
    trusts = [
        workshop.trust,
        replace(sm2_authority.trust(signer), intermediates=middle),
        replace(sm2_authority.trust(maker), intermediates=middle),
        replace(workshop.trust, crls=()),
        replace(workshop.trust, anchors=()),
    ]
    moments = [AT, AT + timedelta(seconds=1), AT + timedelta(days=40), AT + timedelta(days=4000)]
    return [(data, trust, at) for data in files for trust in trusts for at in moments]


def _checked(one: tuple[bytes, Any, Any]) -> Report:
    data, trust, at = one
    return check_ofd(data, trust=trust, at=at)


@pytest.fixture(scope="module")
def cold(situations: Any) -> Iterator[list[Report]]:
    """The reports of a verifier that remembers nothing."""
    found = []
    for one in situations:
        _forget()
        found.append(_checked(one))
    yield found
    _forget()


def test_the_situations_differ(situations: Any, cold: list[Report]) -> None:
    kinds = {one.indication for one in cold}
    assert kinds == set(Indication)
    told = {code for one in cold for code in codes(one)}
    assert {"CERTIFICATE_REVOKED", "MAKER_CERTIFICATE_REVOKED", "REVOCATION_UNKNOWN"} <= told
    assert {"REFERENCE_ALTERED", "CONTENT_ALTERED", "SIGNER_NOT_IN_SEAL", "CHAIN_UNTRUSTED"} <= told


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_reports_do_not_depend_on_what_came_before(
    situations: Any, cold: list[Report], data: st.DataObject
) -> None:
    """In any order, and the same one again and again."""
    order = data.draw(st.lists(st.integers(0, len(situations) - 1), min_size=1, max_size=12))
    for place in order:
        assert _checked(situations[place]) == cold[place]
        assert _checked(situations[place]).to_json() == cold[place].to_json()


def test_facts_that_a_caller_changes_are_nobody_elses(situations: Any, cold: list[Report]) -> None:
    def spoil(value: Any) -> None:
        if isinstance(value, dict):
            for one in value.values():
                spoil(one)
            value.clear()
        elif isinstance(value, list):
            for one in value:
                spoil(one)
            value.clear()

    for one in _checked(situations[0]).signatures:
        spoil(one.facts)
    assert _checked(situations[0]) == cold[0]

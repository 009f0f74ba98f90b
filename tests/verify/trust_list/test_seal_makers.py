# SPDX-License-Identifier: Apache-2.0
"""Whom a trust list lets make seals; one that does not say leaves it to its anchors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from verify import TrustListBody, TrustListInvalid, load_trust, parse_trust_list

from .conftest import AT, signed

MAKER, OTHER = "a" * 64, "b" * 64


def test_appointed(body: TrustListBody, signers: Any) -> None:
    """Written, read and loaded; two lists appoint together, and one that is silent leaves it open."""
    one = signed(replace(body, seal_makers=(MAKER,)), signers)
    other = signed(replace(body, publisher="另一发布方", seal_makers=(OTHER, MAKER)), signers)
    silent = signed(replace(body, publisher="第三发布方"), signers)
    assert parse_trust_list(one).body.seal_makers == (MAKER,)
    assert load_trust([("one", one)], AT).seal_makers == (MAKER,)
    assert load_trust([("one", one), ("other", other)], AT).seal_makers == (MAKER, OTHER)
    assert load_trust([("one", one), ("silent", silent)], AT).seal_makers is None


def test_nobody_appointed(body: TrustListBody, signers: Any) -> None:
    assert b'"seal_makers":null' in body.signed_bytes()
    assert load_trust([("one", signed(body, signers))], AT).seal_makers is None


@pytest.mark.parametrize("wrong", ["", "a" * 63, "A" * 64, "g" * 64])
def test_malformed(body: TrustListBody, signers: Any, wrong: str) -> None:
    with pytest.raises(TrustListInvalid):
        parse_trust_list(signed(replace(body, seal_makers=(wrong,)), signers))

# SPDX-License-Identifier: Apache-2.0
"""CAA (RFC 8659, RFC 8657): the owner of a domain says who may issue, for which account, proven how."""

from __future__ import annotations

from typing import Any

import pytest

from api.acme import Authorization, Unproven
from api.acme.caa import require_authorized
from api.acme.model import ChallengeType

US, ACCOUNT = "yinxin.example", "https://yinxin.example/acme/account/1"


def allowed(*records: tuple[int, str, str], wildcard: bool = False) -> bool:
    try:
        require_authorized(
            [Authorization(*one) for one in records],
            us=US,
            wildcard=wildcard,
            account_url=ACCOUNT,
            method=ChallengeType.HTTP,
        )
    except Unproven as error:
        assert error.code == "caa"
        return False
    return True


@pytest.mark.parametrize(
    ("records", "plain", "wildcard"),
    [
        ([], True, True),
        ([(0, "issue", US)], True, True),
        ([(0, "ISSUE", f" {US.upper()} ")], True, True),
        ([(0, "issue", "other.example")], False, False),
        ([(0, "issue", "other.example"), (0, "issue", US)], True, True),
        ([(0, "issue", ";")], False, False),
        ([(0, "issue", "")], False, False),
        ([(0, "issuewild", US)], True, True),
        ([(0, "issue", US), (0, "issuewild", ";")], True, False),
        ([(0, "issue", ";"), (0, "issuewild", US)], False, True),
        ([(0, "iodef", "mailto:a@corp.test")], True, True),
        ([(0, "future", "x")], True, True),
        ([(128, "future", "x")], False, False),
        ([(128, "issue", US)], True, True),
        ([(0, "issue", f"{US}; accounturi={ACCOUNT}")], True, True),
        ([(0, "issue", f"{US}; accounturi={ACCOUNT}2")], False, False),
        ([(0, "issue", f"{US}; validationmethods=dns-01,http-01")], True, True),
        ([(0, "issue", f"{US}; validationmethods=dns-01")], False, False),
        ([(0, "issue", f"{US}; policy=ev")], True, True),
    ],
)
def test_records(records: Any, plain: bool, wildcard: bool) -> None:
    assert (allowed(*records), allowed(*records, wildcard=True)) == (plain, wildcard)


def test_a_forbidden_name_is_not_proven(desk: Any) -> None:
    desk.web.allowed["corp.test"] = (Authorization(0, "issue", "other.example"),)
    client = desk.client()
    url, order = client.order("corp.test")
    client.prove(order)
    order = client.post(url).body
    assert order["status"] == "invalid"
    assert order["error"]["type"] == "urn:ietf:params:acme:error:caa"
    desk.web.allowed["corp.test"] = (Authorization(0, "issue", f"{US}; accounturi={client.kid}"),)
    assert client.issued("corp.test")[1]["status"] == "valid"

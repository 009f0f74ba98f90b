# SPDX-License-Identifier: Apache-2.0
"""Whatever happens in whatever order: rows, lists and a model of ten lines say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.accounts import committed_accounts, committed_mandates
from api.certificates import (
    IssueOrder,
    OrderRefused,
    RevocationRefused,
    committed_authorities,
    committed_bundles,
    committed_certificates,
    committed_qr_keys,
)
from api.ledger import check_ledger
from keys import KeyKind, generate_key
from verify import parse_crl

VERBS = ("issue", "bundle", "suspend", "resume", "superseded", "keyCompromise", "renew", "rekey", "hour")


@dataclass
class Unit:
    """What the model knows of a certificate or bundle: its members, and its state as a CRL says it."""

    members: tuple[Any, ...]
    bundle: bool
    key: str
    state: str = ""  # the reason on the list; empty: not listed


class Model:
    """The rules of RFC 5280 section 5.3.1 and ours, as plainly as can be."""

    def __init__(self, world: Any) -> None:
        self.world, self.units, self.renewed = world, [], {}
        self.compromised: set[str] = set()

    def held(self, key: str) -> bool:
        return any(one.key == key and one.state == "certificateHold" for one in self.units)

    def add(self, member: Any, key: str) -> Unit:
        bundle = member.bundle_id is not None
        members = self.world.service.bundle(member.bundle_id).members if bundle else (member,)
        self.units.append(Unit(tuple(members), bundle, key))
        return self.units[-1]

    def order(self, bundle: bool) -> tuple[str, Any]:
        key = generate_key(KeyKind.SM2)
        order = self.world.order(key, generate_key(KeyKind.P256) if len(self.units) % 2 else None)
        if bundle:
            return key.public_key.key_id.hex(), order
        single = IssueOrder("enterprise", order.sign_request, order.holder, order.holder_name)
        return key.public_key.key_id.hex(), single

    def act(self, verb: str, unit: Unit | None) -> None:
        service = self.world.service
        if verb in ("issue", "bundle") or unit is None:
            key, order = self.order(verb == "bundle")
            if verb == "bundle":
                made = service.issue_bundle(order, by="test").members[0]
            else:
                made = service.issue(order, by="test")
            self.add(made, key)
            return
        which = unit.members[-1].bundle_id if unit.bundle else unit.members[0].certificate_id
        final = unit.state not in ("", "certificateHold")
        if verb in ("suspend", "resume"):
            act = service.suspend if verb == "suspend" else service.resume
            if final:
                with pytest.raises(RevocationRefused):
                    act(which, by="test")
                return
            act(which, by="test")
            unit.state = "certificateHold" if verb == "suspend" else ""
        elif verb in ("superseded", "keyCompromise"):
            service.revoke(which, verb, by="test")
            if not final or verb == "keyCompromise":
                unit.state = verb
            if unit.state == "keyCompromise":
                self.compromised.add(unit.key)
        elif verb == "renew":
            if unit.state or unit.key in self.compromised or self.held(unit.key):
                with pytest.raises(OrderRefused):
                    service.renew(which, by="test")
                return
            made = service.renew(which, by="test")
            if not any(made in one.members for one in self.units):
                self.add(made, unit.key)
        else:
            key, order = self.order(unit.bundle)
            if unit.state:
                with pytest.raises(OrderRefused):
                    service.rekey(which, order, by="test")
                return
            self.add(service.rekey(which, order, by="test"), key)
            unit.state = "superseded"

    def check(self) -> None:
        service = self.world.service
        lists: dict[str, Any] = {}
        for unit in self.units:
            for one in unit.members:
                crl = lists.setdefault(one.issuer, parse_crl(service.crl_file(one.issuer)))
                listed = crl.entries.get(int(one.serial, 16))
                assert ("" if listed is None else listed.reason) == unit.state
                meant = {"": "good", "certificateHold": "suspended"}.get(unit.state, "revoked")
                assert service.get(one.certificate_id).status(self.world.clock()) == meant
            if unit.bundle:
                assert service.bundle(unit.members[0].bundle_id).state == meant
        known = {one.certificate_id for unit in self.units for one in unit.members}
        stored = {one.certificate_id for one in service.listed() if one.key_label is None}
        assert known <= stored


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 5)), min_size=3, max_size=14))
def test_rows_lists_and_model_agree(bundles: Any, database: Any, ledger: Any, steps: Any) -> None:
    model = Model(bundles)
    for verb, place in steps:
        if verb == "hour":
            bundles.clock.advance(timedelta(hours=1))
            bundles.service.refresh_crls()
        else:
            model.act(verb, model.units[place % len(model.units)] if model.units else None)
        model.check()
    sources = {
        "accounts": committed_accounts,
        "mandates": committed_mandates,
        "authorities": committed_authorities,
        "bundles": committed_bundles,
        "certificates": committed_certificates,
        "qr_keys": committed_qr_keys,
    }
    found = check_ledger(database, ledger.log_keys(), sources).findings
    assert [one for one in found if one.kind.value != "not-compared"] == []
    assert bundles.ports.intents.abandon_open() == 0

# SPDX-License-Identifier: Apache-2.0
"""Keys of QR codes in operation: followed, revoked from a time on, and signing in pairs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.certificates import QrKeyRefused, committed_qr_keys
from api.database.tables_identity import qr_keys, trust_lists
from api.database.tables_sealing import documents
from api.desk import Officer
from api.documents import IssueOrder, Issuing, Means, Site
from api.ledger import LedgerError, check_ledger
from api.publication import ListDidNotVerify, PublicationPorts, TrustPublisher
from api.wiring.qr_keys import QrKeys
from relying import Composition, Face, Row
from seal.pages.qr import MOST_VERSION, symbol_of
from verify import Indication, Report, check_qr, check_trust_list, parse_qr, parse_trust_list

A1, A3, E01 = "11510000DEM9A0017F", "11510106DEM9A00331", "91510100DEM001017Y"
DAY = timedelta(days=1)
PASSED = Indication.TOTAL_PASSED


class World:
    """Documents, and the keys that sign their codes."""

    def __init__(self, rooms: Any) -> None:
        self.rooms, self.clock = rooms, rooms.clock
        self.certificates = rooms.identity.certificates
        given = rooms.identity.ports
        self.publisher = TrustPublisher(
            PublicationPorts(
                database=given.database,
                ledger=given.ledger,
                intents=given.intents,
                certificates=self.certificates,
                publisher="省住房和城乡建设厅(演示)",
                clock=given.clock,
            )
        )
        rooms.granted(rooms.seal_of(), Officer("officer-1", A3))
        self.seal = rooms.seals.open(rooms.seal_of().seal_id)

    def keys(self, codes: str = "sm2") -> QrKeys:
        return QrKeys(self.certificates, self.publisher, codes)

    def issue(self, serial: str, codes: str = "sm2") -> str:
        means = Means(
            qr=self.keys(codes).signer,
            site=Site("https://yinxin.example", A1, "省住房和城乡建设厅(演示)"),
            trust=self.certificates.trust,
            random=self.rooms.random,
        )
        issuing = Issuing(self.rooms.database, self.rooms.ledger, self.rooms.intents, means=means)
        made = Composition(
            face=Face(title="临时许可", number=serial, rows=(Row("事项", "演示"),)),
            record={"n": 1},
            serial=serial,
            holder=E01,
            holder_name="四川样例建工集团有限公司",
        )
        order = IssueOrder("receipt", "临时许可", "900", made, self.seal, self.clock())
        return str(issuing.issue(order).document_id)

    def code(self, document_id: str) -> str:
        with self.rooms.database.read() as connection:
            query = select(documents.c.qr_text).where(documents.c.id == document_id)
            return str(connection.execute(query).scalar_one())

    def newest(self) -> Any:
        """The newest list that is stored; nothing is published by asking."""
        with self.rooms.database.read() as connection:
            query = select(trust_lists.c.document).order_by(trust_lists.c.sequence.desc()).limit(1)
            data = bytes(connection.execute(query).scalar_one())
        report = check_trust_list(data, trust=self.certificates.trust(), at=self.clock())
        assert report.indication is PASSED, report.reasons
        return parse_trust_list(data).body

    def judged(self, document_id: str, *, proven: bool = False) -> Report:
        """What a stranger says with the trust of now."""
        text = self.code(document_id)
        index = parse_qr(text).statement.log_index
        assert index is not None
        proof = self.rooms.ledger.prove(index).encode() if proven else None
        return check_qr(text, trust=self.certificates.trust(), at=self.clock(), proof=proof)


@pytest.fixture
def world(rooms: Any) -> World:
    return World(rooms)


def test_rotated(world: World) -> None:
    """The new key signs at once; the old one signs for a month more, and what it signed stays good."""
    before = world.issue("L1")
    world.publisher.current()
    world.clock.advance(DAY)
    old = parse_qr(world.code(before)).kid
    made = world.keys().rotate("SM2", by="test")
    listed = {one.kid: one for one in world.newest().qr_keys}
    assert made == listed[made.kid] and made.sign_until - made.sign_from == timedelta(days=365)
    assert listed[old].sign_until == world.clock() + timedelta(days=30)
    assert world.newest().sequence == 2
    after = world.issue("L2")
    assert parse_qr(world.code(after)).kid == made.kid != old
    for one in (before, after):
        assert world.judged(one).indication is PASSED
    world.clock.advance(200 * DAY)
    world.certificates.refresh_crls()
    assert "QR_KEY_PERIOD" not in {reason.code for reason in world.judged(before).reasons}
    # Again a rotation: the end of the first is not put off.
    world.keys().rotate("SM2", by="test")
    assert {one.kid: one for one in world.newest().qr_keys}[old].sign_until == listed[old].sign_until
    world.clock.advance(400 * DAY)
    with pytest.raises(QrKeyRefused, match="qr-key-none-in-use"):
        world.keys().signer()
    assert not world.rooms.check().findings


def test_revoked_from_a_time_on(world: World) -> None:
    """What the log held before is believed, here and elsewhere; what came later is not."""
    before = world.issue("L1")
    world.clock.advance(3 * DAY)
    since = world.clock()
    world.clock.advance(3 * DAY)
    later = world.issue("L2")
    kid = parse_qr(world.code(before)).kid
    ended = world.keys().revoke(kid, reason="key-compromise", by="test", since=since)
    listed = {one.kid: one for one in world.newest().qr_keys}[kid]
    assert (listed.revoked_at, listed.revocation_reason) == (since, "key-compromise")
    assert listed == ended
    assert world.judged(before).indication is Indication.INDETERMINATE
    assert world.judged(before, proven=True).indication is PASSED
    for proven in (False, True):
        assert world.judged(later, proven=proven).indication is Indication.TOTAL_FAILED
    answers = [
        {line.name: line.state.value for line in world.rooms.library.lookup(one).lines}
        for one in (before, later)
    ]
    assert [one["issued"] for one in answers] == ["yes", "no"]
    # Nobody was left without a key, and the one that ended signs no more.
    assert parse_qr(world.code(world.issue("L3"))).kid != kid
    # The truth came out later: an earlier time is taken, a later one is not.
    with pytest.raises(QrKeyRefused, match="qr-key-since"):
        world.keys().revoke(kid, reason="key-compromise", by="test")
    world.keys().revoke(kid, reason="key-compromise", by="test", since=since - DAY)
    assert {one.kid: one for one in world.newest().qr_keys}[kid].revoked_at == since - DAY
    assert not world.rooms.check().findings


def test_refused_or_failed_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = world.certificates.trust().qr_keys
    kid = before[0].kid
    keys = world.keys()
    for code, call in (
        ("algorithm", lambda: keys.rotate("RSA", by="test")),
        ("unknown", lambda: keys.revoke("00000000", reason="superseded", by="test")),
        ("reason", lambda: keys.revoke(kid, reason="Because!", by="test")),
        ("since", lambda: keys.revoke(kid, reason="superseded", by="test", since=world.clock() + DAY)),
        ("since", lambda: keys.revoke(kid, reason="superseded", by="test", since=before[0].sign_from - DAY)),
    ):
        with pytest.raises(QrKeyRefused, match=f"qr-key-{code}"):
            call()
    monkeypatch.setattr(type(world.certificates), "trust_list_signers", lambda _: ())
    with pytest.raises(ListDidNotVerify, match="TRUST_LIST_MALFORMED"):
        keys.rotate("SM2", by="test")
    assert world.certificates.trust().qr_keys == before


def test_edited_key_is_not_changed(world: World) -> None:
    kid = world.certificates.trust().qr_keys[0].kid
    with world.rooms.database.write() as connection:
        connection.execute(update(qr_keys).where(qr_keys.c.kid == kid).values(dual_from=world.clock()))
    with pytest.raises(LedgerError):
        world.keys().revoke(kid, reason="superseded", by="test")
    ledger = world.rooms.ledger
    found = check_ledger(world.rooms.database, ledger.log_keys(), {"qr_keys": committed_qr_keys}).findings
    assert ("changed", "qr_keys", kid) in [(one.kind.value, one.table, one.key) for one in found]


def test_codes_with_two_signatures(world: World) -> None:
    """Both must be good; the code stays within the versions that a phone reads from paper."""
    one = world.issue("L1", "dual")
    signed = parse_qr(world.code(one))
    assert (signed.algorithm, len(signed.kid), len(signed.signature)) == ("DUAL", 16, 128)
    assert signed.statement.facts is not None  # T2, the largest that is issued
    assert symbol_of(world.code(one)).version <= MOST_VERSION
    assert world.judged(one).indication is PASSED
    # A key that signs only so does not sign alone, and is not asked to.
    made = world.keys("dual").rotate("SM2", dual=True, by="test")
    again = world.issue("L2", "dual")
    assert parse_qr(world.code(again)).kid[:8] == made.kid
    assert world.judged(again).indication is PASSED
    assert world.keys().signer().kid != made.kid
    assert parse_qr(world.code(world.issue("L3", "es256"))).algorithm == "ES256"

# SPDX-License-Identifier: Apache-2.0
"""How documents stand: changed by who may, told in one signed list at once, and never as a forgery."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.database.tables_sealing import documents
from api.desk import Officer
from api.documents import (
    DocumentIdMalformed,
    DocumentState,
    IssueOrder,
    Library,
    NoSuchDocument,
    NotYourDocument,
)
from api.ledger import RowAltered, check_ledger
from api.standings import (
    STANDING_ROWS,
    DocumentStandings,
    DocumentStatusDidNotVerify,
    DocumentStatusPublisher,
    StandingFinal,
    StandingPorts,
    StandingUnknown,
)
from relying import Composition, Face, Row
from verify import (
    DocumentStanding,
    Indication,
    Report,
    SubIndication,
    Trust,
    check_document_status,
    check_qr,
    parse_document_status,
    parse_qr,
)

A3, E01 = "11510106DEM9A00331", "91510100DEM001017Y"
UNSURE, PASSED = Indication.INDETERMINATE, Indication.TOTAL_PASSED


class World:
    """Documents that are issued, and the room that says how they stand."""

    def __init__(self, rooms: Any) -> None:
        self.rooms = rooms
        self.ports = StandingPorts(
            database=rooms.database,
            ledger=rooms.ledger,
            intents=rooms.intents,
            certificates=rooms.identity.certificates,
            trust=rooms.identity.certificates.trust,
            publisher="省住房和城乡建设厅(演示)",
            log="yinxin.example/log",
            clock=rooms.clock,
            random=rooms.random,
        )
        self.publisher = DocumentStatusPublisher(self.ports)
        self.standings = DocumentStandings(self.ports, self.publisher)
        rooms.granted(rooms.seal_of(), Officer("officer-1", A3))
        self.seal = rooms.seals.open(rooms.seal_of().seal_id)
        self.library = Library(
            rooms.database, rooms.ledger, modules=rooms.modules, trust=self.trust, clock=rooms.clock
        )

    def issue(self, serial: str = "L1") -> str:
        made = Composition(
            face=Face(title="临时许可", number=serial, rows=(Row("事项", "演示"),)),
            record={"n": 1},
            serial=serial,
            holder=E01,
            holder_name="四川样例建工集团有限公司",
        )
        order = IssueOrder("receipt", "临时许可", "900", made, self.seal, self.rooms.clock())
        return str(self.rooms.issuing.issue(order).document_id)

    def trust(self) -> Trust:
        """As the service has it."""
        return replace(self.rooms.identity.certificates.trust(), document_status=self.publisher.known())

    def told(self, document_id: str) -> Report:
        """What a verifier elsewhere says with the list of now."""
        with self.rooms.database.read() as connection:
            query = select(documents.c.qr_text).where(documents.c.id == document_id)
            text = connection.execute(query).scalar_one()
        listed = parse_document_status(self.publisher.current()).listed
        trust = replace(self.rooms.identity.certificates.trust(), document_status=listed)
        return check_qr(text, trust=trust, at=self.rooms.clock())

    def change(self, document_id: str, state: str, **more: Any) -> Any:
        return self.standings.change(
            document_id,
            state,
            **{"reason": "data-error", "decision": "蜀建函〔2026〕1 号", "by": "t", **more},
        )


@pytest.fixture
def world(rooms: Any) -> World:
    return World(rooms)


def test_life_of_a_state(world: World) -> None:
    """Issued and normal, disputed, revoked, and back: each told at once, the genuine one never as false."""
    one, other = world.issue("L1"), world.issue("L2")
    assert world.told(one).facts["document_status"] == "normal"
    sequence = parse_document_status(world.publisher.current()).listed.sequence
    for state, indication, sub, page in (
        ("disputed", PASSED, None, DocumentState.DISPUTED),
        ("revoked", UNSURE, SubIndication.DOCUMENT_NOT_IN_FORCE, DocumentState.REVOKED),
        ("withheld", UNSURE, SubIndication.DOCUMENT_NOT_IN_FORCE, DocumentState.WITHHELD),
        ("normal", PASSED, None, DocumentState.VALID),
    ):
        world.rooms.clock.advance(timedelta(minutes=1))
        made = world.change(one, state)
        listed = world.publisher.known()
        assert listed is not None
        sequence += 1
        assert listed.sequence == sequence  # in the transaction of the change
        report = world.told(one)
        assert (report.indication, report.sub_indication) == (indication, sub), report.reasons
        assert report.facts["document_status"] == state
        assert report.indication is not Indication.TOTAL_FAILED
        if state != "normal":
            assert report.facts["document_status_reason"] == "data-error"
            assert report.facts["document_status_since"] == f"{made.at:%Y-%m-%dT%H:%M:%SZ}"
        answer = world.library.lookup(one)
        assert answer.state is page
        assert {line.name: line.state.value for line in answer.lines}["issued"] == "yes"
        assert world.told(other).facts["document_status"] == "normal"
    assert [each.state.value for each in world.standings.history(one)] == [
        "disputed",
        "revoked",
        "withheld",
        "normal",
    ]
    data = world.publisher.current()
    trust = world.rooms.identity.certificates.trust()
    assert check_document_status(data, trust=trust, at=world.rooms.clock()).indication is PASSED
    found = check_ledger(world.rooms.database, world.rooms.ledger.log_keys(), STANDING_ROWS)
    assert [one for one in found.findings if one.table in STANDING_ROWS] == []
    entries = [json.loads(world.rooms.ledger.entry(n)) for n in range(world.rooms.ledger.size())]
    changed = [entry for entry in entries if entry["kind"] == "document.state_changed"]
    assert len(changed) == 4
    assert "蜀建函" not in json.dumps(changed, ensure_ascii=False)


def test_newer_version(world: World) -> None:
    """Superseded follows from the newer one, with its identifier; a revoked one stays revoked."""
    old = world.issue("L1")
    assert world.told(old).facts["document_status"] == "normal"
    new = world.issue("L1")
    report = world.told(old)
    assert [reason.code for reason in report.reasons] == ["DOCUMENT_SUPERSEDED"]
    assert (report.facts["document_status"], report.facts["document_successor"]) == ("superseded", new)
    assert world.library.lookup(old).state is DocumentState.SUPERSEDED
    world.rooms.clock.advance(timedelta(minutes=6))
    assert world.told(new).indication is PASSED
    world.change(new, "revoked")
    newest = world.issue("L1")
    report = world.told(new)
    assert (report.facts["document_status"], report.facts["document_successor"]) == ("revoked", newest)


def test_what_is_only_issued_waits(world: World) -> None:
    """A list is not signed for each document that is issued; until then it is newer than the list."""
    world.publisher.refresh()
    assert world.publisher.known() is None  # by itself it begins with the first document
    world.issue("L1")
    world.publisher.refresh()
    first = world.publisher.current()
    new = world.issue("L2")
    assert world.publisher.current() == first
    assert world.told(new).facts["document_status"] == "unknown"
    assert world.told(new).indication is PASSED
    world.rooms.clock.advance(timedelta(minutes=6))
    assert world.told(new).facts["document_status"] == "normal"
    second = world.publisher.current()
    world.rooms.clock.advance(timedelta(hours=11))
    assert world.publisher.current() == second
    world.rooms.clock.advance(timedelta(hours=2))
    listed = parse_document_status(world.publisher.current()).listed
    assert (listed.issued, listed.next_update - listed.issued) == (world.rooms.clock(), timedelta(hours=24))


def test_refusals(world: World) -> None:
    """No other state, no other words, no other agency; what ended for good stays so; nothing is left."""
    one = world.issue("L1")
    for state, more in (
        ("superseded", {}),
        ("none", {}),
        ("revoked", {"reason": "Because!"}),
        ("revoked", {"decision": "两\n行"}),
        ("revoked", {"decision": "长" * 201}),
    ):
        with pytest.raises(StandingUnknown):
            world.change(one, state, **more)
    with pytest.raises(NotYourDocument):
        world.change(one, "revoked", agency="11510000DEM0000014")
    with pytest.raises(NoSuchDocument):
        world.change("0" * 16, "revoked")
    with pytest.raises(DocumentIdMalformed):
        world.change("?", "revoked")
    with pytest.raises(StandingFinal):
        world.change(one, "normal")
    assert world.publisher.known() is None
    world.change(one, "cancelled", agency=A3)
    for state in ("normal", "cancelled", "revoked"):
        with pytest.raises(StandingFinal):
            world.change(one, state)


def test_nothing_signed_for_whoever_edits_rows(world: World) -> None:
    """An edited row is not taken into the next list: the log does not vouch for it."""
    one = world.issue("L1")
    world.change(one, "revoked")
    for statement, back in (
        ("UPDATE document_states SET reason = 'x'", "UPDATE document_states SET reason = 'data-error'"),
        ("UPDATE document_status SET sequence = 7", "UPDATE document_status SET sequence = 1"),
        ("UPDATE documents SET title = 'x'", "UPDATE documents SET title = '临时许可'"),
    ):
        world.rooms.edit(statement)
        with pytest.raises(RowAltered):
            world.change(one, "lapsed")
        world.rooms.edit(back)
    world.change(one, "lapsed")


def test_a_list_that_fails_our_own_check(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One signer is not enough: nothing is published, and the state is as it was."""
    one = world.issue("L1")
    service = world.rooms.identity.certificates
    some = service.trust_list_signers()
    with monkeypatch.context() as patched:
        patched.setattr(type(service), "trust_list_signers", lambda _self: some[:1])
        with pytest.raises(DocumentStatusDidNotVerify):
            world.change(one, "revoked")
    assert world.standings.history(one) == ()
    assert world.publisher.known() is None


def test_many_at_once_publish_once(world: World) -> None:
    world.issue("L1")
    rival = DocumentStatusPublisher(world.ports)
    seen: list[bytes] = []
    threads = [
        threading.Thread(target=lambda each=each: seen.append(each.current()))
        for each in (world.publisher, rival, world.publisher, rival)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert parse_document_status(seen[0]).listed.sequence == 1


def test_every_state_can_be_told(world: World) -> None:
    """Each state that somebody may say is told by its own code."""
    ids = {}
    for number, state in enumerate(DocumentStanding):
        if state not in (DocumentStanding.NORMAL, DocumentStanding.SUPERSEDED):
            ids[state] = world.issue(f"N{number}")
            world.change(ids[state], state.value)
    for state, one in ids.items():
        assert [reason.code for reason in world.told(one).reasons][-1] == f"DOCUMENT_{state.name}"


def test_documents_logged_before_their_key_was_revoked(world: World) -> None:
    """Undecided without proof, accepted with it; not by the proof of another, nor of what came later."""
    one, other = world.issue("L1"), world.issue("L2")
    ledger, clock = world.rooms.ledger, world.rooms.clock
    texts, proofs = {}, {}
    for document in (one, other):
        with world.rooms.database.read() as connection:
            query = select(documents.c.qr_text).where(documents.c.id == document)
            texts[document] = connection.execute(query).scalar_one()
        index = parse_qr(texts[document]).statement.log_index
        assert index is not None
        proofs[document] = ledger.prove(index).encode()
    clock.advance(timedelta(days=2))
    trust = world.rooms.identity.certificates.trust()

    def judged(revoked: timedelta, proof: bytes | None) -> Report:
        keys = tuple(replace(key, revoked_at=clock() - revoked) for key in trust.qr_keys)
        return check_qr(texts[one], trust=replace(trust, qr_keys=keys), at=clock(), proof=proof)

    day = timedelta(days=1)
    for proof in (None, proofs[other], b"{}", proofs[one][:-2]):
        report = judged(day, proof)
        assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.REVOKED_NO_POE)
    report = judged(day, proofs[one])
    assert report.indication is PASSED
    assert "QR_LOGGED_BEFORE_REVOCATION" in [reason.code for reason in report.reasons]
    assert judged(3 * day, proofs[one]).indication is Indication.TOTAL_FAILED

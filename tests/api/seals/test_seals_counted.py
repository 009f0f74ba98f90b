# SPDX-License-Identifier: Apache-2.0
"""Counted grants: a use is counted in the transaction of its act, exactly once, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.database.tables_sealing import documents, files
from api.ledger import RowAltered
from api.seals import GrantMalformed, SealUseRefused, Use, used_up_to_now, vouched_grant
from seal import Channel
from verify import Evidenced, canonical_json, check_pdf, parse_authority

from ..rooms import A3, DATA


def give(rooms: Any, **more: Any) -> Any:
    now = rooms.clock()
    parts: dict[str, Any] = {
        "document_types": ("construction_permit",),
        "period": (now, now + timedelta(days=1)),
        "by": "operator",
        **more,
    }
    return rooms.grants.give(rooms.seal_of().seal_id, "officer-1", **parts)


def use(rooms: Any, **more: Any) -> Use:
    seal_id = rooms.seal_of().seal_id
    return Use("officer-1", A3, seal_id, A3, "construction_permit", **more)


def used(rooms: Any, grant: Any) -> int:
    with rooms.database.read() as connection:
        return used_up_to_now(connection, grant.id)


def test_approvals_are_counted_with_the_document(rooms: Any, applicant: Any, officer: Any) -> None:
    """Two cases, one use: the first is issued, says what it rests on, and the second is refused."""
    grant, seal = give(rooms, most_uses=1), rooms.seal_of()
    first, second = rooms.filed(applicant), rooms.filed(applicant, data={**DATA, "scale": "另一规模"})
    rooms.desk.approve(first.submission_id, seal.seal_id, officer)
    assert used(rooms, grant) == 1
    with pytest.raises(SealUseRefused) as refused:
        rooms.desk.approve(second.submission_id, seal.seal_id, officer)
    assert refused.value.code == "used-up"
    assert used(rooms, grant) == 1
    assert rooms.check().findings == ()


def test_the_statement_is_in_the_file(rooms: Any, applicant: Any, officer: Any) -> None:
    """An auditor with the database compares digests; anybody reads who, for what, under which case."""
    grant, seal = give(rooms), rooms.seal_of()
    filed = rooms.filed(applicant)
    issued = rooms.desk.approve(filed.submission_id, seal.seal_id, officer)
    report = check_pdf(pdf_of(rooms, issued.document_id), trust=rooms.ports.trust(), at=rooms.clock())
    facts = report.signatures[0].facts["authority"]
    assert isinstance(facts, dict)
    stated = parse_authority(canonical_json(facts)).stated()
    assert (stated.officer, stated.agency, stated.case) == ("officer-1", A3, filed.number)
    assert (stated.channel, stated.document_type) == ("desk", "construction_permit")
    assert stated.grant is not None and stated.grant.id == grant.id
    with rooms.database.read() as connection:
        row = canonical_json(vouched_grant(connection, grant.id))
    assert stated.grant == Evidenced.of(grant.id, row)


def pdf_of(rooms: Any, document_id: str) -> bytes:
    query = select(files.c.content).join(documents, documents.c.file_id == files.c.id)
    with rooms.database.read() as connection:
        return bytes(connection.execute(query.where(documents.c.id == document_id)).scalar_one())


def test_a_batch_takes_and_gives_back(rooms: Any) -> None:
    """What it did not need is there for others, and nothing is given back twice."""
    grant = give(rooms, most_uses=5)
    one, other = use(rooms, channel=Channel.BATCH, act="one"), use(rooms, channel=Channel.BATCH, act="other")
    with rooms.ledger.transaction() as tx:
        assert rooms.warrants.take(tx, one, 3) == 3
    with rooms.ledger.transaction() as tx:
        assert rooms.warrants.take(tx, other, 9) == 2
    with rooms.ledger.transaction() as tx:
        rooms.warrants.give_back(tx, one, 2)
        rooms.warrants.give_back(tx, one, 7)
    assert used(rooms, grant) == 2
    with rooms.ledger.transaction() as tx:
        assert rooms.warrants.take(tx, other, 9) == 3
    with rooms.ledger.transaction() as tx:
        assert rooms.warrants.take(tx, use(rooms, channel=Channel.API, act="x"), 1) == 0
    assert rooms.check().findings == ()


def test_a_transaction_that_does_not_happen_counts_nothing(rooms: Any) -> None:
    grant = give(rooms, most_uses=5)
    with pytest.raises(ZeroDivisionError), rooms.ledger.transaction() as tx:
        assert rooms.warrants.take(tx, use(rooms, act="one"), 3) == 3
        raise ZeroDivisionError
    assert used(rooms, grant) == 0


@pytest.mark.parametrize("statement", ["UPDATE use_counts SET used = 0", "DELETE FROM use_counts"])
def test_a_counter_that_was_set_back(rooms: Any, statement: str) -> None:
    """In the database: nobody acts on it."""
    give(rooms, most_uses=1)
    with rooms.ledger.transaction() as tx:
        rooms.warrants.take(tx, use(rooms, act="one"), 1)
    rooms.edit(statement)
    with pytest.raises(RowAltered):
        rooms.warrants.authorise(use(rooms))
    assert rooms.check().findings != ()


def test_channel(rooms: Any) -> None:
    give(rooms, channels=(Channel.BATCH,))
    assert rooms.warrants.allows(use(rooms, channel=Channel.BATCH))
    with pytest.raises(SealUseRefused) as refused:
        rooms.warrants.authorise(use(rooms))
    assert refused.value.code == "wrong-channel"


@pytest.mark.parametrize(("more", "field"), [({"most_uses": 0}, "most_uses"), ({"channels": ()}, "channels")])
def test_malformed(rooms: Any, more: dict[str, Any], field: str) -> None:
    with pytest.raises(GrantMalformed) as refused:
        give(rooms, **more)
    assert refused.value.field == field


def test_who_makes_seals_here_is_in_the_trust(rooms: Any) -> None:
    """So a seal of another maker that some anchor vouches for is not taken at its name elsewhere."""
    maker, _ = rooms.seal_ports.certificates.seal_maker()
    assert rooms.identity.certificates.trust().seal_makers == (maker.fingerprint,)

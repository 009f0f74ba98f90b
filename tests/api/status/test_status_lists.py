# SPDX-License-Identifier: Apache-2.0
"""Lists as they are published: scopes, numbers, times, what the re-reader lets out, and what it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.certificates import CertificateService
from api.database import Database
from api.ledger import Ledger
from api.status import ListDoubted, ListNumberTaken, PublishedLists, StatusPorts, numbering
from api.status.rereading import Published, require_delta, require_releasable
from ca import ListKind, Resumed, Revocation, RevocationReason, make_crl
from keys import SoftwareKey
from verify import (
    Certificate,
    Crl,
    Purpose,
    Trust,
    check_certificate,
    parse_certificate,
    parse_crl,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def current(identity: Any, name: str, scope: str) -> Crl:
    with identity.ports.database.read() as connection:
        return parse_crl(identity.ports.status.current(connection, name, scope))


def standing(identity: Any, held: Any, *lists: Crl) -> str:
    """By these lists alone, and a good one of the root."""
    trust = identity.certificates.trust()
    root = current(identity, "root-sm2", "full")
    alone = Trust(anchors=trust.anchors, intermediates=trust.intermediates, crls=(root, *lists))
    report = check_certificate(
        parse_certificate(held.der), alone, identity.clock.at, purpose=Purpose.CERTIFICATE
    )
    revocation: Any = report.facts["revocation"]
    return str(revocation["status"])


def test_every_scope_says_the_same(identity: Any) -> None:
    """Partition, delta over an old complete list, and complete list, after each step of a life."""
    held = identity.person("H01")
    name, part = held.certificate.issuer, f"part-{held.certificate.partition}"
    old = current(identity, name, "full")
    for act, more, wanted in (
        ("suspend", (), "on-hold"),
        ("resume", (), "good"),
        ("suspend", (), "on-hold"),
        ("revoke", ("keyCompromise",), "revoked"),
    ):
        identity.clock.advance(HOUR)
        getattr(identity.certificates, act)(held.certificate.certificate_id, *more, by="test")
        complete, delta = current(identity, name, "full"), current(identity, name, "delta")
        mine = current(identity, name, part)
        assert complete.number == delta.number == mine.number
        assert standing(identity, held, complete) == wanted
        assert standing(identity, held, mine) == wanted
        assert standing(identity, held, old, delta) == wanted
        assert mine.scope.urls == parse_certificate(held.der).crl_urls
        assert delta.base == old.number


def test_other_partitions_are_left_alone(identity: Any) -> None:
    held = identity.person("H01")
    name = held.certificate.issuer
    before = [current(identity, name, f"part-{n}").number for n in range(16)]
    identity.certificates.suspend(held.certificate.certificate_id, by="test")
    after = [current(identity, name, f"part-{n}").number for n in range(16)]
    changed = [n for n in range(16) if before[n] != after[n]]
    assert changed == [held.certificate.partition]


def test_the_clock_brings_everything_again(identity: Any) -> None:
    """Half of the term over: every scope of every issuing authority, once."""
    identity.clock.advance(4 * DAY)
    names = identity.ports.status.refresh()
    assert "persons-sm2" in names
    assert not any(name.startswith("root-") for name in names)
    for scope in ("full", "delta", "part-0", "part-15"):
        assert current(identity, "persons-sm2", scope).this_update == identity.clock.at
    assert identity.ports.status.refresh() == ()


def test_a_delta_reaches_back_a_day(identity: Any) -> None:
    """The base is a complete list that somebody who fetched yesterday has."""
    held = identity.person("H01")
    name = held.certificate.issuer
    first = current(identity, name, "full")
    for _ in range(6):
        identity.clock.advance(10 * HOUR)
        identity.certificates.suspend(held.certificate.certificate_id, by="test")
        identity.certificates.resume(held.certificate.certificate_id, by="test")
    delta = current(identity, name, "delta")
    assert delta.base is not None
    assert first.number is not None
    assert first.number < delta.base < (delta.number or 0)


def test_above_the_limit_the_partition_tells_and_the_rest_follows(
    identity: Any, database: Database, ledger: Ledger
) -> None:
    ports = identity.ports
    lists = PublishedLists(
        StatusPorts(database, ledger, ports.intents, ports.vault, ports.authority, identity.clock),
        most_at_once=0,
    )
    held = identity.person("H01")
    name, part = held.certificate.issuer, held.certificate.partition
    identity.certificates.suspend(held.certificate.certificate_id, by="test")
    before = current(identity, name, "full")
    with ledger.transaction() as tx:
        identity.clock.advance(HOUR)
        lists.publish(tx, {name: {part}})
    assert current(identity, name, "full") == before
    assert (current(identity, name, f"part-{part}").number or 0) > (before.number or 0)
    assert lists.refresh() == (name,)
    assert (current(identity, name, "full").number or 0) > (before.number or 0)


def test_above_the_limit_the_service_itself_knows_at_once(
    identity: Any, database: Database, ledger: Ledger
) -> None:
    """A login looks into the own trust: it must not wait for the complete list."""
    ports = identity.ports
    lists = PublishedLists(
        StatusPorts(database, ledger, ports.intents, ports.vault, ports.authority, identity.clock),
        most_at_once=0,
    )
    certificates = CertificateService(replace(ports, status=lists))
    held = identity.person("H01")
    for act, more, wanted in (
        ("suspend", (), "on-hold"),
        ("resume", (), "good"),
        ("revoke", ("keyCompromise",), "revoked"),
    ):
        certificates.trust()
        getattr(certificates, act)(held.certificate.certificate_id, *more, by="test")
        for service in (certificates, CertificateService(ports)):
            report = check_certificate(
                parse_certificate(held.der), service.trust(), identity.clock.at, purpose=Purpose.LOGIN
            )
            revocation: Any = report.facts["revocation"]
            assert revocation["status"] == wanted, act


def test_a_number_is_taken_once(identity: Any, database: Database) -> None:
    with database.write() as connection:
        last, epoch = numbering.head(connection, "persons-sm2")
        assert numbering.take(connection, "persons-sm2", after=last) == last + 1
        assert numbering.head(connection, "persons-sm2") == (last + 1, epoch + 1)
        with pytest.raises(ListNumberTaken):
            numbering.take(connection, "persons-sm2", after=last)
        assert numbering.take(connection, "new", after=0) == 1
        with pytest.raises(ListNumberTaken):
            numbering.take(connection, "new", after=0)


def test_a_clock_set_back(identity: Any) -> None:
    held = identity.person("H01")
    identity.certificates.suspend(held.certificate.certificate_id, by="test")
    before = current(identity, held.certificate.issuer, "full")
    identity.clock.advance(-HOUR)
    identity.certificates.resume(held.certificate.certificate_id, by="test")
    after = current(identity, held.certificate.issuer, "full")
    assert after.this_update == before.this_update
    assert (after.number or 0) > (before.number or 0)


# The re-reader alone.


@pytest.fixture
def issuer(identity: Any) -> tuple[Certificate, SoftwareKey, datetime]:
    certificate = parse_certificate(identity.certificates.issuer_file("seals-sm2"))
    return certificate, identity.ports.vault.signer("seals-sm2"), identity.clock.at + DAY


def made(issuer: Any, *revoked: Revocation, **more: Any) -> bytes:
    certificate, signer, at = issuer
    usual = {"number": 5, "this_update": at, "next_update": at + DAY}
    return make_crl(issuer=certificate, signer=signer, revoked=revoked, **{**usual, **more})


def doubt(act: Callable[[], object]) -> str:
    with pytest.raises(ListDoubted) as caught:
        act()
    return caught.value.doubt


def test_what_the_re_reader_doubts(identity: Any, issuer: Any) -> None:
    certificate, _, at = issuer
    gone = Revocation(7, at - HOUR, RevocationReason.SUPERSEDED)
    held = Revocation(8, at - HOUR, RevocationReason.CERTIFICATE_HOLD)
    expected = {7: (at - HOUR, "superseded"), 8: (at - HOUR, "certificateHold")}
    good = made(issuer, gone, held)
    before = Published(4, at - HOUR, made(issuer, gone, held, number=4, this_update=at - HOUR))

    def read(encoded: bytes, **changes: Any) -> Any:
        usual: dict[str, Any] = {"authority": certificate, "url": "", "expected": expected, "before": before}
        return require_releasable(encoded, **{**usual, **changes})

    assert read(good).number == 5
    assert doubt(lambda: read(b"nonsense")) == "unreadable"
    changed = bytearray(good)
    changed[-1] ^= 1
    assert doubt(lambda: read(bytes(changed))) in ("signature", "unreadable")
    other = parse_certificate(identity.certificates.issuer_file("persons-sm2"))
    assert doubt(lambda: read(good, authority=other)) == "issuer"
    assert doubt(lambda: read(made(issuer, gone, held, number=4))) == "number"
    late = Published(4, at + HOUR, before.der)
    assert doubt(lambda: read(good, before=late)) == "time"
    assert doubt(lambda: read(made(issuer, gone, held, kind=ListKind(url="http://a.example/")))) == "scope"
    assert doubt(lambda: read(good, url="http://a.example/")) == "scope"
    assert doubt(lambda: read(made(issuer, gone, held, kind=ListKind(base=1)))) == "scope"
    assert doubt(lambda: read(made(issuer, gone))) == "entries"
    assert doubt(lambda: read(good, expected={7: expected[7]})) == "entries"
    # The database has forgotten a revocation: the published list has not.
    assert doubt(lambda: read(made(issuer, held), expected={8: expected[8]})) == "vanished"
    later = {7: (at, "superseded"), 8: expected[8]}
    moved = Revocation(7, at, RevocationReason.SUPERSEDED)
    assert doubt(lambda: read(made(issuer, moved, held), expected=later)) == "vanished"
    # A hold may end.
    assert read(made(issuer, gone), expected={7: expected[7]}).number == 5


def test_what_it_doubts_of_a_delta(issuer: Any) -> None:
    certificate, _, at = issuer
    gone = Revocation(7, at - HOUR, RevocationReason.SUPERSEDED)
    held = Revocation(8, at - HOUR, RevocationReason.CERTIFICATE_HOLD)
    base = made(issuer, gone, held, number=3)
    complete = {7: (at - HOUR, "superseded")}

    def read(encoded: bytes, **changes: Any) -> Any:
        usual: dict[str, Any] = {"authority": certificate, "base": base, "complete": complete, "before": None}
        return require_delta(encoded, **{**usual, **changes})

    kind = ListKind(base=3)
    assert read(made(issuer, kind=kind, resumed=[Resumed(8, at)])).base == 3
    assert doubt(lambda: read(made(issuer))) == "scope"
    assert doubt(lambda: read(made(issuer, kind=ListKind(base=2)))) == "scope"
    assert doubt(lambda: read(made(issuer, kind=kind))) == "delta"
    # What is revoked is not taken off a list.
    assert doubt(lambda: read(made(issuer, kind=kind, resumed=[Resumed(7, at)]), complete={})) == "vanished"


ACTS = st.lists(
    st.tuples(st.sampled_from(["suspend", "resume", "revoke"]), st.integers(0, 1), st.integers(0, 40)),
    max_size=6,
)


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ACTS)
def test_any_life(identity: Any, acts: list[tuple[str, int, int]]) -> None:
    """Whatever happens in whatever order: the three kinds of lists agree with the certificate's own row."""
    people = [
        identity.person(subject)
        for subject in (f"L{len(identity.certificates.listed()):03d}{n}" for n in range(2))
    ]
    base = current(identity, "persons-sm2", "full")
    for act, who, hours in acts:
        identity.clock.advance(hours * HOUR)
        more = ("superseded",) if act == "revoke" else ()
        try:
            getattr(identity.certificates, act)(people[who].certificate.certificate_id, *more, by="test")
        except Exception as error:
            assert type(error).__name__ == "RevocationRefused"
    identity.ports.status.refresh()
    identity.clock.advance(timedelta(seconds=1))
    words = {"good": "good", "suspended": "on-hold", "revoked": "revoked"}
    for one in people:
        row = identity.certificates.get(one.certificate.certificate_id)
        wanted = words[row.status(identity.clock.at)]
        assert standing(identity, one, current(identity, "persons-sm2", "full")) == wanted
        assert standing(identity, one, current(identity, "persons-sm2", f"part-{row.partition}")) == wanted
        delta = current(identity, "persons-sm2", "delta") if acts else None
        if delta is not None and delta.base == base.number:
            assert standing(identity, one, base, delta) == wanted

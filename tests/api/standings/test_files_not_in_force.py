# SPDX-License-Identifier: Apache-2.0
"""A sealed file of a document that is not in force: genuine, and told so wherever a file is checked."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.ledger import RowAltered
from api.pages.verdicts import verdict_of_file, verdict_on
from api.pages.words import HEADLINES
from api.routes.verification import checked
from api.verdicts import checked as looked_at
from api.verdicts import etsi_report, report_sheet
from api.wiring import Service
from verify import Indication, Report, SubIndication, check_file, parse_document_status, with_document_state
from verify.document_states import DocumentChange, DocumentStanding

from .test_standings import World

UNSURE, PASSED = Indication.INDETERMINATE, Indication.TOTAL_PASSED
NOT_IN_FORCE = SubIndication.DOCUMENT_NOT_IN_FORCE


@pytest.fixture
def world(rooms: Any) -> World:
    return World(rooms)


def asked(world: World, content: bytes) -> Report:
    """What the service answers about an uploaded file; the check itself is done here, not elsewhere."""
    service = SimpleNamespace(
        checks=SimpleNamespace(check=check_file),
        trust=world.trust,
        clock=world.rooms.clock,
        document_standings=world.standings,
    )
    return checked(cast(Service, service), "a.pdf", content)


def test_every_edition_of_a_revoked_document(world: World) -> None:
    """PDF, OFD and an OFD packed anew: undecided, in the words of the live page; and back to a pass."""
    one, other = world.issue("L1"), world.issue("L2")
    pdf, ofd = world.library.file(one), world.library.ofd(one)
    files = (pdf, ofd, repacked(ofd))
    for content in files:
        report = asked(world, content)
        assert report.indication is PASSED
        assert report.facts["document_status"] == "normal"
        assert verdict_of_file(report) is None
    world.rooms.clock.advance(timedelta(minutes=1))
    made = world.change(one, "revoked")
    for content in files:
        report = asked(world, content)
        assert (report.indication, report.sub_indication) == (UNSURE, NOT_IN_FORCE)
        assert report.reasons[0].code == "DOCUMENT_REVOKED"
        code = world.told(one)
        for name in ("document_status", "document_status_reason", "document_successor"):
            assert report.facts[name] == code.facts[name]
        assert report.facts["document_status_since"] == f"{made.at:%Y-%m-%dT%H:%M:%SZ}"
        assert report.facts["document_status_as_of"] == f"{world.rooms.clock():%Y-%m-%dT%H:%M:%SZ}"
        assert report.reasons[0] == code.reasons[0]
        verdict = verdict_of_file(report)
        assert verdict is not None
        assert (verdict.headline.zh, verdict.tone) == ("真实,但已撤销", "warn")
        what = looked_at("a.pdf", content, report, world.rooms.clock())
        xml = etsi_report(what)
        assert b"urn:yinxin:subindication:DOCUMENT_NOT_IN_FORCE" in xml
        assert b"mainindication:indeterminate" in xml
        assert report_sheet(what, world.trust(), issuer_name="", site="yinxin.example").pages
    assert asked(world, world.library.file(other)).indication is PASSED
    forged = pdf[:-40] + b" " + pdf[-39:]
    assert asked(world, forged).indication is not PASSED
    world.change(one, "disputed")
    disputed = asked(world, pdf)
    assert (disputed.indication, disputed.reasons[0].code) == (PASSED, "DOCUMENT_DISPUTED")
    assert verdict_of_file(disputed) == verdict_on("disputed")
    world.rooms.edit("UPDATE document_states SET state = 'normal'")
    with pytest.raises(RowAltered):
        asked(world, pdf)


def test_superseded(world: World) -> None:
    """From the moment of the newer one, with its identifier."""
    old = world.issue("L1")
    new = world.issue("L1")
    report = asked(world, world.library.file(old))
    assert (report.sub_indication, report.facts["document_successor"]) == (NOT_IN_FORCE, new)
    assert asked(world, world.library.file(new)).indication is PASSED


def test_codes_are_read_when_a_list_is_there(world: World) -> None:
    """By default the code on a sealed document is looked up in the list; ``False`` leaves it."""
    one = world.issue("L1")
    world.change(one, "suspended")
    pdf, at = world.library.file(one), world.rooms.clock()
    listed = parse_document_status(world.publisher.current()).listed
    trust = replace(world.trust(), document_status=listed)
    report = check_file(pdf, trust=trust, at=at, codes=None)
    assert (report.indication, report.sub_indication) == (UNSURE, NOT_IN_FORCE)
    assert "DOCUMENT_SUSPENDED" in [reason.code for reason in report.reasons]
    assert check_file(pdf, trust=trust, at=at, codes=False).indication is PASSED
    nothing = replace(trust, document_status=None)
    assert "codes" not in check_file(pdf, trust=nothing, at=at, codes=None).facts


@pytest.mark.parametrize("state", DocumentStanding)
@pytest.mark.parametrize("indication", Indication)
def test_how_the_verdicts_compose(state: DocumentStanding, indication: Indication) -> None:
    """What failed stays failed, what is undecided stays as it is, nothing ever fails for its state."""
    at = datetime(2026, 8, 1, tzinfo=UTC)
    sub = None if indication is PASSED else SubIndication.TRY_LATER
    change = None if state is DocumentStanding.NORMAL else DocumentChange(at, "data-error")
    before = Report(kind="pdf", indication=indication, sub_indication=sub)
    after = with_document_state(before, state, change, as_of=at)
    if indication is Indication.TOTAL_FAILED:
        assert after == before
    elif indication is PASSED and not state.in_force:
        assert (after.indication, after.sub_indication) == (UNSURE, NOT_IN_FORCE)
        assert verdict_of_file(after) == verdict_on(state.value)
    else:
        assert (after.indication, after.sub_indication) == (indication, sub)
        assert after.indication in HEADLINES


def repacked(ofd: bytes) -> bytes:
    """The same entries in another ZIP: the seal holds, the digest of the file is another."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ofd)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return made.getvalue()

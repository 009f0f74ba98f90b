# SPDX-License-Identifier: Apache-2.0
"""A seal from application to destruction: what each step leaves behind, and what cannot be done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.certificates import NoSuchCertificate
from api.ledger import RowAltered
from api.seals import (
    Change,
    LifeState,
    SealNotUsable,
    SealStepRefused,
    SealType,
    SignedBy,
    Step,
    StepOrder,
)
from api.seals.statements import CONTEXT
from keys import Digest, HashAlgorithm, NoSuchKey, digest
from seal import SealDesign, SealDesignRefused, seal_ses
from verify import (
    IdentifierInvalid,
    Indication,
    SubIndication,
    check_seal,
    check_seal_status,
    check_ses_signature,
    load_trust,
    parse_certificate,
    parse_seal,
)

from ..rooms import A2
from .conftest import ACTORS, Life, application

TO_USE = (Step.APPROVE, Step.MAKE, Step.ACTIVATE)


def test_from_application_to_use(rooms: Any, life: Life) -> None:
    """Each step: state, statement under a signature, ledger entries; then it seals."""
    assert life.now().state is LifeState.APPLIED
    assert life.now().code == "51010000000001"
    assert life.take(Step.APPROVE).state is LifeState.APPROVED
    made = life.take(Step.MAKE)
    assert (made.state, made.edition) == (LifeState.MADE, 0)
    with pytest.raises(SealNotUsable, match="not in use yet"):
        rooms.seals.open(life.seal_id)
    assert life.take(Step.ACTIVATE).edition == 1
    assert life.standing() == ["made", "active"]
    opened = rooms.seals.open(life.seal_id)
    found = parse_seal(opened.esl)
    assert (found.code, found.version) == ("51010000000001", 4)
    assert found.signers == (opened.sealing.certificate.der,)
    steps = rooms.lives.steps(life.seal_id)
    assert [one.step for one in steps] == [Step.APPLY, *TO_USE]
    assert [one.actor for one in steps] == ["keeper", "registrar", "operator", "keeper"]
    for one in steps:
        key = parse_certificate(one.certificate).public_key
        key.verify(one.signature, CONTEXT + one.statement)
        said = json.loads(one.statement)
        assert (said["step"], said["actor"], said["number"]) == (one.step, one.actor, one.number)
    assert json.loads(steps[2].statement)["esl_sha256"] == hashlib.sha256(opened.esl).hexdigest()
    assert rooms.check().findings == ()


def test_made_seal_verifies(rooms: Any, life: Life) -> None:
    """The maker's signature chains to our roots, and the published list speaks of this very file."""
    life.take(*TO_USE)
    trust = replace(rooms.ports.trust(), seal_status=rooms.seal_status.known())
    report = check_seal(rooms.seals.open(life.seal_id).esl, trust=trust, at=rooms.clock())
    assert report.indication is Indication.TOTAL_PASSED, report.reasons


def sealed(rooms: Any, life: Life) -> bytes:
    usable, content = rooms.seals.open(life.seal_id), b"content"
    return seal_ses(
        usable.esl,
        usable.signer,
        content=digest(HashAlgorithm.SM3, content),
        property_info="/Doc_0/Document.xml",
        at=rooms.clock(),
        certificate=usable.sealing.certificate,
    )


def verdict(
    rooms: Any, signature: bytes, existed_by: datetime | None = None
) -> tuple[Indication, SubIndication | None]:
    def of(algorithm: HashAlgorithm) -> Digest:
        return digest(algorithm, b"content")

    trust = replace(rooms.ports.trust(), seal_status=rooms.seal_status.known())
    report = check_ses_signature(
        signature, trust=trust, at=rooms.clock(), content_digest=of, existed_by=existed_by
    )
    return report.indication, report.sub_indication


def test_valid_when_used(rooms: Any, life: Life) -> None:
    """What is known to be made before the suspension passes for ever; what was made within it fails."""
    life.take(*TO_USE)
    rooms.clock.advance(timedelta(hours=1))
    before, then = sealed(rooms, life), rooms.clock() + timedelta(minutes=1)
    rooms.clock.advance(timedelta(hours=1))
    usable = rooms.seals.open(life.seal_id)
    life.take(Step.SUSPEND)
    # Whoever kept the key seals all the same.
    within = seal_ses(
        usable.esl,
        usable.signer,
        content=digest(HashAlgorithm.SM3, b"content"),
        property_info="",
        at=rooms.clock() + timedelta(minutes=1),
        certificate=usable.sealing.certificate,
    )
    rooms.clock.advance(timedelta(hours=1))
    assert verdict(rooms, before, then) == (Indication.TOTAL_PASSED, None)
    # Nothing but its own words says that it was made before: whoever has the key now could have written them.
    assert verdict(rooms, before) == (Indication.INDETERMINATE, SubIndication.NO_POE)
    assert verdict(rooms, within)[1] is SubIndication.SEAL_REVOKED_AT_SIGNING
    life.take(Step.RESUME)
    rooms.clock.advance(timedelta(hours=1))
    after = sealed(rooms, life)
    assert verdict(rooms, before) == (Indication.TOTAL_PASSED, None)
    assert verdict(rooms, after) == (Indication.TOTAL_PASSED, None)
    assert verdict(rooms, within)[1] is SubIndication.SEAL_REVOKED_AT_SIGNING


def test_published_list(rooms: Any, life: Life) -> None:
    """Signed by both families below the roots, loaded beside the trust list; renewed when half over."""
    life.take(*TO_USE)
    document = rooms.seal_status.current()
    trust = rooms.ports.trust()
    assert check_seal_status(document, trust=trust, at=rooms.clock()).indication is Indication.TOTAL_PASSED
    assert rooms.seal_status.current() == document
    pems = [("anchor", one.der) for one in (*trust.anchors, *trust.intermediates)]
    lists = [("crl", one.der) for one in trust.crls]
    loaded = load_trust([*pems, *lists, ("seals", document)], rooms.clock())
    assert loaded.seal_status == rooms.seal_status.known()
    rooms.clock.advance(timedelta(days=4))
    rooms.identity.certificates.refresh_crls()
    renewed = rooms.seal_status.current()
    assert renewed != document
    assert rooms.seal_status.known().seals == loaded.seal_status.seals
    assert rooms.check().findings == ()


@pytest.mark.parametrize("step", [Step.SUSPEND, Step.CANCEL])
def test_not_opened_when_it_is_not_good(rooms: Any, life: Life, step: Step) -> None:
    """With the reason and since when; the refusal is in the ledger."""
    life.take(*TO_USE)
    rooms.clock.advance(timedelta(minutes=5))
    life.take(step)
    with pytest.raises(SealNotUsable) as refused:
        rooms.seals.open(life.seal_id)
    state = {Step.SUSPEND: "suspended", Step.CANCEL: "cancelled"}[step]
    assert refused.value.code == f"seal-{state}"
    assert "2026-07-01T08:35:00Z" in str(refused.value)


def test_expired(rooms: Any) -> None:
    until = rooms.clock() + timedelta(days=30)
    made = Life(rooms, rooms.lives.apply(application(valid_until=until), ACTORS["keeper"]).seal_id)
    made.take(*TO_USE)
    assert rooms.lives.due_for_remake(rooms.clock()) == ()
    assert [one.seal_id for one, _ in rooms.lives.due_for_remake(until)] == [made.seal_id]
    rooms.clock.advance(timedelta(days=31))
    with pytest.raises(SealNotUsable) as refused:
        rooms.seals.open(made.seal_id)
    assert refused.value.code == "seal-expired"


def test_an_edited_state_does_not_open(rooms: Any, life: Life) -> None:
    """Whoever writes into the database does not end a suspension, nor make one unknown."""
    life.take(*TO_USE, Step.SUSPEND)
    rooms.edit("UPDATE seal_lives SET state = 'active'")
    with pytest.raises(RowAltered):
        rooms.seals.open(life.seal_id)
    assert rooms.check().findings != ()


def test_change_of_image(rooms: Any, life: Life) -> None:
    """The old one is used until the new one is; then it is replaced, linked, and its key is gone."""
    life.take(*TO_USE)
    first = rooms.seals.open(life.seal_id)
    rooms.clock.advance(timedelta(days=1))
    design = SealDesign(name="蜀州市住房和城乡建设局", line="审批专用章")
    asked = life.take(Step.CHANGE, reason="image", design=design)
    assert (asked.state, asked.change) == (LifeState.ACTIVE, Change.ASKED)
    life.take(Step.APPROVE_CHANGE, Step.REMAKE)
    assert rooms.seals.open(life.seal_id).esl == first.esl
    rooms.clock.advance(timedelta(days=1))
    changed = life.take(Step.ACTIVATE)
    assert (changed.state, changed.change, changed.edition) == (LifeState.ACTIVE, Change.NONE, 2)
    second = rooms.seals.open(life.seal_id)
    assert (second.design.line, second.code) == ("审批专用章", first.code)
    assert rooms.seals.get(life.seal_id).design.line == "审批专用章"
    old, new = rooms.seal_status.known().of_code(first.code)
    assert [one.state.value for one in old.history] == ["made", "active", "replaced"]
    assert old.history[-1].replaced_by == new.esl_sha256 == hashlib.sha256(second.esl).hexdigest()
    assert old.history[-1].reason == "image"
    with pytest.raises((NoSuchKey, KeyError)):
        rooms.vault.signer(f"seal-{life.seal_id}-1")
    replaced = rooms.identity.certificates.by_fingerprint(first.sealing.certificate.fingerprint)
    assert replaced.reason == "superseded"
    assert rooms.check().findings == ()


def test_change_of_certificate_alone(rooms: Any, life: Life) -> None:
    """A renewed certificate is not in the made seal: the same image is made again."""
    life.take(*TO_USE, Step.CHANGE, reason="certificate")
    life.take(Step.APPROVE_CHANGE, Step.REMAKE, Step.ACTIVATE)
    made = rooms.lives.editions(life.seal_id)
    assert len({one.certificate_id for one, _ in made}) == 2
    assert made[0][0].design == made[1][0].design


def test_surrender_and_destruction(rooms: Any, life: Life) -> None:
    """No key, no certificate in force, and evidence of it; before that, everything of it ends in public."""
    life.take(*TO_USE)
    certificate_id = rooms.seals.get(life.seal_id).certificate_id
    key = rooms.seals.open(life.seal_id).signer.public_key
    life.take(Step.CANCEL, reason="dissolved")
    assert life.standing() == ["made", "active", "cancelled"]
    assert rooms.identity.certificates.get(certificate_id).reason == "cessationOfOperation"
    assert life.take(Step.DESTROY).state is LifeState.DESTROYED
    evidence = json.loads(rooms.lives.steps(life.seal_id)[-1].statement)["keys_destroyed"]
    assert evidence == [{"edition": 1, "key_id": key.key_id.hex()}]
    assert not any(label.startswith(f"seal-{life.seal_id}") for label in rooms.vault.labels())
    assert rooms.check().findings == ()


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"holder": "11510100DEM9A0025X"}, IdentifierInvalid),
        ({"holder_name": " "}, SealDesignRefused),
        ({"code": "123"}, SealStepRefused),
        ({"certificates": ("nothing",)}, SealStepRefused),
    ],
)
def test_refused_applications(rooms: Any, more: dict[str, Any], error: type[Exception]) -> None:
    before = rooms.state()
    with pytest.raises(error):
        rooms.lives.apply(application(**more), ACTORS["operator"])
    assert rooms.state() == before


@pytest.mark.parametrize("kind", SealType)
def test_types(rooms: Any, kind: SealType) -> None:
    """Each is made; the number inside follows public-security practice."""
    one = Life(rooms, rooms.lives.apply(application(type=kind), ACTORS["keeper"]).seal_id)
    one.take(*TO_USE)
    expected = {
        SealType.FINANCE: 2,
        SealType.CONTRACT: 4,
        SealType.LEGAL_REPRESENTATIVE: 5,
        SealType.SPECIAL: 99,
        SealType.PERSONAL: 99,
    }
    assert parse_seal(rooms.seals.open(one.seal_id).esl).type == expected.get(kind, 1)


def test_several_certificates(rooms: Any) -> None:
    """The holder's own certificates in force may use it as well; nobody else's."""
    who = rooms.enterprise()
    rooms.identity.certificates.get(who.certificate_id)
    holder = who.applicant.holder
    order = application(holder=holder, holder_name="样例", certificates=(who.certificate_id,))
    clerk = replace(ACTORS["for another"], acts_for=holder)
    one = rooms.lives.apply(order, clerk)
    lives = rooms.lives
    lives.take(StepOrder(one.seal_id, Step.APPROVE), ACTORS["registrar"])
    lives.take(StepOrder(one.seal_id, Step.MAKE), ACTORS["operator"])
    lives.take(StepOrder(one.seal_id, Step.ACTIVATE), clerk)
    assert who.certificate in parse_seal(rooms.seals.open(one.seal_id).esl).signers
    with pytest.raises(SealStepRefused, match="not the holder's"):
        lives.apply(application(certificates=(who.certificate_id,)), ACTORS["keeper"])


def test_a_click_twice(rooms: Any, life: Life) -> None:
    """The same step by the same person again changes nothing, whichever step it is."""
    assert rooms.lives.apply(application(), ACTORS["keeper"]).seal_id == life.seal_id
    for step in (*TO_USE, Step.SUSPEND, Step.RESUME, Step.CANCEL, Step.DESTROY):
        life.take(step)
        before = rooms.state()
        life.take(step)
        assert rooms.state() == before, step


def test_out_of_turn(rooms: Any, life: Life) -> None:
    for step in Step:
        if step in (Step.APPLY, Step.WITHDRAW, Step.APPROVE, Step.REFUSE):
            continue
        with pytest.raises(SealStepRefused) as refused:
            life.take(step)
        assert refused.value.code == "not-possible-now", step
    with pytest.raises(SealStepRefused) as refused:
        rooms.lives.take(StepOrder(life.seal_id, Step.APPROVE), ACTORS["keeper"])
    assert refused.value.code == "not-yours"
    with pytest.raises(SealStepRefused) as refused:
        life.take(Step.REFUSE, reason="")
    assert refused.value.code == "reason-missing"


# Under the actor's own signature


def person(rooms: Any) -> Any:
    """An officer of the holder with a key of their own."""
    held = rooms.identity.person("H10", roles="officer", agency=A2)
    return held, replace(ACTORS["keeper"], account_id=held.account_id)


def test_signed_by_the_actor(rooms: Any) -> None:
    """Prepared here, signed there, taken once; the signature is kept with the statement."""
    held, actor = person(rooms)
    asked = rooms.lives.prepare_application(application(), actor)
    assert asked.startswith(CONTEXT)
    signature = held.key.sign(asked)
    one = rooms.lives.complete(asked, held.der, signature, actor)
    before = rooms.state()
    assert rooms.lives.complete(asked, held.der, signature, actor) == one
    assert rooms.state() == before
    order = StepOrder(one.seal_id, Step.WITHDRAW, "mistake", "填错了")
    asked = rooms.lives.prepare(order, actor)
    assert rooms.lives.complete(asked, held.der, held.key.sign(asked), actor).state is LifeState.WITHDRAWN
    steps = rooms.lives.steps(one.seal_id)
    assert [step.signed_by for step in steps] == [SignedBy.ACTOR, SignedBy.ACTOR]
    assert json.loads(steps[1].statement)["note"] == "填错了"
    assert rooms.check().findings == ()


def test_what_no_signature_makes_good(rooms: Any) -> None:
    """Another key, another person's certificate, other words, too late, and what somebody overtook."""
    held, actor = person(rooms)
    stranger = rooms.identity.person("H11")
    asked = rooms.lives.prepare_application(application(), actor)
    signature = held.key.sign(asked)
    cases = {
        "signature-invalid": (asked, held.der, stranger.key.sign(asked)),
        "signer-unfit": (asked, stranger.der, stranger.key.sign(asked)),
        "statement-malformed": (asked[:-1] + b" }", held.der, signature),
    }
    for code, case in cases.items():
        with pytest.raises(SealStepRefused) as refused:
            rooms.lives.complete(*case, actor)
        assert refused.value.code == code
    other = asked.replace(b"special", b"finance")
    with pytest.raises(SealStepRefused) as refused:
        rooms.lives.complete(other, held.der, signature, actor)
    assert refused.value.code == "signature-invalid"
    with pytest.raises(SealStepRefused) as refused:
        rooms.lives.complete(asked, held.der, signature, ACTORS["keeper"])
    assert refused.value.code == "statement-malformed"
    rooms.clock.advance(timedelta(minutes=11))
    with pytest.raises(SealStepRefused) as refused:
        rooms.lives.complete(asked, held.der, signature, actor)
    assert refused.value.code == "statement-expired"


def test_overtaken(rooms: Any, life: Life) -> None:
    """A statement is for the next step of a life; once somebody took one, it is for none."""
    life.take(*TO_USE)
    held, actor = person(rooms)
    asked = rooms.lives.prepare(StepOrder(life.seal_id, Step.SUSPEND, "lost"), actor)
    life.take(Step.SUSPEND, Step.RESUME)
    with pytest.raises(SealStepRefused) as refused:
        rooms.lives.complete(asked, held.der, held.key.sign(asked), actor)
    assert refused.value.code == "statement-expired"


# Killed on the way


class Killed(BaseException):
    """The process is gone: no handler runs for it."""


@pytest.mark.parametrize(
    ("number", "place"), [*((one, "inside") for one in range(1, 6)), (1, "enter"), (4, "after"), (5, "after")]
)
def test_killed_while_making(rooms: Any, life: Life, place: str, number: int) -> None:
    """Before, within and after each transaction of the making: the same call finishes it, once."""
    life.take(Step.APPROVE)
    write, count = rooms.database.write, [0]

    @contextmanager
    def dying() -> Iterator[Any]:
        count[0] += 1
        here = count[0] == number
        if here and place == "enter":
            raise Killed
        with write() as connection:
            yield connection
            if here and place == "inside":
                raise Killed
        if here and place == "after":
            raise Killed

    rooms.database.write = dying
    try:
        with pytest.raises(Killed):
            life.take(Step.MAKE)
    finally:
        rooms.database.write = write
    rooms.intents.abandon_open()
    life.take(Step.MAKE)
    life.take(Step.ACTIVATE)
    assert life.standing() == ["made", "active"]
    assert len(rooms.lives.editions(life.seal_id)) == 1
    assert [label for label in rooms.vault.labels() if life.seal_id in label] == [f"seal-{life.seal_id}-1"]
    assert rooms.check().findings == ()


def test_killed_before_the_certificate_ends(rooms: Any, life: Life, monkeypatch: Any) -> None:
    """The list says cancelled at once; the certificate follows by the clock."""
    life.take(*TO_USE)
    certificate_id = rooms.seals.get(life.seal_id).certificate_id
    with monkeypatch.context() as patched:
        patched.setattr(rooms.lives, "finish", lambda: 0)
        life.take(Step.CANCEL)
    assert rooms.identity.certificates.get(certificate_id).revoked_at is None
    assert (rooms.lives.finish(), rooms.lives.finish()) == (1, 0)
    assert rooms.identity.certificates.get(certificate_id).revoked_at is not None
    with pytest.raises(NoSuchCertificate):
        rooms.identity.certificates.get("nothing")

# SPDX-License-Identifier: Apache-2.0
"""Orders of steps and applications: checked, and as members of the statement that is signed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from keys import KeyKind
from relying import Json
from seal import SealDesign, SealDesignRefused
from verify import parse_uscc

from .designs import design_json, design_of
from .drawings import drawing_of
from .making import with_code
from .model import Actor, SealApplication, SealLife, SealType, Side, Step, StepOrder
from .refusals import SealStepRefused
from .rules import Rule
from .statements import moment_of

OTHER: Final = "other"
_REASON = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_LONGEST_NAME, _LONGEST_NOTE = 60, 500


@dataclass(frozen=True, slots=True)
class Taking:
    """A step that may be taken."""

    life: SealLife
    order: StepOrder
    rule: Rule
    actor: Actor
    side: Side
    at: datetime


def worded(order: StepOrder, rule: Rule, life: SealLife) -> StepOrder:
    """With a reason code that is one, and with a design that belongs to this seal."""
    note, reason = order.note.strip(), order.reason.strip()
    if rule.reason and not (note or reason):
        raise SealStepRefused("reason-missing", field="reason")
    reason = reason or (OTHER if note else order.step.value)
    if not _REASON.fullmatch(reason):
        raise SealStepRefused("reason-missing", field="reason")
    if len(note) > _LONGEST_NOTE or not note.isprintable():
        raise SealStepRefused("reason-missing", field="note")
    design = None
    if order.step is Step.CHANGE:
        if order.design is None and reason == "image":
            raise SealStepRefused("design-missing", field="design")
        if order.design is not None:
            design = with_code(order.design, life.code)
            drawing_of(design)
    return replace(order, reason=reason, note=note, design=design)


def members_of(taking: Taking) -> dict[str, Json]:
    """What is signed for a step."""
    life, order = taking.life, taking.order
    return {
        "step": order.step.value,
        "seal_id": life.seal_id,
        "code": life.code,
        "number": life.steps + 1,
        "at": moment_of(taking.at),
        "actor": taking.actor.account_id,
        "side": taking.side.value,
        "from": life.state.value,
        "to": taking.rule.state.value,
        "reason": order.reason,
        "note": order.note,
        "design": None if order.design is None else design_json(order.design),
    }


def order_of(members: dict[str, Json]) -> StepOrder:
    """The order that a statement states; what else it says is compared afterwards."""
    try:
        design = members.get("design")
        return StepOrder(
            str(members["seal_id"]),
            Step(str(members["step"])),
            str(members["reason"]),
            str(members["note"]),
            _stated_design(design) if isinstance(design, dict) else None,
        )
    except (KeyError, ValueError, TypeError, SealDesignRefused) as error:
        raise SealStepRefused("statement-malformed") from error


def application_members(
    order: SealApplication, actor: Actor, side: Side, *, seal_id: str, at: datetime
) -> dict[str, Json]:
    """What is signed for an application."""
    return {
        "step": Step.APPLY.value,
        "seal_id": seal_id,
        "number": 1,
        "at": moment_of(at),
        "actor": actor.account_id,
        "side": side.value,
        **_application_json(order),
    }


def _application_json(order: SealApplication) -> dict[str, Json]:
    return {
        "holder": order.holder,
        "holder_name": order.holder_name,
        "type": order.type.value,
        "design": design_json(order.design),
        "kind": order.kind.value,
        "code": order.code,
        "certificates": list[Json](order.certificates),
        "valid_until": None if order.valid_until is None else moment_of(order.valid_until),
    }


def application_of(members: dict[str, Json]) -> SealApplication:
    """The application that a statement states."""
    try:
        design, until, certificates = members["design"], members["valid_until"], members["certificates"]
        if not isinstance(design, dict) or not isinstance(certificates, list):
            raise SealStepRefused("statement-malformed")
        return SealApplication(
            holder=str(members["holder"]),
            holder_name=str(members["holder_name"]),
            type=SealType(str(members["type"])),
            design=_stated_design(design),
            kind=KeyKind(str(members["kind"])),
            code=str(members["code"]),
            certificates=tuple(str(one) for one in certificates),
            valid_until=None if until is None else datetime.fromisoformat(str(until)),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise SealStepRefused("statement-malformed") from error


def _stated_design(members: dict[str, Json]) -> SealDesign:
    """样章 SPECIMEN is not the signer's to leave out; what is stated otherwise was not prepared here."""
    if "specimen" in members:
        raise SealStepRefused("statement-malformed")
    return design_of(members)


def checked_application(order: SealApplication) -> SealApplication:
    """What cannot be made is refused before anybody looks at it."""
    holder, name = parse_uscc(order.holder), order.holder_name
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise SealDesignRefused(
            field="holder_name",
            rule=f"机构名称为1–{_LONGEST_NAME}个字符 / 1-{_LONGEST_NAME} characters",
            todo="请填写持有印章的机构名称 / give the name of the agency",
        )
    drawing_of(order.design)
    return replace(order, holder=holder)

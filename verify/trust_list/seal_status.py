# SPDX-License-Identifier: Apache-2.0
"""The file: ``{"format": "yinxin-seal-status/1", "list": {…}, "signatures": […]}``.

Signed is ``yinxin/seal-status/v1``, a line feed, and the list in canonical JSON, by the same certificates as
the trust list: whoever says which roots to believe says as well how seals stand.  The whole file is canonical
JSON (RFC 8785); digests are hexadecimal, times UTC with whole seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from ..canonical import Json, JsonMalformed, canonical_json, parse_json
from ..report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from ..seal_states import SealChange, SealEntry, SealStanding, SealStatusInvalid, SealStatusList
from ..trust import Trust
from .body import TrustListSignature
from .errors import TrustListInvalid
from .judging import judge_signers, missing_families
from .members import as_list, as_number, as_object, as_text, as_time, text_of, time_of
from .signed import MOST_SIGNATURES, as_signature

FORMAT = "yinxin-seal-status/1"
CONTEXT = b"yinxin/seal-status/v1\n"
LARGEST_FILE = 64 * 1024 * 1024
MOST_SEALS = 100_000
MOST_CHANGES = 1_000
_USUAL_CHANGES, _USUAL_TEXTS = 16, 400
_LIST = {"sequence", "issued", "next_update", "publisher", "seals"}
_SEAL = {
    "code",
    "seal_id",
    "edition",
    "esl_sha256",
    "esl_sm3",
    "holder",
    "holder_name",
    "name",
    "type",
    "valid_from",
    "valid_until",
    "history",
}
_CHANGE = {"state", "at", "reason", "replaced_by"}
_T = TypeVar("_T")


def seal_status_message(listed: SealStatusList) -> bytes:
    """What every signature of the list is over.  Raises :class:`SealStatusInvalid`."""
    return CONTEXT + _list_text(listed)


def encode_seal_status(listed: SealStatusList, signatures: Sequence[TrustListSignature]) -> bytes:
    """The file with these signatures; they are not verified.  Raises :class:`SealStatusInvalid`."""
    signed = _canonical(
        [
            {"certificate": text_of(one.certificate.der), "signature": text_of(one.signature)}
            for one in signatures
        ]
    )
    found = b'{"format":"%s","list":%s,"signatures":%s}' % (FORMAT.encode(), _list_text(listed), signed)
    if len(found) > LARGEST_FILE:
        raise SealStatusInvalid(field="(file)", rule=f"at most {LARGEST_FILE} bytes")
    return found


def parse_seal_status(data: bytes) -> tuple[SealStatusList, tuple[TrustListSignature, ...]]:
    """The list and its signatures, of which none is verified.  Raises :class:`SealStatusInvalid`."""
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
        members = as_object(value, "(file)", {"format", "list", "signatures"})
        if members["format"] != FORMAT:
            raise SealStatusInvalid(field="format", rule=f"must be {FORMAT}")
        signatures = as_list(members["signatures"], "signatures", as_signature)
        listed = _list(members["list"])
    except JsonMalformed as error:
        raise SealStatusInvalid(field="(file)", rule=error.rule) from error
    except TrustListInvalid as error:
        raise SealStatusInvalid(field=error.field, rule=error.rule) from error
    if not 0 < len(signatures) <= MOST_SIGNATURES:
        raise SealStatusInvalid(field="signatures", rule=f"1 to {MOST_SIGNATURES}")
    if encode_seal_status(listed, signatures) != data:
        raise SealStatusInvalid(field="(file)", rule="not canonical JSON (RFC 8785)")
    return listed, signatures


def check_seal_status(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """The verdict on a status list.  Every signature must verify and chain to an anchor of ``trust``, and
    each key family among the anchors must have signed.  Never raises for any bytes."""
    try:
        listed, signatures = parse_seal_status(data)
    except SealStatusInvalid as error:
        reason = Reason(
            "SEAL_STATUS_MALFORMED",
            f"印章状态列表格式不符({error.field}):文件被改动或不完整,请重新获取",
            f"not a seal status list, or altered: {error.field}: {error.rule}; fetch it again",
        )
        return Report(
            kind="seal-status",
            indication=Indication.TOTAL_FAILED,
            sub_indication=SubIndication.FORMAT_FAILURE,
            reasons=(reason,),
        )
    judged = judge_seal_status(listed, signatures, trust=trust, at=at)
    indication, sub = combine(judged)
    reasons: list[Reason] = []
    for found_sub, reason in _findings(listed, signatures, judged, trust, at):
        if indication is Indication.TOTAL_PASSED:
            indication, sub = Indication.INDETERMINATE, found_sub
        reasons.append(reason)
    facts: dict[str, Json] = {
        "sequence": listed.sequence,
        "issued": time_of(listed.issued),
        "next_update": time_of(listed.next_update),
        "publisher": listed.publisher,
        "seals": len(listed.seals),
    }
    return Report("seal-status", indication, sub, judged, tuple(reasons), facts)


def judge_seal_status(
    listed: SealStatusList, signatures: Sequence[TrustListSignature], *, trust: Trust, at: datetime
) -> tuple[SignatureReport, ...]:
    """Each signature of the list, its signer judged against the anchors of ``trust``."""
    return judge_signers(seal_status_message(listed), signatures, form=FORMAT, trust=trust, at=at)


def require_seal_status(
    listed: SealStatusList, signatures: Sequence[TrustListSignature], *, trust: Trust, at: datetime
) -> None:
    """Raise :class:`SealStatusInvalid` unless the list may be believed.  A list whose time has passed is:
    it goes on to tell the past, and of later times it says nothing."""
    within = min(max(at, listed.issued), listed.next_update)
    for number, one in enumerate(judge_seal_status(listed, signatures, trust=trust, at=within)):
        fresh_crl_missing = one.sub_indication is SubIndication.TRY_LATER
        if one.indication is not Indication.TOTAL_PASSED and not fresh_crl_missing:
            rule = one.reasons[0].en if one.reasons else str(one.sub_indication)
            raise SealStatusInvalid(field=f"signatures[{number}]", rule=rule)
    if missing := missing_families(signatures, trust, within):
        raise SealStatusInvalid(field="signatures", rule=f"none chains to the root of {missing}")


def _findings(
    listed: SealStatusList,
    signatures: Sequence[TrustListSignature],
    judged: Sequence[SignatureReport],
    trust: Trust,
    at: datetime,
) -> list[tuple[SubIndication, Reason]]:
    """What keeps a list with good signatures from passing."""
    found = []
    if all(one.indication is Indication.TOTAL_PASSED for one in judged) and (
        missing := missing_families(signatures, trust, at)
    ):
        found.append(
            (
                SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
                Reason(
                    "SEAL_STATUS_NOT_ANCHORED",
                    f"没有签名可追溯到已知的根证书({missing})",
                    f"no signature chains to the known root ({missing})",
                ),
            )
        )
    if at > listed.next_update:
        found.append(
            (
                SubIndication.TRY_LATER,
                Reason(
                    "SEAL_STATUS_STALE",
                    "印章状态列表已过更新期限,请获取最新列表",
                    f"the list was due for renewal at {time_of(listed.next_update)}; fetch a fresh one",
                ),
            )
        )
    if at < listed.issued:
        found.append(
            (
                SubIndication.NOT_YET_VALID,
                Reason(
                    "SEAL_STATUS_FROM_FUTURE",
                    "印章状态列表的签发时间晚于查验时间,请检查时钟",
                    f"the list was issued at {time_of(listed.issued)}, after the time of the check",
                ),
            )
        )
    return found


# JSON


def _canonical(value: Json) -> bytes:
    try:
        return canonical_json(value)
    except JsonMalformed as error:
        raise SealStatusInvalid(field="list", rule=error.rule) from error


def _list_text(listed: SealStatusList) -> bytes:
    """Canonical JSON; the text of each entry is kept, for from one list to the next one entry changes."""
    if len(listed.seals) > MOST_SEALS:
        raise SealStatusInvalid(field="seals", rule=f"a list of at most {MOST_SEALS} members")
    try:
        around: dict[str, Json] = {
            "sequence": listed.sequence,
            "issued": time_of(listed.issued),
            "next_update": time_of(listed.next_update),
            "publisher": listed.publisher,
            "seals": [],
        }
        seals = b",".join(map(_entry_text, listed.seals))
    except TrustListInvalid as error:
        raise SealStatusInvalid(field=error.field, rule=error.rule) from error
    # Members are sorted, so "seals" stands before "sequence", behind every free text: found from the right.
    before, after = _canonical(around).rsplit(b'"seals":[]', 1)
    return b'%s"seals":[%s]%s' % (before, seals, after)


def _entry_text(one: SealEntry) -> bytes:
    if len(one.history) > MOST_CHANGES:
        raise SealStatusInvalid(field="history", rule=f"a list of at most {MOST_CHANGES} members")
    texts = len(one.seal_id) + len(one.holder) + len(one.holder_name) + len(one.name) + len(one.type)
    usual = len(one.history) <= _USUAL_CHANGES and texts <= _USUAL_TEXTS
    return _kept(one) if usual else _canonical(_entry_json(one))


@lru_cache(maxsize=50_000)
def _kept(one: SealEntry) -> bytes:
    """Of entries of the usual size alone, so that a list from anywhere fills no memory."""
    return _canonical(_entry_json(one))


def _entry_json(one: SealEntry) -> dict[str, Json]:
    return {
        "code": one.code,
        "seal_id": one.seal_id,
        "edition": one.edition,
        "esl_sha256": one.esl_sha256,
        "esl_sm3": one.esl_sm3,
        "holder": one.holder,
        "holder_name": one.holder_name,
        "name": one.name,
        "type": one.type,
        "valid_from": time_of(one.valid_from),
        "valid_until": time_of(one.valid_until),
        "history": [
            {
                "state": change.state.value,
                "at": time_of(change.at),
                "reason": change.reason,
                "replaced_by": change.replaced_by,
            }
            for change in one.history
        ],
    }


def _list(value: Json) -> SealStatusList:
    members = as_object(value, "list", _LIST)
    return SealStatusList(
        sequence=as_number(members["sequence"], "sequence"),
        issued=as_time(members["issued"], "issued"),
        next_update=as_time(members["next_update"], "next_update"),
        publisher=as_text(members["publisher"], "publisher"),
        seals=_many(members["seals"], "seals", _entry, MOST_SEALS),
    )


def _entry(value: Json, field: str) -> SealEntry:
    members = as_object(value, field, _SEAL)
    texts = {
        name: as_text(members[name], f"{field}.{name}")
        for name in ("code", "seal_id", "esl_sha256", "esl_sm3", "holder", "holder_name", "name", "type")
    }
    return SealEntry(
        **texts,
        edition=as_number(members["edition"], f"{field}.edition"),
        valid_from=as_time(members["valid_from"], f"{field}.valid_from"),
        valid_until=as_time(members["valid_until"], f"{field}.valid_until"),
        history=_many(members["history"], f"{field}.history", _change, MOST_CHANGES),
    )


def _change(value: Json, field: str) -> SealChange:
    members = as_object(value, field, _CHANGE)
    state, replaced_by = members["state"], members["replaced_by"]
    if state not in tuple(SealStanding):
        raise SealStatusInvalid(field=f"{field}.state", rule=f"one of {', '.join(SealStanding)}")
    return SealChange(
        state=SealStanding(str(state)),
        at=as_time(members["at"], f"{field}.at"),
        reason=as_text(members["reason"], f"{field}.reason"),
        replaced_by=None if replaced_by is None else as_text(replaced_by, f"{field}.replaced_by"),
    )


def _many(value: Json, field: str, read: Callable[[Json, str], _T], most: int) -> tuple[_T, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise SealStatusInvalid(field=field, rule=f"a list of at most {most} members")
    return tuple(read(one, f"{field}[{number}]") for number, one in enumerate(value))

# SPDX-License-Identifier: Apache-2.0
"""Check an evidence pack: every part by its own rules, then all of them against each other.

The seal and the time stamp of the manifest show that nothing was changed since, and when it existed at the
latest.  What the parts prove is proven by themselves, from what the reader trusts: who made the pack is never
the reason to believe one.  A part whose certificates have ended since is judged at the time that is proven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm, digest

from ..canonical import Json
from ..cms import check_signed_data
from ..errors import Unreadable
from ..form import check_form
from ..ledger import check_log_proof
from ..ofd import check_ofd, is_ofd
from ..pdf import check_pdf
from ..qr import check_qr
from ..report import Indication, Reason, Report, SignatureReport, SubIndication
from ..status_receipt import check_status_receipt, stamped
from ..timestamp import TimestampMalformed, check_timestamp, parse_timestamp
from ..trust import Trust
from ..trust_list import (
    TrustListInvalid,
    check_document_status,
    check_seal_status,
    check_trust_list,
    parse_trust_list,
)
from ..x509 import Purpose
from ..x509.moments import shown
from .agreeing import Material, disagreements
from .errors import PackMalformed
from .manifest import FORMAT, EvidencePack, PackPart, Role, parse_evidence_pack

KIND: Final = "evidence-pack"
_PASSED, _FAILED = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED
_ORDER = (_FAILED, Indication.INDETERMINATE, _PASSED)


def check_evidence_pack(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """The verdict on all of it: as bad as its worst part.  Never raises for any bytes."""
    try:
        pack = parse_evidence_pack(data)
    except PackMalformed as error:
        reason = Reason(
            "PACK_MALFORMED",
            f"证据包不合格式或被改动({error.field}):请重新获取",
            f"not an evidence pack, or altered: {error.field}: {error.rule}; fetch it again",
        )
        return Report(KIND, _FAILED, SubIndication.FORMAT_FAILURE, reasons=(reason,))
    bare = Material(pack.manifest)
    known = replace(
        trust,
        intermediates=(*trust.intermediates, *bare.certificates),
        crls=(*trust.crls, *bare.crls),
        next_update=None,  # looked at once, by the time of the check and not by times long past
        expires=None,
    )
    stamp, existed = _stamp(pack, known, at)
    seal = _seal(pack, known, existed or at)
    known = _with_lists_of_then(bare, known, existed or at)
    reports = {
        one.name: report
        for one in pack.manifest.parts
        if (report := _part(one, known, at, existed)) is not None
    }
    material = Material(pack.manifest, reports)
    own = [one for one in (seal, stamp) if one is not None]
    return _composed(pack, own, material, trust, at, existed)


def _composed(
    pack: EvidencePack,
    own: list[SignatureReport],
    material: Material,
    trust: Trust,
    at: datetime,
    existed: datetime | None,
) -> Report:
    marks = [(one.indication, one.sub_indication) for one in own]
    marks += [(one.indication, one.sub_indication) for one in material.reports.values()]
    verdicts = {name: one.indication for name, one in material.reports.items()}
    reasons = []
    for name, report in material.reports.items():
        if report.indication is not _PASSED:
            inner = (one.reasons for one in report.signatures if one.indication is not _PASSED)
            told = report.reasons or tuple(reason for each in inner for reason in each)
            reasons += [_in_part(name, reason) for reason in told]
    for part, finding in disagreements(material):
        marks.append((finding.indication, finding.sub))
        reasons.append(_in_part(part.name, finding.reason))
        verdicts[part.name] = min(verdicts.get(part.name, _PASSED), finding.indication, key=_ORDER.index)
    if trust.ends is not None and at > trust.ends:
        marks.append((Indication.INDETERMINATE, SubIndication.TRY_LATER))
        reasons.append(
            Reason(
                "TRUST_LIST_STALE",
                "信任列表已过期限,请获取最新列表后再验",
                f"the trust list ended at {shown(trust.ends)}; fetch a fresh one",
            )
        )
    indication, sub = min(marks, key=lambda one: _ORDER.index(one[0]))
    manifest = pack.manifest
    parts: list[Json] = [
        {
            "name": one.name,
            "role": one.role.value,
            "indication": verdicts.get(one.name, _PASSED).value,
            "sha256": digest(HashAlgorithm.SHA256, one.content).value.hex(),
        }
        for one in manifest.parts
    ]
    return Report(
        kind=KIND,
        indication=indication,
        sub_indication=sub,
        signatures=(*own, *_signatures(material)),
        reasons=tuple(dict.fromkeys(reasons)),
        facts={
            "subject": {
                "kind": manifest.subject.kind,
                "id": manifest.subject.id,
                "title": manifest.subject.title,
            },
            "publisher": manifest.publisher,
            "made": shown(manifest.made),
            "as_of": shown(manifest.as_of),
            "proven_to_exist": None if existed is None else shown(existed),
            "parts": parts,
        },
    )


def _signatures(material: Material) -> Iterator[SignatureReport]:
    for name, report in material.reports.items():
        for one in report.signatures:
            yield replace(one, facts={**one.facts, "part": name})


def _in_part(name: str, reason: Reason) -> Reason:
    return Reason(reason.code, f"{name}:{reason.zh}", f"{name}: {reason.en}")


def _stamp(pack: EvidencePack, trust: Trust, at: datetime) -> tuple[SignatureReport | None, datetime | None]:
    """The verdict on the time stamp, and the time at which the pack is proven to have existed.

    Its certificate is judged at its own time: what is known today still counts against it.
    """
    if pack.timestamp is None:
        return None, None
    try:
        moment = parse_timestamp(pack.timestamp).info.at
    except TimestampMalformed:
        moment = at
    report = check_timestamp(pack.timestamp, stamped(pack.signature), trust, min(moment, at))
    return report, moment if report.indication is _PASSED and moment <= at else None


def _seal(pack: EvidencePack, trust: Trust, at: datetime) -> SignatureReport:
    content = pack.manifest.encode()

    def content_digest(algorithm: HashAlgorithm) -> Digest:
        return digest(algorithm, content)

    report = check_signed_data(
        pack.signature, trust=trust, at=at, purpose=Purpose.SEAL, content_digest=content_digest
    )
    return replace(report, facts={**report.facts, "part": FORMAT})


def _with_lists_of_then(material: Material, trust: Trust, at: datetime) -> Trust:
    """Keys and standings of then, where the trust has none and a list in the pack chains to its anchors.

    What the reader's own lists say of a key goes before: a key that was withdrawn since is not restored.
    """
    for part in material.of(Role.TRUST_LIST):
        if not trust.anchors or check_trust_list(part.content, trust=trust, at=at).indication is not _PASSED:
            continue
        try:
            body = parse_trust_list(part.content).body
        except TrustListInvalid:
            continue
        kids = {one.kid for one in trust.qr_keys}
        logs = {(one.name, one.algorithm) for one in trust.log_keys}
        trust = replace(
            trust,
            intermediates=(*trust.intermediates, *body.intermediates),
            crls=(*trust.crls, *body.crls),
            qr_keys=(*trust.qr_keys, *(one for one in body.qr_keys if one.kid not in kids)),
            log_keys=(
                *trust.log_keys,
                *(one for one in body.log_keys if (one.name, one.algorithm) not in logs),
            ),
            hosts=tuple(dict.fromkeys((*trust.hosts, *body.hosts))),
            witnesses=trust.witnesses or body.witnesses,
        )
    return trust


def _part(part: PackPart, trust: Trust, at: datetime, existed: datetime | None) -> Report | None:
    """The verdict on one part by itself; ``None`` for what only has to agree with others."""
    check = _CHECKS.get(part.role)
    if check is None:
        return None
    try:
        now = check(part.content, trust, at)
        if now.indication is not Indication.INDETERMINATE or existed is None:
            return now
        then = check(part.content, trust, existed)
    except Unreadable as error:
        reason = Reason("PACK_PART_UNREADABLE", "该部分无法读取", str(error))
        return Report("file", _FAILED, SubIndication.FORMAT_FAILURE, reasons=(reason,))
    return then if then.indication is _PASSED else now


def _original(content: bytes, trust: Trust, at: datetime) -> Report:
    if content.startswith(b"%PDF-"):
        return check_pdf(content, trust=trust, at=at)
    if is_ofd(content):
        return check_ofd(content, trust=trust, at=at)
    return check_form(content, trust=trust, at=at)


def _statement(content: bytes, trust: Trust, at: datetime) -> Report:
    return check_qr(content.decode("ascii", "replace"), trust=trust, at=at)


def _trust_list(content: bytes, trust: Trust, at: datetime) -> Report:
    return check_trust_list(content, trust=trust, at=at)


_CHECKS: Final[dict[Role, Callable[[bytes, Trust, datetime], Report]]] = {
    Role.ORIGINAL: _original,
    Role.STATUS: lambda content, trust, at: check_status_receipt(content, trust=trust, at=at),
    Role.LOG_PROOF: lambda content, trust, at: check_log_proof(content, trust=trust, at=at),
    Role.STATEMENT: _statement,
    Role.TRUST_LIST: _trust_list,
    Role.SEAL_STATUS: lambda content, trust, at: check_seal_status(content, trust=trust, at=at),
    Role.DOCUMENT_STATUS: lambda content, trust, at: check_document_status(content, trust=trust, at=at),
}

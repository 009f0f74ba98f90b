# SPDX-License-Identifier: Apache-2.0
"""Trust from files: signed trust lists, lists of seals and of documents, certificates and CRLs, whatever the
names say.

A self-issued certificate is an anchor, because somebody who knows it chose to hand it over; others are only
intermediates. An anchor that is handed over beside a trust list binds that list (see :mod:`.check`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from ..bundle import BundleMalformed, parse_bundle
from ..document_states import DocumentStatusInvalid, DocumentStatusList
from ..report import Indication, SignatureReport, SubIndication
from ..seal_states import SealStatusInvalid, SealStatusList
from ..trust import Trust
from ..x509 import Certificate, Crl
from .body import TrustListBody, TrustListSignature
from .check import judge, rollback
from .document_status import FORMAT as DOCUMENT_STATUS
from .document_status import DocumentStatusFile, parse_document_status
from .document_status_check import require_document_status
from .errors import TrustListInvalid
from .seal_status import FORMAT as SEAL_STATUS
from .seal_status import parse_seal_status, require_seal_status
from .signed import TrustList, parse_trust_list
from .signers import TOO_FEW, enough_signers

_SEAL_STATUS = f'{{"format":"{SEAL_STATUS}"'.encode()
_DOCUMENT_STATUS = f'{{"format":"{DOCUMENT_STATUS}"'.encode()
"""How such files begin: they are canonical, and their members are sorted."""
SEEN_TRUST_LIST, SEEN_SEAL_STATUS, SEEN_DOCUMENT_STATUS = "trust-list", "seal-status", "document-status"


class _Encoded(Protocol):
    @property
    def der(self) -> bytes: ...


_E = TypeVar("_E", bound=_Encoded)


def load_trust(
    found: Sequence[tuple[str, bytes]], at: datetime, *, seen: Mapping[str, int] | None = None
) -> Trust:
    """One trust from files given as name and content.  Raises :class:`TrustListInvalid`.

    Of several lists of one publisher the highest sequence counts; of lists of seals, and of documents, one
    publisher's can be asked.  A list whose time has passed is loaded all the same: ``Trust.ends`` then keeps
    every verdict from passing, which says more than a refusal.
    ``seen``: the highest sequences that were met before, as :func:`sequences_of` names them; a list with a
    lower one is refused.
    """
    lists: dict[str, TrustList] = {}
    standings: list[tuple[str, SealStatusList, tuple[TrustListSignature, ...]]] = []
    documents: list[tuple[str, DocumentStatusFile]] = []
    certificates: list[Certificate] = []
    crls: list[Crl] = []
    for name, data in found:
        if data.lstrip()[:1] == b"{":
            if data.startswith(_SEAL_STATUS):
                standings.append((name, *_seal_status(name, data)))
                continue
            if data.startswith(_DOCUMENT_STATUS):
                documents.append((name, _document_status(name, data)))
                continue
            listed = parse_trust_list(data)
            other = lists.get(listed.body.publisher)
            if other is None or other.body.sequence < listed.body.sequence:
                lists[listed.body.publisher] = listed
            continue
        try:
            bundle = parse_bundle(data)
        except BundleMalformed as error:
            raise TrustListInvalid(field=name, rule=error.rule) from error
        certificates.extend(bundle.certificates)
        crls.extend(bundle.crls)
    anchors = [one for one in certificates if one.issuer.der == one.subject.der]
    known = Trust(anchors=tuple(anchors), crls=tuple(crls))
    for listed in lists.values():
        _require_good(listed, known, at)
    bodies = [listed.body for listed in lists.values()]
    trust = Trust(
        anchors=_once((*anchors, *(one for body in bodies for one in body.anchors))),
        intermediates=_once(
            (
                *(one for one in certificates if one.issuer.der != one.subject.der),
                *(one for body in bodies for one in body.intermediates),
            ),
        ),
        crls=_once((*crls, *(one for body in bodies for one in body.crls))),
        qr_keys=tuple(one for body in bodies for one in body.qr_keys),
        log_keys=tuple(one for body in bodies for one in body.log_keys),
        hosts=tuple(dict.fromkeys(one for body in bodies for one in body.hosts)),
        issued=min((body.issued for body in bodies), default=None),
        next_update=min((body.next_update for body in bodies), default=None),
        expires=min((body.expires for body in bodies), default=None),
        sequence=bodies[0].sequence if len(bodies) == 1 else None,
        source=", ".join(name for name, _ in found),
        seal_makers=_makers([body.seal_makers for body in bodies]),
        witnesses=tuple(one for body in bodies for one in body.witnesses),
        quorum=max((body.quorum for body in bodies), default=0),
        document_status_source=bodies[0].document_status if len(bodies) == 1 else None,
    )
    loaded = replace(
        trust,
        seal_status=_newest_standing(standings, trust, at),
        document_status=_newest_documents(documents, trust, at),
    )
    _require_own(loaded.document_status, bodies)
    _require_not_before(seen or {}, _sequences(bodies, loaded))
    return loaded


def sequences_of(found: Sequence[tuple[str, bytes]], trust: Trust) -> dict[str, int]:
    """The sequence of each list that :func:`load_trust` made this trust from, by kind and publisher: what to
    remember, and to hand over as ``seen`` the next time."""
    bodies = [
        parse_trust_list(data).body
        for _, data in found
        if data.lstrip()[:1] == b"{" and not data.startswith((_SEAL_STATUS, _DOCUMENT_STATUS))
    ]
    return _sequences(bodies, trust)


def _sequences(bodies: Sequence[TrustListBody], trust: Trust) -> dict[str, int]:
    found: dict[str, int] = {}
    for body in bodies:
        name = f"{SEEN_TRUST_LIST}/{body.publisher}"
        found[name] = max(body.sequence, found.get(name, 0))
    for kind, listed in (
        (SEEN_SEAL_STATUS, trust.seal_status),
        (SEEN_DOCUMENT_STATUS, trust.document_status),
    ):
        if listed is not None:
            found[f"{kind}/{listed.publisher}"] = listed.sequence
    return found


def _require_not_before(seen: Mapping[str, int], now: Mapping[str, int]) -> None:
    for name, sequence in now.items():
        highest = seen.get(name, 0)
        if sequence < highest:
            raise TrustListInvalid(field=f"{name}: sequence", rule=rollback(sequence, highest).en)


def _makers(told: Sequence[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """All that are appointed; a list that appoints nobody leaves it to its anchors."""
    found = [one for one in told if one is not None]
    if not told or len(found) < len(told):
        return None
    return tuple(dict.fromkeys(maker for one in found for maker in one))


def _seal_status(name: str, data: bytes) -> tuple[SealStatusList, tuple[TrustListSignature, ...]]:
    try:
        return parse_seal_status(data)
    except SealStatusInvalid as error:
        raise TrustListInvalid(field=f"{name}: {error.field}", rule=error.rule) from error


def _document_status(name: str, data: bytes) -> DocumentStatusFile:
    try:
        return parse_document_status(data)
    except DocumentStatusInvalid as error:
        raise TrustListInvalid(field=f"{name}: {error.field}", rule=error.rule) from error


def _newest_documents(
    found: Sequence[tuple[str, DocumentStatusFile]], trust: Trust, at: datetime
) -> DocumentStatusList | None:
    """Every list must be believable; the newest is the one that counts."""
    if len({one.listed.publisher for _, one in found}) > 1:
        raise TrustListInvalid(
            field=found[-1][0], rule="lists of document states of two publishers: check with one at a time"
        )
    for name, one in found:
        try:
            require_document_status(one, trust=trust, at=at)
        except DocumentStatusInvalid as error:
            raise TrustListInvalid(field=f"{name}: {error.field}", rule=error.rule) from error
    return max((one.listed for _, one in found), key=lambda one: one.sequence, default=None)


def _require_own(listed: DocumentStatusList | None, bodies: Sequence[TrustListBody]) -> None:
    """Another publisher below the same root does not say how the documents of this one stand."""
    publishers = [body.publisher for body in bodies]
    if listed is not None and publishers and listed.publisher not in publishers:
        raise TrustListInvalid(
            field="document-status: publisher",
            rule=f"{listed.publisher} is not the publisher of the trust list",
        )


def _newest_standing(
    found: Sequence[tuple[str, SealStatusList, tuple[TrustListSignature, ...]]], trust: Trust, at: datetime
) -> SealStatusList | None:
    """Every list must be believable; the newest is the one that counts."""
    if len({listed.publisher for _, listed, _ in found}) > 1:
        raise TrustListInvalid(
            field=found[-1][0], rule="seal status lists of two publishers: check with one of them at a time"
        )
    for name, listed, signatures in found:
        try:
            require_seal_status(listed, signatures, trust=trust, at=at)
        except SealStatusInvalid as error:
            raise TrustListInvalid(field=f"{name}: {error.field}", rule=error.rule) from error
    return max((listed for _, listed, _ in found), key=lambda one: one.sequence, default=None)


def _require_good(listed: TrustList, known: Trust, at: datetime) -> None:
    """Its signers are judged inside the list's own time: an auditor looks at old lists, and from old days."""
    body = listed.body
    judged = judge(listed, known=known, at=min(max(at, body.issued), body.next_update))
    for number, signature in enumerate(judged.signatures):
        if not _usable(signature):
            reason = signature.reasons[0].en if signature.reasons else str(signature.sub_indication)
            raise TrustListInvalid(field=f"signatures[{number}]", rule=reason)
    if judged.unreached:
        names = ", ".join(judged.unreached)
        raise TrustListInvalid(
            field="signatures", rule=f"none chains to the root that was given beside the list ({names})"
        )
    if not enough_signers(listed.signatures):
        raise TrustListInvalid(field="signatures", rule=TOO_FEW.en)


def _usable(signature: SignatureReport) -> bool:
    """Only a revocation list that is not fresh may be missing: every later check asks for it again."""
    return (
        signature.indication is Indication.TOTAL_PASSED or signature.sub_indication is SubIndication.TRY_LATER
    )


def _once(items: Iterable[_E]) -> tuple[_E, ...]:
    """Each certificate or list once, in the order of arrival."""
    return tuple({one.der: one for one in items}.values())

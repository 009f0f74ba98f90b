# SPDX-License-Identifier: Apache-2.0
"""Trust from files: signed trust lists, seal status lists, certificates and CRLs, whatever the names say.

A self-issued certificate is an anchor, because somebody who knows it chose to hand it over; others are only
intermediates. An anchor that is handed over beside a trust list binds that list (see :mod:`.check`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from ..bundle import BundleMalformed, parse_bundle
from ..report import Indication, SignatureReport, SubIndication
from ..seal_states import SealStatusInvalid, SealStatusList
from ..trust import Trust
from ..x509 import Certificate, Crl
from .body import TrustListSignature
from .check import judge
from .errors import TrustListInvalid
from .seal_status import FORMAT as SEAL_STATUS
from .seal_status import parse_seal_status, require_seal_status
from .signed import TrustList, parse_trust_list

_SEAL_STATUS = f'{{"format":"{SEAL_STATUS}"'.encode()
"""How such a file begins: it is canonical, and its members are sorted."""


class _Encoded(Protocol):
    @property
    def der(self) -> bytes: ...


_E = TypeVar("_E", bound=_Encoded)


def load_trust(found: Sequence[tuple[str, bytes]], at: datetime) -> Trust:
    """One trust from files given as name and content.  Raises :class:`TrustListInvalid`.

    Of several lists of one publisher the highest sequence counts; of seal status lists one publisher's can be
    asked. A list whose time has passed is loaded all
    the same: ``Trust.next_update`` then keeps every verdict from passing, which says more than a refusal.
    """
    lists: dict[str, TrustList] = {}
    standings: list[tuple[str, SealStatusList, tuple[TrustListSignature, ...]]] = []
    certificates: list[Certificate] = []
    crls: list[Crl] = []
    for name, data in found:
        if data.lstrip()[:1] == b"{":
            if data.startswith(_SEAL_STATUS):
                standings.append((name, *_seal_status(name, data)))
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
        sequence=bodies[0].sequence if len(bodies) == 1 else None,
        source=", ".join(name for name, _ in found),
        seal_makers=_makers([body.seal_makers for body in bodies]),
    )
    return replace(trust, seal_status=_newest_standing(standings, trust, at))


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


def _usable(signature: SignatureReport) -> bool:
    """Only a revocation list that is not fresh may be missing: every later check asks for it again."""
    return (
        signature.indication is Indication.TOTAL_PASSED or signature.sub_indication is SubIndication.TRY_LATER
    )


def _once(items: Iterable[_E]) -> tuple[_E, ...]:
    """Each certificate or list once, in the order of arrival."""
    return tuple({one.der: one for one in items}.values())

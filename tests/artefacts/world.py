# SPDX-License-Identifier: Apache-2.0
"""One authority of each family, what a verifier believes of both, and the signed lists that say so."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from ca import SubjectName
from keys import HashAlgorithm, KeyKind, digest, generate_key
from seal import SealFacts, SealingCertificate, make_seal
from verify import (
    DocumentStatusList,
    SealChange,
    SealEntry,
    SealStanding,
    SealStatusList,
    Trust,
    TrustListBody,
    TrustListSignature,
    document_status_body,
    document_status_message,
    encode_document_status,
    encode_seal_status,
    load_trust,
    parse_document_states,
    parse_seal,
    seal_status_message,
)

from ..seal.long_term.conftest import Holder, World, _world, certify
from ..verify.conftest import Holder as Bare
from ..verify.conftest import tlv
from ..verify.ses.conftest import Bench
from ..verify.test_ledger_proof import KEYS as LOG_KEYS
from ..verify.test_ledger_proof import WITNESS_KEY
from ..verify.test_qr_vectors import VECTORS, vector_trust

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PUBLISHER: str = VECTORS["trusts"]["usual"]["publisher"]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class Authorities:
    """Two worlds of the tests of long-term files, each with a seal that was revoked and a stranger's."""

    sm2: World
    p256: World
    revoked: dict[str, Holder]
    early: dict[str, Holder]
    """A certificate that is over."""
    rsa: Holder
    """An RSA key certified by the P-256 authority."""
    list_signers: tuple[Holder, ...]
    stranger: Holder

    def of(self, family: str) -> World:
        return self.sm2 if family == "sm2" else self.p256


@cache
def authorities() -> Authorities:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    worlds, gone, over, signers = {}, {}, {}, []
    for family, kind in (("sm2", KeyKind.SM2), ("p256", KeyKind.P256)):
        own = _world(kind)
        gone[family] = _holder(own, "51010600000091", start, 700, "seal")
        over[family] = _holder(own, "51010600000092", start, 90, "seal")
        signers.append(_holder(own, "信任列表签名", start, 700, "trust_list"))
        worlds[family] = own.revoking(gone[family].certificate, AT - 20 * DAY)
    rsa = _holder(worlds["p256"], "51010600000093", start, 700, "seal", KeyKind.RSA2048)
    key = generate_key(KeyKind.SM2)
    root = certify("root", SubjectName("路人根"), key, None, start, 700)
    return Authorities(worlds["sm2"], worlds["p256"], gone, over, rsa, tuple(signers), Holder(key, root, ()))


def _holder(
    own: World, code: str, begins: datetime, days: int, profile: str, kind: KeyKind | None = None
) -> Holder:
    name = SubjectName(code, organization="蜀州市锦北区住房和城乡建设局(演示)", uscc="11510106DEM9A00331")
    key = generate_key(kind or own.seal.key.public_key.kind)
    return Holder(key, certify(profile, name, key, own.issuing, begins, days), (own.issuing.certificate,))


def sealing_of(holder: Holder) -> SealingCertificate:
    """Small: the certificates above and the revocation lists are in the trust already."""
    return SealingCertificate(holder.certificate, (), ())


def esl_of(
    maker: Holder,
    *users: Holder,
    version: int = 4,
    until: datetime = AT + 100 * DAY,
    code: str = "51010600000003",
) -> bytes:
    facts = SealFacts(
        code=code,
        vendor="YINXIN",
        type=1,
        name="蜀州市锦北区住房和城乡建设局(样章)",
        certificates=tuple(one.certificate for one in users),
        created=AT - 60 * DAY,
        valid_from=AT - 60 * DAY,
        valid_until=until,
        picture_type="PNG",
        picture=PNG,
        width_mm=40,
        height_mm=40,
    )
    return make_seal(facts, maker.key, maker_certificate=maker.certificate, version=version)


@cache
def seals() -> dict[str, bytes]:
    """Seals by name; all but ``cancelled`` are in use by the status list, or not in it."""
    known = authorities()
    own = known.sm2.seal
    return {
        "v4": esl_of(own, own),
        "v5": esl_of(own, own, version=5, code="51010600000005"),
        "cancelled": esl_of(own, own, until=AT + 99 * DAY),
        "over": esl_of(own, own, until=AT - DAY, code="51010600000006"),
        "p256": esl_of(known.p256.seal, known.p256.seal, code="51010600000007"),
        "v1": Bench(None, plain_holder(own), plain_holder(own), None)
        .seal(version=1, code=tlv(0x16, b"51010600000009"))
        .dump(),
        "unlisted": esl_of(own, own, code="51010600000010"),
        "revoked-maker": esl_of(known.revoked["sm2"], own, code="51010600000008"),
    }


def plain_holder(holder: Holder) -> Any:
    """The same key and certificate, for the writers that are not ours."""
    return Bare(holder.key, holder.certificate.der, tuple(one.der for one in holder.chain))


def _entry(seal_id: str, name: str, *states: SealStanding) -> SealEntry:
    esl = seals()[name]
    changes = [SealChange(SealStanding.MADE, AT - 50 * DAY, "made")]
    changes += [SealChange(one, AT - (40 - n) * DAY, "order") for n, one in enumerate(states)]
    return SealEntry(
        code=parse_seal(esl).code,
        seal_id=seal_id,
        edition=1,
        esl_sha256=hashlib.sha256(esl).hexdigest(),
        esl_sm3=digest(HashAlgorithm.SM3, esl).hex,
        holder="11510106DEM9A00331",
        holder_name="蜀州市锦北区住房和城乡建设局(演示)",
        name="锦北区住建局(样章)",
        type="法定名称章",
        valid_from=AT - 60 * DAY,
        valid_until=AT + 100 * DAY,
        history=tuple(changes),
    )


def listed_seals() -> SealStatusList:
    active = SealStanding.ACTIVE
    entries = (
        *(_entry(f"s-{name}", name, active) for name in ("v4", "v5", "v1", "p256", "over")),
        _entry("s-cancelled", "cancelled", active, SealStanding.CANCELLED),
    )
    return SealStatusList(3, AT - HOUR, AT + DAY, PUBLISHER, entries)


def signatures(message: bytes, signers: Sequence[Holder]) -> list[TrustListSignature]:
    return [TrustListSignature(one.certificate, one.key.sign(message)) for one in signers]


@cache
def body() -> TrustListBody:
    known, qr = authorities(), vector_trust("usual", None)
    both = (known.sm2, known.p256)
    assert qr.issued is not None and qr.next_update is not None and qr.expires is not None
    return TrustListBody(
        sequence=7,
        issued=qr.issued,
        next_update=qr.next_update,
        expires=qr.expires,
        publisher=PUBLISHER,
        hosts=qr.hosts,
        anchors=tuple(one.root.certificate for one in both),
        intermediates=tuple(one.issuing.certificate for one in both),
        crls=tuple(crl for one in both for crl in one.lists(AT)),
        qr_keys=qr.qr_keys,
        log_keys=LOG_KEYS,
        witnesses=(WITNESS_KEY,),
        quorum=1,
    )


def trust_list(said: TrustListBody | None = None, signers: Sequence[Holder] | None = None) -> bytes:
    said = said or body()
    some = authorities().list_signers if signers is None else signers
    return said.encode(signatures(said.signed_bytes(), some))


def seal_status(signers: Sequence[Holder] | None = None) -> bytes:
    listed = listed_seals()
    some = authorities().list_signers if signers is None else signers
    return encode_seal_status(listed, signatures(seal_status_message(listed), some))


def document_status(signers: Sequence[Holder] | None = None) -> bytes:
    listed: DocumentStatusList = parse_document_states(VECTORS["document_statuses"]["usual"])
    said = document_status_body(listed)
    some = authorities().list_signers if signers is None else signers
    return encode_document_status(said, signatures(document_status_message(said), some))


@cache
def trust_files() -> dict[str, dict[str, bytes]]:
    """What a verifier is handed, by the name of the trust: with the states of documents, and without."""
    usual = {"trust-list.json": trust_list(), "seal-status.json": seal_status()}
    return {"usual": usual, "standing": {**usual, "document-status.json": document_status()}}


@cache
def trusts() -> dict[str, Trust]:
    return {name: load_trust(list(files.items()), AT) for name, files in trust_files().items()}


def later(said: TrustListBody, **changes: Any) -> TrustListBody:
    return replace(said, **changes)

# SPDX-License-Identifier: Apache-2.0
"""Certificates and lists of every kind, codes, log proofs and notices, status receipts, evidence packs."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import qrcode

from keys import HashAlgorithm, digest
from verify import (
    EvidencePack,
    LogNotice,
    LogProof,
    PackManifest,
    PackPart,
    PackRole,
    PackSubject,
    SignedNote,
    StatusReceipt,
    StatusStatement,
    canonical_json,
    carried_certificates,
    note_signature,
    parse_form,
    stamped,
)

from ..seal.long_term.conftest import Holder, World
from ..verify import test_ledger_proof as log
from ..verify.test_qr_vectors import VECTORS
from ..verify.trust_list.conftest import pem
from .papers import bare_stamper, cms, form
from .world import (
    AT,
    DAY,
    HOUR,
    authorities,
    body,
    document_status,
    later,
    seal_status,
    trust_list,
)

SUBJECT = "91510100DEM001017Y"
# Of the cases of tests/vectors/qr/ir1.json: what a file of text can carry, each kind of verdict.
CODES = {
    "usual": (
        "T1 SM2",
        "T1 ES256",
        "T2 SM2",
        "T2 ES256",
        "T1 dual",
        "T2 dual",
        "dual by keys that sign only together",
        "a kind without a number",
        "another published host",
        "key id of another key",
        "dual: ES256 half false",
        "dual: stripped to the SM2 half",
        "another id in the address",
        "digits: a whole group more",
        "CBOR: long form of a small number",
        "payload: day beyond the calendar",
        "SM2 r zero",
        "unknown key",
        "host not published",
        "kind out of scope",
        "body out of scope",
        "signed after the key was revoked",
        "signed before the key was revoked",
        "issued tomorrow",
        "valid until yesterday",
        "dual demanded, SM2 alone",
    ),
    "standing": (
        "state normal",
        "state disputed",
        "state suspended",
        "state revoked",
        "state superseded",
        "not on record",
        "expired and revoked",
    ),
}


def certificates() -> dict[str, bytes]:
    known, made = authorities(), {}
    for family in ("sm2", "p256"):
        own = known.of(family)
        first, second = own.lists(AT)
        made[f"{family}-root.cer"] = own.root.certificate.der
        made[f"{family}-issuing.cer"] = own.issuing.certificate.der
        made[f"{family}-seal.cer"] = own.seal.certificate.der
        made[f"{family}-seal.pem"] = pem("CERTIFICATE", own.seal.certificate.der)
        made[f"{family}-tsa.cer"] = own.tsa(AT).certificate.der
        made[f"{family}-revoked.cer"] = known.revoked[family].certificate.der
        made[f"{family}-over.cer"] = known.early[family].certificate.der
        made[f"{family}-root.crl"] = first.der
        made[f"{family}-issuing.crl"] = second.der
        made[f"{family}-issuing-crl.pem"] = pem("X509 CRL", second.der)
        made[f"{family}-old.crl"] = own.lists(AT - 30 * DAY)[1].der
        other = known.of("p256" if family == "sm2" else "sm2")
        made[f"{family}-forged.crl"] = _resigned(second.der, other)
    made["stranger.cer"] = known.stranger.certificate.der
    return made


def _resigned(der: bytes, other: World) -> bytes:
    """The last octets of the signature are those of another list: it cannot be right."""
    theirs = other.lists(AT)[1].der
    return der[:-8] + theirs[-8:]


def codes(trust: str) -> dict[str, bytes]:
    """The texts of codes, by the name of the vector."""
    cases = {one["name"]: one for one in VECTORS["cases"]}
    return {f"{_name(one)}.qr.txt": cases[one]["text"].encode() for one in CODES[trust]}


def _name(case: str) -> str:
    return case.replace(" ", "-").replace(":", "").replace(",", "").lower()


def pictures() -> dict[str, bytes]:
    cases = {one["name"]: one["text"] for one in VECTORS["cases"]}
    made = {}
    for name in ("T1 SM2", "valid until yesterday", "another published host"):
        out = io.BytesIO()
        code = qrcode.QRCode(box_size=3, border=4)
        code.add_data(cases[name])
        code.make_image().save(out, "PNG")
        made[f"{_name(name)}.png"] = out.getvalue()
    return made


def proofs() -> dict[str, bytes]:
    """Log proofs of both versions, and a notice of a monitor.  Only a cosigned one meets the quorum."""
    good = log.proof_2()
    made = {
        "log-1.json": cosigned_proof(log.proof()).encode(),
        "log-1-alone.json": log.proof().encode(),
        "log-2.json": good.encode(),
        "log-2-first.json": log.proof_2(0).encode(),
        "log-2-not-cosigned.json": log.proof_2(cosigned=False).encode(),
        "log-2-other-entry.json": replace(good, entry=b"{}").encode(),
        "log-2-other-index.json": replace(good, index=12).encode(),
        "log-2-other-sm3.json": log.proof_2(sm3_root=bytes(32)).encode(),
        "log-other-origin.json": replace(
            log.proof(), checkpoint=log.checkpoint(origin="other.example")
        ).encode(),
        "log-not-a-proof.json": canonical_json({"format": "yinxin-log-proof/2"}),
    }
    entry = canonical_json(_announced())
    listed = one_entry(entry)
    notice = LogNotice(SUBJECT, 1, 0, "document.issued", AT - HOUR, "", listed.encode())
    text = notice.text()
    note = SignedNote(text, (note_signature(log.WITNESS_KEY, log.WITNESS.sign(text.encode())),))
    made["notice.txt"] = note.encode().encode()
    other = replace(notice, kind="document.revoked").text()
    forged = SignedNote(other, (note_signature(log.WITNESS_KEY, log.WITNESS.sign(other.encode())),))
    made["notice-contradicting.txt"] = forged.encode().encode()
    return made


def _announced() -> dict[str, Any]:
    subject = {"code": SUBJECT, "sequence": 1, "previous": None}
    return {
        "v": 1,
        "index": 0,
        "kind": "document.issued",
        "at": "2026-08-01T01:00:00Z",
        "body": {"act": "document.issue"},
        "subject": subject,
    }


def cosigned_proof(proof: LogProof) -> LogProof:
    """The same, with the line of the witness under its checkpoint."""
    text, _, _ = proof.checkpoint.partition("\n\n")
    at = int(log.AT.timestamp())
    line = log.cosignature_line(
        log.WITNESS_KEY, at, log.WITNESS.sign(log.cosignature_message(text + "\n", at))
    )
    note = SignedNote(text + "\n", (line,)).encode()
    return replace(proof, checkpoint=proof.checkpoint + note.partition("\n\n")[2])


def one_entry(entry: bytes) -> LogProof:
    """A log of one entry."""
    text = log.Checkpoint(log.ORIGIN, 1, log.leaf_hash(entry)).text()
    lines = (
        note_signature(log.KEYS[0], log.ED25519.sign(text.encode())),
        note_signature(log.KEYS[1], log.SM2.sign(text.encode())),
    )
    return cosigned_proof(LogProof(0, entry, (), SignedNote(text, lines).encode()))


def receipts() -> dict[str, bytes]:
    """How a certificate stood, by an authority that signs with a seal of its own."""
    known = authorities()
    return {
        "good.receipt.json": receipt(known.sm2, known.sm2.seal, "good"),
        "revoked.receipt.json": receipt(known.sm2, known.revoked["sm2"], "revoked"),
        "lying.receipt.json": receipt(known.sm2, known.revoked["sm2"], "good"),
    }


def receipt(own: World, holder: Holder, state: str) -> bytes:
    gone = state == "revoked"
    shown = (own.root, own.issuing)
    fingerprint = holder.certificate.fingerprint
    events = [("certificate.issued", "2026-01-01T00:00:00Z")]
    if holder is not own.seal and gone:
        events.append(("certificate.revoked", f"{AT - 20 * DAY:%Y-%m-%dT%H:%M:%SZ}"))
    entries = tuple(
        one_entry(canonical_json({"v": 1, "kind": kind, "at": at, "body": {"fingerprint": fingerprint}}))
        for kind, at in events
    )
    said = StatusStatement(
        certificate=holder.certificate,
        chain=(own.issuing.certificate, own.root.certificate),
        at=AT - HOUR,
        issued=AT - HOUR,
        state=state,
        since=AT - 20 * DAY if gone else None,
        reason="cessationOfOperation" if gone else None,
        lists=own.lists(AT, shown),
        entries=entries,
    )
    made = StatusReceipt(said, cms(own.seal, canonical_json(said.record())))
    stamp = bare_stamper(own, AT - HOUR)(stamped(made.signature))
    return replace(made, timestamp=stamp).encode()


PACKED = "04HMASW9NF6YY093"


def pack_parts(original: bytes) -> tuple[PackPart, ...]:
    """A form with its signature and the entry of the log that announced it: a document would be larger."""
    names = ("original/form.json",)
    entry = canonical_json({"id": PACKED, "sha256": digest(HashAlgorithm.SHA256, original).value.hex()})
    signature = parse_form(original).signature
    carried = sorted(carried_certificates(signature))
    return (
        PackPart("index.html", PackRole.INDEX, b"<!DOCTYPE html><title>pack</title>"),
        PackPart(names[0], PackRole.ORIGINAL, original),
        PackPart("signatures/1.p7s", PackRole.SIGNATURE, signature, names),
        PackPart("certificates/1.cer", PackRole.CERTIFICATE, carried[0]),
        PackPart("log/entry.json", PackRole.LOG_PROOF, one_entry(entry).encode(), names),
    )


def pack(*parts: PackPart, holder: Holder | None = None) -> bytes:
    own = authorities().sm2
    manifest = PackManifest(
        PackSubject("document", PACKED, "样例"), "样例机关(演示)", AT - HOUR, AT - HOUR, parts
    )
    made = EvidencePack(manifest, cms(holder or own.seal, manifest.encode()))
    stamp = bare_stamper(own, AT - HOUR + timedelta(seconds=1))(digest(HashAlgorithm.SM3, made.signature))
    return replace(made, timestamp=stamp).encode()


def packs() -> dict[str, bytes]:
    known = authorities()
    own, gone = known.sm2, known.revoked["sm2"]
    good = form(own.seal)
    parts = pack_parts(good)
    altered = pack_parts(good.replace(b"86420", b"86421"))
    return {
        "pack.zip": pack(*parts),
        "pack-revoked-maker.zip": pack(*parts, holder=gone),
        "pack-revoked-original.zip": pack(*pack_parts(form(gone))),
        "pack-altered-original.zip": pack(*altered),
        "pack-without-proof.zip": pack(*parts[:4]),
        "pack-foreign-proof.zip": pack(*parts[:4], replace(altered[4], about=parts[4].about)),
    }


def lists() -> dict[str, bytes]:
    """The signed lists themselves, and what happened to them on the way."""
    signers, said = authorities().list_signers, body()
    good = trust_list()
    return {
        "trust-list.json": good,
        "trust-list-one-signer.json": trust_list(signers=signers[:1]),
        "trust-list-one-twice.json": trust_list(signers=(signers[0], signers[0])),
        "trust-list-no-list-signer.json": trust_list(signers=(authorities().sm2.seal, signers[1])),
        "trust-list-altered.json": good.replace(b'"sequence":7', b'"sequence":8'),
        "trust-list-spelled.json": good.replace(b'"list":', b'"list": ', 1),
        "trust-list-over.json": trust_list(
            later(said, issued=AT - 9 * DAY, next_update=AT - 8 * DAY, expires=AT - 2 * DAY)
        ),
        "seal-status.json": seal_status(),
        "seal-status-one-signer.json": seal_status(signers[:1]),
        "document-status.json": document_status(),
        "document-status-one-signer.json": document_status(signers[:1]),
        "document-status-altered.json": document_status().replace(b'"size":23', b'"size":24'),
    }

# SPDX-License-Identifier: Apache-2.0
"""The log proof file: one entry, its place in the tree, and the signed checkpoint that fixes the tree.

JSON ``{"format": "yinxin-log-proof/1", "index", "entry", "proof": [...], "checkpoint"}``; bytes are base64,
the checkpoint is the text of the signed note. The file is checked from public material alone.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from ..canonical import Json, JsonMalformed, canonical_json, parse_json
from ..report import Indication, Reason, Report, SignatureReport, SubIndication
from ..trust import Trust
from .errors import LogProofMalformed, NoteMalformed, NoteNotTrusted, ProofInvalid
from .note import Checkpoint, parse_checkpoint, parse_note, verified_by
from .tree import LARGEST_SIZE, check_inclusion, leaf_hash

FORMAT = "yinxin-log-proof/1"
LARGEST_FILE = 4 * 1024 * 1024
LONGEST_PROOF = 64
_MEMBERS = {"format", "index", "entry", "proof", "checkpoint"}


@dataclass(frozen=True, slots=True)
class LogProof:
    """Structure only: nothing is proven by having one."""

    index: int
    entry: bytes
    proof: tuple[bytes, ...]
    checkpoint: str  # the signed note

    def encode(self) -> bytes:
        return canonical_json(
            {
                "format": FORMAT,
                "index": self.index,
                "entry": base64.b64encode(self.entry).decode("ascii"),
                "proof": [base64.b64encode(step).decode("ascii") for step in self.proof],
                "checkpoint": self.checkpoint,
            }
        )


def parse_log_proof(data: bytes) -> LogProof:
    """Raises :class:`LogProofMalformed`."""
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
    except JsonMalformed as error:
        raise LogProofMalformed(field="(file)", rule=str(error)) from error
    if not isinstance(value, dict) or set(value) != _MEMBERS:
        raise LogProofMalformed(field="(file)", rule=f"an object with exactly {', '.join(sorted(_MEMBERS))}")
    index, steps, checkpoint = value["index"], value["proof"], value["checkpoint"]
    if value["format"] != FORMAT:
        raise LogProofMalformed(field="format", rule=f"must be {FORMAT}")
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index <= LARGEST_SIZE:
        raise LogProofMalformed(field="index", rule="a whole number from 0")
    if not isinstance(steps, list) or len(steps) > LONGEST_PROOF:
        raise LogProofMalformed(field="proof", rule=f"a list of at most {LONGEST_PROOF} hashes")
    if not isinstance(checkpoint, str):
        raise LogProofMalformed(field="checkpoint", rule="the text of a signed note")
    proof = tuple(_bytes(step, f"proof[{number}]") for number, step in enumerate(steps))
    return LogProof(index, _bytes(value["entry"], "entry"), proof, checkpoint)


def check_log_proof(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """Is this entry in the public log?  Never raises for any bytes."""
    try:
        proof = parse_log_proof(data)
        note = parse_note(proof.checkpoint)
        checkpoint = parse_checkpoint(note.text)
    except (LogProofMalformed, NoteMalformed) as error:
        reason = Reason("LOG_PROOF_MALFORMED", "日志证明文件格式不符", f"not a log proof: {error}")
        return _report(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE, reason, {})
    facts = _facts(proof, checkpoint)
    try:
        check_inclusion(leaf_hash(proof.entry), proof.index, checkpoint.size, proof.proof, checkpoint.root)
    except ProofInvalid as error:
        reason = Reason(
            "NOT_IN_LOG", "该条目不在检查点所固定的日志中", f"the entry is not in that log: {error.rule}"
        )
        return _report(Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE, reason, facts)
    listed = [key for key in trust.log_keys if key.name == checkpoint.origin]
    try:
        signed = verified_by(note, listed)
    except NoteNotTrusted as error:
        reason = Reason("CHECKPOINT_FORGED", "检查点签名验证失败", str(error))
        return _report(Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE, reason, facts)
    if not signed:
        reason = Reason(
            "LOG_KEY_UNKNOWN",
            f"信任名单中没有为日志 {checkpoint.origin} 签名的密钥",
            f"no key of the trust list signed the checkpoint of {checkpoint.origin}",
        )
        return _report(Indication.INDETERMINATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, reason, facts)
    # Both algorithms sign, so both must be there: a log that loses one key cannot be imitated with it.
    if missing := {key.algorithm for key in listed} - {key.algorithm for key in signed}:
        names = ", ".join(sorted(missing))
        reason = Reason(
            "CHECKPOINT_SIGNATURE_MISSING",
            f"检查点缺少应有的签名:{names}",
            f"the checkpoint lacks a signature that this log always gives: {names}",
        )
        return _report(Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE, reason, facts)
    facts["signed_by"] = [f"{key.name} ({key.algorithm})" for key in signed]
    if trust.next_update is not None and at > trust.next_update:
        reason = Reason(
            "TRUST_LIST_STALE",
            "信任名单已过更新期限,请获取最新名单后再验",
            f"the trust list was due for renewal at {trust.next_update.isoformat()}; fetch a fresh one",
        )
        return _report(Indication.INDETERMINATE, SubIndication.TRY_LATER, reason, facts)
    reason = Reason(
        "IN_LOG",
        f"已入公开日志:第 {proof.index} 条,日志共 {checkpoint.size} 条",
        f"in the public log: entry {proof.index} of {checkpoint.size}",
    )
    return _report(Indication.TOTAL_PASSED, None, reason, facts)


def _report(
    indication: Indication, sub: SubIndication | None, reason: Reason, facts: dict[str, Json]
) -> Report:
    part = SignatureReport(
        format="C2SP-checkpoint", indication=indication, sub_indication=sub, reasons=(reason,), facts=facts
    )
    return Report(
        kind="log-proof",
        indication=indication,
        sub_indication=sub,
        signatures=(part,),
        reasons=(reason,),
        facts=facts,
    )


def _facts(proof: LogProof, checkpoint: Checkpoint) -> dict[str, Json]:
    entry: Json
    try:
        entry = parse_json(proof.entry)
    except JsonMalformed:
        entry = None
    return {
        "origin": checkpoint.origin,
        "index": proof.index,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "leaf_hash": leaf_hash(proof.entry).hex(),
        "entry": entry,
    }


def _bytes(value: Json, field: str) -> bytes:
    if not isinstance(value, str):
        raise LogProofMalformed(field=field, rule="base64 text")
    try:
        decoded = base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise LogProofMalformed(field=field, rule="not base64") from None
    if base64.b64encode(decoded).decode("ascii") != value:
        raise LogProofMalformed(field=field, rule="base64 with stray bits")
    return decoded

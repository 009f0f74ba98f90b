# SPDX-License-Identifier: Apache-2.0
"""Is one entry in the public log?  Checked from a log proof file and public material alone.

Both trees, both signatures of the log, and as many witnesses as the trust asks for.
"""

from __future__ import annotations

from datetime import datetime

from ..canonical import Json, JsonMalformed, parse_json
from ..report import Indication, Reason, Report, SignatureReport, SubIndication
from ..trust import Trust
from .cosignature import require_quorum
from .errors import LogProofMalformed, NoteMalformed, NoteNotTrusted, ProofInvalid, QuorumMissing
from .hashing import SHA256_TREE, SM3_TREE
from .note import Checkpoint, parse_checkpoint, parse_note, verified_by
from .proof_file import LogProof, parse_log_proof
from .tree import check_inclusion


def check_log_proof(data: bytes, *, trust: Trust, at: datetime) -> Report:
    """Is this entry in the public log?  Never raises for any bytes.

    A path in the SM3 tree is checked where the file has one; then the checkpoint must state the SM3 root.
    ``trust.quorum`` listed witnesses must have cosigned.
    """
    try:
        proof = parse_log_proof(data)
        note = parse_note(proof.checkpoint)
        checkpoint = parse_checkpoint(note.text)
    except (LogProofMalformed, NoteMalformed) as error:
        reason = Reason("LOG_PROOF_MALFORMED", "日志证明文件格式不符", f"not a log proof: {error}")
        return _report(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE, reason, {})
    facts = _facts(proof, checkpoint)
    try:
        facts["trees"] = _included(proof, checkpoint)
    except ProofInvalid as error:
        reason = Reason(
            "NOT_IN_LOG", "该条目不在检查点所固定的日志中", f"the entry is not in that log: {error.rule}"
        )
        return _report(Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE, reason, facts)
    listed = [key for key in trust.log_keys if key.name == checkpoint.origin]
    try:
        signed = verified_by(note, listed)
        cosigned = require_quorum(note, trust.witnesses, 0, at=at)
    except NoteNotTrusted as error:
        reason = Reason("CHECKPOINT_FORGED", "检查点签名验证失败", str(error))
        return _report(Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE, reason, facts)
    if not signed:
        reason = Reason(
            "LOG_KEY_UNKNOWN",
            f"信任列表中没有为日志 {checkpoint.origin} 签名的密钥",
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
    facts["witnessed_by"] = [
        {"witness": one.witness, "algorithm": one.algorithm, "at": one.at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        for one in cosigned
    ]
    try:
        require_quorum(note, trust.witnesses, trust.quorum, at=at)
    except QuorumMissing as error:
        reason = Reason(
            "WITNESS_QUORUM_MISSING",
            f"检查点只有 {len(error.witnesses)} 个见证方联署,信任列表要求 {error.required} 个;"
            "请稍后重新获取证明",
            f"{len(error.witnesses)} listed witnesses cosigned the checkpoint, the trust list asks for "
            f"{error.required}; fetch a newer proof later",
        )
        return _report(Indication.INDETERMINATE, SubIndication.TRY_LATER, reason, facts)
    if trust.ends is not None and at > trust.ends:
        reason = Reason(
            "TRUST_LIST_STALE",
            "信任列表已过期限,请获取最新列表后再验",
            f"the trust list ended at {trust.ends.isoformat()}; fetch a fresh one",
        )
        return _report(Indication.INDETERMINATE, SubIndication.TRY_LATER, reason, facts)
    zh, en = _called(facts["entry"])
    reason = Reason(
        "IN_LOG",
        f"已入公开日志:{zh}第 {proof.index} 条,日志共 {checkpoint.size} 条",
        f"in the public log: {en}entry {proof.index} of {checkpoint.size}",
    )
    return _report(Indication.TOTAL_PASSED, None, reason, facts)


def _called(entry: Json) -> tuple[str, str]:
    """A document has two entries: the code names the one that announced it, the log proof the other."""
    if not isinstance(entry, dict):
        return "", ""
    body = entry.get("body")
    if (
        entry.get("kind") == "intent.opened"
        and isinstance(body, dict)
        and body.get("act") == "document.issue"
    ):
        return "签发登记", "announced as "
    return ("签发完成", "issued as ") if entry.get("kind") == "document.issued" else ("", "")


def _included(proof: LogProof, checkpoint: Checkpoint) -> list[Json]:
    """The trees that the entry is in; raises :class:`ProofInvalid` when it is not in one that is claimed."""
    place = (proof.index, checkpoint.size)
    check_inclusion(SHA256_TREE.leaf(proof.entry), *place, proof.proof, checkpoint.root)
    if proof.sm3_proof is None:
        return [SHA256_TREE.name]
    if checkpoint.sm3_root is None:
        raise ProofInvalid("a path in the SM3 tree, and no SM3 root in the checkpoint")
    leaf = SM3_TREE.leaf(proof.entry)
    check_inclusion(leaf, *place, proof.sm3_proof, checkpoint.sm3_root, SM3_TREE)
    return [SHA256_TREE.name, SM3_TREE.name]


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
        "leaf_hash": SHA256_TREE.leaf(proof.entry).hex(),
        "entry": entry,
    }

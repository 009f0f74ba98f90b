# SPDX-License-Identifier: Apache-2.0
"""Log proof files: an entry, its path, and the checkpoint, checked from public material alone."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from keys import KeyKind, generate_key
from verify import (
    SM3_TREE,
    Checkpoint,
    Indication,
    LogKey,
    LogProof,
    LogProofMalformed,
    Report,
    SignedNote,
    SubIndication,
    Trust,
    canonical_json,
    check_log_proof,
    completed_nodes,
    cosignature_line,
    cosignature_message,
    inclusion_path,
    leaf_hash,
    note_signature,
    parse_log_proof,
    parse_tlog_proof,
    sm3_extension,
    tree_root,
)

AT = datetime(2026, 8, 1, tzinfo=UTC)
ORIGIN = "log.yinxin.example/one"
ED25519 = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"INSECURE log").digest())
SM2 = generate_key(KeyKind.SM2)
KEYS = (
    LogKey(ORIGIN, "ed25519", ED25519.public_key().public_bytes_raw()),
    LogKey(ORIGIN, "sm2", SM2.public_key.spki),
)
TRUST = Trust(
    anchors=(),
    intermediates=(),
    crls=(),
    qr_keys=(),
    log_keys=KEYS,
    hosts=(),
    issued=None,
    next_update=AT + timedelta(days=7),
    sequence=1,
    source="test",
)
ENTRIES = [canonical_json({"v": 1, "kind": "test.entry", "body": {"n": n}}) for n in range(21)]


def nodes() -> dict[tuple[int, int], bytes]:
    made: dict[tuple[int, int], bytes] = {}
    for index, entry in enumerate(ENTRIES):
        for level, at, value in completed_nodes(lambda level, at: made[level, at], index, leaf_hash(entry)):
            made[level, at] = value
    return made


NODES = nodes()


def get_node(level: int, index: int) -> bytes:
    return NODES[level, index]


def checkpoint(size: int = 21, origin: str = ORIGIN) -> str:
    text = Checkpoint(origin, size, tree_root(get_node, size)).text()
    made = (ED25519.sign(text.encode()), SM2.sign(text.encode()))
    return SignedNote(text, tuple(note_signature(k, s) for k, s in zip(KEYS, made, strict=True))).encode()


def proof(index: int = 13) -> LogProof:
    return LogProof(index, ENTRIES[index], inclusion_path(get_node, index, 21), checkpoint())


PROOF = proof()
GOOD = PROOF.encode()


def check(data: bytes, trust: Trust = TRUST, at: datetime = AT) -> Report:
    return check_log_proof(data, trust=trust, at=at)


def outcome(report: Report) -> tuple[Indication, SubIndication | None, str]:
    return report.indication, report.sub_indication, report.reasons[0].code


@pytest.mark.parametrize("index", range(21))
def test_every_entry_has_a_proof(index: int) -> None:
    """In the log, with the facts that tell where and what."""
    report = check(proof(index).encode())
    assert outcome(report) == (Indication.TOTAL_PASSED, None, "IN_LOG")
    assert report.kind == "log-proof"
    assert report.facts["index"] == index
    assert report.facts["size"] == 21
    assert report.facts["entry"] == {"v": 1, "kind": "test.entry", "body": {"n": index}}
    assert report.facts["signed_by"] == [f"{ORIGIN} (ed25519)", f"{ORIGIN} (sm2)"]


@pytest.mark.parametrize(
    ("kind", "act", "zh", "en"),
    [
        ("intent.opened", "document.issue", "签发登记第 0 条", "announced as entry 0 of 1"),
        ("document.issued", "", "签发完成第 0 条", "issued as entry 0 of 1"),
        ("intent.opened", "seal.make", "日志:第 0 条", "log: entry 0 of 1"),
    ],
)
def test_the_two_entries_of_a_document_are_told_apart(kind: str, act: str, zh: str, en: str) -> None:
    """The code on the paper names the one that announced it, the page about it the other."""
    entry = json.dumps({"body": {"act": act}, "kind": kind}).encode()
    text = Checkpoint(ORIGIN, 1, leaf_hash(entry)).text()
    note = SignedNote(text, (note_signature(KEYS[0], ED25519.sign(text.encode())),)).encode()
    (said,) = check(LogProof(0, entry, (), note).encode(), trust=replace(TRUST, log_keys=KEYS[:1])).reasons
    assert zh in said.zh and en in said.en


def test_round_trip() -> None:
    """The file is canonical JSON of five members."""
    assert parse_log_proof(GOOD) == PROOF
    assert set(json.loads(GOOD)) == {"format", "index", "entry", "proof", "checkpoint"}


def test_another_entry() -> None:
    """An entry that is not the one in the log."""
    report = check(replace(proof(), entry=b"{}").encode())
    assert outcome(report) == (Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE, "NOT_IN_LOG")


def test_an_entry_need_not_be_json() -> None:
    """The proof is about bytes; the report shows what it can read."""
    entry = b"\xff\xfe"
    text = Checkpoint(ORIGIN, 1, leaf_hash(entry)).text()
    note = SignedNote(text, (note_signature(KEYS[0], ED25519.sign(text.encode())),)).encode()
    report = check(LogProof(0, entry, (), note).encode(), trust=replace(TRUST, log_keys=KEYS[:1]))
    assert outcome(report) == (Indication.TOTAL_PASSED, None, "IN_LOG")
    assert report.facts["entry"] is None


def test_checkpoint_of_a_stranger() -> None:
    """No key that we know signed: nothing can be said."""
    report = check(GOOD, trust=replace(TRUST, log_keys=()))
    assert outcome(report) == (
        Indication.INDETERMINATE,
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
        "LOG_KEY_UNKNOWN",
    )
    elsewhere = replace(proof(), checkpoint=checkpoint(origin="other.example")).encode()
    assert check(elsewhere).indication is Indication.INDETERMINATE


def test_forged_checkpoint() -> None:
    """A known key whose signature does not verify."""
    lines = checkpoint().split("\n")
    other = checkpoint(20).split("\n")
    forged = replace(proof(), checkpoint="\n".join([*lines[:4], *other[4:]])).encode()
    assert outcome(check(forged)) == (
        Indication.TOTAL_FAILED,
        SubIndication.SIG_CRYPTO_FAILURE,
        "CHECKPOINT_FORGED",
    )


def test_stale_trust_list() -> None:
    """With a list past its renewal nothing passes."""
    report = check(GOOD, at=AT + timedelta(days=8))
    assert outcome(report) == (Indication.INDETERMINATE, SubIndication.TRY_LATER, "TRUST_LIST_STALE")


def test_one_signature_of_two() -> None:
    """A log that signs with two algorithms signs with both."""
    lines = checkpoint().split("\n")
    for kept in (4, 5):
        alone = replace(proof(), checkpoint="\n".join([*lines[:4], lines[kept], ""])).encode()
        assert outcome(check(alone)) == (
            Indication.INDETERMINATE,
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            "CHECKPOINT_SIGNATURE_MISSING",
        )


def changed(**members: Any) -> bytes:
    return json.dumps({**json.loads(GOOD), **members}).encode()


STEP = json.loads(GOOD)["proof"][0]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"", "(file)"),
        (b"{}", "(file)"),
        (b"[]", "(file)"),
        (b"null", "(file)"),
        (b"\xff", "(file)"),
        (GOOD[:-1], "(file)"),
        (GOOD + b"x", "(file)"),
        (changed(extra=1), "(file)"),
        (changed(format="yinxin-log-proof/3"), "format"),
        (changed(format=None), "format"),
        (changed(index=-1), "index"),
        (changed(index="13"), "index"),
        (changed(index=True), "index"),
        (changed(index=2**63), "index"),
        (changed(entry=5), "entry"),
        (changed(entry="***"), "entry"),
        (changed(entry="AB=="), "entry"),
        (changed(entry="中"), "entry"),
        (changed(proof="x"), "proof"),
        (changed(proof=[STEP] * 65), "proof"),
        (changed(proof=[STEP, None]), "proof[1]"),
        (changed(proof=["A"]), "proof[0]"),
        (changed(checkpoint=5), "checkpoint"),
    ],
)
def test_files_that_are_refused(data: bytes, field: str) -> None:
    """The error names the member; the report says format failure."""
    with pytest.raises(LogProofMalformed) as caught:
        parse_log_proof(data)
    assert caught.value.field == field
    assert outcome(check(data)) == (
        Indication.TOTAL_FAILED,
        SubIndication.FORMAT_FAILURE,
        "LOG_PROOF_MALFORMED",
    )


def test_checkpoint_that_is_none() -> None:
    """A checkpoint that breaks the format of notes."""
    assert check(changed(checkpoint="hello")).sub_indication is SubIndication.FORMAT_FAILURE


def test_short_hashes_prove_nothing() -> None:
    """A step of another length is no hash."""
    data = changed(proof=[base64.b64encode(b"short").decode(), *json.loads(GOOD)["proof"][1:]])
    assert outcome(check(data))[2] == "NOT_IN_LOG"


@pytest.mark.parametrize("bit", [0x01, 0x10, 0x80])
def test_every_flipped_byte_is_refused(bit: int) -> None:
    """No byte of the file can change without the verdict changing."""
    for at in range(len(GOOD)):
        broken = bytearray(GOOD)
        broken[at] ^= bit
        assert check(bytes(broken)).indication is not Indication.TOTAL_PASSED


@given(st.one_of(st.binary(max_size=300), st.text().map(str.encode)))
def test_any_bytes_end_in_a_verdict(data: bytes) -> None:
    """Nothing escapes, whatever the bytes."""
    assert check(data).indication is not Indication.TOTAL_PASSED


# Version 2: both trees, cosigned

SM3_NODES: dict[tuple[int, int], bytes] = {}
for _index, _entry in enumerate(ENTRIES):
    for _level, _at, _value in completed_nodes(
        lambda level, at: SM3_NODES[level, at], _index, leaf_hash(_entry, SM3_TREE), SM3_TREE
    ):
        SM3_NODES[_level, _at] = _value

WITNESS = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"INSECURE witness").digest())
WITNESS_KEY = LogKey("witness.audit.example", "ed25519", WITNESS.public_key().public_bytes_raw())
WITNESSED = replace(TRUST, witnesses=(WITNESS_KEY,), quorum=1)


def sm3_node(level: int, index: int) -> bytes:
    return SM3_NODES[level, index]


def proof_2(index: int = 13, *, sm3_root: bytes | None = None, cosigned: bool = True) -> LogProof:
    root = sm3_root or tree_root(sm3_node, 21, SM3_TREE)
    text = Checkpoint(ORIGIN, 21, tree_root(get_node, 21), (sm3_extension(root),)).text()
    lines = [
        note_signature(KEYS[0], ED25519.sign(text.encode())),
        note_signature(KEYS[1], SM2.sign(text.encode())),
    ]
    if cosigned:
        at = int(AT.timestamp())
        lines.append(cosignature_line(WITNESS_KEY, at, WITNESS.sign(cosignature_message(text, at))))
    return LogProof(
        index,
        ENTRIES[index],
        inclusion_path(get_node, index, 21),
        SignedNote(text, tuple(lines)).encode(),
        inclusion_path(sm3_node, index, 21, SM3_TREE),
    )


PROOF_2 = proof_2()
GOOD_2 = PROOF_2.encode()


@pytest.mark.parametrize("index", [0, 13, 20])
def test_both_trees_and_a_witness(index: int) -> None:
    """Version 2 is read back the same, and passes with what it proves said."""
    data = proof_2(index).encode()
    assert parse_log_proof(data).encode() == data
    report = check(data, WITNESSED)
    assert outcome(report) == (Indication.TOTAL_PASSED, None, "IN_LOG")
    assert report.facts["trees"] == ["SHA-256", "SM3"]
    assert report.facts["witnessed_by"] == [
        {"witness": "witness.audit.example", "algorithm": "ed25519", "at": "2026-08-01T00:00:00Z"}
    ]
    assert check(data).indication is Indication.TOTAL_PASSED  # nobody asked for witnesses


def test_inside_is_the_standard_proof() -> None:
    """C2SP tlog-proof: header, index, hashes, empty line, the checkpoint as it is."""
    text = json.loads(GOOD_2)["tlog_proof"]
    lines = text.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 13"]
    assert [base64.b64decode(line) for line in lines[2:7]] == list(PROOF_2.proof)
    assert text.endswith("\n\n" + PROOF_2.checkpoint)
    assert parse_tlog_proof(text) == (13, PROOF_2.proof, PROOF_2.checkpoint)
    extra = text.replace("@v1\n", "@v1\nextra AAAA\n")
    assert parse_tlog_proof(extra) == (13, PROOF_2.proof, PROOF_2.checkpoint)
    for wrong in (
        "",
        text.replace("@v1", "@v2"),
        text.replace("index 13", "index 013"),
        text.replace("index 13", f"index {2**63}"),
        text.replace("index 13\n", ""),
        text.replace("@v1\n", "@v1\nextra A\n"),
        text.replace(lines[2], "A"),
        text.replace(lines[2] + "\n", (lines[2] + "\n") * 65),
    ):
        with pytest.raises(LogProofMalformed):
            parse_tlog_proof(wrong)
    for changed_ in (
        {**json.loads(GOOD_2), "tlog_proof": extra},
        {**json.loads(GOOD_2), "tlog_proof": 5},
        {**json.loads(GOOD_2), "sm3_proof": None},
        {**json.loads(GOOD_2), "index": 13},
    ):
        assert outcome(check(canonical_json(changed_)))[2] == "LOG_PROOF_MALFORMED"


def test_too_few_witnesses_is_not_a_pass() -> None:
    report = check(proof_2(cosigned=False).encode(), WITNESSED)
    assert outcome(report) == (
        Indication.INDETERMINATE,
        SubIndication.TRY_LATER,
        "WITNESS_QUORUM_MISSING",
    )
    assert check(GOOD_2, replace(WITNESSED, quorum=2)).indication is Indication.INDETERMINATE


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (proof_2(sm3_root=bytes(32)), "NOT_IN_LOG"),
        (replace(PROOF_2, sm3_proof=PROOF_2.proof), "NOT_IN_LOG"),
        (replace(PROOF_2, sm3_proof=()), "NOT_IN_LOG"),
        (replace(PROOF_2, checkpoint=PROOF.checkpoint), "NOT_IN_LOG"),  # states no SM3 root
        (replace(PROOF_2, entry=PROOF_2.entry + b" "), "NOT_IN_LOG"),
    ],
)
def test_the_sm3_tree_must_agree(made: LogProof, code: str) -> None:
    report = check(made.encode(), WITNESSED)
    assert (report.indication, report.reasons[0].code) == (Indication.TOTAL_FAILED, code)


def test_every_flipped_byte_of_version_2() -> None:
    """None passes: entry, paths, checkpoint, signatures and cosignature are all covered."""
    for at in range(len(GOOD_2)):
        broken = bytearray(GOOD_2)
        broken[at] ^= 1
        assert check(bytes(broken), WITNESSED).indication is not Indication.TOTAL_PASSED, at

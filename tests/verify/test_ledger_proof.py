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
    inclusion_path,
    leaf_hash,
    note_signature,
    parse_log_proof,
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
        (changed(format="yinxin-log-proof/2"), "format"),
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

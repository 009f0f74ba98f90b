# SPDX-License-Identifier: Apache-2.0
"""Witnesses: who cosigned what when, how many are enough, and that nobody counts twice."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from keys import KeyKind, generate_key
from verify import (
    SHA256_TREE,
    SM3_TREE,
    Checkpoint,
    LedgerError,
    LogContradicted,
    LogForked,
    LogKey,
    LogWentBack,
    NoteMalformed,
    NoteNotTrusted,
    NoteSignature,
    QuorumMissing,
    SignedNote,
    TreeHash,
    WitnessSubmission,
    add_cosignatures,
    agreeing_witnesses,
    check_checkpoint,
    completed_nodes,
    consistency_path,
    cosignature_line,
    cosignature_message,
    cosignatures,
    leaf_hash,
    note_signature,
    parse_checkpoint,
    parse_note,
    parse_signature,
    parse_witness_submission,
    require_growth,
    require_quorum,
    sm3_extension,
    tree_root,
    witness_key_id,
)

ORIGIN = "log.yinxin.example/one"
AT = datetime(2026, 8, 1, 12, tzinfo=UTC)
SECONDS = int(AT.timestamp())


def ed25519(name: str) -> Ed25519PrivateKey:
    """INSECURE: everybody can compute it."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"INSECURE " + name.encode()).digest())


def public(name: str, key: Ed25519PrivateKey | None = None) -> LogKey:
    return LogKey(name, "ed25519", (key or ed25519(name)).public_key().public_bytes_raw())


SM2 = generate_key(KeyKind.SM2)
LOG = public(ORIGIN)
AUDIT, ARCHIVE = public("witness.audit.example"), public("witness.archive.example")
AUDIT_SM2 = LogKey(AUDIT.name, "sm2", SM2.public_key.spki)
HEAD = Checkpoint(ORIGIN, 7, bytes(32), (sm3_extension(bytes(range(32))),))
NOTE = SignedNote(HEAD.text(), (note_signature(LOG, ed25519(ORIGIN).sign(HEAD.text().encode())),))


def cosign(key: LogKey, at: int = SECONDS, text: str = HEAD.text()) -> NoteSignature:
    message = cosignature_message(text, at)
    signature = SM2.sign(message) if key.algorithm == "sm2" else ed25519(key.name).sign(message)
    return cosignature_line(key, at, signature)


def test_the_message_is_that_of_the_specification() -> None:
    """C2SP tlog-cosignature: header, time, the whole text of the note; key id with type 0x04."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosignature_message(text, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    expected = hashlib.sha256(AUDIT.name.encode() + b"\n\x04" + AUDIT.key).digest()[:4]
    assert witness_key_id(AUDIT) == expected
    line = cosign(AUDIT)
    assert line.signature[:8] == SECONDS.to_bytes(8)
    Ed25519PublicKey.from_public_bytes(AUDIT.key).verify(
        line.signature[8:], cosignature_message(HEAD.text(), SECONDS)
    )
    with pytest.raises(NoteNotTrusted):
        witness_key_id(LogKey("w", "md5", b""))


def test_the_sm3_root_stands_in_one_line() -> None:
    assert HEAD.text().split("\n")[3] == f"sm3-root {base64.b64encode(bytes(range(32))).decode()}"
    assert parse_checkpoint(HEAD.text()).sm3_root == bytes(range(32))
    assert Checkpoint(ORIGIN, 7, bytes(32), ("another line",)).sm3_root is None
    assert Checkpoint(ORIGIN, 0, hashlib.sha256().digest(), (sm3_extension(SM3_TREE.empty),)).sm3_root
    line = sm3_extension(bytes(32))
    for wrong in (
        ("sm3-root",),
        ("sm3-root  AAAA",),
        ("sm3-root AAAA",),
        (line + "=",),
        ("sm3-rootx",),
        (line, line),
    ):
        with pytest.raises(NoteMalformed):
            Checkpoint(ORIGIN, 7, bytes(32), wrong)
    with pytest.raises(NoteMalformed):
        Checkpoint(ORIGIN, 0, hashlib.sha256().digest(), (line,))


def test_cosignatures_of_both_kinds_are_read() -> None:
    note = add_cosignatures(NOTE, [cosign(AUDIT), cosign(AUDIT_SM2), cosign(ARCHIVE)])
    note = parse_note(note.encode())
    found = cosignatures(note, [AUDIT, AUDIT_SM2, ARCHIVE])
    assert [(one.witness, one.algorithm, one.at) for one in found] == [
        (AUDIT.name, "ed25519", AT),
        (AUDIT.name, "sm2", AT),
        (ARCHIVE.name, "ed25519", AT),
    ]
    assert check_checkpoint(note.encode(), [LOG]) == HEAD  # unknown lines do not disturb the log's
    assert require_quorum(note, [AUDIT, AUDIT_SM2, ARCHIVE], 2, at=AT)
    assert cosignatures(note, []) == ()


def test_a_quorum_counts_witnesses_not_lines() -> None:
    """One witness is one, however many keys and lines it has."""
    note = add_cosignatures(NOTE, [cosign(AUDIT), cosign(AUDIT_SM2)])
    with pytest.raises(QuorumMissing) as missing:
        require_quorum(note, [AUDIT, AUDIT_SM2, ARCHIVE], 2, at=AT)
    assert (missing.value.witnesses, missing.value.required) == ((AUDIT.name,), 2)


def test_a_witness_signs_with_all_its_algorithms() -> None:
    """Who has only one of its keys cannot speak for it."""
    note = add_cosignatures(NOTE, [cosign(AUDIT)])
    assert agreeing_witnesses(note, [AUDIT, AUDIT_SM2], at=AT) == ()
    assert len(agreeing_witnesses(note, [AUDIT], at=AT)) == 1


def test_one_key_under_two_names_is_one_witness() -> None:
    """The Ed25519 message does not name who signs, so the same signature fits both names."""
    twin = LogKey("witness.twin.example", "ed25519", AUDIT.key)
    message = cosignature_message(HEAD.text(), SECONDS)
    note = add_cosignatures(
        NOTE, [cosign(AUDIT), cosignature_line(twin, SECONDS, ed25519(AUDIT.name).sign(message))]
    )
    with pytest.raises(QuorumMissing):
        require_quorum(note, [AUDIT, twin], 2, at=AT)


def test_the_log_is_not_its_own_witness() -> None:
    own = add_cosignatures(NOTE, [cosign(LOG)])
    assert cosignatures(own, [LOG]) == ()


def test_a_listed_witness_must_verify() -> None:
    for text, at in ((HEAD.text() + "x\n", SECONDS), (HEAD.text(), SECONDS + 1)):
        signature = ed25519(AUDIT.name).sign(cosignature_message(text, at))
        forged = add_cosignatures(NOTE, [cosignature_line(AUDIT, SECONDS, signature)])
        with pytest.raises(NoteNotTrusted) as refused:
            cosignatures(forged, [AUDIT])
        assert refused.value.forged
    for short in (b"", b"x", bytes(8), bytes(72)):
        line = NoteSignature(AUDIT.name, witness_key_id(AUDIT), short or b"y")
        with pytest.raises(NoteNotTrusted):
            cosignatures(add_cosignatures(NOTE, [line]), [AUDIT])


def test_a_time_to_come_does_not_count_yet() -> None:
    later = int((AT + timedelta(hours=1)).timestamp())
    note = add_cosignatures(NOTE, [cosign(AUDIT, later)])
    with pytest.raises(QuorumMissing):
        require_quorum(note, [AUDIT], 1, at=AT)
    assert require_quorum(note, [AUDIT], 1, at=AT + timedelta(hours=1))
    with pytest.raises(NoteNotTrusted):
        cosignature_line(AUDIT, 0, b"x")
    with pytest.raises(NoteNotTrusted):
        cosignature_line(AUDIT, 2**63, b"x")


def test_a_newer_line_takes_the_place_of_an_older_one() -> None:
    note = add_cosignatures(add_cosignatures(NOTE, [cosign(AUDIT)]), [cosign(AUDIT, SECONDS + 60)])
    assert len(note.signatures) == 2
    assert cosignatures(note, [AUDIT])[0].at == AT + timedelta(minutes=1)
    twice = SignedNote(NOTE.text, (*NOTE.signatures, cosign(AUDIT, SECONDS + 9), cosign(AUDIT)))
    assert [one.at for one in cosignatures(twice, [AUDIT])] == [AT + timedelta(seconds=9)]
    assert parse_signature(cosign(AUDIT).line()[:-1]) == cosign(AUDIT)


@pytest.mark.parametrize("bit", [0, 6])
def test_every_flipped_bit_is_refused(bit: int) -> None:
    """Head, signature of the log and cosignatures: nothing can change with all keys required."""
    data = add_cosignatures(NOTE, [cosign(AUDIT), cosign(AUDIT_SM2)]).encode().encode()
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1 << bit
        with pytest.raises(LedgerError):
            note = parse_note(bytes(broken))
            check_checkpoint(bytes(broken), [LOG])
            require_quorum(note, [AUDIT, AUDIT_SM2], 1, at=AT)


# Heads that follow each other

ENTRIES = [b"entry %d" % number for number in range(40)]


def nodes_of(entries: list[bytes], tree: TreeHash) -> Callable[[int, int], bytes]:
    made: dict[tuple[int, int], bytes] = {}
    for index, one in enumerate(entries):
        done = completed_nodes(lambda a, b: made[a, b], index, leaf_hash(one, tree), tree)
        made.update({(level, at): value for level, at, value in done})
    return lambda level, at: made[level, at]


SHA_NODES, SM3_NODES = nodes_of(ENTRIES, SHA256_TREE), nodes_of(ENTRIES, SM3_TREE)


def head(
    size: int, *, sm3: bool = True, root: bytes | None = None, sm3_root: bytes | None = None
) -> Checkpoint:
    extension = sm3_extension(sm3_root or tree_root(SM3_NODES, size, SM3_TREE))
    return Checkpoint(ORIGIN, size, root or tree_root(SHA_NODES, size), (extension,) if sm3 else ())


def paths(old: int, new: int) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    if not old:
        return (), ()
    return consistency_path(SHA_NODES, old, new), consistency_path(SM3_NODES, old, new, SM3_TREE)


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_head_extends_what_was_kept(first: int, second: int) -> None:
    old, new = sorted((first, second))
    require_growth(head(old), head(new), *paths(old, new))
    require_growth(None, head(new), ())
    if old < new:
        with pytest.raises(LogWentBack):
            require_growth(head(new), head(old), *paths(old, new))
    if old > 0:
        for wrong in (
            {"root": bytes(31) + b"x"},
            {"sm3_root": bytes(31) + b"x"},
        ):
            with pytest.raises(LogForked):
                require_growth(head(old), head(new, **wrong), *paths(old, new))  # type: ignore[arg-type]


def test_heads_that_do_not_follow() -> None:
    with pytest.raises(LogContradicted):
        require_growth(head(3), Checkpoint("other.example", 3, head(3).root), ())
    with pytest.raises(LogForked, match="gone"):
        require_growth(head(3), head(5, sm3=False), *paths(3, 5))
    require_growth(head(3, sm3=False), head(5), *paths(3, 5))
    require_growth(head(3), head(5), paths(3, 5)[0])  # whoever showed it had no SM3 path
    with pytest.raises(LogForked):
        require_growth(head(3), head(5), paths(3, 5)[0], paths(3, 5)[0])
    with pytest.raises(LogForked):
        require_growth(head(3), head(5), (), ())
    with pytest.raises(LogForked):
        require_growth(head(5), head(5, sm3_root=bytes(32)), ())


# What a log sends to a witness


def test_a_submission_is_that_of_the_specification() -> None:
    """C2SP tlog-witness add-checkpoint."""
    one = WitnessSubmission(3, (bytes(32), bytes(range(32))), NOTE.encode())
    assert one.encode() == (
        f"old 3\n{base64.b64encode(bytes(32)).decode()}\n{base64.b64encode(bytes(range(32))).decode()}\n\n"
        + NOTE.encode()
    )
    assert parse_witness_submission(one.encode().encode()) == one
    first = WitnessSubmission(0, (), NOTE.encode())
    assert first.encode().startswith(f"old 0\n\n{ORIGIN}\n")
    assert parse_witness_submission(first.encode().encode()) == first


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1\n",
        b"old 01\n\nx\n",
        b"old -1\n\nx\n",
        b"old\n\nx\n",
        b"new 1\n\nx\n",
        b"old 1\nAAA\n\nx\n",
        b"old 1\n" + b"AAAA\n" * 64 + b"\nx\n",
        b"old " + b"9" * 30 + b"\n\nx\n",
        b"old 1\n\n\xff\n",
        b"old 1\n\n" + bytes(300_000),
    ],
)
def test_what_is_no_submission(body: bytes) -> None:
    with pytest.raises(NoteMalformed):
        parse_witness_submission(body)

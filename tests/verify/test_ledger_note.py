# SPDX-License-Identifier: Apache-2.0
"""Signed notes and checkpoints: the exact text rules, who counts as a signer, and damage to every byte."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import KeyKind, SoftwareKey, generate_key
from verify import (
    Checkpoint,
    LedgerError,
    LogKey,
    NoteMalformed,
    NoteNotTrusted,
    NoteSignature,
    SignedNote,
    check_checkpoint,
    empty_root,
    log_key_id,
    note_key_id,
    note_signature,
    parse_checkpoint,
    parse_note,
    verified_by,
)

ORIGIN = "log.yinxin.example/one"
HEAD = Checkpoint(ORIGIN, 42, hashlib.sha256(b"root").digest())
ED25519 = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"INSECURE test key").digest())
ED25519_KEY = LogKey(ORIGIN, "ed25519", ED25519.public_key().public_bytes_raw())

# The example in the documentation of the Go package that signed notes come from: golang.org/x/mod/sumdb/note.
GO_KEY = LogKey(
    "PeterNeumann", "ed25519", base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
)
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


@pytest.fixture(scope="module")
def sm2() -> SoftwareKey:
    return generate_key(KeyKind.SM2)


def signed(head: Checkpoint = HEAD, *more: NoteSignature) -> str:
    text = head.text()
    return SignedNote(text, (note_signature(ED25519_KEY, ED25519.sign(text.encode())), *more)).encode()


def doubly_signed(sm2: SoftwareKey) -> tuple[str, tuple[LogKey, ...]]:
    key = LogKey(ORIGIN, "sm2", sm2.public_key.spki)
    return signed(HEAD, note_signature(key, sm2.sign(HEAD.text().encode()))), (ED25519_KEY, key)


def test_note_of_another_implementation() -> None:
    """C2SP signed-note: text, key id and signature as the Go package makes them."""
    assert log_key_id(GO_KEY).hex() == "c74f20a3"
    note = parse_note(GO_NOTE)
    assert note.encode() == GO_NOTE
    assert verified_by(note, [GO_KEY]) == (GO_KEY,)


def test_key_id_is_the_recommended_one() -> None:
    """SHA-256(name, newline, type, key), first four bytes; SM2 under 0xff with its identifier."""
    assert note_key_id("a/b", b"\x01", b"k") == hashlib.sha256(b"a/b\n\x01k").digest()[:4]
    assert log_key_id(LogKey("a/b", "sm2", b"k")) == hashlib.sha256(b"a/b\n\xffsm2-sm3k").digest()[:4]
    with pytest.raises(NoteNotTrusted):
        log_key_id(LogKey("a/b", "md5", b"k"))


def test_checkpoint_text() -> None:
    """C2SP tlog-checkpoint: origin, size, root, extension lines."""
    head = Checkpoint("o", 7, bytes(32), ("sm3 AAAA",))
    assert head.text() == f"o\n7\n{base64.b64encode(bytes(32)).decode()}\nsm3 AAAA\n"
    assert parse_checkpoint(head.text()) == head
    assert parse_checkpoint(Checkpoint("o", 0, empty_root()).text()).size == 0


def test_both_algorithms_sign(sm2: SoftwareKey) -> None:
    """Ed25519 and SM2 over the same text; each known key counts once."""
    note, keys = doubly_signed(sm2)
    assert check_checkpoint(note, keys, require=2) == HEAD
    assert check_checkpoint(note.encode(), keys) == HEAD
    assert verified_by(parse_note(note), keys) == keys
    with pytest.raises(NoteNotTrusted, match="1 known keys"):
        check_checkpoint(note, keys[:1], require=2)


def test_one_key_does_not_count_twice() -> None:
    """A repeated signature line is one witness, not two."""
    note = signed()
    line = note.split("\n\n")[1]
    with pytest.raises(NoteNotTrusted):
        check_checkpoint(note + line, [ED25519_KEY], require=2)
    with pytest.raises(NoteNotTrusted):
        check_checkpoint(note, [ED25519_KEY], require=0)


def test_unknown_keys_are_ignored_known_ones_must_verify() -> None:
    """C2SP signed-note: unknown name or id is ignored; a known key that fails refuses the note."""
    stranger = NoteSignature("witness.example", b"abcd", bytes(64))
    same_name = NoteSignature(ORIGIN, b"abcd", bytes(64))
    assert check_checkpoint(signed(HEAD, stranger, same_name), [ED25519_KEY]) == HEAD
    forged = note_signature(ED25519_KEY, bytes(64))
    with pytest.raises(NoteNotTrusted) as caught:
        check_checkpoint(signed(HEAD, forged), [ED25519_KEY])
    assert caught.value.forged
    with pytest.raises(NoteNotTrusted) as caught:
        check_checkpoint(SignedNote(HEAD.text(), (stranger,)).encode(), [ED25519_KEY])
    assert not caught.value.forged


def test_a_key_of_another_log_does_not_count() -> None:
    """The key name is the origin: a log cannot sign for its neighbour."""
    text = Checkpoint("other.example/log", 1, bytes(32)).text()
    note = SignedNote(text, (note_signature(ED25519_KEY, ED25519.sign(text.encode())),)).encode()
    with pytest.raises(NoteNotTrusted):
        check_checkpoint(note, [ED25519_KEY])


@pytest.mark.parametrize(
    "key",
    [
        LogKey(ORIGIN, "ed25519", b"short"),
        LogKey(ORIGIN, "sm2", b"\x30\x00"),
        LogKey(ORIGIN, "sm2", b""),
    ],
)
def test_a_broken_log_key_verifies_nothing(key: LogKey) -> None:
    """A key that cannot be read makes its signatures fail; nothing else escapes."""
    note = SignedNote(HEAD.text(), (note_signature(key, bytes(64)),)).encode()
    with pytest.raises(NoteNotTrusted):
        check_checkpoint(note, [key])


def test_an_rsa_key_is_not_an_sm2_key() -> None:
    """The algorithm of the trust list and the key must agree."""
    other = generate_key(KeyKind.P256)
    key = LogKey(ORIGIN, "sm2", other.public_key.spki)
    note = SignedNote(HEAD.text(), (note_signature(key, other.sign(HEAD.text().encode())),)).encode()
    with pytest.raises(NoteNotTrusted):
        check_checkpoint(note, [key])


GOOD = signed()
TEXT, LINE = GOOD.split("\n\n")


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + "\n",
        TEXT + "\n\n",
        TEXT + "\n\n\n",
        GOOD[:-1],
        GOOD + "\n",
        GOOD + "trailing",
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("— ", "- "),
        GOOD.replace("— ", "—"),
        GOOD.replace("— ", "—\u00a0"),
        GOOD.replace("— ", "—  "),
        TEXT + "\n\n— name AAAA\n",
        TEXT + "\n\n— name AAAAAA==\n",
        TEXT + "\n\n— na+me AAAAAAAA\n",
        TEXT + "\n\n— na\u3000me AAAAAAAA\n",
        TEXT + "\n\n—  AAAAAAAA\n",
        TEXT + "\n\n— name AAAAAAB=\n",
        TEXT + "\n\n— name AAAA AAAA\n",
        TEXT + "\n\n— name AAAA-AA_\n",
        "a\tb\n\n" + LINE,
        "a\x00b\n\n" + LINE,
        "\ud800\n\n" + LINE,
        TEXT + "\n\n" + LINE * 65,
        "x" * 200_000 + "\n\n" + LINE,
        b"\xff\xfe\n\n" + LINE.encode(),
    ],
)
def test_text_rules_of_a_note(note: str | bytes) -> None:
    """Everything that is not exactly the format is refused with the rule that it breaks."""
    with pytest.raises(NoteMalformed) as caught:
        parse_note(note)
    assert caught.value.rule


def test_sixteen_signatures_are_accepted() -> None:
    """Verifiers MUST accept at least up to 16."""
    others = tuple(NoteSignature(f"w{n}.example", bytes(4), bytes(64)) for n in range(15))
    assert check_checkpoint(signed(HEAD, *others), [ED25519_KEY]) == HEAD


def test_the_last_empty_line_separates() -> None:
    """The text may hold empty lines of its own."""
    note = parse_note("a\n\nb\n\n" + LINE)
    assert note.text == "a\n\nb\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "o\n1\n",
        "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        *(
            f"o\n{size}\n{base64.b64encode(bytes(32)).decode()}\n"
            for size in (
                "",
                "01",
                "+1",
                "-1",
                "1 ",
                " 1",
                "1_0",
                "0x1",
                "\u0661",
                "1.0",
                str(2**63),
                "9" * 30,
                "0",
            )
        ),
        *(
            f"o\n1\n{root}\n"
            for root in ("", "AAAA", base64.b64encode(bytes(33)).decode(), "A" * 43 + "B=", "A" * 43)
        ),
        f"o\n1\n{base64.b64encode(bytes(32)).decode()}\n\n",
        f"o\n1\n{base64.b64encode(bytes(32)).decode()}\nx\n\ny\n",
        f"o\n1\n{base64.b64encode(bytes(32)).decode()}",
    ],
)
def test_text_rules_of_a_checkpoint(text: str) -> None:
    """Sizes have one spelling, roots one length, lines are not empty; the root of nothing is the hash of
    nothing.
    """
    with pytest.raises(NoteMalformed):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "make", [lambda: Checkpoint("", 1, bytes(32)), lambda: Checkpoint("o", 1, bytes(31))]
)
def test_a_checkpoint_cannot_be_made_wrong(make: object) -> None:
    """What could not be parsed cannot be written either."""
    with pytest.raises(NoteMalformed):
        make()  # type: ignore[operator]
    with pytest.raises(NoteMalformed):
        NoteSignature("n", b"abc", b"x")
    with pytest.raises(NoteMalformed):
        SignedNote("text", (NoteSignature("n", b"abcd", b"x"),))


@pytest.mark.parametrize("bit", [0, 5, 7])
def test_every_flipped_bit_is_refused(sm2: SoftwareKey, bit: int) -> None:
    """With both keys required, no byte of the note can change."""
    note, keys = doubly_signed(sm2)
    data = note.encode()
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1 << bit
        with pytest.raises(LedgerError):
            check_checkpoint(bytes(broken), keys, require=2)
        with pytest.raises(LedgerError):
            check_checkpoint(data[:at], keys, require=2)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.binary().map(lambda b: TEXT.encode() + b"\n\n" + b)))
def test_any_note_ends_in_a_verdict(note: str | bytes) -> None:
    """No text or bytes escape with another error."""
    try:
        check_checkpoint(note, [ED25519_KEY])
    except LedgerError:
        return
    raise AssertionError("a random note was believed")


@given(
    st.text(alphabet="abc/.-测", min_size=1), st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32)
)
def test_checkpoint_round_trip(origin: str, size: int, root: bytes) -> None:
    """What is written is read back the same."""
    head = Checkpoint(origin, size, root)
    assert parse_checkpoint(head.text()) == head

# SPDX-License-Identifier: Apache-2.0
"""Signed notes and checkpoints.

C2SP signed-note: a text, an empty line, signature lines "— name base64(key id || signature)".  C2SP
tlog-checkpoint: the text is origin, tree size, root hash, then optional extension lines; ours has one,
``sm3-root`` and the base64 of the root of the same entries under SM3.

Signature types: 0x01 Ed25519 (32-byte public key), and — by us, in the space 0xff that the specification
leaves free — ``sm2-sm3``: SM2 with SM3 and the standard user id, DER (r, s), the key encoded as
SubjectPublicKeyInfo. Stricter than the specification: base64 must be canonical, a known key that fails
refuses the whole note, and only keys whose name is the origin line count.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keys import KeyFamily, KeysError, parse_public_key

from ..trust import LogKey
from .errors import NoteMalformed, NoteNotTrusted
from .hashing import HASH_SIZE, SM3_TREE
from .tree import EMPTY_ROOT, LARGEST_SIZE

LARGEST_NOTE = 128 * 1024
MOST_SIGNATURES = 64
ED25519 = b"\x01"
SM2_SM3 = b"\xffsm2-sm3"
SIGNATURE_TYPES = {"ed25519": ED25519, "sm2": SM2_SM3}
"""Type identifier for each ``LogKey.algorithm``."""

SM3_ROOT = "sm3-root "
"""How the extension line with the root of the SM3 tree begins."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who says so (name and 4-byte key id), and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if len(self.key_id) != 4 or not self.signature:
            raise NoteMalformed("a signature is a 4-byte key id and at least one byte")

    def line(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """Text and signatures; nothing is verified by making one."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        _require_text(self.text)
        if not 0 < len(self.signatures) <= MOST_SIGNATURES:
            raise NoteMalformed(f"1 to {MOST_SIGNATURES} signatures, not {len(self.signatures)}")

    def encode(self) -> str:
        return self.text + "\n" + "".join(one.line() for one in self.signatures)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its name, its size and its root at that size."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for number, line in ((1, self.origin), *enumerate(self.extensions, 4)):
            if not line or "\n" in line or _CONTROL.search(line):
                raise NoteMalformed(
                    "a checkpoint line is not empty and has no control character", line=number
                )
        if not 0 <= self.size <= LARGEST_SIZE:
            raise NoteMalformed("tree size out of range", line=2)
        if len(self.root) != HASH_SIZE:
            raise NoteMalformed(f"the root hash is {HASH_SIZE} bytes", line=3)
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise NoteMalformed("an empty tree has the hash of nothing as its root", line=3)
        sm3 = self.sm3_root
        if sm3 is not None and (len(sm3) != HASH_SIZE or (self.size == 0 and sm3 != SM3_TREE.empty)):
            raise NoteMalformed(
                f"the SM3 root is {HASH_SIZE} bytes, of an empty tree the hash of nothing", line=4
            )

    @property
    def sm3_root(self) -> bytes | None:
        """The root of the SM3 tree, where the log states one.  Raises :class:`NoteMalformed`."""
        found = [line for line in self.extensions if line.startswith(SM3_ROOT.rstrip())]
        if not found:
            return None
        if len(found) > 1 or not found[0].startswith(SM3_ROOT):
            raise NoteMalformed("one extension line: sm3-root, space, base64", line=4)
        return decode_base64(found[0].removeprefix(SM3_ROOT), 4)

    def text(self) -> str:
        """The exact text that is signed (UTF-8)."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode("ascii"), *self.extensions)
        return "".join(line + "\n" for line in lines)


def sm3_extension(root: bytes) -> str:
    """The extension line of a checkpoint with the root of the SM3 tree."""
    return SM3_ROOT + base64.b64encode(root).decode("ascii")


def require_key_name(name: str) -> None:
    """Key names are not empty and hold no space of any script and no plus sign."""
    if not name or "+" in name or any(c.isspace() or ord(c) < 0x20 for c in name):
        raise NoteMalformed("a key name is not empty and has neither spaces nor +")


def note_key_id(name: str, type_bytes: bytes, key: bytes) -> bytes:
    """``SHA-256(name || 0x0A || type || key)[:4]``."""
    require_key_name(name)
    return hashlib.sha256(name.encode("utf-8") + b"\n" + type_bytes + key).digest()[:4]


def log_key_id(key: LogKey) -> bytes:
    """The note key id of a log key."""
    try:
        return note_key_id(key.name, SIGNATURE_TYPES[key.algorithm], key.key)
    except KeyError:
        raise NoteNotTrusted(f"log key algorithm {key.algorithm!r} is not known") from None


def note_signature(key: LogKey, signature: bytes) -> NoteSignature:
    """The line for a signature that the holder of ``key`` made over the UTF-8 text."""
    return NoteSignature(key.name, log_key_id(key), signature)


def parse_note(note: str | bytes) -> SignedNote:
    """Structure only: no signature is verified.  Raises :class:`NoteMalformed`."""
    if len(note) > LARGEST_NOTE:
        raise NoteMalformed(f"longer than {LARGEST_NOTE} bytes")
    if isinstance(note, bytes):
        try:
            note = note.decode("utf-8")
        except UnicodeDecodeError:
            raise NoteMalformed("not UTF-8") from None
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n"):
        raise NoteMalformed("text, empty line, signature lines, each line ended")
    text, lines = note[: cut + 1], note[cut + 2 : -1].split("\n")
    first = text.count("\n") + 2
    if not note[cut + 2 :]:
        raise NoteMalformed("no signature")
    if len(lines) > MOST_SIGNATURES:
        raise NoteMalformed(f"more than {MOST_SIGNATURES} signatures")
    return SignedNote(text, tuple(parse_signature(line, number) for number, line in enumerate(lines, first)))


def parse_checkpoint(text: str) -> Checkpoint:
    """The three facts in a note's text.  Raises :class:`NoteMalformed`."""
    _require_text(text)
    lines = text[:-1].split("\n")
    if len(lines) < 3:
        raise NoteMalformed("a checkpoint has at least three lines")
    if not _SIZE.fullmatch(lines[1]):
        raise NoteMalformed("the tree size is a decimal number without leading zeros", line=2)
    return Checkpoint(lines[0], int(lines[1]), decode_base64(lines[2], 3), tuple(lines[3:]))


def verified_by(note: SignedNote, log_keys: Sequence[LogKey]) -> tuple[LogKey, ...]:
    """The known keys that signed, each once.  A known key whose signature fails refuses the note.

    Signatures of unknown keys are ignored, as the specification demands (witnesses, rotation).
    """
    signed: list[LogKey] = []
    message = note.text.encode("utf-8")
    known = [(key.name, log_key_id(key), key) for key in log_keys]
    for signature in note.signatures:
        candidates = [
            key for name, key_id, key in known if (name, key_id) == (signature.name, signature.key_id)
        ]
        good = [key for key in candidates if signature_verifies(key, signature.signature, message)]
        if candidates and not good:
            raise NoteNotTrusted(f"the signature of {signature.name} does not verify", forged=True)
        signed.extend(key for key in good if key not in signed)
    return tuple(signed)


def check_checkpoint(note: str | bytes, log_keys: Sequence[LogKey], require: int = 1) -> Checkpoint:
    """The checkpoint, signed by at least ``require`` known keys of this log.

    Raises :class:`NoteMalformed` or :class:`NoteNotTrusted`.
    """
    if require < 1:
        raise NoteNotTrusted("at least one signature must be required")
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    signed = verified_by(parsed, [key for key in log_keys if key.name == checkpoint.origin])
    if len(signed) < require:
        raise NoteNotTrusted(f"{len(signed)} known keys of {checkpoint.origin} signed, {require} required")
    return checkpoint


def _require_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteMalformed("the text ends in a newline and has no other control character")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NoteMalformed("not UTF-8") from None


def parse_signature(line: str, number: int = 0) -> NoteSignature:
    """One signature line without its newline.  Raises :class:`NoteMalformed`."""
    if not line.startswith("— ") or line.count(" ") != 2:
        raise NoteMalformed("a signature line is: em dash, space, key name, space, base64", line=number)
    _, name, encoded = line.split(" ")
    blob = decode_base64(encoded, number)
    if len(blob) < 5:
        raise NoteMalformed("a signature is a 4-byte key id and at least one byte", line=number)
    return NoteSignature(name, blob[:4], blob[4:])


def decode_base64(encoded: str, line: int) -> bytes:
    """Canonical base64 only: one value has one text."""
    try:
        blob = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise NoteMalformed("not base64", line=line) from None
    if base64.b64encode(blob).decode("ascii") != encoded:
        raise NoteMalformed("base64 with stray bits", line=line)
    return blob


def signature_verifies(key: LogKey, signature: bytes, message: bytes) -> bool:
    """Is this a good signature of the key?  A key that cannot be read verifies nothing."""
    try:
        if key.algorithm == "ed25519":
            Ed25519PublicKey.from_public_bytes(key.key).verify(signature, message)
        else:
            public_key = parse_public_key(key.key)
            if public_key.family is not KeyFamily.SM2:
                return False
            public_key.verify(signature, message)
    except (InvalidSignature, KeysError, ValueError):
        return False
    return True

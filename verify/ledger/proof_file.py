# SPDX-License-Identifier: Apache-2.0
"""The log proof file: one entry, its place in both trees, and the cosigned checkpoint that fixes them.

JSON ``{"format": "yinxin-log-proof/2", "entry", "sm3_proof": […], "tlog_proof"}``: bytes are base64, and
``tlog_proof`` is the text of a C2SP tlog-proof (``c2sp.org/tlog-proof@v1``), which other verifiers of
transparency logs read as it is.  Version 1 — ``{"format", "index", "entry", "proof", "checkpoint"}`` with the
SHA-256 tree alone — is still read and, for logs without an SM3 tree, written.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from ..canonical import Json, JsonMalformed, canonical_json, parse_json
from .errors import LogProofMalformed, NoteMalformed
from .note import decode_base64
from .tree import LARGEST_SIZE

FORMAT = "yinxin-log-proof/1"
FORMAT_2 = "yinxin-log-proof/2"
FORMATS = (FORMAT, FORMAT_2)
TLOG_PROOF = "c2sp.org/tlog-proof@v1"
LARGEST_FILE = 4 * 1024 * 1024
LONGEST_PROOF = 64
_MEMBERS = {"format", "index", "entry", "proof", "checkpoint"}
_MEMBERS_2 = {"format", "entry", "sm3_proof", "tlog_proof"}
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LogProof:
    """Structure only: nothing is proven by having one.  ``sm3_proof`` is the path in the SM3 tree."""

    index: int
    entry: bytes
    proof: tuple[bytes, ...]
    checkpoint: str  # the signed note, cosignatures and all
    sm3_proof: tuple[bytes, ...] | None = None

    def encode(self) -> bytes:
        """The file: version 2 where there is a path in the SM3 tree."""
        if self.sm3_proof is None:
            return canonical_json(
                {
                    "format": FORMAT,
                    "index": self.index,
                    "entry": _text(self.entry),
                    "proof": [_text(step) for step in self.proof],
                    "checkpoint": self.checkpoint,
                }
            )
        return canonical_json(
            {
                "format": FORMAT_2,
                "entry": _text(self.entry),
                "sm3_proof": [_text(step) for step in self.sm3_proof],
                "tlog_proof": self.tlog_proof(),
            }
        )

    def tlog_proof(self) -> str:
        """The C2SP tlog-proof of this entry; the entry itself is not in it."""
        lines = (TLOG_PROOF, f"index {self.index}", *(_text(step) for step in self.proof))
        return "".join(f"{line}\n" for line in lines) + "\n" + self.checkpoint


def parse_log_proof(data: bytes) -> LogProof:
    """Either version.  Raises :class:`LogProofMalformed`."""
    try:
        value = parse_json(data, max_bytes=LARGEST_FILE)
    except JsonMalformed as error:
        raise LogProofMalformed(field="(file)", rule=str(error)) from error
    if not isinstance(value, dict):
        raise LogProofMalformed(field="(file)", rule="a JSON object")
    if value.get("format") == FORMAT_2:
        return _version_2(value)
    if set(value) != _MEMBERS:
        raise LogProofMalformed(field="(file)", rule=f"an object with exactly {', '.join(sorted(_MEMBERS))}")
    index, checkpoint = value["index"], value["checkpoint"]
    if value["format"] != FORMAT:
        raise LogProofMalformed(field="format", rule=f"must be {FORMAT} or {FORMAT_2}")
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index <= LARGEST_SIZE:
        raise LogProofMalformed(field="index", rule="a whole number from 0")
    if not isinstance(checkpoint, str):
        raise LogProofMalformed(field="checkpoint", rule="the text of a signed note")
    return LogProof(index, _bytes(value["entry"], "entry"), _path(value["proof"], "proof"), checkpoint)


def parse_tlog_proof(text: str) -> tuple[int, tuple[bytes, ...], str]:
    """Index, path and checkpoint of a C2SP tlog-proof; ``extra`` says nothing and is passed over.

    Raises :class:`LogProofMalformed`.
    """
    field = "tlog_proof"
    head, cut, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not cut or lines[0] != TLOG_PROOF:
        raise LogProofMalformed(field=field, rule=f"{TLOG_PROOF}, index, hashes, empty line, checkpoint")
    rest = lines[1:]
    if rest and rest[0].startswith("extra "):
        _line(rest.pop(0).removeprefix("extra "), field)
    found = _INDEX.fullmatch(rest[0]) if rest else None
    if found is None or int(found[1]) > LARGEST_SIZE:
        raise LogProofMalformed(field=field, rule="an index line with a whole number from 0")
    if len(rest) - 1 > LONGEST_PROOF:
        raise LogProofMalformed(field=field, rule=f"at most {LONGEST_PROOF} hashes")
    return int(found[1]), tuple(_line(line, field) for line in rest[1:]), checkpoint


def _version_2(value: dict[str, Json]) -> LogProof:
    if set(value) != _MEMBERS_2:
        raise LogProofMalformed(
            field="(file)", rule=f"an object with exactly {', '.join(sorted(_MEMBERS_2))}"
        )
    text = value["tlog_proof"]
    if not isinstance(text, str):
        raise LogProofMalformed(field="tlog_proof", rule="the text of a C2SP tlog-proof")
    index, path, checkpoint = parse_tlog_proof(text)
    entry, sm3_path = _bytes(value["entry"], "entry"), _path(value["sm3_proof"], "sm3_proof")
    proof = LogProof(index, entry, path, checkpoint, sm3_path)
    if proof.tlog_proof() != text:
        raise LogProofMalformed(field="tlog_proof", rule="without extra data")
    return proof


def _path(value: Json, field: str) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > LONGEST_PROOF:
        raise LogProofMalformed(field=field, rule=f"a list of at most {LONGEST_PROOF} hashes")
    return tuple(_bytes(step, f"{field}[{number}]") for number, step in enumerate(value))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _line(value: str, field: str) -> bytes:
    try:
        return decode_base64(value, 0)
    except NoteMalformed as error:
        raise LogProofMalformed(field=field, rule=error.rule) from None


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

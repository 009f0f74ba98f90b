# SPDX-License-Identifier: Apache-2.0
"""What a log sends to a witness: C2SP tlog-witness ``add-checkpoint``.

``old SIZE``, the hashes of a consistency proof, an empty line, the signed checkpoint.  Our witnesses also
recompute the SM3 tree; that proof is not part of the C2SP text, so the SM3 path is asked of the tiles.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from .errors import NoteMalformed
from .note import decode_base64
from .tree import LARGEST_SIZE

LONGEST_PROOF = 63
LARGEST_SUBMISSION = 256 * 1024
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Submission:
    """The size that the log believes the witness to have kept, the proof from there, the signed note."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def encode(self) -> str:
        """The body of the request."""
        steps = "".join(base64.b64encode(step).decode("ascii") + "\n" for step in self.proof)
        return f"old {self.old}\n{steps}\n{self.note}"


def parse_submission(data: bytes) -> Submission:
    """Structure only.  Raises :class:`NoteMalformed`."""
    if len(data) > LARGEST_SUBMISSION:
        raise NoteMalformed(f"longer than {LARGEST_SUBMISSION} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteMalformed("not UTF-8") from None
    head, cut, note = text.partition("\n\n")
    first, *steps = head.split("\n")
    found = _OLD.fullmatch(first)
    if not cut or found is None or int(found[1]) > LARGEST_SIZE:
        raise NoteMalformed("old and a size, proof lines, an empty line, a checkpoint", line=1)
    if len(steps) > LONGEST_PROOF:
        raise NoteMalformed(f"more than {LONGEST_PROOF} hashes", line=2)
    proof = tuple(decode_base64(step, number) for number, step in enumerate(steps, 2))
    return Submission(int(found[1]), proof, note)

# SPDX-License-Identifier: Apache-2.0
"""Does a new head of a log extend one that was kept?  What witnesses and monitors ask, in both trees."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import LogContradicted, LogForked, LogWentBack, ProofInvalid
from .hashing import SHA256_TREE, SM3_TREE
from .note import Checkpoint
from .tree import check_consistency


def require_growth(
    kept: Checkpoint | None,
    shown: Checkpoint,
    proof: Sequence[bytes],
    sm3_proof: Sequence[bytes] | None = None,
) -> None:
    """Raise :class:`LogContradicted` unless ``shown`` is ``kept`` or appends to it.

    ``kept`` is ``None`` for whoever sees the log for the first time, and then nothing is compared.
    ``sm3_proof`` is looked at when both heads state an SM3 root; ``None`` says that whoever showed the head
    had none, which leaves the SM3 tree unchecked.  A log that stated an SM3 root goes on doing so.
    """
    if kept is None:
        return
    if kept.origin != shown.origin:
        raise LogContradicted(
            f"不是同一日志:{kept.origin} 与 {shown.origin}", f"not one log: {kept.origin} and {shown.origin}"
        )
    if shown.size < kept.size:
        raise LogWentBack(kept.size, shown.size)
    if kept.sm3_root is not None and shown.sm3_root is None:
        raise LogForked(kept.size, shown.size, "the SM3 root is gone")
    if kept.size == 0:
        return  # everything extends a log without entries
    try:
        check_consistency(kept.size, shown.size, kept.root, shown.root, proof, SHA256_TREE)
        if kept.sm3_root is not None and shown.sm3_root is not None and sm3_proof is not None:
            check_consistency(kept.size, shown.size, kept.sm3_root, shown.sm3_root, sm3_proof, SM3_TREE)
        elif kept.size == shown.size and kept.sm3_root not in (None, shown.sm3_root):
            raise ProofInvalid("equal sizes, different SM3 roots")
    except ProofInvalid as error:
        raise LogForked(kept.size, shown.size, error.rule) from error

# SPDX-License-Identifier: Apache-2.0
"""The public log as anyone can check it: tree proofs, signed checkpoints, log proof files."""

from __future__ import annotations

from .errors import LedgerError, LogProofMalformed, NoteMalformed, NoteNotTrusted, ProofInvalid
from .note import (
    Checkpoint,
    NoteSignature,
    SignedNote,
    check_checkpoint,
    log_key_id,
    note_key_id,
    note_signature,
    parse_checkpoint,
    parse_note,
    verified_by,
)
from .proof import LogProof, check_log_proof, parse_log_proof
from .tree import (
    check_consistency,
    check_inclusion,
    completed_nodes,
    consistency_path,
    empty_root,
    inclusion_path,
    leaf_hash,
    node_hash,
    tree_root,
)

__all__ = [
    "Checkpoint",
    "LedgerError",
    "LogProof",
    "LogProofMalformed",
    "NoteMalformed",
    "NoteNotTrusted",
    "NoteSignature",
    "ProofInvalid",
    "SignedNote",
    "check_checkpoint",
    "check_consistency",
    "check_inclusion",
    "check_log_proof",
    "completed_nodes",
    "consistency_path",
    "empty_root",
    "inclusion_path",
    "leaf_hash",
    "log_key_id",
    "node_hash",
    "note_key_id",
    "note_signature",
    "parse_checkpoint",
    "parse_log_proof",
    "parse_note",
    "tree_root",
    "verified_by",
]

# SPDX-License-Identifier: Apache-2.0
"""Append one revision to a PDF: changed and new objects, and cross-references in the file's own style.

ISO 32000-1 sections 7.5.4, 7.5.6 and 7.5.8.  No byte of the file before changes.  A cross-reference stream
gets a number of its own, because strict readers refuse one that takes the place of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .base import Base

_ENTRY = (1, 4, 2)  # widths of a cross-reference stream: type, offset, generation


@dataclass(frozen=True, slots=True)
class Changed:
    """An object of the new revision."""

    number: int
    generation: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Revision:
    """What follows the file, and where each of its objects begins in the whole."""

    tail: bytes
    bodies: dict[int, int]


def write_revision(base: Base, objects: Sequence[Changed], *, next_number: int) -> Revision:
    """The revision; ``next_number`` is the first number that nothing uses yet."""
    start = len(base.data)
    tail = bytearray() if base.data.endswith((b"\n", b"\r")) else bytearray(b"\n")
    offsets: dict[tuple[int, int], int] = {}
    bodies: dict[int, int] = {}
    for one in objects:
        offsets[one.number, one.generation] = start + len(tail)
        tail += b"%d %d obj\n" % (one.number, one.generation)
        bodies[one.number] = start + len(tail)
        tail += one.body + b"\nendobj\n"
    section = start + len(tail)
    if base.has_streams:
        offsets[next_number, 0] = section
        tail += _stream(base, offsets, next_number)
    else:
        tail += _table(base, offsets, next_number)
    tail += b"startxref\n%d\n%%%%EOF\n" % section
    return Revision(bytes(tail), bodies)


def _table(base: Base, offsets: dict[tuple[int, int], int], size: int) -> bytes:
    out = bytearray(b"xref\n")
    for run in _runs(offsets):
        out += b"%d %d\n" % (run[0][0], len(run))
        for key in run:
            out += b"%010d %05d n \n" % (offsets[key], key[1])
    return bytes(out) + b"trailer\n<< /Size %d %s >>\n" % (size, base.trailer)


def _stream(base: Base, offsets: dict[tuple[int, int], int], number: int) -> bytes:
    index = " ".join(f"{run[0][0]} {len(run)}" for run in _runs(offsets))
    rows = b"".join(
        b"\x01" + offsets[key].to_bytes(_ENTRY[1]) + key[1].to_bytes(_ENTRY[2]) for key in sorted(offsets)
    )
    widths = " ".join(str(width) for width in _ENTRY)
    head = f"/Type /XRef /W [{widths}] /Index [{index}] /Size {number + 1} /Length {len(rows)}"
    return b"%d 0 obj\n<< %s %s >>\nstream\n%s\nendstream\nendobj\n" % (
        number,
        head.encode("ascii"),
        base.trailer,
        rows,
    )


def _runs(offsets: dict[tuple[int, int], int]) -> list[list[tuple[int, int]]]:
    """Consecutive object numbers together, as a cross-reference section lists them."""
    runs: list[list[tuple[int, int]]] = []
    for key in sorted(offsets):
        if runs and key[0] == runs[-1][-1][0] + 1:
            runs[-1].append(key)
        else:
            runs.append([key])
    return runs

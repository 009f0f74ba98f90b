# SPDX-License-Identifier: Apache-2.0
"""One embedded typeface of a PDF: a Type 0 font over a bare CFF subset (ISO 32000-1 section 9.7).

``Identity-H`` shows CIDs as two bytes each.  The subset is CID-keyed, so the viewer looks a CID up in the
charset of the subset (table 126, CIDFontType0C); our subsets keep the CIDs of the whole font.  ``ToUnicode``
gives copied text back as characters.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from .fonts import Glyph, typeface
from .model import FontName
from .pdf_objects import Objects, stream

_FLAGS = 4  # symbolic: the glyphs go beyond the Latin character set (table 123)
_STEM = 80
_FULL_WIDTH = 1000
FONT_OBJECTS = 5


def add_font(objects: Objects, name: FontName, glyphs: Iterable[Glyph]) -> int:
    """Write the font that draws ``glyphs``; returns the object number of the Type 0 font."""
    shown = by_cid(glyphs)
    data = typeface(name).subset(glyph.character for glyph in shown)
    numbers = [objects.reserve() for _ in range(FONT_OBJECTS)]
    for number, body in zip(numbers, font_bodies(name, shown, data, numbers, compress=True), strict=True):
        objects.fill(number, body)
    return numbers[-1]


def by_cid(glyphs: Iterable[Glyph]) -> list[Glyph]:
    """One glyph for each CID, in their order."""
    shown: dict[int, Glyph] = {}
    for glyph in sorted(glyphs, key=lambda glyph: (glyph.cid, _compatible(glyph.character), glyph.character)):
        shown.setdefault(glyph.cid, glyph)
    return list(shown.values())


def font_bodies(
    name: FontName, shown: Sequence[Glyph], data: bytes, numbers: Sequence[int], *, compress: bool
) -> tuple[bytes, ...]:
    """The objects of a font over the CFF table ``data``; the last is the Type 0 font."""
    widths = [(glyph.cid, round(glyph.advance * 1000)) for glyph in shown]
    unicode = [f"<{glyph.cid:04X}> <{glyph.character.encode('utf-16-be').hex().upper()}>" for glyph in shown]
    return bodies_of(name, data, numbers, widths=widths, unicode=unicode, compress=compress)


def bodies_of(
    name: FontName,
    data: bytes,
    numbers: Sequence[int],
    *,
    widths: Iterable[tuple[int, int]],
    unicode: Sequence[str],
    compress: bool,
) -> tuple[bytes, ...]:
    """The same from what is known of each glyph: CID and width, and its line of the ToUnicode map."""
    file, descriptor, descendant, unicode_map, _ = numbers
    base, measures = f"{_tag(data)}+{typeface(name).metrics.name}", _measures(name)
    return (
        stream(b"/Subtype /CIDFontType0C", data, compress=compress),
        (
            f"<< /Type /FontDescriptor /FontName /{base} {measures} /StemV {_STEM} /FontFile3 {file} 0 R >>"
        ).encode("ascii"),
        (
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /{base} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R /DW {_FULL_WIDTH} /W [{_widths(widths)}] >>"
        ).encode("ascii"),
        stream(b"", _to_unicode(unicode), compress=compress),
        (
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{base} /Encoding /Identity-H "
            f"/DescendantFonts [{descendant} 0 R] /ToUnicode {unicode_map} 0 R >>"
        ).encode("ascii"),
    )


@cache
def _measures(name: FontName) -> str:
    metrics = typeface(name).metrics
    box = " ".join(str(edge) for edge in metrics.box)
    return (
        f"/Flags {_FLAGS} /FontBBox [{box}] /ItalicAngle 0 "
        f"/Ascent {metrics.ascent} /Descent {metrics.descent} /CapHeight {metrics.cap_height}"
    )


def _compatible(character: str) -> bool:
    """Compatibility characters share the glyph of the ordinary one, which is what copying should give."""
    return unicodedata.normalize("NFKC", character) != character


def _tag(data: bytes) -> str:
    """Six letters that differ whenever the subset differs (section 9.6.4)."""
    number = int.from_bytes(hashlib.sha256(data).digest()[:8])
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


def _widths(widths: Iterable[tuple[int, int]]) -> str:
    """The W array: runs of neighbouring CIDs whose width is not the default of one em."""
    parts: list[str] = []
    previous = -2
    for cid, width in widths:
        if width == _FULL_WIDTH:
            continue
        if cid == previous + 1:
            parts[-1] += f" {width}"
        else:
            parts.append(f"{cid} [{width}")
        previous = cid
    return " ".join([f"{part}]" for part in parts])


def _to_unicode(lines: Sequence[str]) -> bytes:
    blocks = []
    for start in range(0, len(lines), 100):
        part = lines[start : start + 100]
        blocks.append("\n".join([f"{len(part)} beginbfchar", *part, "endbfchar"]))
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<0000> <FFFF>",
            "endcodespacerange",
            *blocks,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
            "",
        ]
    ).encode("ascii")

# SPDX-License-Identifier: Apache-2.0
"""One embedded typeface of a PDF: a Type 0 font over a bare CFF subset (ISO 32000-1 section 9.7).

``Identity-H`` shows CIDs as two bytes each.  The subset is CID-keyed, so the viewer looks a CID up in the
charset of the subset (table 126, CIDFontType0C); our subsets keep the CIDs of the whole font.  ``ToUnicode``
gives copied text back as characters.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping

from .fonts import Glyph, typeface
from .model import FontName
from .pdf_objects import Objects, stream

_FLAGS = 4  # symbolic: the glyphs go beyond the Latin character set (table 123)
_STEM = 80


def add_font(objects: Objects, name: FontName, glyphs: Iterable[Glyph]) -> int:
    """Write the font that draws ``glyphs``; returns the object number of the Type 0 font."""
    face = typeface(name)
    by_cid: dict[int, Glyph] = {}
    for glyph in sorted(glyphs, key=lambda glyph: (glyph.cid, _compatible(glyph.character), glyph.character)):
        by_cid.setdefault(glyph.cid, glyph)
    data = face.subset(glyph.character for glyph in by_cid.values())
    tag = _tag(data)
    base = f"{tag}+{face.metrics.name}"
    metrics = face.metrics
    box = " ".join(str(edge) for edge in metrics.box)
    file = objects.add(stream(b"/Subtype /CIDFontType0C", data))
    descriptor = objects.add(
        f"<< /Type /FontDescriptor /FontName /{base} /Flags {_FLAGS} /FontBBox [{box}] /ItalicAngle 0 "
        f"/Ascent {metrics.ascent} /Descent {metrics.descent} /CapHeight {metrics.cap_height} "
        f"/StemV {_STEM} /FontFile3 {file} 0 R >>".encode()
    )
    descendant = objects.add(
        f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /{base} "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
        f"/FontDescriptor {descriptor} 0 R /DW 1000 /W [{_widths(by_cid)}] >>".encode()
    )
    unicode_map = objects.add(stream(b"", _to_unicode(by_cid)))
    return objects.add(
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{base} /Encoding /Identity-H "
        f"/DescendantFonts [{descendant} 0 R] /ToUnicode {unicode_map} 0 R >>".encode()
    )


def _compatible(character: str) -> bool:
    """Compatibility characters share the glyph of the ordinary one, which is what copying should give."""
    return unicodedata.normalize("NFKC", character) != character


def _tag(data: bytes) -> str:
    """Six letters that differ whenever the subset differs (section 9.6.4)."""
    number = int.from_bytes(hashlib.sha256(data).digest()[:8])
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


def _widths(by_cid: Mapping[int, Glyph]) -> str:
    """The W array: runs of neighbouring CIDs whose width is not the default of one em."""
    parts: list[str] = []
    previous = -2
    for cid, glyph in by_cid.items():
        width = round(glyph.advance * 1000)
        if width == 1000:
            continue
        if cid == previous + 1:
            parts[-1] += f" {width}"
        else:
            parts.append(f"{cid} [{width}")
        previous = cid
    return " ".join(f"{part}]" for part in parts)


def _to_unicode(by_cid: Mapping[int, Glyph]) -> bytes:
    lines = [
        f"<{cid:04X}> <{glyph.character.encode('utf-16-be').hex().upper()}>" for cid, glyph in by_cid.items()
    ]
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

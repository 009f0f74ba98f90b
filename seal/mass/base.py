# SPDX-License-Identifier: Apache-2.0
"""What all documents of a mass issue share: one block of bytes at the head of each file, made once.

It holds the pages, the fonts of their constant texts, the seal's drawing, the signature field and the
catalog; every object that differs has a number and stands behind the block (ISO 32000-1 section 7.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..pages.fonts import Glyph, glyph_of
from ..pages.model import POINT_MM, Attachment, FontName, Layout, Page, Rect
from ..pages.operators import Canvas, number
from ..pages.pdf import UsedGlyphs, check_attachment, page_content
from ..pages.pdf_font import add_font
from ..pages.pdf_objects import Objects, stream, text_string
from ..pages.qr import QUIET_MODULES, symbol_of
from ..pdf.appearance import Appearance, looks_of
from ..pdf.marks import Placement
from ..pdf.spots import Spot
from .fields import CodeField

_FREQUENT = "".join(map(chr, range(0x20, 0x7F))) + "年月日"
_PRINT_LOCKED = 132
_FIELD_NAME = "Seal1"
CODE = "Q1"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Object numbers of what differs from document to document."""

    resources: int
    contents: tuple[int, ...]  # one for each page
    code: int | None  # the QR code
    files: tuple[int, ...]  # attachments
    info: int
    metadata: int
    value: int  # the signature dictionary
    after: int  # the first number that is free

    @classmethod
    def from_first(cls, first: int, *, pages: int, code: bool, files: int) -> Numbers:
        """Consecutive numbers, none left out."""
        after_pages = first + 1 + pages
        info = after_pages + code + files
        return cls(
            resources=first,
            contents=tuple(range(first + 1, after_pages)),
            code=after_pages if code else None,
            files=tuple(range(after_pages + code, info)),
            info=info,
            metadata=info + 1,
            value=info + 2,
            after=info + 3,
        )


@dataclass(frozen=True, slots=True)
class Block:
    """The shared head of the files, its cross-reference entries, and what the rest must know of it."""

    data: bytes
    entries: bytes
    numbers: Numbers
    root: int
    fonts: Mapping[FontName, int]
    embedded: Mapping[FontName, frozenset[str]]


def block_of(
    layout: Layout,
    *,
    code: CodeField | None,
    appearance: Appearance,
    placement: Placement,
    attachments: Sequence[Attachment],
    faces: frozenset[FontName],
    characters: str,
) -> Block:
    """``characters`` are embedded beside those of the layout, in the faces that fields use."""
    objects, used = Objects(), UsedGlyphs()
    catalog, tree = objects.reserve(), objects.reserve()
    kids = [objects.reserve() for _ in layout.pages]
    widget, form = objects.reserve(), objects.reserve()
    contents = [
        objects.add(stream(b"", (page_content(page, used) + _code_at(page, place, code)).encode("ascii")))
        for place, page in enumerate(layout.pages)
    ]
    for face in faces:
        shown = {glyph_of(one, face) for one in _FREQUENT + characters}
        for glyph in shown:
            used.glyphs.setdefault(glyph.face, set()).add(glyph)
    fonts = {face: add_font(objects, face, used.glyphs[face]) for face in sorted(used.glyphs)}
    specifications = [objects.reserve() for _ in attachments]
    (seal,) = looks_of([_spot(layout, placement)], appearance, objects.add)
    # From here on every number is known; the objects that differ come behind all of these.
    numbers = Numbers.from_first(
        objects.count + 1, pages=len(kids), code=code is not None, files=len(attachments)
    )
    for place, (kid, page) in enumerate(zip(kids, layout.pages, strict=True)):
        size = f"{number(page.width_mm / POINT_MM)} {number(page.height_mm / POINT_MM)}"
        annotations = f" /Annots [{widget} 0 R]" if place == placement.page else ""
        objects.fill(
            kid,
            f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {size}] /Resources {numbers.resources} 0 R "
            f"/Contents [{contents[place]} 0 R {numbers.contents[place]} 0 R]{annotations} >>".encode(),
        )
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects.fill(tree, f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode())
    objects.fill(
        widget,
        f"<< /Type /Annot /Subtype /Widget /FT /Sig /T ({_FIELD_NAME}) /F {_PRINT_LOCKED} "
        f"/Rect {_rectangle(layout, placement)} /P {kids[placement.page]} 0 R "
        f"/V {numbers.value} 0 R /AP << /N {seal} 0 R >> >>".encode(),
    )
    objects.fill(form, f"<< /Fields [{widget} 0 R] /SigFlags 3 >>".encode())
    objects.fill(
        catalog,
        f"<< /Type /Catalog /Pages {tree} 0 R /Metadata {numbers.metadata} 0 R /Lang (zh-CN) "
        f"/ViewerPreferences << /DisplayDocTitle true >> /AcroForm {form} 0 R "
        f"/Perms << /DocMDP {numbers.value} 0 R >>"
        f"{_attached(objects, attachments, specifications, numbers)} >>".encode(),
    )
    data, offsets = objects.opening()
    return Block(
        data=bytes(data),
        entries=b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets),
        numbers=numbers,
        root=catalog,
        fonts=fonts,
        embedded={face: _characters(used.glyphs.get(face, set())) for face in FontName},
    )


def _code_at(page: Page, place: int, code: CodeField | None) -> str:
    """A white field with the picture in it."""
    if code is None or code.page != place:
        return ""
    one, canvas = code.code, Canvas(page.height_mm)
    modules = symbol_of(one.text).modules
    side, quiet = (modules + 2 * QUIET_MODULES) * one.module_mm, QUIET_MODULES * one.module_mm
    white = canvas.rect(Rect(one.x_mm, one.y_mm, side, side, line_mm=0.0, fill=(255, 255, 255)))
    scale = number(modules * one.module_mm / POINT_MM)
    corner = canvas.point(one.x_mm + quiet, one.y_mm + side - quiet)
    return f"{white}q 0 g {scale} 0 0 {scale} {corner} cm /{CODE} Do Q\n"


def _spot(layout: Layout, placement: Placement) -> Spot:
    height = layout.pages[placement.page].height_mm
    left, top = placement.x_mm, height - placement.y_mm
    right, bottom = left + placement.width_mm, top - placement.height_mm
    return Spot(
        placement.page, (left / POINT_MM, bottom / POINT_MM, right / POINT_MM, top / POINT_MM), rotation=0
    )


def _rectangle(layout: Layout, placement: Placement) -> str:
    return f"[{' '.join(number(edge) for edge in _spot(layout, placement).rect)}]"


def _attached(
    objects: Objects, attachments: Sequence[Attachment], specifications: Sequence[int], numbers: Numbers
) -> str:
    """Names and places of the attachments (ISO 32000-2 sections 7.11.4 and 14.13)."""
    if not attachments:
        return ""
    taken: dict[str, int] = {}
    for one, specification, file in zip(attachments, specifications, numbers.files, strict=True):
        check_attachment(one, taken)
        taken[one.name] = specification
        name = text_string(one.name)
        objects.fill(
            specification,
            f"<< /Type /Filespec /F {name} /UF {name} /Desc {text_string(one.description)} "
            f"/AFRelationship /Data /EF << /F {file} 0 R /UF {file} 0 R >> >>".encode(),
        )
    associated = " ".join(f"{specification} 0 R" for specification in specifications)
    tree = " ".join(
        f"{text_string(name)} {taken[name]} 0 R"
        for name in sorted(taken, key=lambda name: name.encode("utf-16-be"))
    )
    return f" /AF [{associated}] /Names << /EmbeddedFiles << /Names [{tree}] >> >>"


def _characters(glyphs: set[Glyph]) -> frozenset[str]:
    return frozenset(glyph.character for glyph in glyphs)

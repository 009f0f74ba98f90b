# SPDX-License-Identifier: Apache-2.0
"""A template for mass issue from a layout whose texts name their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from ..mass.errors import MassRefused
from ..mass.fields import CodeField, FieldAlign, code_of, fields_of
from ..pages.fonts import glyph_of
from ..pages.model import Attachment, FontName, Item, Layout, Page, Rect
from ..pages.qr import symbol_of
from ..pdf.marks import Mark, Placement
from .drawing import Drawer
from .listing import SignIds
from .markup import DECLARATION, NAMESPACE, box, document
from .mass import OWN, SIGNS, OfdMassTemplate, PageFrame, SharedFonts, code_xml, run_of
from .package import dos_moment, packed, write_package
from .parts import ROOT, File, attached, entrance_xml, font_xml, resources_xml
from .signature import annotation_of
from .stamps import stamps_of
from .subject import opened

_FREQUENT: Final = "".join(map(chr, range(0x20, 0x7F))) + "年月日"
_PIECES: Final = 256
"""Objects of one value at most: it changes font so often."""


def ofd_mass_template(
    layout: Layout,
    *,
    title: str,
    at: datetime,
    marks: Sequence[Mark] | None = None,
    align: Mapping[str, FieldAlign] | None = None,
    code: str = "",
    attachments: Sequence[Attachment] = (),
    characters: str = "",
) -> OfdMassTemplate:
    """A template from a layout whose texts name their fields: ``{holder}``, ``No. {number}``.

    ``marks``: where the seal shows, the layout's own place when not given.  ``align``: which point of a field
    keeps its place where that does not follow from the sheet.  ``code``: the field of the layout's QR code,
    whose text is a sample of the greatest length.  ``attachments``: names and types.  ``characters``: what
    else many values have in common, embedded once.  ``at`` is the time of the shared files.

    Raises :class:`~seal.MassRefused`, :class:`~seal.PageError` for what the layout itself cannot draw, and
    what a mark raises.
    """
    field_of_code = None
    if code:
        layout, field_of_code = code_of(layout, code)
    layout, fields = fields_of(layout, align or {})
    if not fields:
        raise MassRefused("mass-template", "{}", "no text of the layout has a field")
    drawer = Drawer()
    backgrounds = [
        _background(page, _code_field(field_of_code, number), drawer)
        for number, page in enumerate(layout.pages)
    ]
    for face in sorted({one.pattern.font for one in fields}):
        for character in _FREQUENT + characters:
            drawer.numbered(glyph_of(character, face))
    own = {face: drawer.next() for face in FontName}
    picture = drawer.next()
    frames, pages = [], []
    for number, (page, (template, _)) in enumerate(zip(layout.pages, backgrounds, strict=True)):
        identifier, layer = drawer.next(), drawer.next()
        pages.append(identifier)
        shown = ""
        if field_of_code is not None and field_of_code.page == number:
            shown = code_xml(field_of_code, picture, drawer.next())
        frames.append(_frame(page, layout.pages[0], template, layer, shown))
    first = drawer.last + 1
    last = drawer.last + _PIECES * len(fields)
    shared = [
        File(f"{ROOT}/Document.xml", _description(layout, backgrounds, pages, last, bool(attachments))),
        File(
            f"{ROOT}/PublicRes.xml",
            resources_xml([font_xml(face, one, f"{face}.ttf") for face, one in drawer.fonts.items()]),
        ),
        *(File(f"{ROOT}/Res/{face}.ttf", drawer.subsets[face].file()) for face in drawer.fonts),
        *(File(f"{ROOT}/Tpls/Tpl_{n}/Content.xml", data) for n, (_, data) in enumerate(backgrounds)),
    ]
    place = layout.seal_position
    usual = Placement(place.page, place.x_mm, place.y_mm, place.width_mm, place.height_mm)
    annotations, listing = _seen(marks or (usual,), shared, frames, title, at, attachments)
    return OfdMassTemplate(
        run=run_of([*shared, File(f"{SIGNS}/Signatures.xml", listing)], at),
        pages=tuple(frames),
        fields=fields,
        code=field_of_code,
        code_number=picture,
        fonts=SharedFonts(
            dict(drawer.fonts),
            own,
            {face: _drawn(drawer, face) for face in FontName},
        ),
        first=first,
        last=last,
        attachments=tuple(attachments),
        annotations=annotations,
        title=title,
    )


def _drawn(drawer: Drawer, face: FontName) -> dict[str, int]:
    return dict(drawer.subsets[face].characters) if face in drawer.subsets else {}


def _code_field(code: CodeField | None, page: int) -> tuple[Item, ...]:
    """The white field that the code stands on."""
    if code is None or code.page != page:
        return ()
    side = symbol_of(code.code.text).side_mm(code.code.module_mm)
    return (Rect(code.code.x_mm, code.code.y_mm, side, side, line_mm=0.0, fill=(255, 255, 255)),)


def _background(page: Page, more: tuple[Item, ...], drawer: Drawer) -> tuple[int, bytes]:
    number, layer = drawer.next(), drawer.next()
    content = (
        f'<ofd:Content><ofd:Layer ID="{layer}" Type="Background">'
        f"{drawer.objects((*page.items, *more))}</ofd:Layer></ofd:Content>"
    )
    return number, document("Page", "", content)


def _frame(page: Page, first: Page, template: int, layer: int, shown: str) -> PageFrame:
    area = ""
    if (page.width_mm, page.height_mm) != (first.width_mm, first.height_mm):
        paper = box(0, 0, page.width_mm, page.height_mm)
        area = f"<ofd:Area><ofd:PhysicalBox>{paper}</ofd:PhysicalBox></ofd:Area>"
    return PageFrame(
        f'{DECLARATION}<ofd:Page xmlns:ofd="{NAMESPACE}">'
        f'<ofd:Template TemplateID="{template}" ZOrder="Background"/>{area}'
        f'<ofd:Content><ofd:Layer ID="{layer}" Type="Body">{shown}',
        "</ofd:Layer></ofd:Content></ofd:Page>",
    )


def _description(
    layout: Layout, backgrounds: Sequence[tuple[int, bytes]], pages: Sequence[int], last: int, attached: bool
) -> bytes:
    first = layout.pages[0]
    area = box(0, 0, first.width_mm, first.height_mm)
    templates = "".join(
        f'<ofd:TemplatePage ID="{number}" Name="background{n}" ZOrder="Background" '
        f'BaseLoc="/{ROOT}/Tpls/Tpl_{n}/Content.xml"/>'
        for n, (number, _) in enumerate(backgrounds)
    )
    listed = "".join(
        f'<ofd:Page ID="{number}" BaseLoc="/{ROOT}/Pages/Page_{n}/Content.xml"/>'
        for n, number in enumerate(pages)
    )
    tail = f"<ofd:Attachments>/{ROOT}/Attachs/Attachments.xml</ofd:Attachments>" if attached else ""
    return document(
        "Document",
        "",
        f"<ofd:CommonData><ofd:MaxUnitID>{last}</ofd:MaxUnitID><ofd:PageArea>"
        f"<ofd:PhysicalBox>{area}</ofd:PhysicalBox><ofd:ApplicationBox>{area}</ofd:ApplicationBox>"
        f"</ofd:PageArea><ofd:PublicRes>/{ROOT}/PublicRes.xml</ofd:PublicRes>"
        f"<ofd:DocumentRes>/{ROOT}/DocumentRes.xml</ofd:DocumentRes>{templates}</ofd:CommonData>"
        f"<ofd:Pages>{listed}</ofd:Pages>{tail}",
    )


def _seen(
    marks: Sequence[Mark],
    shared: Sequence[File],
    frames: Sequence[PageFrame],
    title: str,
    at: datetime,
    attachments: Sequence[Attachment],
) -> tuple[str, bytes]:
    """The boxes of the seal, found on a blank document as on any other, and the list of its one signature."""
    moment = dos_moment(at)
    blank = [
        File("OFD.xml", entrance_xml(title, at, "blank", {})),
        *shared,
        File(f"{ROOT}/DocumentRes.xml", resources_xml()),
        *(
            File(f"{ROOT}/Pages/Page_{n}/Content.xml", f"{frame.before}{frame.after}".encode())
            for n, frame in enumerate(frames)
        ),
        *attached([Attachment(one.name, one.mime, b"") for one in attachments], at),
    ]
    subject = opened(write_package([packed(one.name, one.data, moment) for one in blank]))
    ids = SignIds()
    identifier = ids.next()
    pages = subject.document.pages
    seen = "".join(
        annotation_of(stamp, ids.next(), pages[stamp.page].id).written()
        for stamp in stamps_of(marks, subject)
    )
    listing = document(
        "Signatures",
        "",
        f"<ofd:MaxSignId>{ids.last}</ofd:MaxSignId>"
        f'<ofd:Signature ID="{identifier}" Type="Seal" BaseLoc="/{OWN}/Signature.xml"/>',
    )
    return seen, listing

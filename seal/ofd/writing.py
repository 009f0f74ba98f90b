# SPDX-License-Identifier: Apache-2.0
"""Write finished pages as OFD (GB/T 33190-2016), from the same page model that makes the PDF.

Everything a reader needs is inside: typefaces as subsets, code and lettering as paths, metadata as
``CustomDatas``, the record as an attachment.  What all pages begin with is one template page.  The writer is
deterministic: the same pages at the same time give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import takewhile

from ..pages.model import Attachment, Item, Layout, Page
from .drawing import Drawer
from .markup import box, document
from .package import Entry, dos_moment, packed, write_package
from .parts import ROOT, File, attached, entrance_xml, font_xml, resources_xml


def write_ofd(
    layout: Layout,
    *,
    title: str,
    at: datetime,
    document_id: str,
    metadata: Mapping[str, str] | None = None,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """The file.  Raises :class:`GlyphMissing`, :class:`QrRefused` and :class:`AttachmentRefused`."""
    moment = dos_moment(at)
    files = ofd_files(
        layout, title=title, at=at, document_id=document_id, metadata=metadata, attachments=attachments
    )
    return write_package([_entry(file, moment) for file in files])


def _entry(file: File, moment: int) -> Entry:
    return packed(file.name, file.data, moment)


def ofd_files(
    layout: Layout,
    *,
    title: str,
    at: datetime,
    document_id: str,
    metadata: Mapping[str, str] | None = None,
    attachments: Sequence[Attachment] = (),
) -> tuple[File, ...]:
    """The files of the package, OFD.xml first; see :func:`write_ofd`."""
    drawer = Drawer()
    shared = _shared(layout.pages)
    template = _template(shared, drawer) if shared else None
    first = layout.pages[0]
    pages = [_page(page, _area(page, first), len(shared), template, drawer) for page in layout.pages]
    embedded = attached(attachments, at)
    fonts = [File(f"{ROOT}/Res/{face.value}.ttf", drawer.subsets[face].file()) for face in drawer.fonts]
    listed = [font_xml(face, number, f"{face.value}.ttf") for face, number in drawer.fonts.items()]
    tail = "<ofd:Attachments>/Doc_0/Attachs/Attachments.xml</ofd:Attachments>" if embedded else ""
    root = _document(layout, template, [number for number, _ in pages], drawer.last) + tail
    return (
        File("OFD.xml", entrance_xml(title, at, document_id, metadata or {})),
        File(f"{ROOT}/Document.xml", document("Document", "", root)),
        File(f"{ROOT}/PublicRes.xml", resources_xml(listed)),
        *fonts,
        *([File(f"{ROOT}/Tpls/Tpl_0/Content.xml", template[1])] if template else []),
        *(File(f"{ROOT}/Pages/Page_{n}/Content.xml", data) for n, (_, data) in enumerate(pages)),
        *embedded,
    )


def _document(layout: Layout, template: tuple[int, bytes] | None, pages: Sequence[int], last: int) -> str:
    first = layout.pages[0]
    area = box(0, 0, first.width_mm, first.height_mm)
    background = (
        f'<ofd:TemplatePage ID="{template[0]}" Name="background" ZOrder="Background" '
        f'BaseLoc="/{ROOT}/Tpls/Tpl_0/Content.xml"/>'
        if template
        else ""
    )
    listed = "".join(
        f'<ofd:Page ID="{number}" BaseLoc="/{ROOT}/Pages/Page_{n}/Content.xml"/>'
        for n, number in enumerate(pages)
    )
    return (
        f"<ofd:CommonData><ofd:MaxUnitID>{last}</ofd:MaxUnitID><ofd:PageArea>"
        f"<ofd:PhysicalBox>{area}</ofd:PhysicalBox><ofd:ApplicationBox>{area}</ofd:ApplicationBox></ofd:PageArea>"
        f"<ofd:PublicRes>/{ROOT}/PublicRes.xml</ofd:PublicRes>{background}</ofd:CommonData>"
        f"<ofd:Pages>{listed}</ofd:Pages>"
    )


def _shared(pages: Sequence[Page]) -> tuple[Item, ...]:
    """What every page begins with, if there are several and they are of one size."""
    if len({(page.width_mm, page.height_mm) for page in pages}) != 1 or len(pages) < 2:
        return ()
    together = zip(*(page.items for page in pages), strict=False)
    return tuple(items[0] for items in takewhile(lambda items: len(set(items)) == 1, together))


def _template(shared: tuple[Item, ...], drawer: Drawer) -> tuple[int, bytes]:
    number, layer = drawer.next(), drawer.next()
    content = (
        f'<ofd:Content><ofd:Layer ID="{layer}" Type="Background">'
        f"{drawer.objects(shared)}</ofd:Layer></ofd:Content>"
    )
    return number, document("Page", "", content)


def _page(
    page: Page, area: str, shared: int, template: tuple[int, bytes] | None, drawer: Drawer
) -> tuple[int, bytes]:
    number, layer = drawer.next(), drawer.next()
    behind = f'<ofd:Template TemplateID="{template[0]}" ZOrder="Background"/>' if template else ""
    content = (
        f'{behind}{area}<ofd:Content><ofd:Layer ID="{layer}" Type="Body">'
        f"{drawer.objects(page.items[shared:])}</ofd:Layer></ofd:Content>"
    )
    return number, document("Page", "", content)


def _area(page: Page, first: Page) -> str:
    """Only of a page that differs from the document's area: readers, ours too, then need not look for it."""
    if (page.width_mm, page.height_mm) == (first.width_mm, first.height_mm):
        return ""
    area = box(0, 0, page.width_mm, page.height_mm)
    return f"<ofd:Area><ofd:PhysicalBox>{area}</ofd:PhysicalBox></ofd:Area>"

# SPDX-License-Identifier: Apache-2.0
"""Write finished pages as OFD (GB/T 33190-2016), from the same page model that makes the PDF.

Everything a reader needs is inside: typefaces as subsets, code and lettering as paths, metadata as
``CustomDatas``, the record as an attachment.  What all pages begin with is one template page.  The writer is
deterministic: the same pages at the same time give the same bytes.

The metadata profile is our own and says so (``yinxin-ecert-ofd/1``): the text of GB/T 36905-2018 was not at
hand, its item names are not claimed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import takewhile
from typing import Final

from ..pages.errors import AttachmentRefused
from ..pages.model import Attachment, FontName, Item, Layout, Page
from .drawing import Drawer
from .markup import box, document, element, escaped
from .package import Entry, dos_moment, packed, write_package
from .truetype import FAMILY

CREATOR: Final = "Yinxin"
PROFILE: Final = "yinxin-ecert-ofd/1"
_CHINA: Final = timezone(timedelta(hours=8))
_ROOT: Final = "Doc_0"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a package before it is packed."""

    name: str
    data: bytes


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
    embedded = _attachments(attachments, at)
    fonts = _fonts(drawer)
    tail = "<ofd:Attachments>/Doc_0/Attachs/Attachments.xml</ofd:Attachments>" if embedded else ""
    root = _document(layout, template, [number for number, _ in pages], drawer.last) + tail
    return (
        File("OFD.xml", _entrance(title, at, document_id, metadata or {})),
        File(f"{_ROOT}/Document.xml", document("Document", "", root)),
        *fonts,
        *([File(f"{_ROOT}/Tpls/Tpl_0/Content.xml", template[1])] if template else []),
        *(File(f"{_ROOT}/Pages/Page_{n}/Content.xml", data) for n, (_, data) in enumerate(pages)),
        *embedded,
    )


def _entrance(title: str, at: datetime, document_id: str, metadata: Mapping[str, str]) -> bytes:
    """OFD.xml: table 3, ``DocInfo``.  The identifier of 32 characters is derived from ours."""
    identifier = hashlib.sha256(f"yinxin/ofd/v1\0{document_id}".encode("utf-8", "replace")).hexdigest()[:32]
    custom = {"metadata-profile": PROFILE, "document-id": document_id, **metadata}
    named = "".join(
        f'<ofd:CustomData Name="{escaped(name)}">{escaped(value)}</ofd:CustomData>'
        for name, value in custom.items()
        if name and value
    )
    day = f"{at.astimezone(_CHINA):%Y-%m-%d}"
    return document(
        "OFD",
        ' Version="1.0" DocType="OFD"',
        f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{identifier}</ofd:DocID>{element('Title', title)}"
        f"<ofd:CreationDate>{day}</ofd:CreationDate><ofd:ModDate>{day}</ofd:ModDate>"
        f"<ofd:Creator>{CREATOR}</ofd:Creator><ofd:CreatorVersion>1</ofd:CreatorVersion>"
        f"<ofd:CustomDatas>{named}</ofd:CustomDatas></ofd:DocInfo>"
        f"<ofd:DocRoot>/{_ROOT}/Document.xml</ofd:DocRoot></ofd:DocBody>",
    )


def _document(layout: Layout, template: tuple[int, bytes] | None, pages: Sequence[int], last: int) -> str:
    first = layout.pages[0]
    area = box(0, 0, first.width_mm, first.height_mm)
    background = (
        f'<ofd:TemplatePage ID="{template[0]}" Name="background" ZOrder="Background" '
        f'BaseLoc="/{_ROOT}/Tpls/Tpl_0/Content.xml"/>'
        if template
        else ""
    )
    listed = "".join(
        f'<ofd:Page ID="{number}" BaseLoc="/{_ROOT}/Pages/Page_{n}/Content.xml"/>'
        for n, number in enumerate(pages)
    )
    return (
        f"<ofd:CommonData><ofd:MaxUnitID>{last}</ofd:MaxUnitID><ofd:PageArea>"
        f"<ofd:PhysicalBox>{area}</ofd:PhysicalBox><ofd:ApplicationBox>{area}</ofd:ApplicationBox></ofd:PageArea>"
        f"<ofd:PublicRes>/{_ROOT}/PublicRes.xml</ofd:PublicRes>{background}</ofd:CommonData>"
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


def _fonts(drawer: Drawer) -> list[File]:
    """PublicRes.xml and the font files.  Paths count from ``BaseLoc``, as every reader takes them."""
    files, listed = [], []
    for face, number in drawer.fonts.items():
        files.append(File(f"{_ROOT}/Res/{face.value}.ttf", drawer.subsets[face].file()))
        serif = ' Serif="true"' if face is FontName.SERIF else ""
        listed.append(
            f'<ofd:Font ID="{number}" FontName="{FAMILY[face]}" FamilyName="{FAMILY[face]}"{serif}>'
            f"<ofd:FontFile>{face.value}.ttf</ofd:FontFile></ofd:Font>"
        )
    content = f"<ofd:Fonts>{''.join(listed)}</ofd:Fonts>" if listed else ""
    return [File(f"{_ROOT}/PublicRes.xml", document("Res", ' BaseLoc="Res"', content)), *files]


def _attachments(attachments: Sequence[Attachment], at: datetime) -> list[File]:
    """Attachments.xml (section 20) and the attached files, under names that every ZIP reader takes."""
    files: list[File] = []
    listed: list[str] = []
    taken: set[str] = set()
    made = f"{at.astimezone(_CHINA):%Y-%m-%dT%H:%M:%S}"
    for count, one in enumerate(attachments, 1):
        _check(one, taken)
        taken.add(one.name)
        suffix = one.name.rpartition(".")[2].lower()
        suffix = suffix if suffix.isascii() and suffix.isalnum() and len(suffix) <= 8 else "bin"
        stored = f"{_ROOT}/Attachs/attachment_{count}.{suffix}"
        files.append(File(stored, one.data))
        listed.append(
            f'<ofd:Attachment ID="a{count}" Name="{escaped(one.name)}" Format="{suffix}" '
            f'CreationDate="{made}" Size="{len(one.data) / 1024:.4f}" Visible="true">'
            f"<ofd:FileLoc>/{stored}</ofd:FileLoc></ofd:Attachment>"
        )
    if not files:
        return []
    return [File(f"{_ROOT}/Attachs/Attachments.xml", document("Attachments", "", "".join(listed))), *files]


def _check(one: Attachment, taken: set[str]) -> None:
    if not one.name or not one.name.isprintable() or set(one.name) & set('/\\:*?"<>|'):
        rule = "名称须可打印且不含路径符号 / a printable name without path characters"
        raise AttachmentRefused(name=one.name, rule=rule)
    if one.name in taken:
        raise AttachmentRefused(name=one.name, rule="名称重复 / the name is taken")

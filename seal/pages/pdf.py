# SPDX-License-Identifier: Apache-2.0
"""Write finished pages as PDF 1.7 (ISO 32000-1).

Everything a reader needs is inside: typefaces as subsets with ToUnicode, code and lettering as vector paths,
metadata as XMP, and the record as an associated file.  The writer is deterministic: the same pages at the
same time give the same bytes, so a document can be made again and compared.  It writes one plain revision
with a cross-reference table; the seal is appended to it by others.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from xml.sax.saxutils import escape

from .errors import AttachmentRefused
from .fonts import Glyph, glyphs_of
from .model import POINT_MM, Attachment, FontName, Layout, Line, Page, Path, QrCode, Rect, Text
from .operators import Canvas, colours, number
from .pdf_font import add_font
from .pdf_objects import Objects, date_string, name_object, stream, text_string

PRODUCER = "Yinxin"
RESOURCES = {FontName.SERIF: "F1", FontName.SANS: "F2"}


@dataclass(slots=True)
class UsedGlyphs:
    """The glyphs that the pages show, by typeface."""

    glyphs: dict[FontName, set[Glyph]] = field(default_factory=dict)


def write_pdf(layout: Layout, *, title: str, at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
    """The file.  Raises :class:`GlyphMissing`, :class:`QrRefused` and :class:`AttachmentRefused`."""
    objects, used = Objects(), UsedGlyphs()
    catalog, pages, resources = objects.reserve(), objects.reserve(), objects.reserve()
    kids = []
    for page in layout.pages:
        content = objects.add(stream(b"", page_content(page, used).encode("ascii")))
        size = f"{number(page.width_mm / POINT_MM)} {number(page.height_mm / POINT_MM)}"
        kids.append(
            objects.add(
                f"<< /Type /Page /Parent {pages} 0 R /MediaBox [0 0 {size}] "
                f"/Resources {resources} 0 R /Contents {content} 0 R >>".encode()
            )
        )
    fonts = " ".join(
        f"/{RESOURCES[name]} {add_font(objects, name, used.glyphs[name])} 0 R" for name in sorted(used.glyphs)
    )
    objects.fill(resources, f"<< /Font << {fonts} >> >>".encode())
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    objects.fill(pages, f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode())
    metadata = objects.add(stream(b"/Type /Metadata /Subtype /XML", xmp_packet(title, at), compress=False))
    embedded = _embed(objects, attachments, at)
    objects.fill(
        catalog,
        f"<< /Type /Catalog /Pages {pages} 0 R /Metadata {metadata} 0 R /Lang (zh-CN) "
        f"/ViewerPreferences << /DisplayDocTitle true >>{embedded} >>".encode(),
    )
    made = date_string(at)
    info = objects.add(
        f"<< /Title {text_string(title)} /Producer ({PRODUCER}) "
        f"/CreationDate {made} /ModDate {made} >>".encode()
    )
    return objects.file(root=catalog, info=info)


def page_content(page: Page, used: UsedGlyphs) -> str:
    """The operators of a page; the fonts of its resources are named by :data:`RESOURCES`."""
    canvas = Canvas(page.height_mm)
    parts = []
    for item in page.items:
        match item:
            case Text():
                parts.append(_text(item, canvas, used))
            case Line():
                parts.append(canvas.line(item))
            case Rect():
                parts.append(canvas.rect(item))
            case Path():
                parts.append(canvas.path(item))
            case QrCode():
                parts.append(canvas.qr(item))
    return "".join(parts)


def _text(text: Text, canvas: Canvas, used: UsedGlyphs) -> str:
    glyphs = glyphs_of(text.text, text.font)
    if not glyphs:
        return ""
    bold = text.stroke_mm > 0
    shown = "".join(_shown(glyphs, text.size_pt, used))
    parts = [
        colours(text.colour, text.colour if bold else None, text.stroke_mm),
        f"BT {'2' if bold else '0'} Tr {number(text.spacing_mm / POINT_MM)} Tc ",
        f"1 0 0 1 {canvas.point(text.x_mm, text.y_mm)} Tm {shown}ET\n",
    ]
    if text.typed in ("", text.text):
        return "".join(parts)
    return f"/Span << /ActualText {text_string(text.typed)} >> BDC\n{''.join(parts)}EMC\n"


def _shown(glyphs: Sequence[Glyph], size_pt: float, used: UsedGlyphs) -> Iterator[str]:
    for face, run in groupby(glyphs, key=lambda glyph: glyph.face):
        members = list(run)
        used.glyphs.setdefault(face, set()).update(members)
        codes = "".join(f"{glyph.cid:04X}" for glyph in members)
        yield f"/{RESOURCES[face]} {number(size_pt)} Tf <{codes}> Tj "


def _embed(objects: Objects, attachments: Sequence[Attachment], at: datetime) -> str:
    """Embedded files, named and associated with the document (ISO 32000-2 sections 7.11.4 and 14.13)."""
    if not attachments:
        return ""
    specifications: dict[str, int] = {}
    for one in attachments:
        check_attachment(one, specifications)
        subtype = name_object(one.mime)
        made = date_string(at)
        file = objects.add(
            stream(
                f"/Type /EmbeddedFile /Subtype {subtype} "
                f"/Params << /Size {len(one.data)} /CreationDate {made} /ModDate {made} >>".encode(),
                one.data,
            )
        )
        name = text_string(one.name)
        specifications[one.name] = objects.add(
            f"<< /Type /Filespec /F {name} /UF {name} /Desc {text_string(one.description)} "
            f"/AFRelationship /Data /EF << /F {file} 0 R /UF {file} 0 R >> >>".encode()
        )
    associated = " ".join(f"{specification} 0 R" for specification in specifications.values())
    tree = " ".join(
        f"{text_string(name)} {specifications[name]} 0 R"
        for name in sorted(specifications, key=lambda name: name.encode("utf-16-be"))
    )
    return f" /AF [{associated}] /Names << /EmbeddedFiles << /Names [{tree}] >> >>"


def check_attachment(one: Attachment, taken: Container[str]) -> None:
    """Raises :class:`AttachmentRefused`."""
    if not one.name or not one.name.isprintable() or set(one.name) & set('/\\:*?"<>|'):
        rule = "名称须可打印且不含路径符号 / a printable name without path characters"
        raise AttachmentRefused(name=one.name, rule=rule)
    if one.name in taken:
        raise AttachmentRefused(name=one.name, rule="名称重复 / the name is taken")
    if one.mime.count("/") != 1 or not one.mime.isascii() or not one.mime.isprintable():
        raise AttachmentRefused(name=one.name, rule="媒体类型应为 type/subtype / give a media type")


def xmp_packet(title: str, at: datetime) -> bytes:
    """XMP packet (ISO 16684-1) with the same facts as the information dictionary."""
    made = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    shown = escape("".join(c for c in title if c.isprintable()))
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">\n'
        "<dc:format>application/pdf</dc:format>\n"
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{shown}</rdf:li></rdf:Alt></dc:title>\n'
        "<dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>\n"
        f"<xmp:CreateDate>{made}</xmp:CreateDate>\n"
        f"<xmp:ModifyDate>{made}</xmp:ModifyDate>\n"
        f"<pdf:Producer>{PRODUCER}</pdf:Producer>\n"
        "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="r"?>'
    ).encode("utf-8", "replace")

# SPDX-License-Identifier: Apache-2.0
"""The objects of one document: values, its own glyphs, the QR code, attachments, what it says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from ..pages.errors import QrRefused
from ..pages.pdf import PRODUCER, RESOURCES, xmp_packet
from ..pages.pdf_font import FONT_OBJECTS, bodies_of
from ..pages.pdf_objects import date_string, name_object, stream, text_string
from ..pages.qr import symbol_of
from .base import CODE, Block
from .cff import subset
from .errors import MassRefused
from .fields import CodeField
from .lettering import OWN_RESOURCES
from .letters import FACES, Letter


@dataclass(frozen=True, slots=True)
class OwnFonts:
    """The fonts of one document: resource names with numbers, and the objects in the order of theirs."""

    names: Mapping[str, int]
    bodies: Sequence[bytes]


def own_fonts(own: Iterable[Letter], first: int) -> OwnFonts:
    """The letters that the template lacks; numbers from ``first`` on.

    A handful of glyphs hardly shrinks when it is packed, and packing would take longer than all the rest.
    """
    names: dict[str, int] = {}
    bodies: list[bytes] = []
    shown: tuple[dict[int, Letter], ...] = tuple({} for _ in FACES)
    for letter in own:
        # Two characters may share a glyph; the lower one is what copying gives.
        other = shown[letter.face].setdefault(letter.cid, letter)
        if letter.character < other.character:
            shown[letter.face][letter.cid] = letter
    for face, by_cid in zip(FACES, shown, strict=True):
        if by_cid:
            letters = [by_cid[cid] for cid in sorted(by_cid)]
            numbers = range(first + len(bodies), first + len(bodies) + FONT_OBJECTS)
            bodies += bodies_of(
                face,
                subset(face, [(letter.cid, letter.program()) for letter in letters]),
                numbers,
                widths=[(letter.cid, letter.width) for letter in letters],
                unicode=[letter.unicode for letter in letters],
                compress=False,
            )
            names[OWN_RESOURCES[face]] = numbers[-1]
    return OwnFonts(names, bodies)


def resources(block: Block, own: Mapping[str, int]) -> bytes:
    """The resources of every page of one document; ``own`` are its own fonts by name."""
    fonts = {**{RESOURCES[face]: number for face, number in block.fonts.items()}, **own}
    listed = " ".join(f"/{name} {number} 0 R" for name, number in fonts.items())
    code = block.numbers.code
    picture = "" if code is None else f" /XObject << /{CODE} {code} 0 R >>"
    return f"<< /Font << {listed} >>{picture} >>".encode("ascii")


def contents(lines: Sequence[str]) -> Iterator[bytes]:
    """The values as a content stream of each page."""
    for text in lines:
        yield stream(b"", f"q\n{text}Q\n".encode("ascii"), compress=False)


def picture(code: CodeField, text: str) -> bytes:
    """The QR code as a picture of one bit, painted where a module is dark (section 8.9.6.2)."""
    version = symbol_of(code.code.text).version
    try:
        symbol = symbol_of(text, version)
    except QrRefused as error:
        raise MassRefused("mass-code-refused", code.name, error.rule) from error
    if symbol.version != version:
        raise MassRefused("mass-code-refused", code.name, f"version {symbol.version}, not {version}")
    head = (
        f"/Type /XObject /Subtype /Image /Width {symbol.modules} /Height {symbol.modules} "
        "/BitsPerComponent 1 /ImageMask true /Decode [1 0]"
    )
    return stream(head.encode("ascii"), symbol.bitmap, compress=False)


def embedded_file(mime: str, data: bytes, at: datetime) -> bytes:
    """An attachment (section 7.11.4)."""
    made = date_string(at)
    head = (
        f"/Type /EmbeddedFile /Subtype {name_object(mime)} "
        f"/Params << /Size {len(data)} /CreationDate {made} /ModDate {made} >>"
    )
    return stream(head.encode("ascii"), data, compress=False)


@lru_cache(maxsize=64)
def statements(title: str, at: datetime) -> tuple[bytes, bytes]:
    """Document information and metadata; documents of one second share them."""
    made = date_string(at)
    info = f"<< /Title {text_string(title)} /Producer ({PRODUCER}) /CreationDate {made} /ModDate {made} >>"
    metadata = stream(b"/Type /Metadata /Subtype /XML", xmp_packet(title, at), compress=False)
    return info.encode("ascii"), metadata


@lru_cache(maxsize=64)
def claims(reason: str, at: datetime) -> bytes:
    """Time and reason of the signature, and that nothing may change: the end of its dictionary."""
    return (
        f" /M {date_string(at)} /Reason {text_string(reason)} "
        "/Reference [<< /Type /SigRef /TransformMethod /DocMDP"
        " /TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >>] >>\nendobj\n"
    ).encode("ascii")

# SPDX-License-Identifier: Apache-2.0
"""Small OFD files written by hand, sealed and signed, every part of which a test may bend.

Nothing of ours writes here: the ZIP, the XML, the seal and its signature come from the few lines below.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import core
from PIL import Image, ImageDraw

from keys import HashAlgorithm, digest
from verify import Report, Trust, check_ofd, parse_certificate

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SM3 = "1.2.156.10197.1.401"


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    head = bytes([size]) if size < 0x80 else bytes([0x80 | (size.bit_length() + 7) // 8])
    long = b"" if size < 0x80 else size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag]) + head + long + content


def integer(number: int) -> bytes:
    return bytes(core.Integer(number).dump())


def oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


def moment(days: float) -> bytes:
    return tlv(0x18, f"{AT + timedelta(days=days):%Y%m%d%H%M%SZ}".encode())


@pytest.fixture(scope="session")
def picture() -> bytes:
    """A seal of 42 mm: a red ring, a bar in its upper left quarter, transparent elsewhere."""
    image = Image.new("RGBA", (420, 420), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((5, 5, 414, 414), outline=(200, 0, 0, 255), width=20)
    draw.rectangle((120, 120, 200, 150), fill=(200, 0, 0, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def seal_of(
    maker: Any, signer: Any, picture: bytes, kind: str = "PNG", name: str = "锦北区住建局(样章)"
) -> bytes:
    """A seal, GB/T 38540-2020 clause 6.1."""
    info = tlv(
        0x30,
        tlv(0x30, tlv(0x16, b"ES"), integer(4), tlv(0x16, b"YINXIN")),
        tlv(0x16, b"51010600000003"),
        tlv(
            0x30,
            integer(1),
            tlv(0x0C, name.encode()),
            integer(1),
            tlv(0x30, tlv(0x04, signer.der)),
            moment(-100),
            moment(-100),
            moment(300),
        ),
        tlv(0x30, tlv(0x16, kind.encode()), tlv(0x04, picture), integer(42), integer(42)),
    )
    value = maker.key.sign(info)
    return tlv(0x30, info, tlv(0x04, maker.der), oid(maker.key.scheme.oid), tlv(0x03, b"\x00", value))


def seal_signature(seal: bytes, signer: Any, content: bytes, path: str) -> bytes:
    """A seal signature, GB/T 38540-2020 clause 7.1."""
    data_hash = digest(signer.key.scheme.hash, content).value
    body = tlv(
        0x30, integer(4), seal, moment(-0.1), tlv(0x03, b"\x00", data_hash), tlv(0x16, f"/{path}".encode())
    )
    value = signer.key.sign(body)
    return tlv(0x30, body, tlv(0x04, signer.der), oid(signer.key.scheme.oid), tlv(0x03, b"\x00", value))


def xml(name: str, inner: str, attributes: str = "") -> bytes:
    return f"{HEAD}<ofd:{name} {NS}{attributes}>{inner}</ofd:{name}>".encode()


def page(inner: str, before: str = "") -> bytes:
    return xml("Page", f'{before}<ofd:Content><ofd:Layer ID="90">{inner}</ofd:Layer></ofd:Content>')


TEXT = (
    '<ofd:TextObject ID="{id}" Boundary="20 {y} 120 6" Font="3" Size="5">'
    '<ofd:TextCode X="0" Y="5" DeltaX="g {n} 5">{text}</ofd:TextCode></ofd:TextObject>'
)


def document(pages: int = 2, more: str = "", after: str = "") -> bytes:
    listed = "".join(
        f'<ofd:Page ID="{11 + one}" BaseLoc="Pages/Page_{one}/Content.xml"/>' for one in range(pages)
    )
    return xml(
        "Document",
        "<ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"
        f"<ofd:PublicRes>PublicRes.xml</ofd:PublicRes>{more}</ofd:CommonData>"
        f"<ofd:Pages>{listed}</ofd:Pages>{after}",
    )


def ofd_xml(bodies: Sequence[str]) -> bytes:
    return xml("OFD", "".join(bodies), ' Version="1.1" DocType="OFD"')


def body(folder: str = "Doc_0", *, signatures: bool = False, info: str = "", more: str = "") -> str:
    listed = f"<ofd:Signatures>/{folder}/Signs/Signatures.xml</ofd:Signatures>" if signatures else ""
    return (
        f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{'0' * 31}1</ofd:DocID><ofd:Title>施工许可证</ofd:Title>"
        f"{info}</ofd:DocInfo><ofd:DocRoot>{folder}/Document.xml</ofd:DocRoot>{more}{listed}</ofd:DocBody>"
    )


def plain_files(pages: int = 2) -> dict[str, bytes]:
    """A document of two pages with a template, a resource file and a font that is not embedded."""
    files = {
        "OFD.xml": ofd_xml([body()]),
        "Doc_0/Document.xml": document(pages, '<ofd:TemplatePage ID="5" BaseLoc="Tpls/Tpl_0/Content.xml"/>'),
        "Doc_0/PublicRes.xml": xml(
            "Res",
            '<ofd:Fonts><ofd:Font ID="3" FontName="宋体" FamilyName="宋体"/></ofd:Fonts>',
            ' BaseLoc="Res"',
        ),
        "Doc_0/Tpls/Tpl_0/Content.xml": page(
            '<ofd:PathObject ID="6" Boundary="20 20 170 1" LineWidth="0.5">'
            "<ofd:AbbreviatedData>M 0 0 L 170 0</ofd:AbbreviatedData></ofd:PathObject>"
        ),
    }
    for one in range(pages):
        text = TEXT.format(id=20 + one, y=30, n=9, text=f"施工许可证第{one + 1}页样例")
        files[f"Doc_0/Pages/Page_{one}/Content.xml"] = page(text, '<ofd:Template TemplateID="5"/>')
    return files


@dataclass(frozen=True)
class Entry:
    """One entry of a ZIP file, right but for what a test replaces."""

    name: bytes
    content: bytes
    method: int = 8
    flags: int = 0
    local_name: bytes | None = None
    local_flags: int | None = None
    size: int | None = None
    local_size: int | None = None
    crc: int | None = None
    outside: int = 0
    descriptor: bool = False
    extra: bytes = b""
    local_extra: bytes = b""
    after: bytes = b""  # octets behind it that belong to nobody
    packed: bytes | None = None


def zipped(
    entries: Sequence[Entry],
    *,
    prefix: bytes = b"",
    comment: bytes = b"",
    tail: bytes = b"",
    count: int | None = None,
    absolute: bool = True,
    twice_listed: int | None = None,
) -> bytes:
    """A ZIP file.  ``absolute``: offsets count the prefix too."""
    out, directory = bytearray(prefix), bytearray()
    places = []
    for one in entries:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = one.packed
        if packed is None:
            packed = one.content if one.method != 8 else packer.compress(one.content) + packer.flush()
        crc = zlib.crc32(one.content) if one.crc is None else one.crc
        size = len(one.content) if one.size is None else one.size
        flags = one.flags | (8 if one.descriptor else 0)
        places.append((len(out) - (0 if absolute else len(prefix)), packed, crc, size, flags))
        told = (
            (0, 0, 0)
            if one.descriptor
            else (crc, len(packed), size if one.local_size is None else one.local_size)
        )
        name = one.name if one.local_name is None else one.local_name
        local_flags = flags if one.local_flags is None else one.local_flags
        out += struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04",
            20,
            local_flags,
            one.method,
            0,
            0x5B21,
            *told,
            len(name),
            len(one.local_extra),
        )
        out += name + one.local_extra + packed
        if one.descriptor:
            out += struct.pack("<4s3L", b"PK\x07\x08", crc, len(packed), size)
        out += one.after
    listed = list(range(len(entries)))
    if twice_listed is not None:
        listed.append(twice_listed)
    for number in listed:
        one, (at, packed, crc, size, flags) = entries[number], places[number]
        directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            20,
            20,
            flags,
            one.method,
            0,
            0x5B21,
            crc,
            len(packed),
            size,
            len(one.name),
            len(one.extra),
            0,
            0,
            0,
            one.outside,
            at,
        )
        directory += one.name + one.extra
    start = len(out) - (0 if absolute else len(prefix))
    total = len(listed) if count is None else count
    out += directory
    out += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, total, total, len(directory), start, len(comment))
    return bytes(out + comment + tail)


def entries_of(files: Mapping[str, bytes]) -> list[Entry]:
    return [
        Entry(name.encode(), content, flags=0 if name.isascii() else 0x0800)
        for name, content in files.items()
    ]


def pack(files: Mapping[str, bytes]) -> bytes:
    return zipped(entries_of(files))


@dataclass(frozen=True)
class Sealing:
    """How a signature is made; right but for what a test replaces."""

    signer: Any
    seal: bytes
    kind: str = "Seal"
    folder: str = "Doc_0"
    whole: bool = False
    without: tuple[str, ...] = ()  # files that are not referred to
    method: str = SM3
    compute: Callable[[bytes], bytes] = lambda data: digest(HashAlgorithm.SM3, data).value
    reference: Callable[[str], str] = lambda name: f"/{name}"
    more_references: str = ""
    stamps: str | None = None
    id: str = "s{:03d}"
    max_ids: int = 1
    seal_file: bytes | None = b"same"
    value_name: str = "SignedValue.dat"
    relative: bool = False
    path: str | None = None  # propertyInfo
    value: Callable[[bytes], bytes] | None = None
    edit: Callable[[str], str] = str
    edit_list: Callable[[str], str] = str
    seal_first: bool = False
    type_attribute: bool = True

    def but(self, **changes: Any) -> Sealing:
        return replace(self, **changes)

    def add(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The files with one more signature."""
        made = dict(files)
        signs = f"{self.folder}/Signs"
        listing = f"{signs}/Signatures.xml"
        number = sum(
            1 for name in made if name.startswith(f"{signs}/Sign_") and name.endswith("Signature.xml")
        )
        here = f"{signs}/Sign_{number}"
        description, value = f"{here}/Signature.xml", f"{here}/{self.value_name}"
        root = made["OFD.xml"].decode()
        if f"/{listing}" not in root:
            mark = f"<ofd:DocRoot>{self.folder}/Document.xml</ofd:DocRoot>"
            root = root.replace(mark, f"{mark}<ofd:Signatures>/{listing}</ofd:Signatures>")
            made["OFD.xml"] = root.encode()
        lines = made.pop(listing, b"").decode()
        old = lines[lines.find("<ofd:Signature ") : lines.rfind("</ofd:Signatures>")] if lines else ""
        kind = f' Type="{self.kind}"' if self.type_attribute else ""
        base = f"Sign_{number}/Signature.xml" if self.relative else f"/{description}"
        line = f'<ofd:Signature ID="{self.id.format(number * 10 + 1)}"{kind} BaseLoc="{base}"/>'
        highest = f"<ofd:MaxSignId>{self.id.format(number * 10 + 9)}</ofd:MaxSignId>" * self.max_ids
        made[listing] = self.edit_list(xml("Signatures", f"{highest}{old}{line}").decode()).encode()
        if self.kind == "Seal" and self.seal_file is not None:
            made[f"{here}/Seal.esl"] = self.seal if self.seal_file == b"same" else self.seal_file
        made[description] = self._description(made, listing, description, value, here)
        content = made[description]
        if self.value is not None:
            made[value] = self.value(content)
        else:
            made[value] = seal_signature(self.seal, self.signer, content, self.path or description)
        return made

    def _description(
        self, made: Mapping[str, bytes], listing: str, description: str, value: str, here: str
    ) -> bytes:
        left_out = {description, value, *self.without} | (set() if self.whole else {listing})
        references = "".join(
            f'<ofd:Reference FileRef="{self.reference(name)}"><ofd:CheckValue>'
            f"{base64.b64encode(self.compute(content)).decode()}</ofd:CheckValue></ofd:Reference>"
            for name, content in made.items()
            if name not in left_out
        )
        stamps = self.stamps
        if stamps is None:
            stamps = '<ofd:StampAnnot ID="s002" PageRef="11" Boundary="120 200 42 42"/>'
        seal = ""
        if self.kind == "Seal" and self.seal_file is not None:
            there = "" if self.relative else f"/{here}/"
            seal = f"<ofd:Seal><ofd:BaseLoc>{there}Seal.esl</ofd:BaseLoc></ofd:Seal>"
        block = (
            f'<ofd:References CheckMethod="{self.method}">{references}{self.more_references}</ofd:References>'
        )
        placed = stamps if self.kind == "Seal" else ""
        inner = seal + placed + block if self.seal_first else block + placed + seal
        where = self.value_name if self.relative else f"/{value}"
        text = xml(
            "Signature",
            '<ofd:SignedInfo><ofd:Provider ProviderName="maker" Version="1" Company="样例"/>'
            "<ofd:SignatureMethod>1.2.156.10197.1.501</ofd:SignatureMethod>"
            f"<ofd:SignatureDateTime>20260801014400Z</ofd:SignatureDateTime>{inner}</ofd:SignedInfo>"
            f"<ofd:SignedValue>{where}</ofd:SignedValue>",
        ).decode()
        return self.edit(text).encode()


@dataclass(frozen=True)
class Workshop:
    """An authority, a seal maker, a signer, a verifier, and everything to write files with."""

    sealing: Sealing
    trust: Trust
    cms: Callable[..., Any]
    stranger: Any
    maker: Any
    picture: bytes
    files: dict[str, bytes] = field(default_factory=plain_files)

    def check(self, data: bytes | Mapping[str, bytes]) -> Report:
        made = data if isinstance(data, bytes) else pack(data)
        return check_ofd(made, trust=self.trust, at=AT)

    def sealed(self, files: Mapping[str, bytes] | None = None, **changes: Any) -> dict[str, bytes]:
        return self.sealing.but(**changes).add(self.files if files is None else files)

    def pack(self, files: Mapping[str, bytes]) -> bytes:
        return pack(files)

    def zipped(self, entries: Sequence[Entry], **changes: Any) -> bytes:
        return zipped(entries, **changes)

    def entries(self, files: Mapping[str, bytes]) -> list[Entry]:
        return entries_of(files)

    def xml(self, name: str, inner: str, attributes: str = "") -> bytes:
        return xml(name, inner, attributes)

    def page(self, inner: str, before: str = "") -> bytes:
        return page(inner, before)

    def document(self, *given: Any) -> bytes:
        return document(*given)

    def plain(self, pages: int = 2) -> dict[str, bytes]:
        return plain_files(pages)

    def body(self, folder: str = "Doc_0", **more: Any) -> str:
        return body(folder, **more)

    def ofd_xml(self, *bodies: str) -> bytes:
        return ofd_xml(bodies)

    def seal(
        self, signer: Any = None, picture: bytes | None = None, kind: str = "PNG", name: str = "样章"
    ) -> bytes:
        return seal_of(self.maker, signer or self.sealing.signer, picture or self.picture, kind, name)

    def form_a(self, content: bytes, *, text: bool = False) -> bytes:
        """SignedData around the digest, no attributes."""
        inside = digest(self.sealing.signer.key.scheme.hash, content).value
        if text:
            inside = base64.b64encode(inside)
        signed = self.cms(self.sealing.signer, inside, gbt=True)
        return bytes(signed.but(enclosed=inside, with_attributes=False).dump())

    def form_b(self, content: bytes, **changes: Any) -> bytes:
        """SignedData without content, signed attributes."""
        return bytes(self.cms(self.sealing.signer, content, gbt=True).but(**changes).dump())

    def form_c(self, content: bytes) -> bytes:
        return bytes(self.sealing.signer.key.sign(content))


@pytest.fixture(scope="session")
def workshop(sm2_authority: Any, cms: Callable[..., Any], picture: bytes) -> Workshop:
    """Everything with SM2."""
    maker, signer = sm2_authority.holder("制章系统"), sm2_authority.holder("锦北区住建局")
    trust = replace(sm2_authority.trust(), intermediates=(parse_certificate(sm2_authority.issuing.der),))
    sealing = Sealing(signer, seal_of(maker, signer, picture))
    return Workshop(sealing, trust, cms, sm2_authority.holder("路人"), maker, picture)


def weak(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hashlib.new(name, data).digest()


@pytest.fixture(scope="session")
def broken_digest() -> Callable[[str], Callable[[bytes], bytes]]:
    """MD5 or SHA-1 of a file."""
    return weak

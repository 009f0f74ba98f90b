# SPDX-License-Identifier: Apache-2.0
"""Thousands of sealed OFDs from one layout: only what differs is written, packed, hashed and signed anew.

Everything that is the same in all of them (background as template pages, the fonts of the constant texts,
the document's description) is one run of packed entries at the head of each package, with its digests.  A
document adds its values, the glyphs that the shared fonts lack, its QR code as a picture, its attachments and
its signature.  The fields are those of the mass issue of PDF.

A template is plain data: it can be pickled and used by several processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from keys import HashAlgorithm, KeyKind, Signer, digest
from verify import Certificate

from ..mass.errors import MassRefused
from ..mass.fields import CodeField, MassField
from ..pages.errors import QrRefused
from ..pages.model import Attachment, FontName
from ..pages.qr import QUIET_MODULES, symbol_of
from ..ses import prepare_ses
from ..ses.making import bare_scheme
from ..timestamping import Timestamper, signature_token
from .errors import OfdRefused
from .markup import box
from .mass_values import ValueDrawer, value_xml
from .package import Entry, dos_moment, end_record, packed
from .parts import ROOT, File, attached, entrance_xml, font_xml, resources_xml
from .picture import qr_png
from .sealing import PreparedOfd, complete_ofd
from .signature import reference, signature_xml

SIGNS: Final = f"{ROOT}/Signs"
OWN: Final = f"{SIGNS}/Sign_0"


@dataclass(frozen=True, slots=True)
class Run:
    """Packed entries one after the other: their bytes, their directory, what a signature says of them."""

    data: bytes = field(repr=False)
    directory: bytes = field(repr=False)
    references: str = field(repr=False)
    count: int


@dataclass(frozen=True, slots=True)
class SharedFonts:
    """Numbers of the shared fonts, of those that a document adds, and the glyphs of the shared ones."""

    shared: Mapping[FontName, int]
    own: Mapping[FontName, int]
    drawn: Mapping[FontName, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class PageFrame:
    """A page without its values: what stands before and behind them."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OfdMassTemplate:
    """Makes sealed documents; see :func:`ofd_mass_template`."""

    run: Run
    pages: tuple[PageFrame, ...]
    fields: tuple[MassField, ...]
    code: CodeField | None
    code_number: int
    fonts: SharedFonts
    first: int  # the first number for an object of a value
    last: int  # the highest number that the document's description allows
    attachments: tuple[Attachment, ...]  # names and types; their data are of the single document
    annotations: str
    title: str

    @property
    def names(self) -> frozenset[str]:
        """The values that each document needs."""
        names = {one.name for one in self.fields}
        return frozenset(names if self.code is None else names | {self.code.name})

    def prepare(
        self,
        values: Mapping[str, str],
        *,
        esl: bytes,
        certificate: Certificate,
        at: datetime,
        document_id: str,
        metadata: Mapping[str, str] | None = None,
        attachments: Mapping[str, bytes] | None = None,
        authority: bytes | None = None,
    ) -> PreparedOfd:
        """One document without its signature, for a key that is elsewhere: :func:`complete_ofd` is next.

        Raises :class:`MassRefused`, :class:`OfdRefused` and :class:`~seal.SesRefused`.
        """
        if certificate.public_key.kind is not KeyKind.SM2:
            raise OfdRefused("ofd-seal-not-sm2", certificate.public_key.kind.value)
        files = self._files(values, at, attachments or {})
        entrance = entrance_xml(
            self.title, at, document_id, metadata or {}, signatures=f"{SIGNS}/Signatures.xml"
        )
        files.append(File("OFD.xml", entrance))
        references = [reference(one.name, digest(HashAlgorithm.SM3, one.data).value) for one in files]
        references += [self.run.references, _seal_reference(esl)]
        signed = signature_xml(
            at=at,
            references=references,
            annotations=self.annotations,
            seal_path=f"{OWN}/Seal.esl",
            value_path=f"{OWN}/SignedValue.dat",
        )
        ses = prepare_ses(
            esl,
            content=digest(HashAlgorithm.SM3, signed),
            property_info=f"/{OWN}/Signature.xml",
            at=at,
            certificate=certificate,
            authority=authority,
        )
        moment = _dos(at)
        entries = [packed(one.name, one.data, moment, level=0) for one in files]
        entries.append(_seal_entry(esl, moment))
        entries.append(packed(f"{OWN}/Signature.xml", signed, moment, level=0))
        return PreparedOfd(self._package(entries), f"{OWN}/SignedValue.dat", ses)

    def seal(
        self,
        values: Mapping[str, str],
        *,
        signer: Signer,
        esl: bytes,
        certificate: Certificate,
        at: datetime,
        document_id: str,
        metadata: Mapping[str, str] | None = None,
        attachments: Mapping[str, bytes] | None = None,
        authority: bytes | None = None,
        timestamper: Timestamper | None = None,
    ) -> bytes:
        """One sealed document.  Raises what the two steps raise, and :class:`~seal.SignerMismatch`."""
        scheme = bare_scheme(signer, certificate)
        prepared = self.prepare(
            values,
            esl=esl,
            certificate=certificate,
            at=at,
            document_id=document_id,
            metadata=metadata,
            attachments=attachments,
            authority=authority,
        )
        signature = signer.sign(prepared.to_be_signed)
        token = None if timestamper is None else signature_token(signature, scheme.hash, timestamper)
        return complete_ofd(prepared, signature, timestamp=token)

    def _files(self, values: Mapping[str, str], at: datetime, data: Mapping[str, bytes]) -> list[File]:
        """The files of this document alone."""
        if unknown := values.keys() - self.names:
            raise MassRefused("mass-value-unknown", min(unknown))
        drawer = ValueDrawer(self.first, self.fonts.shared, self.fonts.drawn, self.fonts.own)
        shown = [""] * len(self.pages)
        for one in self.fields:
            value = values.get(one.name)
            if value is None:
                raise MassRefused("mass-value-missing", one.name)
            shown[one.page] += value_xml(one, value, drawer)
        if drawer.last > self.last:
            raise MassRefused("mass-template", self.fields[0].name, "values of too many pieces")
        files = [
            File(f"{ROOT}/Pages/Page_{number}/Content.xml", f"{page.before}{text}{page.after}".encode())
            for number, (page, text) in enumerate(zip(self.pages, shown, strict=True))
        ]
        files.append(File(f"{ROOT}/DocumentRes.xml", self._resources(tuple(drawer.subsets))))
        files += [File(f"{ROOT}/Res/own_{face}.ttf", one.file()) for face, one in drawer.subsets.items()]
        if self.code is not None:
            files.append(File(f"{ROOT}/Res/code.png", self._code(values)))
        return [*files, *self._attached(data, at)]

    def _resources(self, faces: tuple[FontName, ...]) -> bytes:
        media: tuple[str, ...] = ()
        if self.code is not None:
            media = (
                f'<ofd:MultiMedia ID="{self.code_number}" Type="Image" Format="PNG">'
                "<ofd:MediaFile>code.png</ofd:MediaFile></ofd:MultiMedia>",
            )
        fonts = [font_xml(face, self.fonts.own[face], f"own_{face}.ttf") for face in faces]
        return resources_xml(fonts, media)

    def _code(self, values: Mapping[str, str]) -> bytes:
        assert self.code is not None
        text = values.get(self.code.name)
        if text is None:
            raise MassRefused("mass-value-missing", self.code.name)
        version = symbol_of(self.code.code.text).version
        try:
            symbol = symbol_of(text, version)
        except QrRefused as error:
            raise MassRefused("mass-code-refused", self.code.name, error.rule) from error
        if symbol.version != version:
            raise MassRefused("mass-code-refused", self.code.name, f"version {symbol.version}, not {version}")
        return qr_png(symbol)

    def _attached(self, data: Mapping[str, bytes], at: datetime) -> list[File]:
        if unknown := data.keys() - {one.name for one in self.attachments}:
            raise MassRefused("mass-attachment-unknown", min(unknown))
        if missing := {one.name for one in self.attachments} - data.keys():
            raise MassRefused("mass-attachment-missing", min(missing))
        return attached([Attachment(one.name, one.mime, data[one.name]) for one in self.attachments], at)

    def _package(self, entries: Sequence[Entry]) -> bytes:
        """The shared run in front: what it says of its places stays true."""
        parts, directory = [self.run.data], [self.run.directory]
        place = len(self.run.data)
        for entry in entries:
            local = entry.local()
            parts.append(local)
            directory.append(entry.central(place))
            place += len(local)
        records = b"".join(directory)
        end = end_record(self.run.count + len(entries), len(records), place)
        return b"".join([*parts, records, end])


def run_of(files: Sequence[File], at: datetime) -> Run:
    """Pack what is shared."""
    moment = dos_moment(at)
    data, directory = bytearray(), []
    for one in files:
        entry = packed(one.name, one.data, moment, level=9)
        directory.append(entry.central(len(data)))
        data += entry.local()
    references = "".join(
        reference(one.name, digest(HashAlgorithm.SM3, one.data).value)
        for one in files
        if one.name != f"{SIGNS}/Signatures.xml"
    )
    return Run(bytes(data), b"".join(directory), references, len(files))


def code_xml(code: CodeField, number: int, object_number: int) -> str:
    """The picture of the code in its place; the white field around it is part of the background."""
    quiet = QUIET_MODULES * code.code.module_mm
    side = symbol_of(code.code.text).modules * code.code.module_mm
    place = box(code.code.x_mm + quiet, code.code.y_mm + quiet, side, side)
    return (
        f'<ofd:ImageObject ID="{object_number}" Boundary="{place}" CTM="{box(side, 0, 0, side)} 0 0" '
        f'ResourceID="{number}"/>'
    )


@lru_cache(maxsize=64)
def _seal_reference(esl: bytes) -> str:
    return reference(f"{OWN}/Seal.esl", digest(HashAlgorithm.SM3, esl).value)


@lru_cache(maxsize=64)
def _seal_entry(esl: bytes, moment: int) -> Entry:
    return packed(f"{OWN}/Seal.esl", esl, moment, level=0)


@lru_cache(maxsize=64)
def _dos(at: datetime) -> int:
    return dos_moment(at)

# SPDX-License-Identifier: Apache-2.0
"""Thousands of sealed documents from one layout: only what differs is written, hashed and signed anew.

Each file is one plain revision, certified against any change (DocMDP level 1): the shared block, then the
objects of the document, the signature dictionary last.  The digest of the block is kept, so a document costs
the digest of its own bytes and one signature.  ISO 32000-1 sections 7.5 and 12.8, ETSI EN 319 142-1.

A template is plain data: it can be pickled, and every process keeps what it derives from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Final

from keys import HashAlgorithm, Hasher, Signer, default_scheme, hasher

from ..certificate import SealingCertificate, usable_scheme
from ..cms import cms_writer
from ..pages.model import Attachment, Layout
from ..pdf import Appearance, Placement, PreparedPdf, complete_pdf
from ..timestamping import TOKEN_ROOM, Timestamper
from .base import Block, block_of
from .errors import MassRefused
from .fields import CodeField, FieldAlign, code_of, fields_of
from .lettering import Letterer, letterer
from .letters import Letter
from .objects import claims, contents, embedded_file, own_fonts, picture, resources, statements

_RANGE: Final = b"[0 %10d %10d %10d]"
_NO_RANGE: Final = _RANGE % (0, 0, 0)
_HEAD: Final = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange "
_CONTENTS: Final = b" /Contents "


@dataclass(frozen=True, slots=True)
class MassTemplate:
    """Makes sealed documents; see :func:`mass_template`."""

    block: Block
    letterer: Letterer
    code: CodeField | None
    attachments: tuple[Attachment, ...]  # names and types; their data are of the single document
    title: str
    reason: str
    names: frozenset[str]  # the values that each document needs

    def prepare(
        self,
        values: Mapping[str, str],
        *,
        sealing: SealingCertificate,
        at: datetime,
        attachments: Mapping[str, bytes] | None = None,
        authority: bytes | None = None,
        timestamped: bool = False,
    ) -> PreparedPdf:
        """One document without its signature, for a key that is elsewhere: :func:`complete_pdf` is next.

        Raises :class:`MassRefused`.
        """
        writer = cms_writer(sealing, default_scheme(sealing.certificate.public_key.kind))
        room = writer.longest(authority=authority, timestamp=TOKEN_ROOM if timestamped else 0)
        start, tail, entries, after = self._objects(values, at, attachments or {})
        tail += b"%d 0 obj\n" % self.block.numbers.value + _HEAD
        hole = start + len(tail) + len(_NO_RANGE) + len(_CONTENTS)
        resume = hole + 2 * room + 2
        identifier = hashlib.sha256(tail).hexdigest()[:32]
        end = bytearray(claims(self.reason, at))
        section = resume + len(end)
        end += b"xref\n0 %d\n%b%b" % (after, self.block.entries, entries)
        end += (
            f"trailer\n<< /Size {after} /Root {self.block.root} 0 R /Info {self.block.numbers.info} 0 R "
            f"/ID [<{identifier}> <{identifier}>] >>\nstartxref\n{section}\n%%EOF\n"
        ).encode("ascii")
        tail += _RANGE % (hole, resume, len(end)) + _CONTENTS
        state = _digested(writer.scheme.hash, self.block.data).copy()
        state.update(tail)
        state.update(end)
        content = state.finish()
        data = b"".join((self.block.data, tail, b"<", b"0" * (2 * room), b">", end))
        attributes = writer.attributes(content, authority=authority)
        return PreparedPdf(data, content, attributes, hole, resume, authority=authority)

    def seal(
        self,
        values: Mapping[str, str],
        *,
        signer: Signer,
        sealing: SealingCertificate,
        at: datetime,
        attachments: Mapping[str, bytes] | None = None,
        authority: bytes | None = None,
        timestamper: Timestamper | None = None,
    ) -> bytes:
        """One sealed document.  ``values`` by field, ``attachments`` by name.

        Raises :class:`MassRefused`, naming the field, and :class:`SignerMismatch`.
        """
        usable_scheme(signer, sealing)
        prepared = self.prepare(
            values,
            sealing=sealing,
            at=at,
            attachments=attachments,
            authority=authority,
            timestamped=timestamper is not None,
        )
        signature = signer.sign(prepared.attributes)
        return complete_pdf(prepared, signature, sealing=sealing, timestamper=timestamper)

    def _objects(
        self, values: Mapping[str, str], at: datetime, attachments: Mapping[str, bytes]
    ) -> tuple[int, bytearray, bytes, int]:
        """Length of the block, the objects but the signature, all further entries, the first free number."""
        if unknown := values.keys() - self.names:
            raise MassRefused("mass-value-unknown", min(unknown))
        own: set[Letter] = set()
        lines = self.letterer.letter(values, own)
        numbers = self.block.numbers
        fonts = own_fonts(own, numbers.after)
        bodies = [resources(self.block, fonts.names), *contents(lines)]
        if self.code is not None:
            bodies.append(picture(self.code, self._value(values)))
        bodies += [*self._files(attachments, at), *statements(self.title, at)]
        start = len(self.block.data)
        tail = bytearray()
        offsets: list[int] = []
        for number, body in chain(
            enumerate(bodies, numbers.resources), enumerate(fonts.bodies, numbers.after)
        ):
            offsets.append(start + len(tail))
            tail += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        # The signature dictionary stands last in the file and between the two in the table.
        offsets.insert(len(bodies), start + len(tail))
        entries = b"".join([b"%010d 00000 n \n" % offset for offset in offsets])
        return start, tail, entries, numbers.after + len(fonts.bodies)

    def _value(self, values: Mapping[str, str]) -> str:
        assert self.code is not None
        if self.code.name not in values:
            raise MassRefused("mass-value-missing", self.code.name)
        return values[self.code.name]

    def _files(self, attachments: Mapping[str, bytes], at: datetime) -> Iterator[bytes]:
        if unknown := attachments.keys() - {one.name for one in self.attachments}:
            raise MassRefused("mass-attachment-unknown", min(unknown))
        for one in self.attachments:
            if one.name not in attachments:
                raise MassRefused("mass-attachment-missing", one.name)
            yield embedded_file(one.mime, attachments[one.name], at)


def mass_template(
    layout: Layout,
    *,
    title: str,
    reason: str,
    appearance: Appearance,
    placement: Placement | None = None,
    align: Mapping[str, FieldAlign] | None = None,
    code: str = "",
    attachments: Sequence[Attachment] = (),
    characters: str = "",
) -> MassTemplate:
    """A template from a layout whose texts name their fields: ``{holder}``, ``No. {number}``.

    ``placement``: where the seal is, the layout's own place when not given.  ``align``: which point of a
    field keeps its place where that does not follow from the sheet.  ``code``: the field of the layout's QR
    code, whose text is a sample of the greatest length.  ``attachments``: names and types, their data are
    not looked at.  ``characters``: what else many values have in common, embedded once.

    Raises :class:`MassRefused`, and :class:`PageError` for what the layout itself cannot draw.
    """
    field_of_code = None
    if code:
        layout, field_of_code = code_of(layout, code)
    layout, fields = fields_of(layout, align or {})
    at = layout.seal_position
    block = block_of(
        layout,
        code=field_of_code,
        appearance=appearance,
        placement=placement or Placement(at.page, at.x_mm, at.y_mm, at.width_mm, at.height_mm),
        attachments=attachments,
        faces=frozenset(field.pattern.font for field in fields),
        characters=characters,
    )
    ready = letterer(fields, [page.height_mm for page in layout.pages], block.embedded)
    names = frozenset(field.name for field in fields) | ({code} if code else set())
    return MassTemplate(block, ready, field_of_code, tuple(attachments), title, reason, names)


@lru_cache(maxsize=16)
def _digested(algorithm: HashAlgorithm, block: bytes) -> Hasher:
    """The digest of a shared block, to be continued; kept by each process."""
    state = hasher(algorithm)
    state.update(block)
    return state

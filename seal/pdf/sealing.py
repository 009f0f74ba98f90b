# SPDX-License-Identifier: Apache-2.0
"""Seal a PDF: in one call where the key is here, in two steps where the key is with the applicant.

ETSI EN 319 142-1 (PAdES), levels B-B and B-T.  Preparing fixes every byte of the sealed file but the value
of the signature; completing checks that value before it is written, and changes nothing else.  What lies
between is plain typed data: a digest, two offsets, the attributes to be signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from keys import Digest, HashAlgorithm, Signer, default_scheme, hasher
from verify import Json

from ..certificate import SealingCertificate, usable_scheme
from ..cms import CmsWriter, cms_writer
from ..errors import EvidenceOutgrown, StateMalformed
from ..kept import kept_bytes, kept_digest
from ..pages.pdf_objects import date_string, text_string
from ..timestamping import TOKEN_ROOM, Timestamper, signature_token
from .appearance import Appearance, Placement, form_xobject, place
from .base import Base, opened
from .errors import PdfRefused, PlacementRefused
from .fields import Numbers, existing_fields, form_with, has_form, page_with, widget
from .update import Changed, write_revision

FORMAT: Final = "yinxin-prepared-pdf/1"
GROWTH: Final = 2_048
"""Room for revocation lists that grow while the applicant signs, in bytes."""

_HIDDEN: Final = b"[0 0 0 0]"
_RANGE: Final = b"[0 %10d %10d %10d]"
_NO_RANGE: Final = _RANGE % (0, 0, 0)
_CERTIFIES: Final = (
    b" /Reference [<< /Type /SigRef /TransformMethod /DocMDP"
    b" /TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >>]"
)


@dataclass(frozen=True, slots=True)
class PreparedPdf:
    """A file that lacks nothing but its signature value, and what the key has to sign for it.

    ``data[:gap]`` and ``data[resume:]`` are protected; ``attributes`` is exactly what the key signs.
    """

    data: bytes
    digest: Digest
    attributes: bytes
    gap: int
    resume: int

    def state(self) -> dict[str, Json]:
        """Everything but the file, as JSON."""
        return {
            "format": FORMAT,
            "attributes": self.attributes.hex(),
            "digest_algorithm": self.digest.algorithm.value,
            "digest": self.digest.value.hex(),
            "gap": self.gap,
            "resume": self.resume,
        }

    @staticmethod
    def restore(state: Json, data: bytes) -> PreparedPdf:
        """The reverse of :meth:`state`; raises :class:`StateMalformed` unless ``data`` is that file."""
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise StateMalformed("format")
        gap, resume = state.get("gap"), state.get("resume")
        if not isinstance(gap, int) or not isinstance(resume, int) or not 0 < gap < resume < len(data):
            raise StateMalformed("offsets")
        hole = data[gap:resume]
        if hole != b"<" + b"0" * (len(hole) - 2) + b">":
            raise StateMalformed("no room for a signature at this place")
        stored = kept_digest(state)
        view = memoryview(data)
        if _digest(stored.algorithm, view[:gap], view[resume:]) != stored:
            raise StateMalformed("digest")
        return PreparedPdf(data, stored, kept_bytes(state, "attributes"), gap, resume)


def prepare_pdf(
    data: bytes,
    *,
    sealing: SealingCertificate,
    at: datetime,
    placement: Placement | None,
    appearance: Appearance | None,
    reason: str,
    certify: bool = False,
    timestamped: bool = False,
) -> PreparedPdf:
    """Everything but the signature.  Without a placement the seal is not visible.

    ``certify`` forbids any later change; ``timestamped`` keeps room for a time stamp.  Raises
    :class:`PdfRefused` and :class:`PlacementRefused`.
    """
    act = _Act(at, placement, appearance, reason, certify)
    writer = cms_writer(sealing, default_scheme(sealing.certificate.public_key.kind))
    room = writer.longest(timestamp=TOKEN_ROOM if timestamped else 0)
    return _prepare(data, act, writer, room=room + GROWTH)


def complete_pdf(
    prepared: PreparedPdf,
    signature: bytes,
    *,
    sealing: SealingCertificate,
    timestamper: Timestamper | None = None,
) -> bytes:
    """The sealed file, of level B-T with a ``timestamper``.

    Raises :class:`SignatureMismatch` for a wrong signature, :class:`StateMalformed` when the file was
    prepared for another certificate, :class:`EvidenceOutgrown` when newer revocation lists do not fit.
    """
    writer = cms_writer(sealing, default_scheme(sealing.certificate.public_key.kind))
    return _complete(prepared, signature, writer, timestamper)


def seal_pdf(
    data: bytes,
    signer: Signer,
    *,
    sealing: SealingCertificate,
    at: datetime,
    placement: Placement | None,
    appearance: Appearance | None,
    reason: str,
    certify: bool = False,
    timestamper: Timestamper | None = None,
) -> bytes:
    """Prepare, sign, complete; the room for the signature is exactly what it can need.

    With a ``timestamper`` the file is of level B-T.
    """
    writer = cms_writer(sealing, usable_scheme(signer, sealing))
    act = _Act(at, placement, appearance, reason, certify)
    room = writer.longest(timestamp=0 if timestamper is None else TOKEN_ROOM)
    prepared = _prepare(data, act, writer, room=room)
    return _complete(prepared, signer.sign(prepared.attributes), writer, timestamper)


@dataclass(frozen=True, slots=True)
class _Act:
    """One use of a seal."""

    at: datetime
    placement: Placement | None
    appearance: Appearance | None
    reason: str
    certify: bool


def _prepare(data: bytes, act: _Act, writer: CmsWriter, *, room: int) -> PreparedPdf:
    with opened(data) as base:
        head, value = _signature_dictionary(act, room)
        objects, numbers = _objects(base, act, value)
        revision = write_revision(base, objects, next_number=numbers.after)
    start, body = len(data), revision.bodies[numbers.value]
    gap = body + len(head)
    resume = gap + 2 * room + 2
    # The numbers have a fixed width, so writing them moves nothing.
    tail = bytearray(revision.tail)
    written = head.replace(_NO_RANGE, _RANGE % (gap, resume, start + len(tail) - resume))
    tail[body - start : gap - start] = written
    view = memoryview(tail)
    content = _digest(writer.scheme.hash, data, view[: gap - start], view[resume - start :])
    return PreparedPdf(data + tail, content, writer.attributes(content), gap, resume)


def _complete(
    prepared: PreparedPdf, signature: bytes, writer: CmsWriter, timestamper: Timestamper | None
) -> bytes:
    # 1. What was signed must be what this certificate signs for these bytes.
    if prepared.digest.algorithm is not writer.scheme.hash:
        raise StateMalformed("digest algorithm of another certificate")
    if writer.attributes(prepared.digest) != prepared.attributes:
        raise StateMalformed("attributes of another certificate")
    # 2. Nothing is embedded that does not verify.
    writer.require(signature, prepared.attributes)
    # 3. The time of the signature, proven by another; then the value fills its place and moves nothing.
    token = None if timestamper is None else signature_token(signature, writer.scheme.hash, timestamper)
    value = writer.encode(prepared.attributes, signature, timestamp=token)
    room = (prepared.resume - prepared.gap - 2) // 2
    if len(value) > room:
        raise EvidenceOutgrown(needed=len(value), room=room)
    filled = b"<" + value.ljust(room, b"\x00").hex().encode("ascii") + b">"
    return prepared.data[: prepared.gap] + filled + prepared.data[prepared.resume :]


def _signature_dictionary(act: _Act, room: int) -> tuple[bytes, bytes]:
    """The signature dictionary, and the part of it before the room for the value."""
    head = (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange "
        + _NO_RANGE
        + b" /Contents "
    )
    entries = f" /M {date_string(act.at)} /Reason {text_string(act.reason)}".encode("ascii")
    certifies = _CERTIFIES if act.certify else b""
    return head, head + b"<" + b"0" * (2 * room) + b">" + entries + certifies + b" >>"


def _objects(base: Base, act: _Act, value: bytes) -> tuple[list[Changed], Numbers]:
    existing = existing_fields(base.pdf)
    if act.certify and existing.signed:
        raise PdfRefused("pdf-sealed")
    visible = act.placement is not None and act.appearance is not None
    numbers = Numbers.from_first(base.next_number, visible=visible, new_form=not has_form(base.pdf.Root))
    page, rect = base.pages[0], _HIDDEN
    changed: list[Changed] = []
    if act.placement is not None and act.appearance is not None and numbers.appearance is not None:
        page = _page(base, act.placement)
        box = place(page, act.placement)
        rect = box.rect_array()
        changed.append(Changed(numbers.appearance, 0, form_xobject(act.appearance, box.rotation)))
    changed += [
        widget(numbers, name=existing.free_name(), page=page, rect=rect),
        page_with(page, numbers),
        *form_with(base.pdf.Root, numbers, certify=act.certify),
        Changed(numbers.value, 0, value),
    ]
    return changed, numbers


def _page(base: Base, placement: Placement) -> Any:
    if placement.page >= len(base.pages):
        raise PlacementRefused(f"page {placement.page + 1} of {len(base.pages)}")
    return base.pages[placement.page]


def _digest(algorithm: HashAlgorithm, *parts: bytes | memoryview) -> Digest:
    state = hasher(algorithm)
    for part in parts:
        state.update(part)
    return state.finish()

# SPDX-License-Identifier: Apache-2.0
"""Seal a PDF: in one call where the key is here, in two steps where the key is with the applicant.

ETSI EN 319 142-1 (PAdES), levels B-B and B-T, and the profiles of GM/T 0112-2021.  Preparing fixes every byte
of the sealed file but the value of the signature; completing checks that value before it is written, and
changes nothing else.  What lies between is plain typed data: a digest, two offsets, what is to be signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm, Signer, default_scheme, hasher

from ..certificate import SealingCertificate, usable_scheme
from ..errors import EvidenceOutgrown, StateMalformed
from ..pages.pdf_objects import date_string, text_string
from ..timestamping import TOKEN_ROOM, Timestamper, signature_token
from .appearance import Appearance
from .base import Base, opened
from .fields import Draft, reference
from .gm_seal import kept_seal
from .locks import FieldLock, Permission, references
from .marks import Mark
from .placing import Act, place_seal
from .plain import NotPlainError
from .prepared import PreparedPdf
from .profiles import PdfProfile, ValueWriter, value_writer
from .update import write_revision

GROWTH: Final = 2_048
"""Room for revocation lists that grow while the applicant signs, in bytes."""

_RANGE: Final = b"[0 %10d %10d %10d]"
_NO_RANGE: Final = _RANGE % (0, 0, 0)


def prepare_pdf(
    data: bytes,
    *,
    sealing: SealingCertificate,
    at: datetime,
    placement: Mark | Sequence[Mark] | None,
    appearance: Appearance | None,
    reason: str,
    certify: bool | Permission = False,
    lock: FieldLock | None = None,
    authority: bytes | None = None,
    profile: PdfProfile = PdfProfile.PADES,
    esl: bytes | None = None,
    timestamped: bool = False,
    inspected: bool = False,
) -> PreparedPdf:
    """Everything but the signature.  Without a placement the seal is not visible.

    ``placement``: where the seal is seen; several marks are one signature.  ``certify`` forbids any later
    change, or what the permission does not leave open; ``lock`` forbids changes of fields.  ``authority``:
    the statement of :class:`verify.Authority`, encoded.  ``esl``: the electronic seal, which the profile
    GM_SEAL needs.  ``timestamped`` keeps room for a time stamp.  ``inspected``: the caller answers for the
    content, :func:`inspect_pdf` is not asked.

    Raises :class:`PdfRefused`, :class:`PlacementRefused`, :class:`MarkRefused`, :class:`ProfileRefused`.
    """
    act = _act(at, placement, appearance, reason, certify, lock, profile, inspected)
    scheme = default_scheme(sealing.certificate.public_key.kind)
    value = value_writer(
        profile, sealing, scheme, authority=authority, seal=None if esl is None else (esl, at)
    )
    room = value.room(TOKEN_ROOM if timestamped else 0)
    return _prepare(data, act, value, authority, room=room + GROWTH)


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
    scheme = default_scheme(sealing.certificate.public_key.kind)
    seal = kept_seal(prepared.attributes) if prepared.profile is PdfProfile.GM_SEAL else None
    value = value_writer(prepared.profile, sealing, scheme, authority=prepared.authority, seal=seal)
    return _complete(prepared, signature, value, timestamper)


def seal_pdf(
    data: bytes,
    signer: Signer,
    *,
    sealing: SealingCertificate,
    at: datetime,
    placement: Mark | Sequence[Mark] | None,
    appearance: Appearance | None,
    reason: str,
    certify: bool | Permission = False,
    lock: FieldLock | None = None,
    authority: bytes | None = None,
    profile: PdfProfile = PdfProfile.PADES,
    esl: bytes | None = None,
    timestamper: Timestamper | None = None,
    inspected: bool = False,
) -> bytes:
    """Prepare, sign, complete; the room for the signature is exactly what it can need.

    As :func:`prepare_pdf`; with a ``timestamper`` the file is of level B-T.
    """
    act = _act(at, placement, appearance, reason, certify, lock, profile, inspected)
    scheme = usable_scheme(signer, sealing)
    value = value_writer(
        profile, sealing, scheme, authority=authority, seal=None if esl is None else (esl, at)
    )
    room = value.room(0 if timestamper is None else TOKEN_ROOM)
    prepared = _prepare(data, act, value, authority, room=room)
    return _complete(prepared, signer.sign(prepared.attributes), value, timestamper)


def _act(
    at: datetime,
    placement: Mark | Sequence[Mark] | None,
    appearance: Appearance | None,
    reason: str,
    certify: bool | Permission,
    lock: FieldLock | None,
    profile: PdfProfile,
    inspected: bool,
) -> Act:
    marks = () if placement is None else tuple(placement) if isinstance(placement, Sequence) else (placement,)
    return Act(at, marks, appearance, reason, int(certify), lock, profile, inspected)


def _prepare(data: bytes, act: Act, value: ValueWriter, authority: bytes | None, *, room: int) -> PreparedPdf:
    if act.inspected:
        try:
            return _written(data, act, value, authority, room=room, plain=True)
        except NotPlainError:
            pass
    return _written(data, act, value, authority, room=room, plain=False)


def _written(
    data: bytes, act: Act, value: ValueWriter, authority: bytes | None, *, room: int, plain: bool
) -> PreparedPdf:
    with opened(data, inspected=act.inspected, plain=plain) as base:
        draft = Draft(base.pdf.Root, base.next_number)
        number = draft.reserve()
        lock = place_seal(base, act, draft, number)
        head, body = _signature_dictionary(base, act, lock, room)
        draft.fill(number, body)
        revision = write_revision(base, draft.objects(), next_number=draft.next_number)
    start, at = len(data), revision.bodies[number]
    gap = at + len(head)
    resume = gap + 2 * room + 2
    # The numbers have a fixed width, so writing them moves nothing.
    tail = bytearray(revision.tail)
    rest = start + len(tail) - resume
    tail[at - start : gap - start] = head.replace(_NO_RANGE, _RANGE % (gap, resume, rest))
    view = memoryview(tail)
    content = _digest(value.algorithm, data, view[: gap - start], view[resume - start :])
    signed = value.to_be_signed(content, f"0 {gap} {resume} {rest}")
    return PreparedPdf(b"".join((data, tail)), content, signed, gap, resume, act.profile, authority)


def _complete(
    prepared: PreparedPdf, signature: bytes, value: ValueWriter, timestamper: Timestamper | None
) -> bytes:
    # 1. What was signed must be what this certificate signs for these bytes.
    if prepared.digest.algorithm is not value.algorithm:
        raise StateMalformed("digest algorithm of another certificate")
    if value.to_be_signed(prepared.digest, prepared.byte_range) != prepared.attributes:
        raise StateMalformed("attributes of another certificate")
    # 2. Nothing is embedded that does not verify.
    value.verify(signature, prepared.attributes)
    # 3. The time of the signature, proven by another; then the value fills its place and moves nothing.
    token = None if timestamper is None else signature_token(signature, value.algorithm, timestamper)
    encoded = value.encode(prepared.digest, prepared.byte_range, signature, token)
    room = (prepared.resume - prepared.gap - 2) // 2
    if len(encoded) > room:
        raise EvidenceOutgrown(needed=len(encoded), room=room)
    filled = b"<%b>" % encoded.ljust(room, b"\x00").hex().encode("ascii")
    view = memoryview(prepared.data)
    return b"".join((view[: prepared.gap], filled, view[prepared.resume :]))


def _signature_dictionary(base: Base, act: Act, lock: FieldLock | None, room: int) -> tuple[bytes, bytes]:
    """The signature dictionary, and the part of it before the room for the value."""
    head = (
        f"<< /Type /Sig /Filter /{act.profile.filter} /SubFilter /{act.profile.sub_filter} /ByteRange "
    ).encode("ascii")
    head += _NO_RANGE + b" /Contents "
    entries = f" /M {date_string(act.at)} /Reason {text_string(act.reason)}".encode("ascii")
    forbids = references(act.certify, lock, reference(base.pdf.Root))
    return head, head + b"<" + b"0" * (2 * room) + b">" + entries + forbids + b" >>"


def _digest(algorithm: HashAlgorithm, *parts: bytes | memoryview) -> Digest:
    state = hasher(algorithm)
    for part in parts:
        state.update(part)
    return state.finish()

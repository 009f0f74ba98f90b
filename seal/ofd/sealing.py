# SPDX-License-Identifier: Apache-2.0
"""Seal an OFD: in one call where the key is here, in two steps where the key is with somebody else.

GB/T 33190-2016 section 18 with GB/T 38540-2020.  The order is fixed, because each step is hashed by the next:

1. the path of the list goes into OFD.xml, if it is not there, and the new signature into the list;
2. ``Seal.esl``; 3. SM3 of every protected file; 4. ``Signature.xml``, whose bytes are final;
5. SM3 of it; 6. TBS_Sign; 7. the signature; 8. ``SignedValue.dat``; 9. the package.

What was packed by others is copied as it stands; what is new is stored, for most of it is the seal's picture
and digests, which do not become smaller.  Completing adds one file and changes no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from keys import Digest, HashAlgorithm, KeyKind, Signer, digest
from verify import Certificate, Json, OfdMalformed, OfdPackage, read_ofd

from ..errors import StateMalformed
from ..kept import kept_bytes
from ..pdf.marks import Mark
from ..ses import PreparedSes, complete_ses, prepare_ses
from ..ses.making import bare_scheme
from ..timestamping import Timestamper, signature_token
from .errors import OfdRefused
from .listing import SignIds, entrance, extended_list
from .package import Entry, appended, dos_moment, packed, write_package
from .signature import annotation_of, reference, signature_xml
from .stamps import Stamp, stamps_of
from .subject import Subject, opened

FORMAT: Final = "yinxin-prepared-ofd/1"
_KEPT_FLAGS: Final = 0x6


class Protection(StrEnum):
    """What one signature protects beyond the document and the signatures before it."""

    CONTINUE = "continue"
    """Not the list of signatures: further seals can follow (继续签章)."""
    WHOLE = "whole"
    """The list too: nothing can ever be added (保护全部)."""


@dataclass(frozen=True, slots=True)
class PreparedOfd:
    """A package that lacks nothing but ``SignedValue.dat``, and what the key has to sign for it.

    ``to_be_signed`` is TBS_Sign with the whole seal inside: exactly what the key signs, under SM2 with SM3.
    """

    data: bytes = field(repr=False)
    value_name: str
    ses: PreparedSes

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that the key signs."""
        return self.ses.to_be_signed

    def state(self) -> dict[str, Json]:
        """Everything but the package, as JSON."""
        return {
            "format": FORMAT,
            "package_sha256": _sha256(self.data).hex(),
            "value_name": self.value_name,
            "ses": self.ses.state(),
        }

    @staticmethod
    def restore(state: Json, data: bytes) -> PreparedOfd:
        """The reverse of :meth:`state`; raises :class:`StateMalformed` unless ``data`` is that package."""
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise StateMalformed("format")
        value_name, inner = state.get("value_name"), state.get("ses")
        if not isinstance(value_name, str) or not isinstance(inner, dict):
            raise StateMalformed("value_name")
        if kept_bytes(state, "package_sha256") != _sha256(data):
            raise StateMalformed("package")
        # Only what was prepared here is completed: the seal and the digest are taken from the package again.
        folder = value_name.rpartition("/")[0]
        try:
            package = read_ofd(data)
            esl, signed = package.read(f"{folder}/Seal.esl"), package.read(f"{folder}/Signature.xml")
        except OfdMalformed as error:
            raise StateMalformed("package") from error
        ses = PreparedSes.restore(inner, esl)
        if ses.content != digest(HashAlgorithm.SM3, signed) or value_name in package.entries:
            raise StateMalformed("digest")
        return PreparedOfd(data, value_name, ses)


def prepare_ofd(
    data: bytes,
    *,
    esl: bytes,
    certificate: Certificate,
    at: datetime,
    marks: Sequence[Mark],
    protection: Protection = Protection.CONTINUE,
    authority: bytes | None = None,
) -> PreparedOfd:
    """Everything but the signature.

    Raises :class:`OfdRefused`, :class:`~seal.SesRefused`, :class:`~seal.PlacementRefused` and
    :class:`~seal.MarkRefused`.
    """
    if certificate.public_key.kind is not KeyKind.SM2:
        raise OfdRefused("ofd-seal-not-sm2", certificate.public_key.kind.value)
    subject = opened(data)
    draft = Draft(subject, at, kind="Seal", stamps=stamps_of(marks, subject), esl=esl)
    signed, entries = draft.files(protection)
    path = f"/{draft.folder}/Signature.xml"
    ses = prepare_ses(
        esl,
        content=digest(HashAlgorithm.SM3, signed),
        property_info=_ascii(path),
        at=at,
        certificate=certificate,
        authority=authority,
    )
    return PreparedOfd(write_package(entries), draft.value_name, ses)


def complete_ofd(prepared: PreparedOfd, signature: bytes, *, timestamp: bytes | None = None) -> bytes:
    """The sealed package.  ``timestamp``: a token over the octets of the signature value.

    Raises :class:`~seal.SignatureMismatch` for a wrong signature, :class:`~seal.TimestampUnfit`.
    """
    value = complete_ses(prepared.ses, signature, timestamp=timestamp)
    return appended(prepared.data, packed(prepared.value_name, value, dos_moment(prepared.ses.at), level=0))


def seal_ofd(
    data: bytes,
    signer: Signer,
    *,
    esl: bytes,
    certificate: Certificate,
    at: datetime,
    marks: Sequence[Mark],
    protection: Protection = Protection.CONTINUE,
    authority: bytes | None = None,
    timestamper: Timestamper | None = None,
) -> bytes:
    """Prepare, sign, complete.  Raises what the two raise, and :class:`~seal.SignerMismatch`."""
    scheme = bare_scheme(signer, certificate)
    prepared = prepare_ofd(
        data,
        esl=esl,
        certificate=certificate,
        at=at,
        marks=marks,
        protection=protection,
        authority=authority,
    )
    signature = signer.sign(prepared.to_be_signed)
    token = None if timestamper is None else signature_token(signature, scheme.hash, timestamper)
    return complete_ofd(prepared, signature, timestamp=token)


class Draft:
    """One signature that is about to be added: where its files go, and what they are."""

    def __init__(
        self, subject: Subject, at: datetime, *, kind: str, stamps: Sequence[Stamp] = (), esl: bytes | None
    ) -> None:
        self._subject, self._at, self._kind, self._esl = subject, at, kind, esl
        self.folder = subject.free_folder()
        self.value_name = f"{self.folder}/SignedValue.dat"
        self._ids = SignIds(subject.stated_ids)
        self._id = self._ids.next()
        pages = subject.document.pages
        self._annotations = [
            annotation_of(one, self._ids.next(), pages[one.page].id).written() for one in stamps
        ]

    def files(self, protection: Protection) -> tuple[bytes, list[Entry]]:
        """Signature.xml, and every entry of the package but the signature value."""
        subject, moment = self._subject, dos_moment(self._at)
        path = f"{self.folder}/Signature.xml"
        # 1. The entrance and the list.
        changed: dict[str, bytes] = {}
        if not subject.is_listed:
            changed[subject.package.ofd_xml] = entrance(subject)
        changed[subject.list_name] = extended_list(
            subject, maximum=self._ids.last, identifier=self._id, kind=self._kind, path=path
        )
        # 2. The seal.
        if self._esl is not None:
            changed[f"{self.folder}/Seal.esl"] = self._esl
        # 3. The digests, of what stands in the package now.
        digests = {**subject.digests, **{name: _kept_sm3(data) for name, data in changed.items()}}
        if protection is Protection.CONTINUE:
            del digests[subject.list_name]
        # 4. The signature's description; no byte of it changes from here on.
        signed = signature_xml(
            at=self._at,
            references=[reference(name, value) for name, value in digests.items()],
            annotations="".join(self._annotations),
            seal_path=f"{self.folder}/Seal.esl" if self._esl is not None else None,
            value_path=self.value_name,
        )
        kept = [copied(subject.package, name) for name in subject.package.entries if name not in changed]
        added = [packed(name, data, moment, level=0) for name, data in changed.items()]
        # The entrance stays in front.
        added.sort(key=lambda entry: entry.name.decode() != subject.package.ofd_xml)
        if not subject.is_listed:
            kept, added = [added[0], *kept], added[1:]
        return signed, [*kept, *added, packed(path, signed, moment, level=0)]


def copied(package: OfdPackage, name: str) -> Entry:
    """An entry as its producer packed it, under the name that it is known by."""
    entry = package.entries[name]
    time, date = entry.stamp
    return Entry(
        name.encode(),
        package.packed(name),
        entry.size,
        entry.crc,
        entry.method,
        0x800 | (entry.flags & _KEPT_FLAGS),
        date << 16 | time,
    )


def _ascii(path: str) -> str:
    """propertyInfo is an IA5String: a path in Chinese is written as in an address."""
    if path.isascii():
        return path
    return "".join(
        chr(byte) if 0x20 < byte < 0x7F and byte != 0x25 else f"%{byte:02X}" for byte in path.encode()
    )


@lru_cache(maxsize=256)
def _kept_sm3(data: bytes) -> bytes:
    """A seal is hashed once, not for each document; so is a list with one signature."""
    return digest(HashAlgorithm.SM3, data).value


def _sha256(data: bytes) -> bytes:
    return digest(HashAlgorithm.SHA256, data).value


__all__ = [
    "Digest",
    "Draft",
    "PreparedOfd",
    "Protection",
    "complete_ofd",
    "copied",
    "prepare_ofd",
    "seal_ofd",
]

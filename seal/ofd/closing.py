# SPDX-License-Identifier: Apache-2.0
"""Close an OFD: a last signature of type ``Sign`` that protects the list of signatures too.

Seals in continue mode leave the list open, so the last of them could be taken off unnoticed.  The closing
signature shows no seal; its value is SignedData of GB/T 35275 around the digest of Signature.xml, without
attributes, which is the form that Chinese readers open (GM/T 0099-2020 section 7.2.2 b).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm, KeyKind, Signer, digest
from verify import Json, OfdMalformed, read_ofd

from ..certificate import SealingCertificate, usable_scheme
from ..errors import StateMalformed
from ..kept import kept_bytes, kept_digest
from ..pdf.gm_cms import GmCmsWriter, gm_cms_writer
from .errors import OfdRefused
from .package import appended, dos_moment, packed, write_package
from .sealing import Draft, Protection
from .subject import opened

FORMAT: Final = "yinxin-prepared-ofd-closing/1"


@dataclass(frozen=True, slots=True)
class PreparedClosing:
    """A package that lacks nothing but the closing value; the key signs ``to_be_signed``, SM2 with SM3."""

    data: bytes = field(repr=False)
    value_name: str
    content: Digest
    at: datetime

    @property
    def to_be_signed(self) -> bytes:
        """The digest of Signature.xml, which is the content of the signature."""
        return self.content.value

    def state(self) -> dict[str, Json]:
        """Everything but the package, as JSON."""
        return {
            "format": FORMAT,
            "package_sha256": digest(HashAlgorithm.SHA256, self.data).hex,
            "value_name": self.value_name,
            "digest_algorithm": self.content.algorithm.value,
            "digest": self.content.hex,
            "at": self.at.isoformat(),
        }

    @staticmethod
    def restore(state: Json, data: bytes) -> PreparedClosing:
        """The reverse of :meth:`state`; raises :class:`StateMalformed` unless ``data`` is that package."""
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise StateMalformed("format")
        value_name, content = state.get("value_name"), kept_digest(state)
        if not isinstance(value_name, str):
            raise StateMalformed("value_name")
        if kept_bytes(state, "package_sha256") != digest(HashAlgorithm.SHA256, data).value:
            raise StateMalformed("package")
        try:
            at = datetime.fromisoformat(str(state.get("at")))
            package = read_ofd(data)
            signed = package.read(f"{value_name.rpartition('/')[0]}/Signature.xml")
        except (ValueError, OfdMalformed) as error:
            raise StateMalformed("at" if isinstance(error, ValueError) else "package") from error
        if at.tzinfo is None or digest(HashAlgorithm.SM3, signed) != content or value_name in package.entries:
            raise StateMalformed("digest")
        return PreparedClosing(data, value_name, content, at)


def prepare_closing(data: bytes, *, sealing: SealingCertificate, at: datetime) -> PreparedClosing:
    """Everything but the signature.  Raises :class:`OfdRefused`."""
    _require_sm2(sealing)
    subject = opened(data)
    if not subject.listed:
        raise OfdRefused("ofd-nothing-to-close")
    draft = Draft(subject, at, kind="Sign", esl=None)
    signed, entries = draft.files(Protection.WHOLE)
    content = digest(HashAlgorithm.SM3, signed)
    return PreparedClosing(write_package(entries), draft.value_name, content, at)


def complete_closing(prepared: PreparedClosing, signature: bytes, *, sealing: SealingCertificate) -> bytes:
    """The closed package.  Raises :class:`~seal.SignatureMismatch` for a wrong signature."""
    _require_sm2(sealing)
    writer: GmCmsWriter = gm_cms_writer(sealing, attributes=False)
    writer.require(signature, prepared.to_be_signed)
    value = writer.encode(prepared.to_be_signed, signature)
    return appended(prepared.data, packed(prepared.value_name, value, dos_moment(prepared.at), level=0))


def close_ofd(data: bytes, signer: Signer, *, sealing: SealingCertificate, at: datetime) -> bytes:
    """Prepare, sign, complete.  Raises what the two raise, and :class:`~seal.SignerMismatch`."""
    usable_scheme(signer, sealing)
    prepared = prepare_closing(data, sealing=sealing, at=at)
    return complete_closing(prepared, signer.sign(prepared.to_be_signed), sealing=sealing)


def _require_sm2(sealing: SealingCertificate) -> None:
    kind = sealing.certificate.public_key.kind
    if kind is not KeyKind.SM2:
        raise OfdRefused("ofd-seal-not-sm2", kind.value)

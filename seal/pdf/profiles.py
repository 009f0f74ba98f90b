# SPDX-License-Identifier: Apache-2.0
"""What stands in /Contents of a signature, and what the key signs for it: one writer for each profile.

PAdES (EN 319 142-1), and GM/T 0112-2021: clause 6 (GB/T 35275) and clause 7 (seal signature).  The GM filter
name is a vendor's by the standard's own pattern; readers go by the sub-filter and by the content.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from keys import Digest, HashAlgorithm, KeyKind, Scheme

from ..certificate import SealingCertificate
from ..cms import CmsWriter, cms_writer
from .gm_cms import GmCmsWriter, gm_cms_writer
from .gm_seal import SealValue
from .profile_errors import ProfileRefused

_ADOBE: Final = "Adobe.PPKLite"
_GM: Final = "Yinxin.GMPkiLite"


class PdfProfile(StrEnum):
    """How a signature is carried."""

    PADES = "pades"
    GM_CMS = "gm-cms"
    """GB/T 35275, detached, with signed attributes."""
    GM_CMS_DIGEST = "gm-cms-digest"
    """GB/T 35275 with the digest as content and no attributes, as one product in production has it."""
    GM_SEAL = "gm-seal"
    """SES_Signature: seal, signer and digest in one structure."""

    @property
    def filter(self) -> str:
        """The signature handler."""
        return _ADOBE if self is PdfProfile.PADES else _GM

    @property
    def sub_filter(self) -> str:
        """The encoding of the value."""
        return _SUB_FILTERS[self]


_SUB_FILTERS: Final = {
    PdfProfile.PADES: "ETSI.CAdES.detached",
    PdfProfile.GM_CMS: "GM.sm2cms.detached",
    PdfProfile.GM_CMS_DIGEST: "GM.sm2cms.detached",
    PdfProfile.GM_SEAL: "GM.sm2seal",
}


class ValueWriter(Protocol):
    """Writes the value of one signature.  ``byte_range``: the protected bytes as decimal numbers."""

    @property
    def algorithm(self) -> HashAlgorithm:
        """The digest of the protected bytes."""
        ...

    def room(self, timestamp: int) -> int:
        """Octets of the longest value, with a time stamp of so many octets."""
        ...

    def to_be_signed(self, content: Digest, byte_range: str) -> bytes:
        """What the key signs."""
        ...

    def verify(self, signature: bytes, to_be_signed: bytes) -> None:
        """Raises :class:`SignatureMismatch`."""
        ...

    def encode(self, content: Digest, byte_range: str, signature: bytes, timestamp: bytes | None) -> bytes:
        """The value; the signature was verified."""
        ...


@dataclass(frozen=True, slots=True)
class CmsValue:
    """A CMS signature, of either family."""

    writer: CmsWriter | GmCmsWriter
    authority: bytes | None

    @property
    def algorithm(self) -> HashAlgorithm:
        return self.writer.scheme.hash

    def room(self, timestamp: int) -> int:
        return self.writer.longest(authority=self.authority, timestamp=timestamp)

    def to_be_signed(self, content: Digest, byte_range: str) -> bytes:
        del byte_range  # the signature dictionary alone has it
        return self.writer.attributes(content, authority=self.authority)

    def verify(self, signature: bytes, to_be_signed: bytes) -> None:
        self.writer.require(signature, to_be_signed)

    def encode(self, content: Digest, byte_range: str, signature: bytes, timestamp: bytes | None) -> bytes:
        return self.writer.encode(self.to_be_signed(content, byte_range), signature, timestamp=timestamp)


def value_writer(
    profile: PdfProfile,
    sealing: SealingCertificate,
    scheme: Scheme,
    *,
    authority: bytes | None,
    seal: tuple[bytes, datetime] | None,
) -> ValueWriter:
    """The writer of a profile; ``seal`` is the electronic seal and when it is used.

    Raises :class:`ProfileRefused`, and what the room of seal signatures raises.
    """
    if profile is PdfProfile.PADES:
        return CmsValue(cms_writer(sealing, scheme), authority)
    key = sealing.certificate.public_key
    if key.kind is not KeyKind.SM2:
        raise ProfileRefused("gm-profile-needs-sm2", key.kind.value)
    if profile is PdfProfile.GM_SEAL:
        if seal is None:
            raise ProfileRefused("gm-profile-needs-seal", profile.value)
        return SealValue(seal[0], sealing.certificate, seal[1], authority)
    if profile is PdfProfile.GM_CMS_DIGEST and authority is not None:
        raise ProfileRefused("authority-has-no-place", profile.value)
    return CmsValue(gm_cms_writer(sealing, attributes=profile is PdfProfile.GM_CMS), authority)

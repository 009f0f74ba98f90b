# SPDX-License-Identifier: Apache-2.0
"""Seals and seal signatures as they stand in the bytes.  Nothing is verified by having one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SealPicture:
    """SES_ESPictrueInfo.  Width and height in millimetres; ``type`` as written (PNG, ofd, ...)."""

    type: str
    data: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SealExtension:
    """ExtData; an extension that does not say whether it is critical is not."""

    oid: str
    critical: bool
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """Octets to be signed, who signed them and how.

    ``certificate`` is the DER of a certificate, ``algorithm`` a dotted OID, ``signature`` the octets of the
    BIT STRING.  The two raw members are the elements as they stand, for the superseded rules that sign them.
    """

    content: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    algorithm: str
    signature: bytes = field(repr=False)
    certificate_raw: bytes = field(repr=False)
    algorithm_raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ElectronicSeal:
    """An electronic seal (SESeal).

    ``version``: 1, 4 or 5, as the structure has it.  ``der``: all of it as it came.  ``info``: SES_SealInfo.
    ``signers``: certificates (DER) of who may use it; ``signer_digests``: the same as (algorithm, digest).
    ``maker``: what the seal maker signed.  ``timestamp``: the token of a V5 seal, over the signature value.
    """

    der: bytes = field(repr=False)
    version: int
    stated_version: int
    vendor: str
    code: str
    type: int
    name: str
    signers: tuple[bytes, ...] = field(repr=False)
    signer_digests: tuple[tuple[str, bytes], ...] = field(repr=False)
    created: datetime
    valid_from: datetime
    valid_until: datetime
    picture: SealPicture
    extensions: tuple[SealExtension, ...]
    info: bytes = field(repr=False)
    maker: Signed = field(repr=False)
    timestamp: bytes | None = field(repr=False)
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SesSignature:
    """An electronic seal signature (SES_Signature).

    ``signed``: TBS_Sign and who signed it.  ``signed_at``: timeInfo, ``None`` when a V1 signature says it in
    a way that nobody can read.  ``time_token``: timeInfo of V1 that is a time stamp.  ``data_hash``: the
    octets of dataHash.  ``timestamp``: the token over the signature value.
    """

    der: bytes = field(repr=False)
    version: int
    stated_version: int
    seal: ElectronicSeal
    signed_at: datetime | None
    time_token: bytes | None = field(repr=False)
    data_hash: bytes
    property_info: str
    extensions: tuple[SealExtension, ...]
    signed: Signed = field(repr=False)
    timestamp: bytes | None = field(repr=False)
    deviations: tuple[str, ...] = ()

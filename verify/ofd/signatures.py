# SPDX-License-Identifier: Apache-2.0
"""Signatures.xml and Signature.xml (GB/T 33190-2016 section 18), read as real writers write them.

The order of elements, the spelling of identifiers and the names of files do not matter; references are
followed.  Nothing is verified by having an :class:`OfdSignature`.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from .document import box, same_id
from .errors import OfdMalformed
from .locations import Location
from .markup import EMPTY, Node
from .package import OfdBody, OfdPackage

MOST_SIGNATURES = 100
MOST_REFERENCES = 2_000
MOST_STAMPS = 12_000
SEAL, SIGN = "Seal", "Sign"
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class OfdReference:
    """One file and its digest; ``check_value`` is ``None`` when it is not Base64."""

    location: Location
    check_value: bytes | None


@dataclass(frozen=True, slots=True)
class OfdStamp:
    """Where the seal shows: StampAnnot.  Millimetres; ``clip`` is seen from the corner of ``boundary``."""

    id: str
    page_ref: str
    boundary: Box
    clip: Box | None


@dataclass(frozen=True, slots=True)
class OfdSignature:
    """One signature of a document.  ``entry``: its Signature.xml.  ``type``: ``Seal`` or ``Sign``."""

    id: str
    type: str
    entry: str
    provider: str
    method: str
    claimed_time: str
    check_method: str
    references: tuple[OfdReference, ...]
    stamps: tuple[OfdStamp, ...]
    seal: Location | None
    value: Location
    foreign: int

    @property
    def is_seal(self) -> bool:
        """Not ``Sign``: what has no type, or an unknown one, is taken for a seal."""
        return self.type.lower() != SIGN.lower()


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of Signatures.xml."""

    id: str
    type: str
    location: Location


@dataclass(frozen=True, slots=True)
class SignatureList:
    """Signatures.xml.  ``max_sign_ids``: as written; there should be one."""

    entry: str
    max_sign_ids: tuple[str, ...]
    listed: tuple[Listed, ...]
    foreign: int

    @property
    def max_sign_id(self) -> int:
        """The highest number in MaxSignId and the identifiers, whatever letters stand before it."""
        return max(
            (_number(one) for one in (*self.max_sign_ids, *(one.id for one in self.listed))), default=0
        )


def read_ofd_signatures(package: OfdPackage, body: OfdBody) -> SignatureList | None:
    """What OFD.xml names as the list of signatures; ``None`` when it names none, or nothing stands there.

    Raises :class:`OfdMalformed`.
    """
    if body.signatures is None or body.signatures.entry is None:
        return None
    entry = body.signatures.entry
    xml = package.xml(entry, "Signatures")
    nodes = list(xml.root.each("Signature"))
    if len(nodes) > MOST_SIGNATURES:
        raise OfdMalformed(entry, f"签名超过 {MOST_SIGNATURES} 个", f"more than {MOST_SIGNATURES} signatures")
    listed = tuple(
        Listed(
            one.get("ID").strip(),
            one.get("Type").strip() or "Seal",
            package.locate_from(one.get("BaseLoc"), entry),
        )
        for one in nodes
    )
    if len({same_id(one.id) for one in listed if one.id}) != sum(1 for one in listed if one.id):
        raise OfdMalformed(entry, "签名标识重复", "two signatures have one ID")
    return SignatureList(
        entry, tuple(one.text.strip() for one in xml.root.each("MaxSignId")), listed, xml.foreign
    )


def read_ofd_signature(package: OfdPackage, listed: Listed) -> OfdSignature:
    """Raises :class:`OfdMalformed`."""
    entry = listed.location.entry
    if entry is None:
        raise OfdMalformed(listed.location.wanted, "签名描述文件缺失", "Signature.xml is missing")
    xml = package.xml(entry, "Signature")
    info = _one(xml.root, "SignedInfo", entry)
    references = _one(info, "References", entry)
    provider = info.first("Provider") or EMPTY

    def provider_part(name: str) -> str:
        return provider.get(name) or provider.value(name)

    value = _one(xml.root, "SignedValue", entry).text
    seals = list(info.each("Seal"))
    if len(seals) > 1:
        raise OfdMalformed(entry, "Seal 重复", "Seal stands twice")
    seal = seals[0].value("BaseLoc") or seals[0].text.strip() if seals else ""
    listed_references = list(references.each("Reference"))
    stamps = list(info.each("StampAnnot"))
    if len(listed_references) > MOST_REFERENCES or len(stamps) > MOST_STAMPS:
        raise OfdMalformed(entry, "引用或签章位置过多", "too many references or stamps")
    return OfdSignature(
        id=listed.id,
        type=listed.type,
        entry=entry,
        provider=" ".join(
            part for part in map(provider_part, ("ProviderName", "Version", "Company")) if part
        ),
        method=info.value("SignatureMethod"),
        claimed_time=info.value("SignatureDateTime"),
        check_method=references.get("CheckMethod"),
        references=tuple(
            OfdReference(package.locate_from(one.get("FileRef"), entry), _base64(one.value("CheckValue")))
            for one in listed_references
        ),
        stamps=tuple(_stamp(one, entry) for one in stamps),
        seal=package.locate_from(seal, entry) if seal else None,
        value=package.locate_from(value, entry),
        foreign=xml.foreign,
    )


def _one(node: Node, name: str, entry: str) -> Node:
    found = list(node.each(name))
    if len(found) != 1:
        raise OfdMalformed(entry, f"{name} 应有一个", f"{name} must stand once, not {len(found)} times")
    return found[0]


def _stamp(node: Node, entry: str) -> OfdStamp:
    boundary = box(node.get("Boundary"))
    clip = box(node.get("Clip"))
    if boundary is None or (node.get("Clip").strip() and clip is None):
        raise OfdMalformed(
            entry, "签章位置有误", "StampAnnot needs a Boundary of four numbers, and so its Clip"
        )
    return OfdStamp(node.get("ID").strip(), node.get("PageRef").strip(), boundary, clip)


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _number(text: str) -> int:
    digits = text.strip().lstrip("sS")
    return int(digits) if digits.isdecimal() and len(digits) < 10 else 0

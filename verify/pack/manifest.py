# SPDX-License-Identifier: Apache-2.0
"""The evidence pack (R-087, R-101): what an act left behind, in one file that stands for itself.

A ZIP file: ``manifest.json`` (canonical JSON, RFC 8785), ``manifest.p7s`` (detached CMS over its octets),
``manifest.tst`` (RFC 3161 over the CMS; may be missing), then the parts, which the manifest lists one by one
with name, role, size and both digests::

    {"as_of", "format": "yinxin-evidence-pack/1", "made", "parts": [{"about": [names], "name", "role",
     "sha256", "size", "sm3"}], "publisher", "subject": {"id", "kind", "title"}}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from keys import HashAlgorithm, digest

from ..canonical import Json, JsonMalformed, canonical_json, parse_json
from .archive import NAME, read_archive, write_archive
from .errors import PackMalformed

FORMAT: Final = "yinxin-evidence-pack/1"
MANIFEST, SIGNATURE, TIMESTAMP = "manifest.json", "manifest.p7s", "manifest.tst"
LARGEST_MANIFEST: Final = 4 * 1024 * 1024
MOST_PARTS: Final = 900
_MEMBERS: Final = {"as_of", "format", "made", "parts", "publisher", "subject"}
_PART: Final = {"about", "name", "role", "sha256", "size", "sm3"}
_SUBJECT: Final = {"id", "kind", "title"}
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class Role(StrEnum):
    """What a part is in the pack, and so what it must agree with."""

    ORIGINAL = "original"
    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"
    CERTIFICATE = "certificate"
    REVOCATION = "revocation"
    STATUS = "status"
    LOG_PROOF = "log-proof"
    RECORD = "record"
    STATEMENT = "statement"
    TRUST_LIST = "trust-list"
    SEAL_STATUS = "seal-status"
    DOCUMENT_STATUS = "document-status"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class PackPart:
    """One file.  ``about``: the names of the parts that it speaks of."""

    name: str
    role: Role
    content: bytes
    about: tuple[str, ...] = ()

    def listed(self) -> dict[str, Json]:
        """Its line of the manifest."""
        return {
            "about": list[Json](self.about),
            "name": self.name,
            "role": self.role.value,
            "sha256": digest(HashAlgorithm.SHA256, self.content).value.hex(),
            "size": len(self.content),
            "sm3": digest(HashAlgorithm.SM3, self.content).value.hex(),
        }


@dataclass(frozen=True, slots=True)
class PackSubject:
    """What the evidence is about: ``kind`` (``document``, ``submission``), its identifier, its title."""

    kind: str
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class PackManifest:
    """``as_of``: the time whose state is shown.  Structure only: nothing is proven by having one."""

    subject: PackSubject
    publisher: str
    made: datetime
    as_of: datetime
    parts: tuple[PackPart, ...]

    def encode(self) -> bytes:
        """The octets that are signed."""
        subject: dict[str, Json] = {
            "id": self.subject.id,
            "kind": self.subject.kind,
            "title": self.subject.title,
        }
        return canonical_json(
            {
                "as_of": _shown(self.as_of),
                "format": FORMAT,
                "made": _shown(self.made),
                "parts": [one.listed() for one in self.parts],
                "publisher": self.publisher,
                "subject": subject,
            }
        )


@dataclass(frozen=True, slots=True)
class EvidencePack:
    """A manifest with its parts, sealed.  ``timestamp``: a token over the digest of ``signature``."""

    manifest: PackManifest
    signature: bytes
    timestamp: bytes | None = None

    def encode(self) -> bytes:
        """The file: the same for the same pack.  Raises :class:`PackMalformed`."""
        stamp = [] if self.timestamp is None else [(TIMESTAMP, self.timestamp)]
        parts = [(one.name, one.content) for one in self.manifest.parts]
        return write_archive(
            [(MANIFEST, self.manifest.encode()), (SIGNATURE, self.signature), *stamp, *parts]
        )


def is_evidence_pack(data: bytes) -> bool:
    """Is this meant as an evidence pack?  Its first entry says so, or its directory when it was repacked."""
    name = MANIFEST.encode("ascii")
    if not data.startswith(b"PK\x03\x04"):
        return False
    return data[30 : 30 + len(name)] == name or SIGNATURE.encode("ascii") in data[-65536:]


def parse_evidence_pack(data: bytes) -> EvidencePack:
    """Raises :class:`PackMalformed` for whatever is not what its own manifest says, to the last octet."""
    files = dict(read_archive(data))
    manifest, signature = files.pop(MANIFEST, None), files.pop(SIGNATURE, None)
    stamp = files.pop(TIMESTAMP, None)
    if manifest is None or signature is None:
        raise PackMalformed(field="(ZIP)", rule=f"{MANIFEST} and {SIGNATURE} must be there")
    pack = EvidencePack(_manifest(manifest, files), signature, stamp)
    if pack.manifest.encode() != manifest:
        raise PackMalformed(field=MANIFEST, rule="not canonical JSON (RFC 8785), or a second spelling")
    if pack.encode() != data:
        raise PackMalformed(field="(ZIP)", rule="its files do not stand in the order of the manifest")
    return pack


def _manifest(data: bytes, files: Mapping[str, bytes]) -> PackManifest:
    try:
        value = parse_json(data, max_bytes=LARGEST_MANIFEST)
    except JsonMalformed as error:
        raise PackMalformed(field=MANIFEST, rule=str(error)) from error
    members = _object(value, MANIFEST, _MEMBERS)
    if members["format"] != FORMAT:
        raise PackMalformed(field="format", rule=f"must be {FORMAT}")
    listed = members["parts"]
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_PARTS:
        raise PackMalformed(field="parts", rule=f"a list of 1 to {MOST_PARTS}")
    parts = tuple(_part(one, files) for one in listed)
    names = [one.name for one in parts]
    if len(set(names)) != len(names):
        raise PackMalformed(field="parts", rule="each name once")
    if extra := sorted(files.keys() - set(names)):
        raise PackMalformed(field=extra[0], rule="a file that the manifest does not list")
    for one in parts:
        if one.name in one.about or not set(one.about) <= set(names):
            raise PackMalformed(field=one.name, rule="about names other parts of this pack")
    subject = _object(members["subject"], "subject", _SUBJECT)
    return PackManifest(
        subject=PackSubject(*(_text(subject[name], f"subject.{name}") for name in ("kind", "id", "title"))),
        publisher=_text(members["publisher"], "publisher"),
        made=_moment(members["made"], "made"),
        as_of=_moment(members["as_of"], "as_of"),
        parts=parts,
    )


def _part(value: Json, files: Mapping[str, bytes]) -> PackPart:
    members = _object(value, "parts", _PART)
    name, about = _text(members["name"], "name"), members["about"]
    if not NAME.fullmatch(name) or name in (MANIFEST, SIGNATURE, TIMESTAMP):
        raise PackMalformed(field=name, rule="not a name for a part")
    if members["role"] not in tuple(Role):
        raise PackMalformed(field=name, rule=f"role: one of {', '.join(Role)}")
    if not isinstance(about, list) or len(about) > MOST_PARTS:
        raise PackMalformed(field=name, rule="about: a list of names")
    content = files.get(name)
    if content is None:
        raise PackMalformed(field=name, rule="the manifest lists it, and it is not there")
    part = PackPart(name, Role(str(members["role"])), content, tuple(_text(one, name) for one in about))
    if part.listed() != value:
        raise PackMalformed(field=name, rule="not the file that the manifest lists: size or digest differ")
    return part


def _object(value: Json, field: str, names: set[str]) -> Mapping[str, Json]:
    if not isinstance(value, dict) or set(value) != names:
        raise PackMalformed(field=field, rule=f"an object with exactly {', '.join(sorted(names))}")
    return value


def _text(value: Json, field: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 300:
        raise PackMalformed(field=field, rule="a text of 1 to 300 characters")
    return value


def _moment(value: Json, field: str) -> datetime:
    try:
        found = datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        found = None
    if found is None or _shown(found) != value:
        raise PackMalformed(field=field, rule="a time like 2026-08-01T04:00:00Z")
    return found


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

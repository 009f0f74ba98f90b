# SPDX-License-Identifier: Apache-2.0
"""A document that is to be sealed: opened with the verifier's reader, earlier signatures looked at.

GB/T 33190-2016 section 18.  Nothing is added to a package that two readers could read differently, to one
whose list of signatures is protected, or to one whose earlier signatures are broken already.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from keys import HashAlgorithm, digest
from verify import (
    MOST_OFD_ENTRIES,
    MOST_OFD_SIGNATURES,
    OfdMalformed,
    OfdPackage,
    ofd_obstacles,
    read_ofd,
)

from .errors import OfdRefused

SIGNS: Final = "Signs"
MOST_ADDED: Final = 4
"""Files that a signature adds: the list, the description, the seal, the value."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One earlier signature: its attributes in the list, the entry that describes it, and what that says."""

    attributes: tuple[tuple[str, str], ...]
    entry: str
    stamp_ids: tuple[str, ...]


class Subject:
    """The first and only document of a package."""

    def __init__(self, package: OfdPackage) -> None:
        self.package = package
        self.digests = {name: _sm3(package.read(name)) for name in package.entries}
        """SM3 of every file as it stands; reading them compared each with its CRC-32."""
        if len(package.bodies) != 1:
            raise OfdRefused("ofd-several-documents", f"{len(package.bodies)} documents")
        self.body = package.bodies[0]
        self.document = self.body.document
        missing = [one.location.wanted for one in self.document.pages if one.location.entry is None]
        if missing or not self.document.pages:
            raise OfdRefused("ofd-malformed", f"no page, or a page without its file: {missing[:1]}")
        if self.body.signatures is None and self.body.node.first("Signatures") is not None:
            raise OfdRefused("ofd-malformed", "OFD.xml names a list of signatures without a path")
        if obstacles := ofd_obstacles(package):
            # Sealed like that it would never pass: two readers could show two things.
            raise OfdRefused("ofd-malformed", obstacles[0].en[:300])
        if len(package.entries) > MOST_OFD_ENTRIES - MOST_ADDED:
            raise OfdRefused("ofd-too-large", f"{len(package.entries)} files")

    @cached_property
    def list_name(self) -> str:
        """The entry that lists the signatures: the one that is named, or where a new one goes."""
        named = self.body.signatures
        if named is not None:
            return named.entry or _plain(named.wanted, named.written)
        folder = self.document.name.rpartition("/")[0]
        return self.free(f"{folder}/{SIGNS}/Signatures.xml" if folder else f"{SIGNS}/Signatures.xml")

    @property
    def is_listed(self) -> bool:
        """OFD.xml names a list of signatures, so it need not change."""
        return self.body.signatures is not None

    @cached_property
    def listed(self) -> tuple[Listed, ...]:
        """The earlier signatures.  Raises :class:`OfdRefused` when nothing may be added to them."""
        found = tuple(self._listed())
        if len(found) >= MOST_OFD_SIGNATURES:
            raise OfdRefused("ofd-too-large", f"{len(found)} signatures")
        return found

    @cached_property
    def stated_ids(self) -> tuple[str, ...]:
        """Every identifier that the shared counter gave out so far, MaxSignId too."""
        ids: list[str] = []
        named = self.body.signatures
        if named is not None and named.entry is not None:
            root = self.package.xml(named.entry, "Signatures").root
            ids += [one.text.strip() for one in root.each("MaxSignId")]
        for one in self.listed:
            ids += [value for name, value in one.attributes if name == "ID"]
            ids += one.stamp_ids
        return tuple(ids)

    def free(self, name: str) -> str:
        """``name``, or one like it that no entry has yet, whatever its case."""
        stem, dot, suffix = name.rpartition(".")
        found, count = name, 1
        while self.package.container.find(found) is not None:
            found, count = f"{stem}_{count}{dot}{suffix}", count + 1
        return found

    def free_folder(self) -> str:
        """The folder of a new signature, beside the list."""
        parent = self.list_name.rpartition("/")[0]
        used = {name.casefold().rpartition("/")[0] for name in self.package.entries}
        number = len(self.listed)
        while True:
            folder = f"{parent}/Sign_{number}" if parent else f"Sign_{number}"
            if folder.casefold() not in used and self.package.container.find(folder) is None:
                return folder
            number += 1

    def _listed(self) -> Iterator[Listed]:
        named = self.body.signatures
        if named is None or named.entry is None:
            return
        for node in self.package.xml(named.entry, "Signatures").root.each("Signature"):
            location = self.package.locate_from(node.get("BaseLoc"), self.list_name)
            if location.entry is None:
                raise OfdRefused("ofd-broken-seal", f"{location.wanted} is missing")
            root = self.package.xml(location.entry, "Signature").root
            info = root.first("SignedInfo")
            references = info.first("References") if info is not None else None
            if info is None or references is None:
                raise OfdRefused("ofd-broken-seal", f"{location.entry} lists no files")
            compare = _comparer(references.get("CheckMethod", "MD5"))
            for one in references.each("Reference"):
                self._require_same(location.entry, one.get("FileRef"), one.value("CheckValue"), compare)
            stamps = tuple(one.get("ID") for one in info.each("StampAnnot"))
            yield Listed(tuple(node.attributes.items()), location.entry, stamps)

    def _require_same(self, owner: str, written: str, value: str, compare: _Compare | None) -> None:
        found = self.package.locate_from(written, owner).entry
        if found is None:
            raise OfdRefused("ofd-broken-seal", f"{written[:200]} is missing")
        if found == self.list_name:
            raise OfdRefused("ofd-locked", owner)
        try:
            stated = base64.b64decode("".join(value.split()), validate=True)
        except (ValueError, binascii.Error):
            raise OfdRefused("ofd-broken-seal", f"{owner} states no digest of {found}") from None
        # A digest by a method that is not known here is left to whoever verifies.
        if compare is not None and not compare(self, found, stated):
            raise OfdRefused("ofd-broken-seal", f"{found} is not what {owner} protects")


def opened(data: bytes) -> Subject:
    """Raises :class:`OfdRefused`."""
    try:
        subject = Subject(read_ofd(data))
        _ = subject.listed, subject.list_name
    except OfdMalformed as error:
        raise OfdRefused("ofd-malformed", f"{error.place[:200]}: {error.rule}") from error
    return subject


def _plain(wanted: str, written: str) -> str:
    """Where a list goes that OFD.xml names and that is not there."""
    if not wanted or wanted.startswith("/") or ".." in wanted.split("/"):
        raise OfdRefused("ofd-malformed", f"a list of signatures at {written[:200]!r}")
    return wanted


def _sm3(data: bytes) -> bytes:
    return digest(HashAlgorithm.SM3, data).value


_Compare = Callable[[Subject, str, bytes], bool]
_HASHES: Final = {
    "MD5": "md5", "1.2.840.113549.2.5": "md5",
    "SHA1": "sha1", "1.3.14.3.2.26": "sha1",
    "SHA256": "sha256", "2.16.840.1.101.3.4.2.1": "sha256",
}  # fmt: skip
_SM3: Final = ("SM3", "1.2.156.10197.1.401")


def _comparer(method: str) -> _Compare | None:
    plain = method.strip().upper().replace("-", "")
    if plain in _SM3:
        return lambda subject, name, stated: subject.digests[name] == stated
    weak = _HASHES.get(plain)
    if weak is None:
        return None
    return lambda subject, name, stated: (
        hashlib.new(weak, subject.package.read(name), usedforsecurity=False).digest() == stated
    )

# SPDX-License-Identifier: Apache-2.0
"""Does a signature protect everything that a reader can show?  GB/T 33190-2016 section 18, sealing.md 5.3.

What may stay outside its references: the list of signatures (so that further seals can follow), the files of
signatures, which are judged by themselves, and files that nothing reaches or mentions, which are listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..pdf.findings import Finding, failed, unsure
from ..report import SubIndication
from .closure import Closure, mentioned
from .package import OfdBody, OfdPackage
from .signatures import OfdSignature, SignatureList

MOST_NAMED = 20
_A_DOCUMENT = re.compile(rb"<(?:[A-Za-z_][A-Za-z0-9_.-]*:)?Document[ \t\r\n/>]")
FOUND_BY_NAME = frozenset({"encryptions.xml", "ofdentries.xml"})
"""Files of GM/T 0099-2020 that readers look for under these names: no path leads to them."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """``whole``: the list of signatures is protected too.  ``unprotected``: files that nothing reaches."""

    whole: bool
    unprotected: tuple[str, ...]
    other_documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    info_protected: bool


@dataclass(frozen=True, slots=True)
class SigningFiles:
    """The list of signatures of a document, and the files of which its signatures are made."""

    listing: str
    entries: frozenset[str]


def signing_files(
    package: OfdPackage, listing: SignatureList, signatures: Sequence[OfdSignature]
) -> SigningFiles:
    """``signatures``: those of the list that can be read.

    Only what is judged with its signature needs no protection: a value, and a seal that is compared with it.
    Both are DER, so nothing that a page shows can pass for one.
    """
    found = {one.entry for one in signatures}
    for one in signatures:
        parts = (one.value, one.seal if one.is_seal else None)
        found |= {
            part.entry
            for part in parts
            if part is not None and part.entry is not None and package.read(part.entry)[:1] == b"\x30"
        }
    return SigningFiles(listing.entry, frozenset(found))


class Reach:
    """The closures of all documents of a package, each computed once and only when it is asked for."""

    def __init__(self, package: OfdPackage) -> None:
        self.package = package
        self._found: dict[int, Closure] = {}

    def of(self, body: OfdBody) -> Closure:
        found = self._found.get(body.number)
        if found is None:
            found = self._found[body.number] = Closure(self.package).of(body)
        return found


class DocumentCoverage:
    """One document with its signatures."""

    def __init__(
        self, reach: Reach, body: OfdBody, signing: SigningFiles, others: Sequence[SigningFiles]
    ) -> None:
        self._package, self._reach, self._body = reach.package, reach, body
        self._list, self._of_signatures = signing.listing, signing.entries
        self._others = others

    def of(self, covered: frozenset[str]) -> Coverage:
        """What a signature protects that refers to ``covered``; their digests are judged elsewhere."""
        package = self._package
        bare = set(package.entries) - covered
        # Signature files are outside; a file of the document that also claims to be one is not.
        signing = {self._list, *self._of_signatures} - self._closure.entries
        rest = bare - signing
        whole = self._list in covered
        general = self._of_document
        if not rest:
            return Coverage(whole, (), (), general, info_protected=True)
        gaps = sorted((rest & self._closure.entries) - {package.ofd_xml})
        outside = rest - self._closure.entries
        elsewhere = sorted(outside & self._other_documents)
        outside -= self._other_documents
        if outside:
            hinted = {name for name in outside if name.rpartition("/")[2].casefold() in FOUND_BY_NAME}
            hinted.update(mentioned(package, sorted(outside - hinted), signing))
            gaps.extend(sorted(hinted))
            outside -= hinted
        findings = [_gap(gaps)] if gaps else []
        if package.ofd_xml in rest:
            findings.extend(self._open_ofd_xml(covered))
        findings.extend(general)
        return Coverage(
            whole,
            tuple(sorted(outside)),
            tuple(elsewhere),
            tuple(findings),
            info_protected=package.ofd_xml not in rest,
        )

    @cached_property
    def _of_document(self) -> tuple[Finding, ...]:
        return document_findings(self._closure)

    @property
    def _closure(self) -> Closure:
        return self._reach.of(self._body)

    @cached_property
    def _other_documents(self) -> frozenset[str]:
        found: set[str] = set()
        for body in self._package.bodies:
            if body is not self._body:
                found |= self._reach.of(body).entries
        for one in self._others:
            found |= {one.listing, *one.entries}
        return frozenset(found)

    def _open_ofd_xml(self, covered: frozenset[str]) -> list[Finding]:
        """OFD.xml itself is open: harmless only if all it can still do is to point at the signed document."""
        body = self._body
        harmless = (
            len(self._package.bodies) == 1
            and body.root.entry in covered
            and not body.versions
            and not body.info.custom
            and not self._another_root(covered)
        )
        if harmless:
            return []
        return [
            unsure(
                SubIndication.COVERAGE_GAP,
                "OFD_XML_NOT_PROTECTED",
                "OFD.xml 未受签名保护,其中的元数据或版本信息可被改动",
                "OFD.xml is not protected: metadata or versions in it may have been changed",
            )
        ]

    def _another_root(self, covered: frozenset[str]) -> bool:
        """Is there a document that OFD.xml could name instead?"""
        return any(
            _A_DOCUMENT.search(self._package.read(name)) is not None
            for name in covered
            if name != self._body.root.entry
        )


def document_findings(closure: Closure) -> tuple[Finding, ...]:
    """What is said of a document whatever a signature refers to."""
    findings = []
    if lacking := closure.lacking:
        findings.append(_lacking(sorted(lacking)))
    if closure.damaged:
        findings.append(_damaged(sorted(closure.damaged)))
    return tuple(findings)


def _gap(names: Sequence[str]) -> Finding:
    shown = ", ".join(f"/{name}" for name in names[:MOST_NAMED])
    return failed(
        SubIndication.COVERAGE_GAP,
        "COVERAGE_GAP",
        f"文档内容未全部受签名保护:{shown}",
        f"parts of the document are not protected by the signature: {shown}",
    )


def _lacking(names: Sequence[str]) -> Finding:
    """It may have been left out by the writer, or taken away by whoever found it unprotected."""
    shown = ", ".join(f"/{name}" for name in names[:MOST_NAMED])
    return unsure(
        SubIndication.COVERAGE_GAP,
        "PART_MISSING",
        f"文档所指的文件不在包内,无法得知签章时是否存在:{shown}",
        f"the document names files that are not there; nothing tells whether they were when it was sealed: "
        f"{shown}",
    )


def _damaged(names: Sequence[str]) -> Finding:
    shown = ", ".join(f"/{name}" for name in names[:MOST_NAMED])
    return unsure(
        SubIndication.FORMAT_FAILURE,
        "XML_DAMAGED",
        f"文档中有无法读取的 XML,无法确定保护范围:{shown}",
        f"XML that cannot be read keeps us from knowing what the document reaches: {shown}",
    )

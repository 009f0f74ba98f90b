# SPDX-License-Identifier: Apache-2.0
"""Does a signature protect everything that a reader can show?  GB/T 33190-2016 section 18, sealing.md 5.3.

What may stay outside its references: the list of signatures (so that further seals can follow), the files of
signatures, which are judged by themselves, and files that nothing reaches or mentions, which are listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ..pdf.findings import Finding, failed, unsure
from ..report import SubIndication
from .closure import Closure, mentioned
from .package import OfdBody, OfdPackage
from .signatures import OfdSignature, SignatureList

MOST_NAMED = 20


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


def signing_files(listing: SignatureList, signatures: Sequence[OfdSignature]) -> SigningFiles:
    """``signatures``: those of the list that can be read."""
    found = {one.location.entry for one in listing.listed}
    for one in signatures:
        found |= {one.entry, one.value.entry, None if one.seal is None else one.seal.entry}
    return SigningFiles(listing.entry, frozenset(name for name in found if name is not None))


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
        rest = bare - ({self._list, *self._of_signatures} - self._named)
        whole = self._list in covered
        if not rest:
            return Coverage(whole, (), (), (), info_protected=True)
        gaps = sorted((rest & self._closure.entries) - {package.ofd_xml})
        outside = rest - self._closure.entries
        elsewhere = sorted(outside & self._other_documents)
        outside -= self._other_documents
        if outside:
            hinted = mentioned(package, sorted(outside), {self._list, *self._of_signatures} - self._named)
            gaps.extend(hinted)
            outside -= set(hinted)
        findings = [_gap(gaps)] if gaps else []
        if package.ofd_xml in rest:
            findings.extend(self._open_ofd_xml(covered))
        if self._closure.damaged:
            findings.append(_damaged(sorted(self._closure.damaged)))
        return Coverage(
            whole,
            tuple(sorted(outside)),
            tuple(elsewhere),
            tuple(findings),
            info_protected=package.ofd_xml not in rest,
        )

    @cached_property
    def _named(self) -> frozenset[str]:
        """Files that OFD.xml and Document.xml name as parts of the document."""
        document = self._body.document
        parts = [
            self._body.root,
            *document.resources,
            *(page.location for page in (*document.pages, *document.templates)),
            document.annotations,
            document.custom_tags,
            document.attachments,
            document.extensions,
            *(version.location for version in self._body.versions),
        ]
        return frozenset(one.entry for one in parts if one is not None and one.entry is not None)

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


def _gap(names: Sequence[str]) -> Finding:
    shown = ", ".join(f"/{name}" for name in names[:MOST_NAMED])
    return failed(
        SubIndication.COVERAGE_GAP,
        "COVERAGE_GAP",
        f"文档内容未全部受签名保护:{shown}",
        f"parts of the document are not protected by the signature: {shown}",
    )


def _damaged(names: Sequence[str]) -> Finding:
    shown = ", ".join(f"/{name}" for name in names[:MOST_NAMED])
    return unsure(
        SubIndication.FORMAT_FAILURE,
        "XML_DAMAGED",
        f"文档中有无法读取的 XML,无法确定保护范围:{shown}",
        f"XML that cannot be read keeps us from knowing what the document reaches: {shown}",
    )

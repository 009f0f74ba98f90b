# SPDX-License-Identifier: Apache-2.0
"""Are the files that a signature names what they were?  GB/T 33190-2016 section 18.2.2.

The digest runs over the unpacked octets of the entry, as they stand.  A check method that is unknown says
nothing; one that is broken (MD5, SHA-1) is computed to tell alterations, and never passes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keys import HashAlgorithm, digest

from ..pdf.findings import Finding, failed, unsure
from ..report import SubIndication
from ..ses import seal_digest
from .locations import joined
from .package import OfdPackage
from .signatures import OfdReference, OfdSignature

_STRONG = {algorithm.value: algorithm for algorithm in HashAlgorithm} | {
    algorithm.oid: algorithm for algorithm in HashAlgorithm
}
_WEAK = {"": "md5", "md5": "md5", "1.2.840.113549.2.5": "md5", "sha1": "sha1", "1.3.14.3.2.26": "sha1"}
"""The schema of 2016 takes MD5 where nothing is written."""
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class References:
    """``named``: entries that are referred to; ``covered``: those whose digest is right; ``altered``: those
    whose digest is wrong, or that are missing.  ``algorithm``: its name in reports."""

    named: frozenset[str]
    covered: frozenset[str]
    altered: tuple[str, ...]
    algorithm: str
    findings: tuple[Finding, ...]
    deviations: tuple[str, ...]


def check_references(package: OfdPackage, signature: OfdSignature) -> References:
    """Raises :class:`OfdMalformed` for an entry that cannot be unpacked."""
    name = signature.check_method.strip().lower()
    plain = name.replace("-", "")
    findings: list[Finding] = []
    compute: Callable[[bytes], bytes] | None
    if (algorithm := _STRONG.get(plain)) is not None or (algorithm := _STRONG.get(name)) is not None:
        shown = algorithm.value.upper()
        compute = _strong(algorithm)
    elif (weak := _WEAK.get(plain)) is not None:
        shown = weak.upper()
        compute = _weak(weak)
        findings.append(
            unsure(
                SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
                "CHECK_METHOD_WEAK",
                f"文件摘要算法 {shown} 已不安全,不予采信",
                f"the digests of the files are {shown}, which is broken",
            )
        )
    else:
        shown = signature.check_method.strip()[:60]
        compute = None
        findings.append(
            unsure(
                SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
                "CHECK_METHOD_UNKNOWN",
                f"不认识的文件摘要算法 {shown},无法判断文件是否被改动",
                f"check method {shown} is unknown: nothing can be said about the files",
            )
        )
    findings.extend(_form(package, signature.references))
    covered: set[str] = set()
    altered: list[str] = []
    deviations: list[str] = []
    for one in signature.references:
        entry = one.location.entry
        if entry is None:
            altered.append(one.location.wanted)
            continue
        if one.location.flaw is not None:
            deviations.append(f"REFERENCE_{one.location.flaw}")
        if compute is None:
            continue
        of_seal = algorithm is not None and signature.seal is not None and entry == signature.seal.entry
        computed = package.digest(entry, shown, _of_seal(algorithm) if of_seal and algorithm else compute)
        if one.check_value == computed:
            covered.add(entry)
        else:
            altered.append(entry)
    if altered:
        findings.append(_altered(altered))
    return References(
        named=frozenset(one.location.entry for one in signature.references if one.location.entry is not None),
        covered=frozenset(covered),
        altered=tuple(altered),
        algorithm=shown,
        findings=tuple(findings),
        deviations=tuple(dict.fromkeys(deviations)),
    )


def _strong(algorithm: HashAlgorithm) -> Callable[[bytes], bytes]:
    return lambda data: digest(algorithm, data).value


def _of_seal(algorithm: HashAlgorithm) -> Callable[[bytes], bytes]:
    return lambda data: seal_digest(data, algorithm).value


def _weak(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hashlib.new(name, data, usedforsecurity=False).digest()


def _altered(names: Sequence[str]) -> Finding:
    shown = ", ".join(f"/{name}" for name in names[:MOST_NAMED])
    return failed(
        SubIndication.HASH_FAILURE,
        "REFERENCE_ALTERED",
        f"受保护的文件被改动或缺失:{shown}",
        f"protected files were altered or are missing: {shown}",
    )


def _form(package: OfdPackage, references: Sequence[OfdReference]) -> list[Finding]:
    """References must each name one file, and only one reading of the path may exist."""
    found: list[Finding] = []
    if not references:
        found.append(
            failed(
                SubIndication.SIGNED_DATA_NOT_FOUND,
                "NOTHING_REFERENCED",
                "签名没有保护任何文件",
                "the signature refers to no file at all",
            )
        )
    entries = [one.location.entry for one in references if one.location.entry is not None]
    if len(set(entries)) != len(entries):
        found.append(
            failed(
                SubIndication.FORMAT_FAILURE,
                "REFERENCE_TWICE",
                "同一文件被引用两次",
                "one file is referred to twice",
            )
        )
    ambiguous = next((one for one in references if _ambiguous(package, one)), None)
    if ambiguous is not None:
        written = ambiguous.location.written[:200]
        found.append(
            failed(
                SubIndication.FORMAT_FAILURE,
                "REFERENCE_AMBIGUOUS",
                f"引用路径可有不同理解:{written}",
                f"a path that readers may follow to different files: {written}",
            )
        )
    return found


def _ambiguous(package: OfdPackage, reference: OfdReference) -> bool:
    written = reference.location.written.strip()
    if "\\" in written or any(part in ("..", ".", "") for part in written.removeprefix("/").split("/")):
        return True
    if "%" in written and written.removeprefix("/") not in package.entries:
        return True
    if written.startswith("/"):
        return False
    other = joined("", written)
    return other is not None and other != reference.location.entry and other in package.entries

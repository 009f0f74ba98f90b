# SPDX-License-Identifier: Apache-2.0
"""What the parts of a pack must say of each other: a genuine part of another act proves nothing here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..canonical import Json, JsonMalformed, parse_json
from ..errors import VerifyError
from ..ledger import LogProofMalformed, parse_log_proof
from ..report import Report, SubIndication
from ..status_receipt import StatusReceiptMalformed, StatusStatement, parse_status_receipt
from ..x509 import Certificate, Crl, parse_certificate, parse_crl
from ..x509.findings import Finding, failed, unsure
from .embedded import carried_certificates, embedded_signatures, signature_timestamps
from .manifest import PackManifest, PackPart, Role

_CONTRADICTS = SubIndication.SIG_CONSTRAINTS_FAILURE


@dataclass(frozen=True)
class Material:
    """What the parts bring along, read once.  ``reports``: the verdict on each part that has one, by name."""

    manifest: PackManifest
    reports: Mapping[str, Report] = field(default_factory=dict)

    def of(self, *roles: Role) -> tuple[PackPart, ...]:
        """The parts of these roles."""
        return tuple(one for one in self.manifest.parts if one.role in roles)

    def part(self, name: str) -> PackPart:
        return next(one for one in self.manifest.parts if one.name == name)

    @cached_property
    def embedded(self) -> Mapping[str, tuple[bytes, ...]]:
        """The signature values in each original."""
        return {one.name: embedded_signatures(one.content) for one in self.of(Role.ORIGINAL)}

    @cached_property
    def statements(self) -> Mapping[str, StatusStatement]:
        """What each status receipt states; one that cannot be read is judged by its own report."""
        found = {}
        for one in self.of(Role.STATUS):
            try:
                found[one.name] = parse_status_receipt(one.content).statement
            except StatusReceiptMalformed:
                continue
        return found

    @cached_property
    def certificates(self) -> tuple[Certificate, ...]:
        """Everything that may help to find a path; believed is none of it."""
        told = [one for said in self.statements.values() for one in said.chain]
        for one in self.of(Role.CERTIFICATE):
            try:
                told.append(parse_certificate(one.content))
            except VerifyError:
                continue
        return tuple({one.der: one for one in told}.values())

    @cached_property
    def crls(self) -> tuple[Crl, ...]:
        """Revocation lists of then, each believed when its issuer's signature says so."""
        told = [one for said in self.statements.values() for one in said.lists]
        for one in self.of(Role.REVOCATION):
            try:
                told.append(parse_crl(one.content))
            except VerifyError:
                continue
        return tuple({one.der: one for one in told}.values())


def disagreements(material: Material) -> Iterator[tuple[PackPart, Finding]]:
    """Everything that does not fit together; each with the part that it is found in."""
    for part in material.manifest.parts:
        rule = _RULES.get(part.role)
        if rule is not None:
            for finding in rule(part, material):
                yield part, finding
    for part in material.of(Role.ORIGINAL):
        for role in (Role.SIGNATURE, Role.LOG_PROOF):
            if not any(part.name in one.about for one in material.of(role)):
                yield part, _incomplete(role)
    if not material.of(Role.ORIGINAL):
        yield material.manifest.parts[0], _incomplete(Role.ORIGINAL)


def _value(part: PackPart, material: Material) -> Iterator[Finding]:
    """A signature or time stamp stands, octet for octet, in what it is about."""
    about = [material.part(name) for name in part.about]
    if len(about) != 1:
        yield _foreign("它没有指明唯一的来源", "it names not exactly one part that it comes from")
        return
    if about[0].role is Role.ORIGINAL:
        inside: Sequence[bytes] = material.embedded[about[0].name]
    elif about[0].role is Role.SIGNATURE and part.role is Role.TIMESTAMP:
        inside = signature_timestamps(about[0].content)
    else:
        inside = ()
    if part.content not in inside:
        yield _foreign(
            "它不在所指的原件或签名之中", "it does not stand in the original or signature that it names"
        )


def _certificate(part: PackPart, material: Material) -> Iterator[Finding]:
    carried = {one for each in material.of(Role.SIGNATURE) for one in carried_certificates(each.content)}
    for said in material.statements.values():
        carried |= {said.certificate.der, *(one.der for one in said.chain)}
    if part.content not in carried:
        yield _foreign("没有签名或状态凭证用到它", "no signature and no status receipt of this pack uses it")


def _revocation(part: PackPart, material: Material) -> Iterator[Finding]:
    if part.content not in {one.der for said in material.statements.values() for one in said.lists}:
        yield _foreign("没有状态凭证用到它", "no status receipt of this pack uses it")


def _status(part: PackPart, material: Material) -> Iterator[Finding]:
    """The receipt is about the very certificate that signed, at the time of the signature."""
    said = material.statements.get(part.name)
    if said is None:
        return
    about = [material.part(name) for name in part.about]
    signers = [
        one.facts
        for each in about
        if each.role is Role.SIGNATURE
        for name in each.about
        if name in material.reports
        for one in material.reports[name].signatures
        if _fingerprint(one.facts) == said.certificate.fingerprint
    ]
    if not about or not signers:
        yield _foreign("它不是签名者证书的状态", "it is not about the certificate that signed")
    elif not any(_of_the_time(facts, said) for facts in signers):
        yield unsure(
            SubIndication.NO_POE,
            "PACK_STATUS_OF_ANOTHER_TIME",
            "状态凭证所述时间不是签名时间",
            "the status receipt is not of the time of the signature",
        )
    if said.state != "good":
        yield failed(
            SubIndication.REVOKED,
            "PACK_SIGNER_NOT_GOOD",
            f"状态凭证表明签名证书当时并非有效({said.state})",
            f"the status receipt says that the certificate was not good then ({said.state})",
        )


def _log_proof(part: PackPart, material: Material) -> Iterator[Finding]:
    """The entry names the subject, and has the digest of every original that it is given for."""
    try:
        entry = parse_json(parse_log_proof(part.content).entry)
    except (LogProofMalformed, JsonMalformed):
        return  # said by its own report
    told = set(_texts(entry))
    about = [material.part(name) for name in part.about]
    originals = [one for one in about if one.role is Role.ORIGINAL]
    if len(originals) != len(about) or not originals:
        yield _foreign("它没有指明原件", "it names no original, or something else beside")
    elif material.manifest.subject.id not in told or not all(
        hashlib.sha256(one.content).hexdigest() in told for one in originals
    ):
        yield failed(
            SubIndication.HASH_FAILURE,
            "PACK_PROOF_OF_ANOTHER",
            "日志条目没有写明本件的编号和原件的摘要:它证明的是别的文件",
            "the entry of the log does not hold this identifier and the digest of the original: it is about"
            " something else",
        )


def _record(part: PackPart, material: Material) -> Iterator[Finding]:
    """The record has the digest that the signed statement has."""
    stated = [
        material.reports[name].facts.get("record_digest") for name in part.about if name in material.reports
    ]
    if len(part.about) != 1 or stated != [hashlib.sha256(part.content).hexdigest()]:
        yield failed(
            SubIndication.HASH_FAILURE,
            "PACK_RECORD_DIFFERS",
            "记录与签发声明中的摘要不符",
            "the record does not have the digest that the signed statement has",
        )


def _statement(part: PackPart, material: Material) -> Iterator[Finding]:
    stated = material.reports[part.name].facts.get("document_id")
    if stated is not None and stated != material.manifest.subject.id:
        yield _foreign("签发声明说的是另一份文书", "the signed statement is about another document")


_RULES = {
    Role.SIGNATURE: _value,
    Role.TIMESTAMP: _value,
    Role.CERTIFICATE: _certificate,
    Role.REVOCATION: _revocation,
    Role.STATUS: _status,
    Role.LOG_PROOF: _log_proof,
    Role.RECORD: _record,
    Role.STATEMENT: _statement,
}


def _foreign(zh: str, en: str) -> Finding:
    return failed(_CONTRADICTS, "PACK_PART_FOREIGN", zh, en)


def _incomplete(role: Role) -> Finding:
    return unsure(
        SubIndication.SIGNED_DATA_NOT_FOUND,
        "PACK_INCOMPLETE",
        f"证据包中缺少应有的部分:{role.value}",
        f"a part that an evidence pack needs is missing: {role.value}",
    )


def _fingerprint(facts: Mapping[str, Json]) -> Json:
    signer: Any = facts.get("signer")
    return signer.get("fingerprint") if isinstance(signer, dict) else None


def _of_the_time(facts: Mapping[str, Json], said: StatusStatement) -> bool:
    proven: Any = facts.get("proven_time")
    times = [facts.get("signing_time"), facts.get("claimed_time"), facts.get("sealed_at")]
    times.append(proven.get("time") if isinstance(proven, dict) else None)
    wanted = said.at.strftime("%Y-%m-%dT%H:%M:%S")
    return any(isinstance(one, str) and one.startswith(wanted) for one in times)


def _texts(value: Json) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)

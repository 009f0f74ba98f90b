# SPDX-License-Identifier: Apache-2.0
"""The verdict: ETSI EN 319 102-1 section 5.1.3, with sub-indications of our own for seals and files.

Three-valued, never a bool: what could not be checked is neither genuine nor forged.  The same object feeds
JSON, web page, command line and the sealed report.  Which question was answered how: :mod:`verify.aspects`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .aspects import Aspect, AspectStatus, Subject, admits_a_pass, aspects_of, deviations_of
from .canonical import Json
from .errors import VerifyError

FORMAT: Final = "yinxin-report/1"


class Indication(StrEnum):
    """The main answer."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


_VERDICTS = {
    Indication.TOTAL_PASSED: AspectStatus.PASSED,
    Indication.TOTAL_FAILED: AspectStatus.FAILED,
    Indication.INDETERMINATE: AspectStatus.INDETERMINATE,
}


class SubIndication(StrEnum):
    """Why not passed: names of EN 319 102-1 table 5 and 6, then ours."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND_NO_POE = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    SEAL_MAKER_SIG_FAILURE = "SEAL_MAKER_SIG_FAILURE"
    SEAL_EXPIRED_AT_SIGNING = "SEAL_EXPIRED_AT_SIGNING"
    SEAL_REVOKED_AT_SIGNING = "SEAL_REVOKED_AT_SIGNING"
    SIGNER_NOT_IN_SEAL = "SIGNER_NOT_IN_SEAL"
    COVERAGE_GAP = "COVERAGE_GAP"
    PARSER_DISAGREEMENT = "PARSER_DISAGREEMENT"
    DOCUMENT_NOT_IN_FORCE = "DOCUMENT_NOT_IN_FORCE"


class ReportInconsistent(VerifyError):
    """A verdict that contradicts itself: a defect in a check, never a property of a file."""


@dataclass(frozen=True, slots=True)
class Reason:
    """``code`` is stable and for programs; the sentences are for people and say what to do."""

    code: str
    zh: str
    en: str

    def to_json(self) -> dict[str, Json]:
        return {"code": self.code, "zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """The verdict on one signature, certificate or statement.

    A pass bears no reason that speaks against one: which those are stands in :mod:`verify.aspects.rows`.
    """

    format: str
    indication: Indication
    sub_indication: SubIndication | None
    reasons: tuple[Reason, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_sub_indication(self.indication, self.sub_indication)
        if self.sub_indication is None:
            _require_no_objection(self.reasons, self.facts)

    def __bool__(self) -> bool:
        raise TypeError("three-valued: read .indication")

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """Each question with its answer, in a fixed order; derived when asked for."""
        codes = tuple(reason.code for reason in self.reasons)
        return aspects_of(Subject(self.format, _VERDICTS[self.indication], codes, self.facts))

    @property
    def deviations(self) -> tuple[str, ...]:
        """Where it differs from the standards and was read all the same."""
        return deviations_of([reason.code for reason in self.reasons], self.facts)

    def to_json(self) -> dict[str, Json]:
        return {
            "format": self.format,
            "indication": self.indication.value,
            "sub_indication": None if self.sub_indication is None else self.sub_indication.value,
            "reasons": [reason.to_json() for reason in self.reasons],
            "aspects": [aspect.to_json() for aspect in self.aspects],
            "deviations": list[Json](self.deviations),
            "facts": dict(self.facts),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on one file or text.  It passes only if everything in it passes."""

    kind: str
    indication: Indication
    sub_indication: SubIndication | None
    signatures: tuple[SignatureReport, ...] = ()
    reasons: tuple[Reason, ...] = ()
    facts: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_sub_indication(self.indication, self.sub_indication)
        passed = Indication.TOTAL_PASSED
        if self.indication is passed and any(one.indication is not passed for one in self.signatures):
            raise ReportInconsistent("a whole that passes has no part that does not")

    def __bool__(self) -> bool:
        raise TypeError("three-valued: read .indication")

    def to_json(self) -> dict[str, Json]:
        return {
            "format": FORMAT,
            "kind": self.kind,
            "indication": self.indication.value,
            "sub_indication": None if self.sub_indication is None else self.sub_indication.value,
            "signatures": [signature.to_json() for signature in self.signatures],
            "reasons": [reason.to_json() for reason in self.reasons],
            "facts": dict(self.facts),
        }


def combine(signatures: Sequence[SignatureReport]) -> tuple[Indication, SubIndication | None]:
    """One verdict for many: failed before indeterminate before passed.  None at all is not a yes."""
    if not signatures:
        return Indication.INDETERMINATE, SubIndication.SIGNED_DATA_NOT_FOUND
    for indication in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
        for one in signatures:
            if one.indication is indication:
                return indication, one.sub_indication
    return Indication.TOTAL_PASSED, None


def _require_sub_indication(indication: Indication, sub: SubIndication | None) -> None:
    if (indication is Indication.TOTAL_PASSED) is not (sub is None):
        raise ReportInconsistent("exactly a verdict that is no pass has a sub-indication")


def _require_no_objection(reasons: Sequence[Reason], facts: Mapping[str, Json]) -> None:
    for reason in reasons:
        if not admits_a_pass(reason.code):
            raise ReportInconsistent(
                f"a pass with reason {reason.code}: it speaks against it, or has no row in verify/aspects"
            )
    if facts.get("intact") is False:
        raise ReportInconsistent("a pass of something that is not intact")

# SPDX-License-Identifier: Apache-2.0
"""Which aspect each reason code speaks of, and how gravely: one line a code.

A new code needs its line here: a test walks the source and names the codes that have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from .model import AspectName

_A = AspectName


class Effect(StrEnum):
    """What a reason does to its aspects."""

    GOOD = "good"  # says yes
    NOTE = "note"  # informs, changes nothing
    OPEN = "open"  # leaves an informing aspect open, and lets the whole pass
    EITHER = "either"  # a note in a pass; what keeps another verdict from being one
    UNSURE = "unsure"  # never in a pass
    FAILED = "failed"  # never in a pass


@dataclass(frozen=True, slots=True)
class Row:
    aspects: tuple[AspectName, ...]
    effect: Effect
    deviation: bool = False
    """The code names a difference from a standard that was read all the same."""


def _note(*aspects: AspectName) -> Row:
    return Row(aspects, Effect.NOTE)


def _open(*aspects: AspectName) -> Row:
    return Row(aspects, Effect.OPEN)


def _either(*aspects: AspectName) -> Row:
    return Row(aspects, Effect.EITHER)


def _unsure(*aspects: AspectName) -> Row:
    return Row(aspects, Effect.UNSURE)


def _failed(*aspects: AspectName) -> Row:
    return Row(aspects, Effect.FAILED)


def _odd(row: Row) -> Row:
    return replace(row, deviation=True)


_GOOD: Final = Row((), Effect.GOOD)
TABLE: Final[Mapping[str, Row]] = MappingProxyType(
    {
        # What says yes
        "CERTIFICATE_TRUSTED": _GOOD,
        "CRL_CURRENT": _GOOD,
        "EVIDENCE_PROVEN": _GOOD,
        "IN_LOG": _GOOD,
        "NOTICE_SIGNED": _GOOD,
        "OCSP_GOOD": _GOOD,
        "QR_GENUINE": _GOOD,
        "SEAL_GENUINE": _GOOD,
        "SEAL_SIGNATURE_TRUSTED": _GOOD,
        "STATUS_PROVEN": _GOOD,
        "TIMESTAMP_TRUSTED": _GOOD,
        # Is it what was signed?
        "ALGORITHM_NOT_ALLOWED": _unsure(_A.INTEGRITY, _A.CONSTRAINTS),
        "ATTACHMENT_DIFFERS": _failed(_A.INTEGRITY),
        "CHECKPOINT_FORGED": _failed(_A.INTEGRITY),
        "CHECK_METHOD_UNKNOWN": _unsure(_A.INTEGRITY),
        "CHECK_METHOD_WEAK": _unsure(_A.INTEGRITY, _A.CONSTRAINTS),
        "CMS_MALFORMED": _failed(_A.INTEGRITY),
        "CONTENT_ALTERED": _failed(_A.INTEGRITY),
        "CONTENT_ENCLOSED": _failed(_A.INTEGRITY),
        "CRL_SIGNATURE_INVALID": _failed(_A.INTEGRITY),
        "DOCUMENT_STATUS_MALFORMED": _failed(_A.INTEGRITY),
        "EVIDENCE_ALGORITHMS": _failed(_A.INTEGRITY),
        "EVIDENCE_ALGORITHM_NOT_LISTED": _failed(_A.INTEGRITY),
        "EVIDENCE_CONTENT_NOT_GIVEN": _unsure(_A.INTEGRITY),
        "EVIDENCE_MALFORMED": _failed(_A.INTEGRITY),
        "EVIDENCE_OTHER_CONTENT": _failed(_A.INTEGRITY),
        "FILE_MISSING": _failed(_A.INTEGRITY),
        "FORM_MALFORMED": _failed(_A.INTEGRITY),
        "JWS_MALFORMED": _failed(_A.INTEGRITY),
        "LOG_NOTICE_MALFORMED": _failed(_A.INTEGRITY),
        "LOG_PROOF_MALFORMED": _failed(_A.INTEGRITY),
        "NOTICE_CONTRADICTS_ENTRY": _failed(_A.INTEGRITY),
        "NOTICE_FORGED": _failed(_A.INTEGRITY),
        "NOT_IN_LOG": _failed(_A.INTEGRITY),
        "PACK_MALFORMED": _failed(_A.INTEGRITY),
        "PACK_PART_UNREADABLE": _failed(_A.INTEGRITY),
        "PACK_PROOF_OF_ANOTHER": _failed(_A.INTEGRITY),
        "PACK_RECORD_DIFFERS": _failed(_A.INTEGRITY),
        "NOT_SEALED": _unsure(_A.INTEGRITY),
        "NO_CODE": _unsure(_A.INTEGRITY),
        "NO_SIGNED_ATTRIBUTES": _odd(_either(_A.CONSTRAINTS)),
        "OCSP_MALFORMED": _failed(_A.INTEGRITY),
        "OCSP_SIGNATURE_INVALID": _failed(_A.INTEGRITY),
        "QR_MALFORMED": _failed(_A.INTEGRITY),
        "QR_NOT_SIGNED": _unsure(_A.INTEGRITY),
        "QR_SIGNATURE_INVALID": _failed(_A.INTEGRITY),
        "RECORD_DIFFERS": _failed(_A.INTEGRITY),
        "REFERENCE_ALTERED": _failed(_A.INTEGRITY),
        "SEAL_STATUS_MALFORMED": _failed(_A.INTEGRITY),
        "SES_MALFORMED": _failed(_A.INTEGRITY),
        "SIGNATURE_DOUBLE_DIGEST": _failed(_A.INTEGRITY),
        "SIGNATURE_EMPTY_USER_ID": _failed(_A.INTEGRITY),
        "SIGNATURE_INVALID": _failed(_A.INTEGRITY),
        "SIGNATURE_MALFORMED": _failed(_A.INTEGRITY),
        "SIGNATURE_NO_USER_DIGEST": _failed(_A.INTEGRITY),
        "SIGNATURE_NUMBERS_SPELLED_WRONG": _failed(_A.INTEGRITY),
        "SIGNATURE_SWAPPED": _failed(_A.INTEGRITY),
        "SIGNED_BY_OTHER_RULE": _unsure(_A.INTEGRITY, _A.CONSTRAINTS),
        "SIGNED_CONTENT_NOT_GIVEN": _unsure(_A.INTEGRITY),
        "SIGNED_VALUE_MISSING": _failed(_A.INTEGRITY),
        "STATUS_RECEIPT_MALFORMED": _failed(_A.INTEGRITY),
        "TIMESTAMP_CONTENT_NOT_GIVEN": _unsure(_A.INTEGRITY),
        "TRUST_LIST_MALFORMED": _failed(_A.INTEGRITY),
        "UNKNOWN_SUBFILTER": _unsure(_A.INTEGRITY, _A.CONSTRAINTS),
        "UNREADABLE": _failed(_A.INTEGRITY),
        # Is all of it protected?
        "PACK_INCOMPLETE": _unsure(_A.COVERAGE),
        "PACK_PART_FOREIGN": _failed(_A.COVERAGE),
        "BYTES_AFTER_SEAL": _failed(_A.COVERAGE),
        "BYTE_RANGE_BOUNDS": _failed(_A.COVERAGE),
        "BYTE_RANGE_GAP": _failed(_A.COVERAGE),
        "BYTE_RANGE_MISSING": _failed(_A.COVERAGE),
        "BYTE_RANGE_SHAPE": _failed(_A.COVERAGE),
        "BYTE_RANGE_START": _failed(_A.COVERAGE),
        "CONTENTS_MISSING": _failed(_A.COVERAGE),
        "CONTENTS_NOT_DER": _failed(_A.COVERAGE),
        "CONTENTS_PADDING": _failed(_A.COVERAGE),
        "CONTENTS_TOO_LARGE": _failed(_A.COVERAGE),
        "COVERAGE_GAP": _failed(_A.COVERAGE),
        "DAMAGED": _unsure(_A.COVERAGE),
        "DIFFERENCE_NOT_ANALYSED": _unsure(_A.COVERAGE),
        "DOCUMENT_NOT_SIGNED": _failed(_A.COVERAGE),
        "ELEMENT_TWICE": _unsure(_A.COVERAGE),
        "FOREIGN_NAMESPACE": _unsure(_A.COVERAGE),
        "FORM_FILLED": _note(_A.COVERAGE),
        "LATER_SEAL_OVER_CONTENT": _odd(_note(_A.COVERAGE)),
        "MODIFIED_AFTER_SEAL": _failed(_A.COVERAGE),
        "SHOWN_DIFFERENTLY": _unsure(_A.COVERAGE),
        "NOTHING_REFERENCED": _failed(_A.COVERAGE),
        "NOT_IN_ITS_REVISION": _failed(_A.COVERAGE),
        "OFD_XML_NOT_PROTECTED": _unsure(_A.COVERAGE),
        "PARSER_DISAGREEMENT": _unsure(_A.COVERAGE),
        "PART_MISSING": _unsure(_A.COVERAGE),
        "PROPERTY_INFO_OTHER_FILE": _unsure(_A.COVERAGE),
        "REFERENCE_AMBIGUOUS": _failed(_A.COVERAGE),
        "REFERENCE_TWICE": _failed(_A.COVERAGE),
        "SIGNATURE_SHARED": _failed(_A.COVERAGE),
        "XML_DAMAGED": _unsure(_A.COVERAGE),
        "XML_DTD": _failed(_A.COVERAGE),
        # Who signed?
        "CERTIFICATE_ALGORITHM": _unsure(_A.SIGNER),
        "CERTIFICATE_MALFORMED": _failed(_A.SIGNER),
        "CERTIFICATE_NOT_NAMED": _odd(_either(_A.SIGNER, _A.CONSTRAINTS)),
        "LOG_KEY_UNKNOWN": _unsure(_A.SIGNER),
        "MONITOR_UNKNOWN": _unsure(_A.SIGNER),
        "NO_SIGNING_CERTIFICATE": _unsure(_A.SIGNER),
        "OCSP_RESPONDER_NOT_AUTHORISED": _unsure(_A.SIGNER),
        "OCSP_RESPONDER_OUT_OF_DATE": _unsure(_A.SIGNER),
        "OCSP_RESPONDER_REVOKED": _failed(_A.SIGNER),
        "OCSP_RESPONDER_STATUS_UNKNOWN": _unsure(_A.SIGNER),
        "OCSP_RESPONDER_UNKNOWN": _unsure(_A.SIGNER),
        "QR_HOST": _unsure(_A.SIGNER, _A.CONSTRAINTS),
        "QR_KEY_AUTHORITY": _unsure(_A.SIGNER, _A.CONSTRAINTS),
        "QR_KEY_SCOPE": _unsure(_A.SIGNER, _A.CONSTRAINTS),
        "QR_KEY_UNKNOWN": _unsure(_A.SIGNER),
        "SIGNER_IS_ANOTHER": _failed(_A.SIGNER),
        "SIGNING_CERTIFICATE_DIGEST": _unsure(_A.SIGNER),
        "SIGNING_CERTIFICATE_MISMATCH": _failed(_A.SIGNER),
        "SIGNING_CERTIFICATE_SHA1": _unsure(_A.SIGNER),
        # Who vouches for the certificate?
        "CERTIFICATE_ENDED_SINCE": _note(_A.CHAIN),
        "CERTIFICATE_EXPIRED": _unsure(_A.CHAIN),
        "CERTIFICATE_NOT_YET_VALID": _unsure(_A.CHAIN),
        "CHAIN_SIGNATURE_INVALID": _failed(_A.CHAIN),
        "CHAIN_UNTRUSTED": _unsure(_A.CHAIN),
        "DOCUMENT_STATUS_NOT_ANCHORED": _unsure(_A.CHAIN),
        "ISSUER_EXPIRED": _unsure(_A.CHAIN),
        "ISSUER_NOT_CA": _unsure(_A.CHAIN),
        "ISSUER_NOT_YET_VALID": _unsure(_A.CHAIN),
        "OCSP_NOT_ITS_ISSUER": _unsure(_A.CHAIN),
        "PAST_NOT_PROVEN": _unsure(_A.CHAIN, _A.REVOCATION),
        "PATH_TOO_LONG": _unsure(_A.CHAIN),
        "SEAL_STATUS_NOT_ANCHORED": _unsure(_A.CHAIN),
        "SIGNED_OUTSIDE_VALIDITY": _failed(_A.CHAIN, _A.TIME),
        "TRUST_LIST_NOT_ANCHORED": _unsure(_A.CHAIN),
        # Was it withdrawn?
        "CERTIFICATE_ON_HOLD": _unsure(_A.REVOCATION),
        "CERTIFICATE_REVOKED": _failed(_A.REVOCATION),
        "ISSUER_ON_HOLD": _unsure(_A.REVOCATION),
        "ISSUER_REVOCATION_UNKNOWN": _unsure(_A.REVOCATION),
        "ISSUER_REVOKED": _failed(_A.REVOCATION),
        "OCSP_FROM_FUTURE": _unsure(_A.REVOCATION),
        "OCSP_NONCE_MISMATCH": _unsure(_A.REVOCATION),
        "OCSP_NONCE_MISSING": _unsure(_A.REVOCATION),
        "OCSP_NO_ANSWER": _unsure(_A.REVOCATION),
        "OCSP_OTHER_CERTIFICATE": _unsure(_A.REVOCATION),
        "OCSP_STALE": _unsure(_A.REVOCATION),
        "OCSP_UNKNOWN": _unsure(_A.REVOCATION),
        "QR_KEY_REVOKED": _failed(_A.REVOCATION),
        "QR_LOGGED_BEFORE_REVOCATION": _note(_A.REVOCATION),
        "REVOCATION_UNKNOWN": _unsure(_A.REVOCATION),
        "PACK_SIGNER_NOT_GOOD": _failed(_A.REVOCATION),
        "PACK_STATUS_OF_ANOTHER_TIME": _unsure(_A.REVOCATION),
        "STATUS_CONTRADICTED": _failed(_A.REVOCATION, _A.CONSTRAINTS),
        "STATUS_NOT_SHOWN": _unsure(_A.REVOCATION),
        # When?
        "EVIDENCE_ORDER": _failed(_A.TIME, _A.CONSTRAINTS),
        "NO_PROOF_OF_TIME": _open(_A.TIME),
        "QR_FROM_FUTURE": _failed(_A.TIME, _A.CONSTRAINTS),
        "SIGNED_AFTER_TIMESTAMP": _unsure(_A.TIME, _A.CONSTRAINTS),
        "SIGNED_IN_FUTURE": _unsure(_A.TIME, _A.CONSTRAINTS),
        "SIGNING_TIME_UNREADABLE": _unsure(_A.TIME, _A.CONSTRAINTS),
        "TIMESTAMP_MISSING": _open(_A.TIME),
        "TIME_READ_AS_BEIJING": _odd(_note(_A.TIME)),
        "TIME_TOKEN_NOT_CHECKED": _odd(_note(_A.TIME)),
        "VALID_AT_CLAIMED_TIME": _open(_A.TIME),
        # The time stamp at the signature
        "TIMESTAMP_FROM_FUTURE": _unsure(_A.TIMESTAMP, _A.CONSTRAINTS),
        "TIMESTAMP_INVALID": _unsure(_A.TIMESTAMP, _A.CONSTRAINTS),
        "TIMESTAMP_MALFORMED": _failed(_A.TIMESTAMP),
        "TIMESTAMP_NONCE_MISMATCH": _unsure(_A.TIMESTAMP, _A.CONSTRAINTS),
        "TIMESTAMP_NOT_CHECKED": _open(_A.TIMESTAMP),
        "TIMESTAMP_NOT_TRUSTED": _open(_A.TIMESTAMP),
        "TIMESTAMP_ORDER": _unsure(_A.TIMESTAMP, _A.CONSTRAINTS),
        "TIMESTAMP_OTHER_CONTENT": _failed(_A.TIMESTAMP),
        "TIMESTAMP_OTHER_DIGEST": _unsure(_A.TIMESTAMP, _A.CONSTRAINTS),
        "TIMESTAMP_OUTSIDE_VALIDITY": _unsure(_A.TIMESTAMP, _A.CONSTRAINTS),
        "TIME_STAMP_TYPE": _odd(_unsure(_A.TIMESTAMP, _A.CONSTRAINTS)),
        # The seal
        "PROPERTY_INFO_DIFFERS": _odd(_note(_A.SEAL)),
        "SEAL_CANCELLED": _failed(_A.SEAL),
        "SEAL_CANCELLED_AT_SIGNING": _failed(_A.SEAL),
        "SEAL_CANCELLED_SINCE": _unsure(_A.SEAL),
        "SEAL_CANCELLED_WHEN_LAST_HEARD_OF": _unsure(_A.SEAL),
        "SEAL_EXPIRED": _unsure(_A.SEAL),
        "SEAL_EXPIRED_AT_SIGNING": _failed(_A.SEAL),
        "SEAL_EXPIRED_SINCE": _unsure(_A.SEAL),
        "SEAL_FILE_DIFFERS": _failed(_A.SEAL),
        "SEAL_FROM_FUTURE": _unsure(_A.SEAL),
        "SEAL_MADE_AFTER_SIGNING": _unsure(_A.SEAL),
        "SEAL_MADE_SINCE": _unsure(_A.SEAL),
        "SEAL_MAKER_NOT_APPOINTED": _unsure(_A.SEAL),
        "SEAL_MAKER_NOT_RESTRICTED": _note(_A.SEAL),
        "SEAL_NOT_ACTIVATED": _unsure(_A.SEAL),
        "SEAL_NOT_ACTIVATED_AT_SIGNING": _failed(_A.SEAL),
        "SEAL_NOT_ACTIVATED_SINCE": _unsure(_A.SEAL),
        "SEAL_NOT_ACTIVATED_WHEN_LAST_HEARD_OF": _unsure(_A.SEAL),
        "SEAL_NOT_LISTED_UNDER_ITS_CODE": _unsure(_A.SEAL),
        "SEAL_NOT_PUBLISHED": _unsure(_A.SEAL),
        "SEAL_NOT_YET_VALID": _unsure(_A.SEAL),
        "SEAL_NOT_YET_VALID_AT_SIGNING": _failed(_A.SEAL),
        "SEAL_PERIOD_REVERSED": _failed(_A.SEAL),
        "SEAL_REPLACED": _failed(_A.SEAL),
        "SEAL_REPLACED_AT_SIGNING": _failed(_A.SEAL),
        "SEAL_REPLACED_SINCE": _note(_A.SEAL),
        "SEAL_REPLACED_WHEN_LAST_HEARD_OF": _unsure(_A.SEAL),
        "SEAL_STATUS_OLD": _note(_A.SEAL),
        "SEAL_STATUS_UNKNOWN": _note(_A.SEAL),
        "SEAL_SUSPENDED": _unsure(_A.SEAL),
        "SEAL_SUSPENDED_AT_SIGNING": _failed(_A.SEAL),
        "SEAL_SUSPENDED_SINCE": _unsure(_A.SEAL),
        "SEAL_SUSPENDED_WHEN_LAST_HEARD_OF": _unsure(_A.SEAL),
        "SEAL_TIMESTAMP_BEFORE_CREATION": _failed(_A.SEAL),
        "SES_DEVIATIONS": _note(_A.SEAL),
        "SES_OLD_VERSION": _odd(_note(_A.SEAL)),
        "SES_VERSIONS_DIFFER": _unsure(_A.SEAL),
        "SIGNER_NOT_IN_SEAL": _failed(_A.SEAL),
        # Under whose authority?
        "AUTHORITY_MALFORMED": _open(_A.AUTHORITY),
        # What this verifier demands beside
        "CHECKPOINT_SIGNATURE_MISSING": _unsure(_A.CONSTRAINTS),
        "CLOCK_BEHIND": _either(_A.CONSTRAINTS),
        "CRITICAL_EXTENSION_UNKNOWN": _unsure(_A.CONSTRAINTS),
        "CRL_FROM_FUTURE": _unsure(_A.CONSTRAINTS),
        "CRL_STALE": _unsure(_A.CONSTRAINTS),
        "DOCUMENT_CANCELLED": _either(_A.CONSTRAINTS),
        "DOCUMENT_CORRECTING": _either(_A.CONSTRAINTS),
        "DOCUMENT_DISPUTED": _either(_A.CONSTRAINTS),
        "DOCUMENT_FORFEITED": _either(_A.CONSTRAINTS),
        "DOCUMENT_LAPSED": _either(_A.CONSTRAINTS),
        "DOCUMENT_NORMAL": _either(_A.CONSTRAINTS),
        "DOCUMENT_NOT_REGISTERED": _unsure(_A.CONSTRAINTS),
        "DOCUMENT_OTHER": _either(_A.CONSTRAINTS),
        "DOCUMENT_REVOKED": _either(_A.CONSTRAINTS),
        "DOCUMENT_STATUS_FROM_FUTURE": _unsure(_A.CONSTRAINTS),
        "DOCUMENT_STATUS_ROLLBACK": _unsure(_A.CONSTRAINTS),
        "DOCUMENT_STATUS_STALE": _either(_A.CONSTRAINTS),
        "DOCUMENT_SUPERSEDED": _either(_A.CONSTRAINTS),
        "DOCUMENT_SUSPENDED": _either(_A.CONSTRAINTS),
        "DOCUMENT_TRANSFERRED": _either(_A.CONSTRAINTS),
        "DOCUMENT_WITHHELD": _either(_A.CONSTRAINTS),
        "EXTENDED_KEY_USAGE": _unsure(_A.CONSTRAINTS),
        "KEY_USAGE": _unsure(_A.CONSTRAINTS),
        "LIST_SIGNERS_TOO_FEW": _unsure(_A.CONSTRAINTS),
        "QR_DUAL_REQUIRED": _unsure(_A.CONSTRAINTS),
        "QR_EXPIRED": _failed(_A.CONSTRAINTS),
        "QR_KEY_PERIOD": _unsure(_A.CONSTRAINTS),
        "SEAL_STATUS_FROM_FUTURE": _unsure(_A.CONSTRAINTS),
        "SEAL_STATUS_STALE": _unsure(_A.CONSTRAINTS),
        "SIGNATURE_TYPE_UNKNOWN": _failed(_A.CONSTRAINTS),
        "STATUS_NOT_IN_LOG": _unsure(_A.CONSTRAINTS),
        "TRUST_LIST_EXPIRED": _unsure(_A.CONSTRAINTS),
        "TRUST_LIST_FROM_FUTURE": _unsure(_A.CONSTRAINTS),
        "TRUST_LIST_ROLLBACK": _unsure(_A.CONSTRAINTS),
        "TRUST_LIST_STALE": _either(_A.CONSTRAINTS),
        "WITNESS_QUORUM_MISSING": _unsure(_A.CONSTRAINTS),
    }
)
OF_STAMPS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "TIMESTAMP_MALFORMED": _failed(_A.INTEGRITY),
        "TIMESTAMP_OTHER_CONTENT": _failed(_A.INTEGRITY),
        "TIMESTAMP_OTHER_DIGEST": _unsure(_A.INTEGRITY),
        "TIMESTAMP_FROM_FUTURE": _unsure(_A.TIME, _A.CONSTRAINTS),
        "TIMESTAMP_ORDER": _unsure(_A.TIME, _A.CONSTRAINTS),
        "TIMESTAMP_OUTSIDE_VALIDITY": _unsure(_A.TIME, _A.CONSTRAINTS),
    }
)
"""Where a time stamp is itself what was checked, and not something beside a signature."""

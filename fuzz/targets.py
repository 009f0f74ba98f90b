# SPDX-License-Identifier: Apache-2.0
"""The parsers that anybody's bytes reach, by name.  Each returns, or raises a :class:`verify.VerifyError`.

Whatever else leaves a target is a defect.  A target that checks does so with a trust that holds nothing, so
that no input can pass: one that does is a defect too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from keys import Digest, HashAlgorithm, digest
from verify import (
    Indication,
    Purpose,
    Report,
    SignatureReport,
    Trust,
    VerifyError,
    check_evidence_pack,
    check_file,
    check_log_notice,
    check_log_proof,
    check_ofd,
    check_pdf,
    check_qr,
    check_seal,
    check_ses_signature,
    check_signed_data,
    check_status_receipt,
    check_timestamp,
    check_trust_list,
    ofd_text,
    parse_authority,
    parse_bundle,
    parse_certificate,
    parse_checkpoint,
    parse_crl,
    parse_document_status,
    parse_evidence_pack,
    parse_evidence_record,
    parse_form,
    parse_history,
    parse_json,
    parse_jws,
    parse_log_entry,
    parse_log_proof,
    parse_note,
    parse_ocsp_response,
    parse_qr,
    parse_seal,
    parse_seal_status,
    parse_ses_signature,
    parse_signed_data,
    parse_status_receipt,
    parse_timestamp,
    parse_tlog_proof,
    parse_trust_list,
    parse_witness_submission,
    read_ofd,
)

AT: Final = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
NOBODY: Final = Trust(source="fuzz")
Target = Callable[[bytes], None]


class PassedWithoutTrust(Exception):
    """Bytes passed although nobody is trusted."""


def tried(*parts: Callable[[bytes], object]) -> Target:
    """Each part with the same bytes; a refusal by one is no reason to spare the next."""

    def target(data: bytes) -> None:
        for part in parts:
            try:
                made = part(data)
            except VerifyError as error:
                str(error)
                continue
            if isinstance(made, Report | SignatureReport) and _passed(made):
                raise PassedWithoutTrust(repr(made))

    return target


def _passed(report: Report | SignatureReport) -> bool:
    """A trust list may stand on its own anchors, which its report says: fingerprints are to be compared."""
    own = report.facts.get("anchored_by") == "itself"
    return report.indication is Indication.TOTAL_PASSED and not own


def as_text(part: Callable[[str], object]) -> Callable[[bytes], object]:
    """What takes text gets the bytes as a reader of files would decode them."""
    return lambda data: part(data.decode("utf-8", "replace"))


def _over(data: bytes) -> Callable[[HashAlgorithm], Digest]:
    return lambda algorithm: digest(algorithm, data[:16])


TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "certificate": tried(parse_certificate, parse_bundle),
        "crl": tried(parse_crl),
        "cms": tried(
            parse_signed_data,
            lambda data: check_signed_data(
                data, trust=NOBODY, at=AT, purpose=Purpose.SEAL, content_digest=_over(data)
            ),
        ),
        "ses": tried(
            parse_seal,
            parse_ses_signature,
            lambda data: check_seal(data, trust=NOBODY, at=AT),
            lambda data: check_ses_signature(data, trust=NOBODY, at=AT, content_digest=_over(data)),
        ),
        "ocsp": tried(parse_ocsp_response),
        "timestamp": tried(
            parse_timestamp,
            lambda data: check_timestamp(data, digest(HashAlgorithm.SM3, b""), NOBODY, AT),
            parse_evidence_record,
        ),
        "authority": tried(parse_authority),
        "pdf": tried(lambda data: check_pdf(data, trust=NOBODY, at=AT)),
        "ofd": tried(
            read_ofd, lambda data: ofd_text(data, 0), lambda data: check_ofd(data, trust=NOBODY, at=AT)
        ),
        "qr": tried(as_text(parse_qr), as_text(lambda text: check_qr(text, trust=NOBODY, at=AT))),
        "note": tried(as_text(parse_note), as_text(parse_checkpoint), parse_witness_submission),
        "log-proof": tried(
            parse_log_proof,
            as_text(parse_tlog_proof),
            lambda data: check_log_proof(data, trust=NOBODY, at=AT),
            lambda data: check_log_notice(data, trust=NOBODY, at=AT),
            lambda data: parse_log_entry(data, 0),
            lambda data: parse_history(parse_json(data)),
        ),
        "lists": tried(
            parse_trust_list,
            parse_seal_status,
            parse_document_status,
            lambda data: check_trust_list(data, trust=NOBODY, at=AT),
        ),
        "records": tried(
            parse_form,
            parse_jws,
            parse_status_receipt,
            lambda data: check_status_receipt(data, trust=NOBODY, at=AT),
        ),
        "pack": tried(parse_evidence_pack, lambda data: check_evidence_pack(data, trust=NOBODY, at=AT)),
        "file": tried(lambda data: check_file(data, trust=NOBODY, at=AT, codes=True)),
    }
)
"""``ofd`` is ZIP and XML, ``qr`` is digits and CBOR, ``file`` recognises all of them and pictures."""

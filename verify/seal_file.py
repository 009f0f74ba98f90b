# SPDX-License-Identifier: Apache-2.0
"""The report on a seal by itself (``.esl``), and on a seal signature taken out of its document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from keys import Digest, HashAlgorithm, KeysError

from .report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from .ses import SesMalformed, check_seal, check_ses_signature, is_ses_signature, parse_ses_signature
from .trust import Trust

_HEADER: Final = b"\x16\x02ES"
"""SES_Header.ID as every seal writes it."""
_NOT_GIVEN: Final = Reason(
    "SIGNED_CONTENT_NOT_GIVEN",
    "签章数据本身真实、有效,但未提供它所签的文件,不能断定签的是哪个文件:请查验原文件",
    "the seal signature itself is genuine, but the file that it is about was not given: check that file",
)


def is_seal_file(data: bytes) -> bool:
    """Is this meant as a seal or a seal signature?"""
    return data.startswith(b"\x30") and (_HEADER in data[:48] or is_ses_signature(data))


def seal_file_report(
    data: bytes, trust: Trust, at: datetime, content: Callable[[HashAlgorithm], Digest] | None
) -> Report:
    """The verdict; that of a signature is never a yes with nothing to compare.  Never raises."""
    if not is_ses_signature(data):
        return _report("seal", check_seal(data, trust=trust, at=at))
    if content is not None:
        return _report("ses", check_ses_signature(data, trust=trust, at=at, content_digest=content))
    alone = check_ses_signature(data, trust=trust, at=at, content_digest=_stated(data))
    if alone.indication is not Indication.TOTAL_PASSED:
        return _report("ses", alone)
    return _report(
        "ses",
        SignatureReport(
            format=alone.format,
            indication=Indication.INDETERMINATE,
            sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND,
            reasons=(_NOT_GIVEN, *alone.reasons),
            facts=alone.facts,
        ),
    )


def _stated(data: bytes) -> Callable[[HashAlgorithm], Digest]:
    """The digest that the signature itself states, where it is one."""
    try:
        stated = parse_ses_signature(data).data_hash
    except SesMalformed:
        stated = b""

    def digest(algorithm: HashAlgorithm) -> Digest:
        try:
            return Digest(algorithm, stated)
        except KeysError:
            return Digest(algorithm, bytes(algorithm.size))

    return digest


def _report(kind: str, report: SignatureReport) -> Report:
    indication, sub = combine([report])
    return Report(kind=kind, indication=indication, sub_indication=sub, signatures=(report,))

# SPDX-License-Identifier: Apache-2.0
"""The report on a file that holds a time stamp: a TimeStampResp (``.tsr``) or a bare token (``.tst``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from keys import Digest, HashAlgorithm, KeysError
from keys.der import INTEGER, OID, SEQUENCE, Tlv, as_oid, read_only

from ..cms.names import SIGNED_DATA
from ..errors import Unreadable
from ..report import Indication, Reason, Report, SignatureReport, SubIndication, combine
from ..trust import Trust
from .check import FORMAT, check_timestamp
from .errors import TimestampMalformed
from .token import TST_INFO, parse_timestamp

ContentDigest: TypeAlias = Callable[[HashAlgorithm], Digest]
_NOT_GIVEN = Reason(
    "TIMESTAMP_CONTENT_NOT_GIVEN",
    "时间戳本身真实、有效,但未提供它所证明的文件,不能断定证明的是哪个文件:请与该文件一起查验",
    "the time stamp itself is genuine, but the file that it is about was not given: check them together",
)


def is_timestamp(data: bytes) -> bool:
    """Is this DER meant as a time stamp, or as the answer of an authority?"""
    try:
        parts = read_only(data).children()
        if parts and parts[0].tag == OID:
            return as_oid(parts[0]) in SIGNED_DATA and _holds_info(parts[1:])
        status = parts[0].children() if parts and parts[0].tag == SEQUENCE else ()
        return len(parts) <= 2 and bool(status) and status[0].tag == INTEGER
    except KeysError:
        return False


def timestamp_report(data: bytes, trust: Trust, at: datetime, content: ContentDigest | None) -> Report:
    """The verdict on a time stamp over what ``content`` digests; never a yes with nothing to compare.

    Raises :class:`Unreadable` for an answer in which the authority refused.
    """
    try:
        found = parse_timestamp(data)
    except TimestampMalformed as error:
        if error.field == "status":
            raise Unreadable(
                f"时间戳机构没有签发时间戳,请重新申请 no time stamp in it, ask again: {error.rule}"
            ) from error
        return _report(check_timestamp(data, Digest(HashAlgorithm.SM3, bytes(32)), trust, at))
    stated = found.info.digest
    if content is not None:
        return _report(check_timestamp(data, content(stated.algorithm), trust, at))
    alone = check_timestamp(data, stated, trust, at)
    if alone.indication is not Indication.TOTAL_PASSED:
        return _report(alone)
    sub = SubIndication.SIGNED_DATA_NOT_FOUND
    return _report(SignatureReport(FORMAT, Indication.INDETERMINATE, sub, (_NOT_GIVEN,), alone.facts))


def _holds_info(parts: tuple[Tlv, ...]) -> bool:
    """Does the SignedData hold TSTInfo?  Another SignedData is no time stamp."""
    for wrapped in parts[:1]:
        for signed in wrapped.children()[:1]:
            for inside in signed.children()[2:3]:
                kind = inside.children()
                return bool(kind) and kind[0].tag == OID and as_oid(kind[0]) == TST_INFO
    return False


def _report(one: SignatureReport) -> Report:
    indication, sub = combine([one])
    return Report(
        kind="timestamp",
        indication=indication,
        sub_indication=sub,
        signatures=(one,),
        reasons=one.reasons,
        facts=one.facts,
    )

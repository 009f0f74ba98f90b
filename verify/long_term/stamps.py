# SPDX-License-Identifier: Apache-2.0
"""Judge a time stamp from today, or from the time stamps that were laid around it later.

ETSI EN 319 102-1 section 5.4 for the token, 5.6.2 for one whose authority has no valid certificate any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from keys import Digest, HashAlgorithm

from ..report import Indication, Reason, SignatureReport, SubIndication
from ..timestamp import TimestampInfo, TimestampMalformed, check_timestamp, parse_timestamp
from ..x509 import Certificate, Crl, Purpose
from ..x509.moments import shown
from .judging import Situation, judge
from .material import Material


def check_stamp(
    token: bytes, content: Callable[[HashAlgorithm], Digest], situation: Situation
) -> tuple[SignatureReport, datetime | None]:
    """The verdict on a token over what ``content`` digests, and the time it proves when that is a pass.

    Never raises for any bytes.
    """
    try:
        info = parse_timestamp(token).info
    except TimestampMalformed:
        return check_timestamp(
            token, Digest(HashAlgorithm.SM3, bytes(32)), situation.trust, situation.at
        ), None
    # That it existed is proven by whatever stamped it next.
    proven = situation.proofs[0].at if situation.proofs else None

    def path(
        certificate: Certificate, certificates: tuple[Certificate, ...], crls: tuple[Crl, ...]
    ) -> SignatureReport:
        carried = Material(certificates, crls)
        return judge(situation, certificate, carried, purpose=Purpose.CERTIFICATE, proven=proven)

    report = check_timestamp(
        token, content(info.digest.algorithm), situation.trust, situation.at, path_check=path
    )
    if report.sub_indication is None and proven is not None and info.at - _span(info) > proven + _SLACK:
        report = replace(
            report,
            indication=Indication.INDETERMINATE,
            sub_indication=SubIndication.TIMESTAMP_ORDER_FAILURE,
            reasons=(_out_of_order(info.at, proven),),
        )
    return report, info.at if report.sub_indication is None else None


_SLACK = timedelta(seconds=1)  # tokens name whole seconds


def _span(info: TimestampInfo) -> timedelta:
    return timedelta() if info.accuracy is None else info.accuracy.span


def _out_of_order(stated: datetime, proven: datetime) -> Reason:
    return Reason(
        "TIMESTAMP_ORDER",
        f"时间戳所载时间 {shown(stated)} 晚于覆盖它的时间戳 {shown(proven)},两者矛盾,不予采信",
        f"the time stamp says {shown(stated)}, after the one that was laid over it ({shown(proven)}): "
        "they contradict each other",
    )

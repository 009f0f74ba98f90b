# SPDX-License-Identifier: Apache-2.0
"""Ask a time-stamping authority, and take nothing from it that is not over what was asked.

RFC 3161.  Whether the authority may be trusted is for whoever verifies; that the token is over this digest is
for us, because a signature with a token of something else is worth less than one without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from keys import Digest, HashAlgorithm, digest
from verify import TimestampMalformed, parse_timestamp

from .errors import SealRefused

Timestamper: TypeAlias = Callable[[Digest], bytes]
"""A token (DER, ContentInfo) over a digest; it raises what its authority raises."""

TOKEN_ROOM: Final = 8_192
"""Octets kept for a token that is not there yet: signature, certificate and chain of an authority with
RSA 4096 take 6,000."""


class TimestampUnfit(SealRefused):
    """The authority answered with something else than a time stamp over what was asked."""

    def __init__(self, rule: str) -> None:
        super().__init__(
            "timestamp-unfit",
            "时间戳机构返回的时间戳不可用,文件未写出;请稍后重试或检查时间戳服务的配置",
            f"the authority returned no usable time stamp ({rule}), nothing was written: "
            "try again, or check which authority is asked",
        )
        self.rule = rule


def token_over(content: Digest, timestamper: Timestamper) -> bytes:
    """A bare token over this digest.  Raises :class:`TimestampUnfit`, or what the authority raises."""
    answer = timestamper(content)
    try:
        found = parse_timestamp(answer)
    except TimestampMalformed as error:
        raise TimestampUnfit(str(error)) from error
    if found.info.digest != content:
        raise TimestampUnfit("it is over another digest")
    return found.token


def signature_token(signature: bytes, algorithm: HashAlgorithm, timestamper: Timestamper) -> bytes:
    """The token for a signature value: over its octets, without tag and length (EN 319 122-1 section 5.3)."""
    return token_over(digest(algorithm, signature), timestamper)

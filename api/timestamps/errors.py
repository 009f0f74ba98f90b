# SPDX-License-Identifier: Apache-2.0
"""Why no time stamp is made.  Over HTTP each of them is a proper answer of RFC 3161, never a problem page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class TimestampError(Exception):
    """Anything that stops a time stamp from being made."""

    code = "timestamp-error"
    zh = "时间戳未能签发"
    en = "no time stamp was made"
    todo = "请稍后重试 / try again later"


_REFUSALS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "clock-behind": (
            "时钟早于最近一个时间戳",
            "the clock is behind the newest time stamp",
        ),
        "clock-jumped": (
            "时钟自启动以来跳变,超出声明的误差",
            "the clock jumped since the service started, by more than the stated error",
        ),
        "clock-unsynchronised": (
            "系统时钟未与时间源同步",
            "the kernel says that its clock is not synchronised",
        ),
        "clock-uncertain": (
            "系统时钟的误差超过设定上限,或无法得知",
            "the error of the clock is above the limit that is set, or nobody knows it",
        ),
    }
)


class TimeNotTrusted(TimestampError):
    """The clock cannot be trusted; each reason has its own ``code``."""

    todo = "请运营人员检查时间同步后重启服务 / the operator checks the clock and restarts the service"

    def __init__(self, code: str) -> None:
        self.code = code
        self.zh, self.en = _REFUSALS[code]
        super().__init__(f"{code}: {self.en}")


class TooManyWaiting(TimestampError):
    """More requests wait than can be answered soon."""

    code = "timestamps-busy"
    zh = "时间戳请求过多"
    en = "too many requests for time stamps are waiting"


class TsaUnknown(TimestampError):
    """This service has no time-stamping authority of this name, or its certificate is not in force."""

    code = "no-such-tsa"
    zh = "没有这个时间戳机构,或其证书已失效"
    en = "no time-stamping authority of this name has a certificate in force"
    todo = "请核对网址;运营人员请续发证书 / check the address; the operator renews the certificate"

    def __init__(self, label: str) -> None:
        super().__init__(f"no time-stamping authority {label}")
        self.label = label

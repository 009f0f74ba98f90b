# SPDX-License-Identifier: Apache-2.0
"""Names beside the subject: host names, addresses, mailboxes (RFC 5280 section 4.2.1.6, RFC 9549).

Host names are written as they stand in the DNS: lower case, A-labels that IDNA 2008 made and nothing that
only looks like one; a wildcard is the whole first label.  Who may have which kind, the profile says.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import idna

from keys import DerMalformed, der

from .errors import NameRefused

NameKind = Literal["dns", "ip", "email"]

MOST_NAMES: Final = 100
_DNS, _IP, _EMAIL = 0x82, 0x87, 0x81  # GeneralName [2], [7], [1]
_LONGEST_HOST, _LONGEST_MAILBOX = 253, 254
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z", re.ASCII)
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z", re.ASCII)
_WILDCARD = "*."


@dataclass(frozen=True, slots=True)
class AlternativeName:
    """One further name.  Raises :class:`NameRefused` for what no certificate may carry."""

    kind: NameKind
    value: str

    def __post_init__(self) -> None:
        if self.kind == "dns":
            _require_host(self.value, self.value.removeprefix(_WILDCARD))
        elif self.kind == "ip":
            _require_address(self.value)
        elif self.kind == "email":
            _require_mailbox(self.value)
        else:
            raise _refused(str(self.kind)[:16], "只有dns、ip、email / dns, ip or email only")

    @property
    def wildcard(self) -> bool:
        """Does it name every host of a domain?"""
        return self.kind == "dns" and self.value.startswith(_WILDCARD)

    def encode(self) -> bytes:
        """DER of the GeneralName."""
        if self.kind == "ip":
            return der.implicit(7, der.octets(ipaddress.ip_address(self.value).packed))
        return der.implicit(2 if self.kind == "dns" else 1, der.ia5(self.value))


def read_names(value: bytes) -> tuple[AlternativeName, ...]:
    """The names of an extension.  Raises :class:`NameRefused` or :class:`keys.DerMalformed`."""
    found = []
    for one in der.expect(der.read_only(value), der.SEQUENCE).children():
        if one.tag == _IP:
            if len(one.content) not in (4, 16):
                raise DerMalformed("an address has 4 or 16 octets")
            found.append(AlternativeName("ip", str(ipaddress.ip_address(one.content))))
        elif one.tag in (_DNS, _EMAIL):
            if not one.content.isascii():
                raise DerMalformed("an IA5String holds ASCII")
            text = one.content.decode("ascii")
            found.append(AlternativeName("dns" if one.tag == _DNS else "email", text))
        else:
            raise DerMalformed("only dNSName, iPAddress and rfc822Name")
    return tuple(found)


def _refused(value: str, rule: str) -> NameRefused:
    return NameRefused(
        field="alternative_names",
        rule=f"{value[:80]}: {rule}",
        todo="请改正该名称 / correct this name",
    )


@lru_cache(maxsize=256)
def _require_host(shown: str, host: str) -> None:
    labels = host.split(".")
    if len(host) > _LONGEST_HOST or len(labels) < 2 or not all(map(_LABEL.match, labels)):
        raise _refused(
            shown,
            "完整的小写域名,通配符只占最前一段 / full host name in lower case, a wildcard only in front",
        )
    if labels[-1].isdigit():
        raise _refused(shown, "地址请作为ip填写 / an address is of kind ip")
    for label in labels:
        if label[2:4] == "--" and not _is_a_label(label):
            raise _refused(shown, "不是IDNA 2008的A标签 / not an A-label of IDNA 2008")


def _is_a_label(label: str) -> bool:
    try:
        return idna.alabel(idna.ulabel(label)).decode("ascii") == label
    except (idna.IDNAError, UnicodeError):
        return False


def _require_address(value: str) -> None:
    try:
        plain = str(ipaddress.ip_address(value)) == value and "%" not in value
    except ValueError:
        plain = False
    if not plain:
        raise _refused(value, "IPv4或IPv6地址的规范写法 / an IPv4 or IPv6 address in its usual spelling")


def _require_mailbox(value: str) -> None:
    local, at, host = value.rpartition("@")
    if not at or len(value) > _LONGEST_MAILBOX or len(local) > 64 or not _LOCAL_PART.match(local):
        raise _refused(value, "ASCII邮箱地址 / a mailbox in ASCII")
    _require_host(value, host)

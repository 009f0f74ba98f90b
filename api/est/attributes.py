# SPDX-License-Identifier: Apache-2.0
"""What a request asks for beside a key (PKCS#9 attributes).  Nothing of it is copied into a certificate; what
contradicts the registration is refused in words, so that no device believes it got what it did not get.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import TypeVar

from ca import Profile
from keys import DerMalformed, KeysError, der

from .errors import EstRefused

CHALLENGE_PASSWORD, EXTENSION_REQUEST = "1.2.840.113549.1.9.7", "1.2.840.113549.1.9.14"
KEY_ID, KEY_USAGE, ALTERNATIVE_NAMES, BASIC, EXTENDED = (f"2.5.29.{n}" for n in (14, 15, 17, 19, 37))
_USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
_DNS, _ADDRESS, _EXTENSIONS = 0x82, 0x87, 0xA3
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wishes:
    """The extensions that a request asks for, each by its identifier."""

    extensions: Mapping[str, bytes]

    @property
    def names(self) -> frozenset[str]:
        """The alternative names, as devices are registered with them."""
        encoded = self.extensions.get(ALTERNATIVE_NAMES)
        return frozenset() if encoded is None else _read(_names, encoded)


def read_wishes(request: bytes) -> Wishes:
    """What a PKCS#10 request (DER, read before) asks for.  Raises :class:`EstRefused`."""
    return Wishes(MappingProxyType(_read(_extensions, request)))


def require_granted(wishes: Wishes, chosen: Profile, names: frozenset[str]) -> None:
    """Raise :class:`EstRefused` for whatever the certificate would not say."""
    if not wishes.names <= names:
        raise EstRefused("names-differ")
    for kind, value in wishes.extensions.items():
        if kind == KEY_USAGE and not _read(_usages, value) <= chosen.key_usage:
            raise EstRefused("usage-differs")
        if kind == EXTENDED and not _read(_purposes, value) <= frozenset(chosen.extended_key_usage):
            raise EstRefused("usage-differs")
        if kind == BASIC and _read(_is_authority, value):
            raise EstRefused("authority-asked")
        if kind not in (KEY_ID, KEY_USAGE, ALTERNATIVE_NAMES, BASIC, EXTENDED):
            raise EstRefused("extension-not-granted")


def _read(reader: Callable[[der.Tlv], T], encoded: bytes) -> T:
    try:
        return reader(der.read_only(encoded))
    except (KeysError, ValueError) as error:
        raise EstRefused("attributes-malformed") from error


def _extensions(request: der.Tlv) -> dict[str, bytes]:
    attributes = request.children()[0].children()[3]
    found: dict[str, bytes] = {}
    for attribute in attributes.children():
        kind, values = attribute.children()
        if der.as_oid(kind) == CHALLENGE_PASSWORD:
            raise EstRefused("challenge-password")
        if der.as_oid(kind) != EXTENSION_REQUEST:
            continue
        (listed,) = values.children()
        for extension in der.expect(listed, der.SEQUENCE).children():
            parts = der.expect(extension, der.SEQUENCE).children()
            name = der.as_oid(parts[0])
            if name in found or not 2 <= len(parts) <= 3:
                raise DerMalformed("an extension appears once, with its value")
            found[name] = der.as_octets(parts[-1])
    return found


def names_in(certificate: bytes) -> frozenset[str]:
    """The alternative names of a certificate of ours."""
    tbs = der.read_only(certificate).children()[0]
    for part in tbs.children():
        if part.tag == _EXTENSIONS:
            for extension in der.read_only(part.content).children():
                parts = extension.children()
                if der.as_oid(parts[0]) == ALTERNATIVE_NAMES:
                    return _read(_names, der.as_octets(parts[-1]))
    return frozenset()


def _names(listed: der.Tlv) -> frozenset[str]:
    return frozenset(_name(one) for one in der.expect(listed, der.SEQUENCE).children())


def _name(one: der.Tlv) -> str:
    if one.tag == _DNS:
        return f"dns:{one.content.decode('ascii').lower()}"
    if one.tag == _ADDRESS:
        return f"ip:{ip_address(one.content)}"
    raise EstRefused("names-differ")


def _usages(value: der.Tlv) -> frozenset[str]:
    return frozenset(_USAGES[bit] if bit < len(_USAGES) else str(bit) for bit in der.as_named_bits(value))


def _purposes(value: der.Tlv) -> frozenset[str]:
    return frozenset(der.as_oid(one) for one in der.expect(value, der.SEQUENCE).children())


def _is_authority(value: der.Tlv) -> bool:
    parts = der.expect(value, der.SEQUENCE).children()
    return bool(parts) and parts[0].tag == der.BOOLEAN and der.as_boolean(parts[0])

# SPDX-License-Identifier: Apache-2.0
"""ExtensionDatas: untagged in a seal, ``[0] EXPLICIT`` in TBS_Sign, and how products mix that up."""

from __future__ import annotations

from typing import Final

from keys.der import BOOLEAN, OCTET_STRING, OID, SEQUENCE, Tlv

from .deviations import Deviation
from .errors import SesMalformed
from .model import SealExtension
from .reading import Reading

MOST_EXTENSIONS: Final = 64
CONTEXT_0: Final = 0xA0


def seal_extensions(reading: Reading, tlv: Tlv) -> tuple[SealExtension, ...]:
    """Of SES_SealInfo: an untagged SEQUENCE; ``[0]`` and a wrapping OCTET STRING are read."""
    name = "SES_SealInfo.extDatas"
    if tlv.tag == OCTET_STRING:
        reading.note(Deviation.EXTENSIONS_IN_OCTETS)
        tlv = reading.inside(tlv, name)
    if tlv.tag == CONTEXT_0:
        reading.note(Deviation.EXTENSIONS_TAGGED)
        return _tagged(reading, tlv, name)
    if tlv.tag != SEQUENCE:
        raise SesMalformed(field=name, rule=f"a SEQUENCE, not tag {tlv.tag:#04x}")
    return _entries(reading, reading.children(tlv, name), name)


def signed_extensions(reading: Reading, tlv: Tlv) -> tuple[SealExtension, ...]:
    """Of TBS_Sign: ``[0] EXPLICIT``; untagged and IMPLICIT are read."""
    name = "TBS_Sign.extDatas"
    if tlv.tag == SEQUENCE:
        reading.note(Deviation.EXTENSIONS_UNTAGGED)
        return _entries(reading, reading.children(tlv, name), name)
    if tlv.tag != CONTEXT_0:
        raise SesMalformed(field=name, rule=f"[0] EXPLICIT, not tag {tlv.tag:#04x}")
    return _tagged(reading, tlv, name)


def _tagged(reading: Reading, tlv: Tlv, name: str) -> tuple[SealExtension, ...]:
    found = reading.children(tlv, name)
    if len(found) == 1 and found[0].tag == SEQUENCE:
        inner = reading.children(found[0], name)
        # One ExtData under an IMPLICIT tag looks the same but for what it begins with.
        if not inner or inner[0].tag == SEQUENCE:
            return _entries(reading, inner, name)
    reading.note(Deviation.EXTENSIONS_IMPLICIT)
    return _entries(reading, found, name)


def _entries(reading: Reading, found: tuple[Tlv, ...], name: str) -> tuple[SealExtension, ...]:
    if len(found) > MOST_EXTENSIONS:
        raise SesMalformed(field=name, rule=f"at most {MOST_EXTENSIONS} extensions")
    entries = tuple(_entry(reading, one, name) for one in found)
    if len({one.oid for one in entries}) != len(entries):
        reading.note(Deviation.EXTENSION_TWICE)
    return entries


def _entry(reading: Reading, tlv: Tlv, name: str) -> SealExtension:
    parts = reading.parts(tlv, name, 2, 3)
    if parts[0].tag != OID:
        raise SesMalformed(field=name, rule="an extension begins with its identifier")
    identifier, critical = reading.identifier(parts[0], name), False
    if parts[1].tag == BOOLEAN and len(parts) == 3:
        critical = reading.boolean(parts[1], name)
    elif len(parts) == 2:
        reading.note(Deviation.EXTENSION_CRITICAL_ABSENT)
    else:
        raise SesMalformed(field=name, rule="an identifier, a BOOLEAN and a value")
    value = parts[-1]
    if value.tag == OCTET_STRING:
        return SealExtension(identifier, critical, value.content)
    reading.note(Deviation.EXTENSION_VALUE_TYPE)
    return SealExtension(identifier, critical, value.raw)

# SPDX-License-Identifier: Apache-2.0
"""Distinguished names (RFC 5280 section 4.1.2.4).

Names are equal when their bytes are equal: comparing text across string types and letter cases is where two
programs begin to differ.  Values are tolerated as licensed authorities write them (UTF-8 in IA5String, bit
strings); what is no text is shown in hexadecimal, as RFC 4514 section 2.4 does.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Final

from keys import DerMalformed
from keys.der import SEQUENCE, SET, Tlv, as_oid, as_text, expect

COMMON_NAME: Final = "2.5.4.3"
ORGANIZATION: Final = "2.5.4.10"
_LABELS: Final = {
    COMMON_NAME: "CN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    ORGANIZATION: "O",
    "2.5.4.11": "OU",
}
_MISLEADING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Name:
    """``der`` is the name; ``attributes`` are its parts as (OID, text), in the order of the name."""

    der: bytes
    attributes: tuple[tuple[str, str], ...] = field(compare=False)

    @property
    def common_name(self) -> str:
        """Empty when the name has none."""
        return self._first(COMMON_NAME)

    @property
    def organization(self) -> str:
        """Empty when the name has none."""
        return self._first(ORGANIZATION)

    @property
    def text(self) -> str:
        """For people: ``C=CN, O=…, CN=…``."""
        return ", ".join(f"{_LABELS.get(kind, kind)}={text}" for kind, text in self.attributes)

    def _first(self, kind: str) -> str:
        return next((text for found, text in self.attributes if found == kind), "")


def read_name(tlv: Tlv) -> Name:
    """Raises :class:`~keys.DerMalformed`."""
    attributes = []
    for rdn in expect(tlv, SEQUENCE).children():
        pairs = expect(rdn, SET).children()
        if not pairs:
            raise DerMalformed("a part of a name is not empty", offset=rdn.start)
        for pair in pairs:
            parts = expect(pair, SEQUENCE).children()
            if len(parts) != 2:
                raise DerMalformed("an attribute has a type and a value", offset=pair.start)
            attributes.append((as_oid(parts[0]), _shown(parts[1])))
    return Name(tlv.raw, tuple(attributes))


def _shown(value: Tlv) -> str:
    try:
        text = as_text(value)
    except DerMalformed:
        return f"#{value.raw.hex()}"
    if text.isprintable():
        return text
    # Line breaks and marks that turn the writing direction make a name look like another one.
    return "".join("\ufffd" if unicodedata.category(c) in _MISLEADING else c for c in text)

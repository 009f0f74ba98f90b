# SPDX-License-Identifier: Apache-2.0
"""Identifier octets of the universal types that our formats use (X.690 clause 8.1.2)."""

from __future__ import annotations

from typing import Final

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OID: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8: Final = 0x0C
NUMERIC: Final = 0x12
PRINTABLE: Final = 0x13
T61: Final = 0x14
IA5: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
VISIBLE: Final = 0x1A
BMP: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31

CONSTRUCTED: Final = 0x20
CONTEXT: Final = 0x80
LARGEST_TAG: Final = 30
"""Higher tag numbers need several octets; no format of ours has one."""

# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with reading an OCSP response.  A bad one is a verdict, not an error."""

from __future__ import annotations

from ..errors import VerifyError


class OcspMalformed(VerifyError):
    """Not an OCSP message that this room reads.  ``field`` names the element, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"OCSP refused: {field}: {rule}")
        self.field, self.rule = field, rule

# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with a CMS signature."""

from __future__ import annotations

from ..errors import VerifyError
from ..report import Indication, Reason, SubIndication


class CmsMalformed(VerifyError):
    """Not a CMS signature that this room reads.  ``field`` names the element, ``rule`` what it broke."""

    def __init__(self, *, field: str, rule: str) -> None:
        super().__init__(f"CMS refused: {field}: {rule}")
        self.field, self.rule = field, rule


class Refused(Exception):
    """What ends the check of a signature value.  Stays inside this room."""

    def __init__(self, indication: Indication, sub: SubIndication, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.indication, self.sub, self.reason = indication, sub, Reason(code, zh, en)


def failed(sub: SubIndication, code: str, zh: str, en: str) -> Refused:
    """Proof that something is wrong."""
    return Refused(Indication.TOTAL_FAILED, sub, code, zh, en)


def unsure(sub: SubIndication, code: str, zh: str, en: str) -> Refused:
    """Something that keeps us from saying yes, and proves nothing."""
    return Refused(Indication.INDETERMINATE, sub, code, zh, en)

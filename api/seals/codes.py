# SPDX-License-Identifier: Apache-2.0
"""The 14-digit code of a seal: six digits of the division, eight that this service allots in it."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from . import store
from .refusals import SealStepRefused

_CODE = re.compile(r"[0-9]{14}", re.ASCII)
_DIVISION = slice(2, 8)
"""Where a credit code names the division (GB 32100-2015)."""


def free_code(connection: Connection, wanted: str, holder: str) -> str:
    """The code that was wanted, if nobody has it, or the next one of the holder's division.

    Within a write transaction nobody else takes it meanwhile.  A code that was once allotted is never
    allotted again.
    """
    if wanted:
        if not _CODE.fullmatch(wanted) or store.code_taken(connection, wanted):
            raise SealStepRefused("code-taken", field="code")
        return wanted
    division = holder[_DIVISION]
    number = store.next_code(connection, division)
    if number > 99_999_999:
        raise SealStepRefused("code-taken", field="code")
    return f"{division}{number:08d}"

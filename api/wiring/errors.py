# SPDX-License-Identifier: Apache-2.0
"""Why the service cannot be put together."""

from __future__ import annotations

from keys import KeysError

from ..certificates import CertificateError
from ..database import DatabaseError
from ..keycentre import KeyCentreError
from ..ledger import LedgerError
from ..plugins import PluginError

RESTORE = "restore the newest backup; yinxin init makes another service, with other keys"
FOUNDATIONS = (KeysError, DatabaseError, LedgerError, PluginError, CertificateError, KeyCentreError)
"""What the rooms below raise when they cannot be opened."""


class WiringError(Exception):
    """The service cannot be put together; ``todo`` says what to do."""

    def __init__(self, why: str, todo: str = "") -> None:
        super().__init__(why)
        self.todo = todo or "yinxin doctor --data DIR names what is missing"

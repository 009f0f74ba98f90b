# SPDX-License-Identifier: Apache-2.0
"""Issue one certificate and die on the way: run as a process of its own by test_pipeline_kills.

``die`` is ``enter-N`` (before the N-th write transaction), ``inside-N`` (before it commits), ``after-N``
(committed), ``signing`` or ``signed``.  Transactions: 1 serial numbers, 2 intents, 3 the record.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from api.accounts import AccountBook
from api.certificates import Authority, CertificatePorts, CertificateService, IssueOrder
from api.database import Database
from api.ledger import Intents, Ledger, LogSigners
from keys import parse_private_key
from keys.adapters.file_vault import FileVault


def main(plan: dict[str, Any]) -> None:
    state = {"writes": 0, "armed": False}

    def die_at(place: str) -> None:
        if state["armed"] and plan["die"] == place:
            os._exit(9)

    class Dying(Database):
        @contextmanager
        def write(self) -> Iterator[Any]:
            if not state["armed"]:
                with super().write() as connection:
                    yield connection
                return
            state["writes"] += 1
            number = state["writes"]
            die_at(f"enter-{number}")
            with super().write() as connection:
                yield connection
                die_at(f"inside-{number}")
            die_at(f"after-{number}")

    class Watched:
        def __init__(self, signer: Any) -> None:
            self._signer, self.public_key, self.scheme = signer, signer.public_key, signer.scheme

        def sign(self, message: bytes) -> bytes:
            die_at("signing")
            signature: bytes = self._signer.sign(message)
            Path(plan["signed"]).write_text("signed")
            die_at("signed")
            return signature

    class Vault:
        def __init__(self, vault: Any) -> None:
            self._vault = vault

        def signer(self, label: str) -> Any:
            return Watched(self._vault.signer(label))

    database, at = Dying(plan["database_url"]), datetime.fromisoformat(plan["at"])
    log_key = parse_private_key(bytes.fromhex(plan["log_key"]))
    signers = LogSigners(plan["origin"], bytes.fromhex(plan["ed25519"]), log_key)
    made: dict[str, Any] = {"clock": lambda: at, "random": os.urandom}
    ledger = Ledger(database, signers=signers, **made)
    intents = Intents(database, ledger, **made)
    vault = Vault(FileVault.open(Path(plan["vault"]), "INSECURE passphrase"))
    authority = Authority("11510000DEM9A0017F", "省住房和城乡建设厅(演示)", "https://yinxin.example")
    rooms: dict[str, Any] = {"database": database, "ledger": ledger, "intents": intents, "vault": vault}
    ports = CertificatePorts(
        **rooms,
        **made,
        accounts=AccountBook(database, ledger, **made),
        authority=authority,
        document_types=tuple,
        status=None,  # type: ignore[arg-type]  # nothing is revoked here
    )
    one = plan["order"]
    request = bytes.fromhex(one["request"])
    order = IssueOrder(one["profile"], request, one["holder"], one["holder_name"])
    state["armed"] = True
    CertificateService(ports).issue(order, by="test")
    os._exit(0)


if __name__ == "__main__":
    main(json.loads(sys.stdin.read()))

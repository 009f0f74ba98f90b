# SPDX-License-Identifier: Apache-2.0
"""Self-service documents: printed by their holder, sealed by the platform, no officer involved (R-058)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from relying import Body, DocumentType, Json, Order

from ..ledger import HistoryMoved, Ledger
from ..plugins import EnabledModules
from ..seals import UsableSeal
from .composing import REHEARSAL, compose_numbered
from .errors import NotSelfService
from .issuing import Issued, IssueOrder, Issuing

ATTEMPTS = 3
"""How often a sheet is composed anew when something is entered about its holder at the same moment."""


class Sheets:
    """Prints what a holder may print."""

    def __init__(
        self,
        modules: EnabledModules,
        issuing: Issuing,
        *,
        ledger: Ledger,
        platform_seal: Callable[[], UsableSeal],
        clock: Callable[[], datetime],
    ) -> None:
        self._modules, self._issuing, self._ledger = modules, issuing, ledger
        self._platform_seal, self._clock = platform_seal, clock

    def print(self, document_type: str, holder: str, request: Json) -> Issued:
        """Issue one sheet for ``holder``; raises what the type, the request or the module refuses."""
        declared = self._modules.document(document_type)
        if not declared.self_service:
            raise NotSelfService(document_type)
        data = self._modules.check_request(document_type, request)
        for _ in range(ATTEMPTS - 1):
            try:
                return self._print(declared, holder, data)
            except HistoryMoved:
                continue
        return self._print(declared, holder, data)

    def _print(self, declared: DocumentType, holder: str, data: Body) -> Issued:
        at, seal = self._clock(), self._platform_seal()
        order = Order(holder=holder, issuer=seal.holder, data=data, sequence=REHEARSAL, at=at)
        made = compose_numbered(self._modules, self._ledger, declared.name, order)
        return self._issuing.issue(
            IssueOrder(type=declared.name, title=declared.zh, code=declared.code, made=made, seal=seal, at=at)
        )

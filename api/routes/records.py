# SPDX-License-Identifier: Apache-2.0
"""Records of relying modules: entered by those whom the module allows, never changed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ..accounts import require_role
from .access import ServiceOf, SessionOf

router = APIRouter(prefix="/api/v1/relying", tags=["records"])


@router.post("/{module}/records/{kind}", status_code=201)
def enter(
    module: str, kind: str, body: dict[str, Any], session: SessionOf, service: ServiceOf
) -> dict[str, object]:
    """Enter one record, or its next version; the same content again changes nothing."""
    declared = service.modules.record_kind(module, kind)
    require_role(session, declared.roles)
    checked = service.modules.check_record(module, kind, body)
    entered = service.records.enter(module, kind, str(checked[declared.key]), checked, by=session.account_id)
    return {
        "key": entered.record.key,
        "version": entered.record.version,
        "ledger_index": entered.ledger_index,
        "fresh": entered.fresh,
    }

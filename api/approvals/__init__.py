# SPDX-License-Identifier: Apache-2.0
"""Who may use a seal, beyond the grant: approval before use (用印审批), delegation by a sealed mandate.

All of it comes to a permit, with the statement of authority that goes into the signature.
"""

from __future__ import annotations

from .errors import ApprovalError, ApprovalRefused, NoSuchSealMandate, NoSuchUseRequest
from .mandates import SealMandates
from .model import (
    MandateTerms,
    Permit,
    RequestState,
    RequestStep,
    SealMandate,
    TakenRequestStep,
    UseOrder,
    UsePolicy,
    UseRequest,
)
from .permits import Permits, approvers_of, record_permitted
from .requests import UseRequests
from .store import APPROVAL_ROWS, grounds

__all__ = [
    "APPROVAL_ROWS",
    "ApprovalError",
    "ApprovalRefused",
    "MandateTerms",
    "NoSuchSealMandate",
    "NoSuchUseRequest",
    "Permit",
    "Permits",
    "RequestState",
    "RequestStep",
    "SealMandate",
    "SealMandates",
    "TakenRequestStep",
    "UseOrder",
    "UsePolicy",
    "UseRequest",
    "UseRequests",
    "approvers_of",
    "grounds",
    "record_permitted",
]

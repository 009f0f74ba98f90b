# SPDX-License-Identifier: Apache-2.0
"""Who may use a seal, beyond the grant: approval before use (用印审批), delegation by a sealed mandate.

All of it comes to a warrant, with the statement of authority that goes into the signature.
"""

from __future__ import annotations

from .errors import ApprovalError, ApprovalRefused, NoSuchSealMandate, NoSuchUseRequest
from .mandates import SealMandates
from .model import (
    MandateTerms,
    RequestState,
    RequestStep,
    SealMandate,
    TakenRequestStep,
    UseOrder,
    UsePolicy,
    UseRequest,
    Warrant,
)
from .requests import UseRequests
from .store import APPROVAL_ROWS, grounds
from .warrants import Warrants, approvers_of, record_permitted

__all__ = [
    "APPROVAL_ROWS",
    "ApprovalError",
    "ApprovalRefused",
    "MandateTerms",
    "NoSuchSealMandate",
    "NoSuchUseRequest",
    "RequestState",
    "RequestStep",
    "SealMandate",
    "SealMandates",
    "TakenRequestStep",
    "UseOrder",
    "UsePolicy",
    "UseRequest",
    "UseRequests",
    "Warrant",
    "Warrants",
    "approvers_of",
    "grounds",
    "record_permitted",
]

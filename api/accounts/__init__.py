# SPDX-License-Identifier: Apache-2.0
"""Who may log in, for whom they act, and what a login may do: decided here and nowhere else."""

from __future__ import annotations

from .book import AccountBook, committed_accounts, open_account
from .book import require_in_log as require_account_in_log
from .errors import (
    AccountClosed,
    AccountError,
    AccountRefused,
    NoSuchAccount,
    NoSuchMandate,
    NotAllowed,
    SubjectTaken,
)
from .mandates import committed_mandates
from .mandates import in_force as mandate_in_force
from .mandates import require_in_log as require_mandate_in_log
from .model import Account, Mandate, Role
from .permissions import Right, require, require_role, rights_of

__all__ = [
    "Account",
    "AccountBook",
    "AccountClosed",
    "AccountError",
    "AccountRefused",
    "Mandate",
    "NoSuchAccount",
    "NoSuchMandate",
    "NotAllowed",
    "Right",
    "Role",
    "SubjectTaken",
    "committed_accounts",
    "committed_mandates",
    "mandate_in_force",
    "open_account",
    "require",
    "require_account_in_log",
    "require_mandate_in_log",
    "require_role",
    "rights_of",
]

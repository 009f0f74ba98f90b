# SPDX-License-Identifier: Apache-2.0
"""Login by signing a challenge with a certified key, and the sessions that follow from it."""

from __future__ import annotations

from .attempts import Attempts
from .challenge import Challenge, origin_of
from .errors import (
    LOGIN_CODES,
    CsrfMissing,
    LoginError,
    LoginRefused,
    NotLoggedIn,
    SessionEnded,
    SessionExpired,
)
from .login import Login
from .ports import LoginPorts
from .sessions import Session

__all__ = [
    "LOGIN_CODES",
    "Attempts",
    "Challenge",
    "CsrfMissing",
    "Login",
    "LoginError",
    "LoginPorts",
    "LoginRefused",
    "NotLoggedIn",
    "Session",
    "SessionEnded",
    "SessionExpired",
    "origin_of",
]

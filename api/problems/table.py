# SPDX-License-Identifier: Apache-2.0
"""The one table from errors to HTTP.  Whatever is missing here is a 500 that tells the caller nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .foundations import CA, KEYS, RELYING, SEAL, VERIFY
from .public import PUBLIC
from .rooms import ROOMS
from .value import Problem
from .wording import OURS_DETAIL, OURS_TITLE, Answer, later

_WORDS = (OURS_TITLE, OURS_DETAIL)

TABLE: Mapping[type[Exception], Answer] = MappingProxyType(
    {
        **KEYS,
        **VERIFY,
        **CA,
        **SEAL,
        **RELYING,
        **ROOMS,
        **PUBLIC,
        OperationalError: later(),  # locked longer than a writer waits, or the server is restarting
        PoolTimeout: later(),
    }
)


def answer_of(kind: type[BaseException]) -> Answer | None:
    """The answer of the nearest class that the table knows."""
    return next((TABLE[one] for one in kind.__mro__ if one in TABLE), None)


def problem_of(error: Exception) -> Problem:
    """What to tell whoever asked.  Never raises, never shows what the table does not say."""
    answer = answer_of(type(error))
    if answer is None:
        return Problem(500, "internal", *_WORDS)
    try:
        return answer(error)
    except Exception:
        # An error that lost its data on the way: still a problem document, only a poorer one.
        return Problem(500, "internal", *_WORDS)

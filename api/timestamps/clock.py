# SPDX-License-Identifier: Apache-2.0
"""Is the clock believed?  Asked before each time stamp (RFC 3161 section 2.1, the first requirement).

A clock is believed until it contradicts something: the monotonic clock of this process, the newest time stamp
in the database, what the kernel says of itself, or the operator's limit.  None of these proves that the time
is right; each shows that it cannot be relied on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import TimeNotTrusted


@dataclass(frozen=True, slots=True)
class KernelClock:
    """What the kernel says of its clock (adjtimex).  ``most_error``: its bound, not its guess."""

    synchronised: bool
    most_error: timedelta


@dataclass(frozen=True, slots=True)
class ClockRules:
    """``tolerance``: how wrong the clock may be; ``most_error``: the operator's limit, if there is one."""

    tolerance: timedelta
    require_synchronised: bool = False
    most_error: timedelta | None = None


class TrustedClock:
    """Says the time, or why it does not.  Made when the process starts; safe to share between threads."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        monotonic: Callable[[], float],
        kernel: Callable[[], KernelClock | None],
        rules: ClockRules,
    ) -> None:
        self._clock, self._monotonic, self._kernel, self._rules = clock, monotonic, kernel, rules
        self._started, self._origin = clock(), monotonic()

    def now(self, *, newest: datetime | None) -> datetime:
        """The time, given the newest time that was ever stamped.  Raises :class:`TimeNotTrusted`.

        Another machine may have stamped within the tolerance ahead of this clock; then its time is said
        again, so that times never fall while serial numbers rise, and the stated accuracy still holds.
        """
        # Between the two readings of the monotonic clock: being interrupted here is no jump.
        before = self._monotonic()
        at = self._clock()
        after = self._monotonic()
        self._require_steady(at, before, after)
        self._require_kernel()
        if newest is None or at >= newest:
            return at
        if newest - at > self._rules.tolerance:
            raise TimeNotTrusted("clock-behind")
        return newest

    def _require_steady(self, at: datetime, before: float, after: float) -> None:
        passed = (at - self._started).total_seconds()
        ahead, behind = passed - (after - self._origin), (before - self._origin) - passed
        if max(ahead, behind) > self._rules.tolerance.total_seconds():
            raise TimeNotTrusted("clock-jumped")

    def _require_kernel(self) -> None:
        rules = self._rules
        if not rules.require_synchronised and rules.most_error is None:
            return
        said = self._kernel()
        if rules.require_synchronised and (said is None or not said.synchronised):
            raise TimeNotTrusted("clock-unsynchronised")
        if rules.most_error is not None and (said is None or said.most_error > rules.most_error):
            raise TimeNotTrusted("clock-uncertain")

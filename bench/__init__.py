# SPDX-License-Identifier: Apache-2.0
"""Reproducible measurements, each against a peer in the same run: ``python -m bench [NAME…] [--json]``.

One core, alternating rounds, medians.  Every row checks its own results before it is timed: a wrong result
is no result.  Ratios travel between machines, absolute numbers do not.
"""

__all__: list[str] = []

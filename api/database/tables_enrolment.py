# SPDX-License-Identifier: Apache-2.0
"""Tables of enrolment."""

from __future__ import annotations

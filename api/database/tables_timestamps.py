# SPDX-License-Identifier: Apache-2.0
"""Tables of timestamps."""

from __future__ import annotations

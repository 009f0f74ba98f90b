# SPDX-License-Identifier: Apache-2.0
"""Tables of acme."""

from __future__ import annotations

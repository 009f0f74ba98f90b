# SPDX-License-Identifier: Apache-2.0
"""Tables of authority."""

from __future__ import annotations

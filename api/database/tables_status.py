# SPDX-License-Identifier: Apache-2.0
"""Tables of status."""

from __future__ import annotations

# SPDX-License-Identifier: Apache-2.0
"""What is published about certificates: revocation lists."""

from __future__ import annotations

from .lists import PublishedLists, StatusPorts, committed_crls

__all__ = ["PublishedLists", "StatusPorts", "committed_crls"]

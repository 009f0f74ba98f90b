# SPDX-License-Identifier: Apache-2.0
"""The signed trust list: what anybody needs to check, without this service, what this service issued."""

from __future__ import annotations

from .errors import ListDidNotVerify, PublicationError
from .publisher import PublicationPorts, TrustPublisher, committed_trust_lists

__all__ = [
    "ListDidNotVerify",
    "PublicationError",
    "PublicationPorts",
    "TrustPublisher",
    "committed_trust_lists",
]

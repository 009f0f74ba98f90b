# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a request before any service saw it; the classes stand beside their answers."""

from __future__ import annotations

from ..problems import FileMissing, PartMalformed, RequestError

__all__ = ["FileMissing", "PartMalformed", "RequestError"]

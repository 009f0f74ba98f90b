# SPDX-License-Identifier: Apache-2.0
"""Evidence packs (R-087, R-101): what this service has on one document or submission, in one sealed file."""

from __future__ import annotations

from .errors import PackDidNotVerify, PackError
from .ports import PackPorts
from .room import EvidencePacks

__all__ = ["EvidencePacks", "PackDidNotVerify", "PackError", "PackPorts"]

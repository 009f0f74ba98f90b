# SPDX-License-Identifier: Apache-2.0
"""OFD (GB/T 33190-2016): write documents, seal those of any producer."""

from __future__ import annotations

from .errors import OfdRefused
from .writing import write_ofd

__all__ = ["OfdRefused", "write_ofd"]

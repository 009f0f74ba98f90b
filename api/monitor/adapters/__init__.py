# SPDX-License-Identifier: Apache-2.0
"""Where the monitor reads a log, and the folder in which it remembers."""

from __future__ import annotations

from .folder import MonitorFolder, Remembered, alarm_line, public_keys
from .sources import open_source

__all__ = ["MonitorFolder", "Remembered", "alarm_line", "open_source", "public_keys"]

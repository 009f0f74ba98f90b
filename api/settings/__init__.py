# SPDX-License-Identifier: Apache-2.0
"""Settings: one TOML file, read once into a frozen value, every key known and checked.

Secrets are never in it: it names the files that hold them.  Relative paths start at the folder of the file.
"""

from __future__ import annotations

from .errors import SettingsError
from .model import Settings
from .reading import LARGEST_FILE, load_settings
from .sections import MODULES, TSA_POLICY
from .writing import write_settings

__all__ = [
    "LARGEST_FILE",
    "MODULES",
    "TSA_POLICY",
    "Settings",
    "SettingsError",
    "load_settings",
    "write_settings",
]

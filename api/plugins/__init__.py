# SPDX-License-Identifier: Apache-2.0
"""Relying modules seen from the core: find, enable, host, and check what they take in and hand out.

No name of a module appears in this package; a test removes each module and starts the rest.
"""

from __future__ import annotations

from .enabled import CHINA, EnabledModules
from .errors import (
    FieldProblem,
    FieldsRefused,
    ModuleMisbehaved,
    NoSuchDeclaration,
    NoSuchRecord,
    PluginError,
    PluginRefused,
)
from .fields import check_body
from .loading import ADDRESSEE, GROUP, RESERVED_PARTS, found_plugins, load_plugins
from .records import Entered, ModuleRecords, RecordStore, committed_records

__all__ = [
    "ADDRESSEE",
    "CHINA",
    "GROUP",
    "RESERVED_PARTS",
    "EnabledModules",
    "Entered",
    "FieldProblem",
    "FieldsRefused",
    "ModuleMisbehaved",
    "ModuleRecords",
    "NoSuchDeclaration",
    "NoSuchRecord",
    "PluginError",
    "PluginRefused",
    "RecordStore",
    "check_body",
    "committed_records",
    "found_plugins",
    "load_plugins",
]

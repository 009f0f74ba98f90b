# SPDX-License-Identifier: Apache-2.0
"""A witness: a body other than the log's says which head it saw, and that it extends all it saw before.

It needs no service and no database: two keys in a vault of its own, and one small file for each log.
"""

from __future__ import annotations

from .errors import HeadRefused, LogUnknown, OldSizeWrong, WitnessDamaged, WitnessError
from .folder import WitnessFolder, WitnessPlan, make_folder, read_plan, write_private
from .serving import create_witness_app
from .witness import Seen, Witness, WitnessKeys

__all__ = [
    "HeadRefused",
    "LogUnknown",
    "OldSizeWrong",
    "Seen",
    "Witness",
    "WitnessDamaged",
    "WitnessError",
    "WitnessFolder",
    "WitnessKeys",
    "WitnessPlan",
    "create_witness_app",
    "make_folder",
    "read_plan",
    "write_private",
]

# SPDX-License-Identifier: Apache-2.0
"""Puts the service together: the only place that knows an adapter, the clock and the random source.

:mod:`.service` is what is wired, :mod:`.opening` opens it over a data directory, :mod:`.founding` makes one.
"""

from __future__ import annotations

from .batch_queue import run_queue_worker, run_worker
from .batches import worker_name
from .ceremonies import hold_ceremony, offline_folder, revoke_authority
from .clock import kernel_clock
from .errors import WiringError
from .founding import Initialised, initialise
from .opening import SETTINGS_FILE, open_service, settings_of
from .service import Service

__all__ = [
    "SETTINGS_FILE",
    "Initialised",
    "Service",
    "WiringError",
    "hold_ceremony",
    "initialise",
    "kernel_clock",
    "offline_folder",
    "open_service",
    "revoke_authority",
    "run_queue_worker",
    "run_worker",
    "settings_of",
    "worker_name",
]

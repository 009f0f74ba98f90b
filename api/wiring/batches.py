# SPDX-License-Identifier: Apache-2.0
"""Who works on batches in this process, and whether another worker of this machine is still alive."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_UNKNOWN = "unknown"


def worker_name() -> str:
    """Machine, its start, process and when that began: no two processes ever have the same."""
    return f"{_machine()}/{os.getpid()}/{_began(os.getpid()) or _UNKNOWN}"


def is_gone(worker: str) -> bool:
    """Has a worker of this machine ended?  Of other machines nobody can say: their lease decides."""
    machine, _, rest = worker.rpartition("/")[0].rpartition("/")
    began = worker.rpartition("/")[2]
    if machine != _machine() or began == _UNKNOWN or not rest.isdigit():
        return False
    return _began(int(rest)) != began


def _machine() -> str:
    """Host, boot and process namespace: only there does a process number mean the same process."""
    return f"{socket.gethostname()[:60]}:{_text('/proc/sys/kernel/random/boot_id')}:{_namespace()}"


def _namespace() -> str:
    try:
        return Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return _UNKNOWN


def _began(process: int) -> str:
    """Clock ticks from boot to the start of a process; empty when there is none, or no /proc.

    A process that ended and was not waited for (a zombie) is gone.
    """
    fields = _text(f"/proc/{process}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] not in ("Z", "X") else ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text("ascii", "replace").strip()
    except OSError:
        return ""

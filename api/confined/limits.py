# SPDX-License-Identifier: Apache-2.0
"""What one check may use, and how a process binds itself to that before it looks at a stranger's file.

Time of the processor, time of the clock, memory, no core dumps, no network.  The network is closed twice:
by an audit hook, which Python asks before it makes any socket, and on Linux by a seccomp filter, which
native code cannot pass either (seccomp(2), BPF over ``struct seccomp_data``).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SLACK: Final = 2
"""The clock may run this many times as long as the processor: other processes want it too."""
_REFUSED_EVENTS: Final = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.kill",
)
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_LANDLOCK_RULESET, _LANDLOCK_RESTRICT = 444, 446
_SINCE_2, _SINCE_3 = 3 << 13, 1 << 14
_CHANGES: Final = 1 << 1 | 0x1FF0 | _SINCE_2
"""Write a file; remove and make anything; move between folders (version 2); cut short (version 3)."""
_X32: Final = 0x40000000
"""The second set of numbers that x86-64 has for the same calls."""
_CALLS: Final = {
    # audit architecture, and the numbers of: socket, socketpair, execve, ptrace, execveat, io_uring_setup,
    # and of what reaches into other processes of the same user: kill, tkill, tgkill, process_vm_readv,
    # process_vm_writev, pidfd_send_signal, pidfd_open, pidfd_getfd, process_madvise
    "x86_64": (0xC000003E, (41, 53, 59, 101, 322, 425, 62, 200, 234, 310, 311, 424, 434, 438, 440)),
    "aarch64": (0xC00000B7, (198, 199, 221, 117, 281, 425, 129, 130, 131, 270, 271, 424, 434, 438, 440)),
}


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """For one file: seconds of the processor, and memory beyond what holds program and file."""

    seconds: int = 5
    memory_mb: int = 512

    @property
    def clock_seconds(self) -> int:
        """When the process is ended whatever it waits for."""
        return SLACK * self.seconds


class NotConfined(OSError):
    """This process tried what a check may not do."""


def confine(limits: CheckLimits) -> None:
    """Bind this process for good; the clock starts now."""
    _close_network()
    try:
        import resource
    except ImportError:  # Windows: the waiting process alone counts the time
        return
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.clock_seconds)
    most = _mapped() + limits.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file is written; pipes are not counted


def _mapped() -> int:
    """Octets of address space in use: libraries and the file itself, before the check begins."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 512 * 1024 * 1024  # elsewhere than on Linux nobody tells
    import resource

    return pages * resource.getpagesize()


def _close_network() -> None:
    sys.addaudithook(_refuse)
    if sys.platform == "linux" and platform.machine() in _CALLS:
        _filter_calls(*_CALLS[platform.machine()])
        _change_no_files()


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if event.startswith(_REFUSED_EVENTS):
        raise NotConfined(errno.EACCES, f"a check uses no network and starts nothing: {event}")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _filter_calls(architecture: int, refused: tuple[int, ...]) -> None:
    """Refuse these calls with EACCES.  A kernel that knows no filters leaves it to the audit hook."""
    steps = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _ERRNO | errno.EACCES)]
    steps += [(_LOAD, 0, 0, 0), (_AT_LEAST, len(refused) + 1, 0, _X32)]
    for place, number in enumerate(refused):  # jumps count from the next step; all lead to the last one
        steps.append((_EQUAL, len(refused) - place, 0, number))
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _ERRNO | errno.EACCES)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _change_no_files() -> None:
    """By Landlock (landlock(7)): nothing is written, made, moved or removed, nor a process reached by /proc.

    A kernel without it leaves that to the limit of file sizes.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_LANDLOCK_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    if version < 1:
        return
    refused = _CHANGES if version >= 3 else _CHANGES & ~_SINCE_3 if version == 2 else _CHANGES & ~_SINCE_2
    handled = ctypes.c_uint64(refused)
    rules = libc.syscall(_LANDLOCK_RULESET, ctypes.byref(handled), ctypes.c_size_t(8), ctypes.c_uint(0))
    if rules >= 0:
        libc.syscall(_LANDLOCK_RESTRICT, rules, ctypes.c_uint(0))
        os.close(rules)

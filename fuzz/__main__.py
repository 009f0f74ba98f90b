# SPDX-License-Identifier: Apache-2.0
"""``python -m fuzz TARGET``: run a target until something escapes or the time is up.

With atheris (``pip install 'yinxin[fuzz]'``) coverage guides the changes; without it they are random, which
is said.  Input that takes longer or wants more memory than it may counts as escaped.  What escaped is kept in
``fuzz-TARGET-N.bin`` in the working directory, or where ``--out`` says.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import FrameType

from .mutation import LARGEST, mutated

try:
    import atheris
except ImportError:
    atheris = None
if atheris is None or "--no-atheris" in sys.argv:
    from .targets import TARGETS, Target
else:
    with atheris.instrument_imports(include=["keys", "verify"]):
        from .targets import TARGETS, Target


class TooLong(BaseException):
    """Not caught by any ``except Exception`` of the code under test."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when nothing escaped, 1 when something did."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("seeds", nargs="*", type=Path, help="files, or folders of files, to begin with")
    parser.add_argument("--seconds", type=float, default=20.0, help="for the whole run")
    parser.add_argument("--each", type=float, default=5.0, help="seconds that one input may take")
    parser.add_argument("--memory-mb", type=int, default=2048)
    parser.add_argument("--out", type=Path, default=Path())
    parser.add_argument("--random", type=int, default=1, help="where random changes begin")
    parser.add_argument("--no-atheris", action="store_true", help="random changes although atheris is there")
    asked = parser.parse_args(arguments)
    seeds = list(_seeds(asked.seeds))
    limit = asked.memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    run = Run(TARGETS[asked.target], asked.target, asked.each, asked.out)
    if not asked.no_atheris and _guided(run, seeds, asked.seconds):
        return 0  # atheris ends the process by itself
    return _unguided(run, seeds, asked.seconds, asked.random)


class Run:
    """One target with a ceiling of time for each input."""

    def __init__(self, target: Target, name: str, each: float, out: Path) -> None:
        self.target, self.name, self.each, self.out = target, name, each, out
        self.escaped: dict[str, bytes] = {}
        signal.signal(signal.SIGALRM, _over)

    def __call__(self, data: bytes) -> bool:
        """Whether nothing escaped; what did is told and kept, once for each place in the code."""
        signal.setitimer(signal.ITIMER_REAL, self.each)
        try:
            self.target(data)
            return True
        except (Exception, TooLong) as error:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._keep(data, error)
            return False
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _keep(self, data: bytes, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{type(error).__name__} {frames[-1].filename}:{frames[-1].lineno}" if frames else str(error)
        if place in self.escaped:
            return
        self.escaped[place] = data
        path = self.out / f"fuzz-{self.name}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
        path.write_bytes(data)
        print(f"escaped: {place}: {error!s:.200} -> {path}", flush=True)
        traceback.print_exception(error, limit=-4)


def _over(_signal: int, _frame: FrameType | None) -> None:
    raise TooLong


def _seeds(paths: Sequence[Path]) -> Sequence[bytes]:
    files = [one for path in paths for one in (sorted(path.iterdir()) if path.is_dir() else [path])]
    return [one.read_bytes()[:LARGEST] for one in files if one.is_file()]


def _guided(run: Run, seeds: Sequence[bytes], seconds: float) -> bool:
    if atheris is None:
        print("atheris is not installed: changes are random (pip install 'yinxin[fuzz]')", flush=True)
        return False

    def once(data: bytes) -> None:
        if not run(data):
            raise AssertionError(f"escaped: {next(reversed(run.escaped))}")

    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(seeds):
            (Path(corpus) / str(number)).write_bytes(data)
        order = [sys.argv[0], corpus, f"-max_total_time={max(1, int(seconds))}", f"-max_len={LARGEST}"]
        atheris.Setup(order, once)
        atheris.Fuzz()
    return True


def _unguided(run: Run, seeds: Sequence[bytes], seconds: float, begin: int) -> int:
    chance, count, until = Random(begin), 0, time.monotonic() + seconds  # noqa: S311 - to be repeated
    while time.monotonic() < until:
        run(mutated(seeds, chance))
        count += 1
    print(f"{run.name}: {count} inputs, {len(run.escaped)} ways out")
    return 1 if run.escaped else 0


if __name__ == "__main__":
    sys.exit(main())

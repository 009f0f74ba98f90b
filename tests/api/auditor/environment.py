# SPDX-License-Identifier: Apache-2.0
"""The auditor's machine: the packages ``keys`` and ``verify``, the libraries that they name, nothing else.

A folder with copies of the two packages and links to the libraries of ``verify/requirements.txt`` with what
those need; an interpreter that has neither its own site packages nor the environment sees only that folder.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
START = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'verify'; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True)
class Auditor:
    """``verify(FILE…, --trust …)`` as its only user would run it."""

    folder: Path

    def run(self, module: str, *arguments: object, code: str = START) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "-c", code, str(self.folder), module, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder, env={})

    def verify(self, *arguments: object) -> tuple[int, list[dict[str, Any]]]:
        """Exit code and reports."""
        ran = self.run("verify", *arguments, "--json")
        assert not ran.stderr, ran.stderr
        return ran.returncode, json.loads(ran.stdout)


def named() -> list[str]:
    text = (ROOT / "verify" / "requirements.txt").read_text("utf-8")
    return re.findall(r"^([A-Za-z0-9-]+)", text, re.MULTILINE)


def closure(names: list[str]) -> dict[str, Distribution]:
    """The named distributions with everything that they require on this system."""
    from packaging.requirements import Requirement

    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        one = waiting.pop()
        key = re.sub(r"[-_.]+", "-", one).lower()
        if key in found:
            continue
        found[key] = distribution(one)
        for text in found[key].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found


def furnish(folder: Path) -> Auditor:
    """Make the machine in an empty folder."""
    for package in ("keys", "verify"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for one in closure(named()).values():
        for top in {Path(file).parts[0] for file in one.files or () if ".." not in Path(file).parts}:
            source, target = Path(str(one.locate_file(top))), folder / top
            if source.exists() and not target.exists() and top != "__pycache__":
                target.symlink_to(source)
    return Auditor(folder)

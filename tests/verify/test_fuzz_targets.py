# SPDX-License-Identifier: Apache-2.0
"""The entry points of ``fuzz``, a few hundred inputs each run: only typed errors leave, nothing passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.mutation import LARGEST, mutated
from fuzz.targets import NOBODY, TARGETS, PassedWithoutTrust, tried
from verify import Indication, Report, Unreadable, parse_log_proof

from ..artefacts.shelf import shelf

ROOT = Path(__file__).resolve().parents[2]
SEEDS = {
    "certificate": (".cer", "seal.pem"),
    "crl": (".crl", "crl.pem"),
    "cms": (".p7s", ".p7m"),
    "ses": (".esl", ".sig"),
    "timestamp": (".tsr", ".ers"),
    "pdf": ("p256.pdf", "gm-seal.pdf", "plain.pdf"),
    "ofd": ("sealed.ofd", "signed.ofd", "plain.ofd"),
    "qr": (".qr.txt",),
    "log-proof": ("log-1.json", "log-2.json", "notice.txt"),
    "lists": ("list.json", "status.json"),
    "records": ("form.json", ".jws", "receipt.json"),
    "pack": ("pack.zip",),
    "file": (".png", ".pem", ".cer", ".p7m", ".qr.txt"),
}
EXAMPLES = {"ses": 12, "pdf": 12, "ofd": 15, "lists": 12, "records": 15}


def seeds_of(target: str) -> list[bytes]:
    """Good files to begin with; targets without any begin with nothing."""
    found = [one.data for one in shelf() if one.name.endswith(SEEDS.get(target, ("nothing at all",)))]
    if target == "note":
        proofs = [one.data for one in shelf() if one.name in ("log-1.json", "log-2.json")]
        found = [parse_log_proof(one).checkpoint.encode() for one in proofs]
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_only_typed_errors_leave(target: str) -> None:
    """Seeds cut, spliced and doubled; and bytes of any kind."""
    seeds = seeds_of(target)
    assert bool(seeds) is (target not in ("ocsp", "authority"))

    @settings(
        max_examples=EXAMPLES.get(target, 25),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.integers(0, 2**32).map(lambda number: mutated(seeds, Random(number))) | st.binary(max_size=200))
    def fuzz(data: bytes) -> None:
        TARGETS[target](data)

    for seed in seeds[:3]:
        TARGETS[target](seed)
    fuzz()


def test_changes_are_bounded_and_repeatable() -> None:
    seeds = [b"x" * LARGEST, b"abc"]
    for number in range(50):
        made = mutated(seeds, Random(number))
        assert len(made) <= LARGEST
        assert made == mutated(seeds, Random(number))


def test_what_passes_with_no_trust_is_told() -> None:
    """A target notices more than errors."""

    def passes(_data: bytes) -> Report:
        return Report("pdf", Indication.TOTAL_PASSED, None)

    def refuses(_data: bytes) -> Any:
        raise Unreadable("no")

    assert NOBODY.anchors == ()
    tried(refuses)(b"")
    with pytest.raises(PassedWithoutTrust):
        tried(refuses, passes)(b"")


def test_the_runner(tmp_path: Path) -> None:
    """It runs without atheris, says how many inputs it tried, and ends with 0 when nothing escaped."""
    (tmp_path / "seed").write_bytes(b"log\n1\nAAAA\n")
    ran = subprocess.run(
        [sys.executable, "-m", "fuzz", "note", str(tmp_path), "--seconds", "0.2", "--no-atheris"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert "0 ways out" in ran.stdout

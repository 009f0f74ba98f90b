# SPDX-License-Identifier: Apache-2.0
"""Generate the set: ``python tests/vectors/limbo-gm/generate.py`` rewrites ``limbo-gm.json``.

A folder as argument takes the file instead. The parts: :mod:`authority` writes certificates and lists,
:mod:`case` describes a case, and one module for each group of cases.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from chain_cases import chain_cases, use_cases
from good_cases import good_cases
from list_cases import delta_cases, partition_cases, signer_cases
from revocation_cases import revocation_cases
from signature_cases import signature_cases

HERE = Path(__file__).parent


def vectors() -> dict[str, Any]:
    cases = [*good_cases(), *signature_cases(), *chain_cases(), *use_cases(), *revocation_cases()]
    cases += [*delta_cases(), *partition_cases(), *signer_cases()]
    if len({one["id"] for one in cases}) != len(cases):
        raise SystemExit("two cases share an id")
    return {"format": "limbo-gm/1", "cases": cases}


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    made = vectors()
    (folder / "limbo-gm.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")
    passed = sum(one["expected"]["indication"] == "TOTAL-PASSED" for one in made["cases"])
    print(f"limbo-gm.json: {len(made['cases'])} cases, {passed} good")

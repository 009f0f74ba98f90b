# SPDX-License-Identifier: Apache-2.0
"""Scene 9: one byte of each artefact is changed, and one row in the database: everything must be found."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from verify import QrError, Unreadable, check_file, load_trust, parse_qr

from .stage import Stage, now


@dataclass(frozen=True, slots=True)
class Damage:
    """Which byte to change (an offset in the file), and the verdict with its reason that must follow."""

    place: Callable[[bytes], int]
    expected: str


def _middle_of_page(data: bytes) -> int:
    """Inside the first content stream of a PDF."""
    return data.index(b"stream\n") + 20


def _in_qr_signature(data: bytes) -> int:
    """A digit after which the statement is still well-formed, so that only its signature is wrong."""
    for at in range(len(data) - 90, len(data) - 10):
        try:
            parse_qr(damaged(data, at).decode("ascii"))
        except QrError:
            continue
        return at
    raise AssertionError("no such digit")


def _after(needle: bytes, more: int = 0) -> Callable[[bytes], int]:
    return lambda data: data.index(needle) + len(needle) + more


SEALED_PDF = Damage(_middle_of_page, "TOTAL-FAILED HASH_FAILURE")
DAMAGES = {
    ".pdf": SEALED_PDF,
    "form.json": Damage(_after(b'"period":"'), "TOTAL-FAILED HASH_FAILURE"),
    ".qr.txt": Damage(_in_qr_signature, "TOTAL-FAILED SIG_CRYPTO_FAILURE"),
    ".cer": Damage(lambda data: len(data) - 5, "TOTAL-FAILED CERTIFICATE_CHAIN_GENERAL_FAILURE"),
    ".crl": Damage(lambda data: len(data) - 5, "TOTAL-FAILED SIG_CRYPTO_FAILURE"),
    ".log-proof.json": Damage(_after(b'"entry":"', 40), "TOTAL-FAILED HASH_FAILURE"),
    "trust-list.json": Damage(_after(b'"sequence":'), "TOTAL-FAILED SIG_CRYPTO_FAILURE"),
}


def damaged(data: bytes, at: int) -> bytes:
    """The same file with one byte changed; a digit stays a digit, so that only the meaning changes."""
    old = data[at]
    if chr(old).isdigit():
        new = ord("0") + (old - ord("0") + 1) % 10
    else:
        new = ord("B") if chr(old) == "A" else ord("A") if chr(old).isalnum() and old < 128 else old ^ 1
    return data[:at] + bytes([new]) + data[at + 1 :]


def tamper(stage: Stage) -> None:
    """One step for each artefact, then the database."""
    step = stage.journal.step
    number = 0
    for name, content in sorted(stage.artefacts.items()):
        damage = next((one for ending, one in DAMAGES.items() if name.endswith(ending)), None)
        if damage is None:
            continue
        number += 1
        title = f"改动一个字节 {name.rsplit('/', 1)[-1]}"
        step(f"9.{number}", title, damage.expected, partial(verdict, stage, name, content, damage))
    title = "直接改数据库一行 a row edited in the database"
    expected = "exit code 0, then 1: records changed, then 0"
    step(f"9.{number + 1}", title, expected, partial(edit_database, stage))


def verdict(stage: Stage, name: str, content: bytes, damage: Damage) -> str:
    """What the verifier says of the changed file, as far as the expectation looks."""
    trust = load_trust([("trust-list.json", stage.artefacts["trust-list.json"])], now())
    changed = damaged(content, damage.place(content))
    stage.write(f"tampered/{name.replace('/', '-')}", changed)
    try:
        report = check_file(changed, trust=trust, at=now(), name=name)
    except Unreadable as error:
        return f"unreadable: {error}"
    sub = report.sub_indication.value if report.sub_indication else ""
    return f"{report.indication.value} {sub}"


READ = "SELECT body FROM records WHERE module = 'credit' AND kind = 'conduct' AND key = 'B3'"
WRITE = "UPDATE records SET body = ? WHERE module = 'credit' AND kind = 'conduct' AND key = 'B3'"


def edit_database(stage: Stage) -> str:
    """Somebody edits a bad record in the database; the ledger names the row; then it is put back."""
    path = stage.data / "yinxin.db"
    seen = [f"exit code {_check(stage)[0]}"]
    with closing(sqlite3.connect(path, timeout=30)) as database:
        (body,) = database.execute(READ).fetchone()
        edited = str(body).replace("申报虚假业绩", "申报真实业绩")
        database.execute(WRITE, (edited,))
        database.commit()
        code, findings = _check(stage)
        seen.append(f"{code}: " + ", ".join(f"{one['table']} {one['kind']}" for one in findings))
        database.execute(WRITE, (body,))
        database.commit()
    seen.append(str(_check(stage)[0]))
    return ", then ".join(seen)


def _check(stage: Stage) -> tuple[int, list[dict[str, Any]]]:
    told = stage.told("log", "check", "--data", stage.data, "--json")
    return told.code, json.loads(told.out)["findings"] if told.out.strip() else []

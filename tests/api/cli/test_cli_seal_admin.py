# SPDX-License-Identifier: Apache-2.0
"""``yinxin seal-admin``: the operator's steps; and ``yinxin verify`` asks how a seal stood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.wiring import open_service
from keys import KeyKind


def published(data: Path, folder: Path, seal_id: str) -> tuple[Path, Path, Path]:
    """What anybody may fetch: the trust list, the list of seals, the made seal."""
    service = open_service(data)
    trust, status, esl = (folder / name for name in ("trust-list.json", "seal-status.json", "seal.esl"))
    trust.write_bytes(service.publisher.current())
    status.write_bytes(service.seal_status.current())
    esl.write_bytes(service.seals.open(seal_id).esl or b"")
    service.close()
    return trust, status, esl


def test_suspend_and_resume(
    yinxin: Any, copied: Path, seals: dict[KeyKind, str], plain_pdf: Path, tmp_path: Path
) -> None:
    """The list says so at once; the seal does not seal; resumed, it does."""
    seal_id, at = seals[KeyKind.SM2], ("--data", copied)
    trust, status, esl = published(copied, tmp_path, seal_id)
    assert yinxin("verify", esl, *at, "--json").json[0]["indication"] == "TOTAL-PASSED"
    ran = yinxin("verify", esl, "--trust", trust, "--seal-status", status, "--json")
    assert ran.json[0]["indication"] == "TOTAL-PASSED", ran.out
    assert yinxin("verify", status, "--trust", trust).code == 0

    found = yinxin("seal-admin", "suspend", seal_id, "--reason", "investigation", *at, "--json")
    assert (found.code, found.json["state"]) == (0, "suspended"), found.err
    refused = yinxin("seal", plain_pdf, "--seal", seal_id, "--out", tmp_path / "never.pdf", *at)
    assert refused.code == 1
    assert "suspended since" in refused.err
    assert not (tmp_path / "never.pdf").exists()
    after = yinxin("verify", esl, *at, "--json").json[0]
    assert after["indication"] != "TOTAL-PASSED"
    assert any(one["code"] == "SEAL_SUSPENDED" for one in after["signatures"][0]["reasons"])

    assert yinxin("seal-admin", "resume", seal_id, *at, "--json").json["state"] == "active"
    sealed = yinxin("seal", plain_pdf, "--seal", seal_id, "--out", tmp_path / "sealed.pdf", *at)
    assert sealed.code == 0, sealed.err


def test_list_and_show(yinxin: Any, made: Path, seals: dict[KeyKind, str]) -> None:
    found = yinxin("seal-admin", "list", "--data", made, "--json").json
    assert {one["seal_id"] for one in found} == set(seals.values())
    assert "51010600000001" in yinxin("seal-admin", "list", "--data", made).out
    shown = yinxin("seal-admin", "show", seals[KeyKind.SM2], "--data", made, "--json").json
    assert [one[1] for one in shown["steps"]] == ["apply", "approve", "make", "activate"]
    assert [one[0] for one in shown["editions"][0]["history"]] == ["made", "active"]
    assert "operator-shortcut" in yinxin("seal-admin", "show", seals[KeyKind.SM2], "--data", made).out


def test_refusals(yinxin: Any, made: Path, seals: dict[KeyKind, str]) -> None:
    """What the state does not allow, and no seal at all, in words."""
    ran = yinxin("seal-admin", "step", seals[KeyKind.SM2], "make", "--data", made)
    assert ran.code == 1
    assert "does not allow" in ran.err
    assert yinxin("seal-admin", "show", "nothing", "--data", made).code == 1
    assert yinxin("seal-admin", "step", seals[KeyKind.SM2], "burn", "--data", made).code == 64

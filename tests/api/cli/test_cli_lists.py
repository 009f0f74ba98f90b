# SPDX-License-Identifier: Apache-2.0
"""Lists on the command line: an older one is refused once a newer was seen; states of documents beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.wiring import open_service
from verify import parse_trust_list

UNREADABLE = 3


@pytest.fixture(scope="module")
def lists(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The trust list and the list of document states of one service."""
    folder: Path = tmp_path_factory.mktemp("lists")
    service = open_service(made)
    try:
        (folder / "trust-list.json").write_bytes(service.publisher.current())
        (folder / "document-status.json").write_bytes(service.document_status.current())
    finally:
        service.close()
    return folder / "trust-list.json", folder / "document-status.json"


def test_both_lists(yinxin: Any, lists: tuple[Path, Path]) -> None:
    """Each is checked as a file, and one is judged by the other."""
    trust, states = lists
    ran = yinxin("verify", trust, states, "--trust", trust, "--document-status", states, "--json")
    assert [one["kind"] for one in ran.json] == ["trust-list", "document-status"]
    assert ran.code == 0
    alone = yinxin("verify", states, "--trust", states)
    assert alone.code == UNREADABLE  # nothing vouches for it


def test_sequences_are_remembered(yinxin: Any, lists: tuple[Path, Path], tmp_path: Path) -> None:
    """The file holds the highest sequence of each list; what is below it is refused."""
    trust, states = lists
    seen, body = tmp_path / "seen.json", parse_trust_list(trust.read_bytes()).body
    arguments = ("verify", states, "--trust", trust, "--document-status", states, "--seen", seen)
    assert yinxin(*arguments).code == 0
    names = {f"trust-list/{body.publisher}", f"document-status/{body.publisher}"}
    assert set(json.loads(seen.read_text())) == names
    assert yinxin(*arguments).code == 0
    for name in sorted(names):
        before = json.loads(seen.read_text())
        seen.write_text(json.dumps({**before, name: 999}))
        refused = yinxin(*arguments)
        assert refused.code == UNREADABLE
        assert "999" in refused.err + refused.out
        seen.write_text(json.dumps(before))
    seen.write_text("[]")
    assert yinxin(*arguments).code == UNREADABLE


def test_after(yinxin: Any, lists: tuple[Path, Path]) -> None:
    trust, states = lists
    sequence = parse_trust_list(trust.read_bytes()).body.sequence
    for after, code in ((sequence, 0), (sequence + 1, UNREADABLE)):
        assert yinxin("verify", states, "--trust", trust, "--after", after).code == code
    assert yinxin("verify", states, "--trust", trust, "--after", "-1").code == 64


def test_states_at_the_console(yinxin: Any, made: Path) -> None:
    """A document that is not there; a state that is none: plain words, no trace."""
    for arguments in (("state", "0000-0000-0000-0000", "revoked"), ("state", "x", "none")):
        ran = yinxin("document", *arguments, "--reason", "data-error", "--data", made)
        assert ran.code == 1
        assert "Traceback" not in ran.out + ran.err
    ran = yinxin("document", "history", "0000-0000-0000-0000", "--data", made, "--json")
    assert (ran.code, ran.json) == (0, [])


def test_keys_of_codes(yinxin: Any, copied: Path) -> None:
    """Listed, followed by a new one, ended; the words are the trust list's own."""
    first = {
        one["algorithm"]: one["kid"] for one in yinxin("qr-keys", "list", "--data", copied, "--json").json
    }
    made = yinxin("qr-keys", "rotate", "SM2", "--data", copied, "--json").json
    assert made["kid"] not in first.values()
    arguments = ("--reason", "key-compromise", "--data", copied)
    ended = yinxin("qr-keys", "revoke", first["SM2"], *arguments, "--json").json
    assert (ended["revocation_reason"], ended["revoked_at"] is None) == ("key-compromise", False)
    for one, code in ((first["SM2"], 1), ("nonsense", 1)):
        refused = yinxin("qr-keys", "revoke", one, *arguments)
        assert (refused.code, "→" in refused.err) == (code, True)
    text = yinxin("qr-keys", "list", "--data", copied).out
    assert all(kid in text for kid in (*first.values(), made["kid"])) and "key-compromise" in text

# SPDX-License-Identifier: Apache-2.0
"""The log over HTTP: published files with their caching, proofs, and the word of a witness in both."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verify import (
    SHA256_TREE,
    SM3_TREE,
    Indication,
    LogKey,
    TileMissing,
    TileReader,
    Trust,
    add_cosignatures,
    check_checkpoint,
    check_log_proof,
    cosignature_line,
    cosignature_message,
    entries_from_tiles,
    parse_note,
)

from .conftest import Site

WITNESS = Ed25519PrivateKey.from_private_bytes(b"INSECURE witness of the tests 32")
KEY = LogKey("witness.example/http", "ed25519", WITNESS.public_key().public_bytes_raw())
FOREVER = "public, max-age=31536000, immutable"


def test_a_client_that_knows_only_the_files(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoint, tiles and bundles lead to both roots and every entry."""
    asked: dict[str, httpx.Response] = {}

    def fetch(path: str) -> bytes:
        asked[path] = httpx.get(f"{site.url}/log/{path}")
        if asked[path].status_code == 404:
            raise TileMissing(path)
        assert asked[path].status_code == 200, asked[path].text
        return asked[path].content

    note = fetch("checkpoint")
    head = check_checkpoint(note, site.service.ledger.log_keys(), require=2)
    readers = tuple(TileReader(fetch, head.size, tree) for tree in (SHA256_TREE, SM3_TREE))
    assert [one.root() for one in readers] == [head.root, head.sm3_root]
    newest = dict(entries_from_tiles(fetch, head.size - 1, head.size, readers))
    assert newest == {head.size - 1: site.service.ledger.entry(head.size - 1)}
    for path, answer in asked.items():
        if path == "checkpoint":
            assert answer.headers["cache-control"] == "public, max-age=2"
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        elif answer.status_code == 200:
            assert answer.headers["cache-control"] == FOREVER
            assert answer.headers["content-type"] == "application/octet-stream"
    for wrong in ("tile/0/0", "tile/0/..%2f..%2fcheckpoint", "tile/9/000", "sm3/tile/entries/000"):
        assert httpx.get(f"{site.url}/log/{wrong}").status_code == 404

    # A witness that is listed is heard, and its word goes into checkpoint and proofs; another is not.
    at = int(datetime.now(UTC).timestamp())
    parsed = parse_note(note)
    line = cosignature_line(KEY, at, WITNESS.sign(cosignature_message(parsed.text, at)))
    sent = add_cosignatures(parsed, [line]).encode()
    address = f"{site.url}/log/cosignatures"
    assert httpx.post(address, content=sent).status_code == 422
    monkeypatch.setattr(site.service.ledger, "witnesses", (KEY,))
    assert httpx.post(address, content=sent.replace("sm3-root", "sm3-r00t")).status_code == 422
    assert httpx.post(address, content=bytes(200_000)).status_code == 422
    assert httpx.post(address, content=sent).status_code == 204
    assert httpx.get(f"{site.url}/log/checkpoint.witnessed").text == sent
    proof = httpx.get(f"{site.url}/log/proof/{head.size - 1}").content
    trust = Trust(log_keys=site.service.ledger.log_keys(), witnesses=(KEY,), quorum=1)
    report = check_log_proof(proof, trust=trust, at=datetime.now(UTC))
    assert report.indication is Indication.TOTAL_PASSED, report.reasons

# SPDX-License-Identifier: Apache-2.0
"""Digests in pieces."""

from __future__ import annotations

import pytest

from keys import HashAlgorithm, digest, hasher


@pytest.mark.parametrize("algorithm", HashAlgorithm, ids=str)
def test_copies_go_their_own_way(algorithm: HashAlgorithm) -> None:
    """What many contents begin with is digested once."""
    shared = hasher(algorithm)
    shared.update(b"begin")
    one, other = shared.copy(), shared.copy()
    one.update(b" one")
    other.update(b" other")
    assert one.finish() == digest(algorithm, b"begin one")
    assert other.finish() == digest(algorithm, b"begin other")
    assert shared.finish() == digest(algorithm, b"begin")

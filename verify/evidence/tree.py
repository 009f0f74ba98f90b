# SPDX-License-Identifier: Apache-2.0
"""Hash trees of RFC 4998 section 4: a father is the hash of its children in binary ascending order.

Leaves and inner nodes are hashed alike, as the standard has it; that an inner node cannot be shown as a
document follows from its length: it is the hash of hashes, and a document that is a concatenation of such
hashes would have to be found first.
"""

from __future__ import annotations

from collections.abc import Sequence

from keys import Digest, HashAlgorithm, digest


def concatenated(algorithm: HashAlgorithm, values: Sequence[bytes]) -> bytes:
    """The father of these values."""
    return digest(algorithm, b"".join(sorted(values))).value


def root_of(lists: Sequence[Sequence[bytes]], leaf: Digest) -> Digest | None:
    """The root to which a reduced hash tree leads (section 4.3); ``None`` when the leaf is not in it.

    Without any list the leaf itself was stamped.
    """
    if not lists:
        return leaf
    if leaf.value not in lists[0]:
        return None
    known = concatenated(leaf.algorithm, lists[0])
    for more in lists[1:]:
        known = concatenated(leaf.algorithm, [*more, known])
    return Digest(leaf.algorithm, known)

# SPDX-License-Identifier: Apache-2.0
"""Who must sign what a publisher says about its documents and its keys: two of three, of two families.

Two different keys at least, an SM2 key and one of another family among them: neither one custodian alone nor
whoever breaks one algorithm can make a list.  A third signature may be there, and must be good as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from keys import KeyFamily

from ..report import Reason
from .body import TrustListSignature

LEAST_SIGNERS = 2


def enough_signers(signatures: Sequence[TrustListSignature]) -> bool:
    """Are there two different keys, one SM2 and one of another family?  None is verified here."""
    keys = {one.certificate.public_key.spki: one.certificate.public_key.family for one in signatures}
    families = set(keys.values())
    return len(keys) >= LEAST_SIGNERS and KeyFamily.SM2 in families and len(families) > 1


TOO_FEW = Reason(
    "LIST_SIGNERS_TOO_FEW",
    "列表须由三个签发人中的至少两个签名,其中一个为 SM2、一个为其他算法",
    "a list needs the signatures of two of three signers, one SM2 and one of another algorithm",
)

# SPDX-License-Identifier: Apache-2.0
"""What packs are made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from keys import Digest
from verify import PackRole, Trust

from ..certificates import CertificateService
from ..documents import Library
from ..ledger import Ledger
from ..status import StateBook
from ..submissions import Submissions


@dataclass(frozen=True, slots=True)
class PackPorts:
    """``lists``: the public lists as they are now; ``stamp``: a time stamp over a digest."""

    certificates: CertificateService
    ledger: Ledger
    library: Library
    submissions: Callable[[], Submissions]
    receipts: StateBook
    lists: Callable[[], Sequence[tuple[PackRole, str, bytes]]]
    stamp: Callable[[Digest], bytes]
    trust: Callable[[], Trust]
    publisher: str
    clock: Callable[[], datetime]

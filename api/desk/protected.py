# SPDX-License-Identifier: Apache-2.0
"""Every table of the procedure rooms that the ledger protects, for ``yinxin log check``."""

from __future__ import annotations

from collections.abc import Mapping

from ..documents import committed_documents, committed_editions
from ..ledger import Source
from ..plugins import committed_records
from ..seals import committed_grants, committed_seals
from ..submissions import committed_submissions


def protected_rows() -> Mapping[str, Source]:
    """The table's name in the commitments, and all its rows as they were committed."""
    return {
        "document_editions": committed_editions,
        "documents": committed_documents,
        "grants": committed_grants,
        "records": committed_records,
        "seals": committed_seals,
        "submissions": committed_submissions,
    }

# SPDX-License-Identifier: Apache-2.0
"""The lints: what must hold for every certificate before a key may sign it.

RFC 5280 section 4, GB/T 20518-2018 and GM/T 0015 as digested in standards.md sections 4.3 and 5.  ``FORM``
looks at the bytes alone; ``CONTENT`` also at the certificate as ``verify`` understands it, which it can only
once the form is right.  None of them looks at how the bytes were written.
"""

from __future__ import annotations

from .extensions import EXTENSIONS
from .form import FORM
from .kinds import OUTLAWED, UNREAD, UNREADABLE, ContentRule, FormRule
from .standing import STANDING

CONTENT = (*STANDING, *EXTENSIONS)
"""In the order in which findings are told."""

__all__ = [
    "CONTENT",
    "EXTENSIONS",
    "FORM",
    "OUTLAWED",
    "STANDING",
    "UNREAD",
    "UNREADABLE",
    "ContentRule",
    "FormRule",
]

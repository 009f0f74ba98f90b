# SPDX-License-Identifier: Apache-2.0
"""The report as XML, for whoever asks for it: the types of the standard take a second to load."""

from __future__ import annotations

from .sheet import Checked


def etsi_report(what: Checked) -> bytes:
    """By ETSI TS 119 102-2 (v1.2.1), in UTF-8."""
    from .etsi import etsi_document

    return etsi_document(what)

# SPDX-License-Identifier: Apache-2.0
"""OFD (GB/T 33190-2016): write documents, seal those of any producer, close them."""

from __future__ import annotations

from .closing import PreparedClosing, close_ofd, complete_closing, prepare_closing
from .errors import OfdRefused
from .mass import OfdMassTemplate
from .mass_template import ofd_mass_template
from .sealing import PreparedOfd, Protection, complete_ofd, prepare_ofd, seal_ofd
from .writing import write_ofd

__all__ = [
    "OfdMassTemplate",
    "OfdRefused",
    "PreparedClosing",
    "PreparedOfd",
    "Protection",
    "close_ofd",
    "complete_closing",
    "complete_ofd",
    "ofd_mass_template",
    "prepare_closing",
    "prepare_ofd",
    "seal_ofd",
    "write_ofd",
]

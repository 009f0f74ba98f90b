# SPDX-License-Identifier: Apache-2.0
"""The key centre's own side: it alone can open what it keeps.

Knows nothing of the service's rooms, database or vault.  :class:`Centre` answers one request after the other;
:class:`CentreServer` listens.
"""

from __future__ import annotations

from .agents import Agent, Agents
from .anchor import Anchor
from .answering import Centre, CentreMeans
from .founding import found_store
from .keeping import Step, no_step
from .listing import Listed, listed
from .log import LogWatch
from .ports import HeadKeeper
from .serving import CentreServer
from .settings import CentreSettings, parse_settings, write_settings

__all__ = [
    "Agent",
    "Agents",
    "Anchor",
    "Centre",
    "CentreMeans",
    "CentreServer",
    "CentreSettings",
    "HeadKeeper",
    "Listed",
    "LogWatch",
    "Step",
    "found_store",
    "listed",
    "no_step",
    "parse_settings",
    "write_settings",
]

# SPDX-License-Identifier: Apache-2.0
"""Project: construction projects, and the construction permit (建筑工程施工许可证).

Reference: domain.md section 4.3 and R-026 (link 6, 施工许可).  The other seven links come later as further
forms of this module.  Names of enterprises are read through the ``subject`` lookup when an enabled module
provides it; without one the permit shows credit codes only.
"""

from __future__ import annotations

from relying import Need, Relying

from .application import PERMIT_APPLICATION
from .permit import CONSTRUCTION_PERMIT
from .projects import PROJECT, PROJECT_VIEW

PLUGIN = Relying(
    name="project",
    zh="工程项目",
    needs=frozenset({Need.RECORDS, Need.LOOKUP}),
    forms=(PERMIT_APPLICATION,),
    documents=(CONSTRUCTION_PERMIT,),
    records=(PROJECT,),
    views=(PROJECT_VIEW,),
)

__all__ = ["PLUGIN"]

# SPDX-License-Identifier: Apache-2.0
"""Registry: who takes part in the construction market — enterprises and persons.

Reference: domain.md section 8.2 (``registry``), R-018 to R-031.  Other modules reach it only through the
``subject`` lookup; it issues no document and knows no other module.  Thin on purpose: the eleven groups of
real-name data, channels and coverage come later, as further records of this module.
"""

from __future__ import annotations

from relying import Need, Relying

from .enterprise import ENTERPRISE, ENTERPRISE_VIEW
from .person import PERSON
from .subject import subject

PLUGIN = Relying(
    name="registry",
    zh="企业与人员库",
    needs=frozenset({Need.RECORDS}),
    records=(ENTERPRISE, PERSON),
    views=(ENTERPRISE_VIEW,),
    provides={"subject": subject},
)

__all__ = ["PLUGIN"]

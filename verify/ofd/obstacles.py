# SPDX-License-Identifier: Apache-2.0
"""What would keep every signature of a package from passing: asked before one is added."""

from __future__ import annotations

from ..report import Reason
from .coverage import Reach, document_findings
from .package import OfdPackage
from .whole import foreign_finding, package_findings, twice_finding


def ofd_obstacles(package: OfdPackage) -> tuple[Reason, ...]:
    """The reasons that :func:`check_ofd` would give, whoever signs.  Raises :class:`OfdMalformed`."""
    found = [*package_findings(package, 0)]
    places = [package.ofd_xml] if package.xml(package.ofd_xml).foreign else []
    reach = Reach(package)
    for body in package.bodies:
        if body.document.foreign:
            places.append(body.document.name)
        found.extend(twice_finding(body))
        found.extend(document_findings(reach.of(body)))
    found.extend(foreign_finding(places))
    return tuple(one.reason for one in found)

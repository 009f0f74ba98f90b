# SPDX-License-Identifier: Apache-2.0
"""Every report that is made while tests run is held against the published schema and against itself.

Reports of one shape are looked at once: shape is the verdicts, the codes, and which facts there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from verify import AspectStatus, Indication, Report, SignatureReport, concluded, report_schema
from verify.aspects.evidence import unevidenced

STATUS = {
    Indication.TOTAL_PASSED: AspectStatus.PASSED,
    Indication.TOTAL_FAILED: AspectStatus.FAILED,
    Indication.INDETERMINATE: AspectStatus.INDETERMINATE,
}
VALIDATOR = jsonschema.Draft202012Validator(report_schema())
SEEN: set[Any] = set()
MADE_UP = {"n", "x"}
"""Facts of reports that tests write by hand."""


def shape(one: Report | SignatureReport) -> Any:
    parts = tuple(shape(part) for part in one.signatures) if isinstance(one, Report) else one.format
    codes = tuple(reason.code for reason in one.reasons)
    return parts, one.indication, one.sub_indication, codes, tuple(sorted(one.facts))


def require_conforming(report: Report) -> None:
    """Raise for a report that the schema refuses, or whose aspects do not bear its verdict out."""
    VALIDATOR.validate(report.to_json())
    for one in report.signatures:
        assert concluded(one.aspects) is STATUS[one.indication], one
        if one.indication is Indication.TOTAL_PASSED and one.facts and not MADE_UP & set(one.facts):
            unshown = unevidenced(one.format, one.facts)
            if one.format == "X.509 status":  # of a revoked certificate too
                unshown = tuple(name for name in unshown if name != "revocation")
            since = any(reason.code.endswith("CERTIFICATE_ENDED_SINCE") for reason in one.reasons)
            assert not unshown or (since and set(unshown) <= {"revocation", "chain"}), (one.format, unshown)


@pytest.fixture(scope="session", autouse=True)
def every_report_conforms() -> Iterator[None]:
    """For the whole run."""
    made = Report.__post_init__
    if made.__module__ == __name__:
        yield
        return

    def checked(self: Report) -> None:
        made(self)
        mine = shape(self)
        if mine not in SEEN:
            SEEN.add(mine)
            require_conforming(self)

    checked.__module__ = __name__
    Report.__post_init__ = checked  # type: ignore[method-assign]
    yield
    Report.__post_init__ = made  # type: ignore[method-assign]

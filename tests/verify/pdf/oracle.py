# SPDX-License-Identifier: Apache-2.0
"""What pyHanko says of later revisions: its difference analysis, cut down to what we allow at all."""

from __future__ import annotations

import io
import logging
from functools import cache
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import diff_analysis
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm


def allows(data: bytes, end: int, **rules: Any) -> bool:
    """May what came after the revision that ends at ``end`` be there?"""
    return not objection(data, end, **rules)


def objection(
    data: bytes,
    end: int,
    *,
    seals_follow: bool,
    permission: int | None = None,
    locked: tuple[str, tuple[str, ...]] | None = None,
    filling: bool = False,
) -> str:
    """What speaks against it; what it cannot read does.  ``filling``: ordinary fields may be filled in."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=True)
        if reader.xrefs.hybrid_xrefs_present:
            return "hybrid"
        revision = max(
            number
            for number in range(reader.xrefs.total_revisions)
            if reader.xrefs.get_xref_container_info(number).end_location <= end
        )
        result: Any = policy(filling).review_file(
            reader,
            revision,
            field_mdp_spec=None
            if locked is None
            else FieldMDPSpec(FieldMDPAction(f"/{locked[0]}"), list(locked[1])),
            doc_mdp=None if permission is None else MDPPerm(permission),
        )
    except Exception as error:  # it raises many kinds, and all mean that it cannot say yes
        return f"{type(error).__name__}: {error}"
    if isinstance(result, Exception):
        return str(result)
    silent = permission == 1 or not seals_follow
    limit = ModificationLevel.LTA_UPDATES if silent else ModificationLevel.FORM_FILLING
    return "" if result.modification_level <= limit else result.modification_level.name


@cache
def policy(filling: bool = False) -> Any:
    """Its standard policy, with or without the rule that lets ordinary fields be filled in."""
    rules: Any = diff_analysis
    routine = (
        rules.DocInfoRule(),
        rules.XrefStreamRule(),
        rules.ObjectStreamRule(),
        rules.DSSCompareRule(),
        rules.MetadataUpdateRule(),
    )
    return rules.StandardDiffPolicy(
        global_rules=[
            rules.CatalogModificationRule(),
            *(rule.as_qualified(ModificationLevel.LTA_UPDATES) for rule in routine),
        ],
        form_rule=rules.FormUpdatingRule(
            field_rules=[
                rules.SigFieldCreationRule(),
                rules.SigFieldModificationRule(),
                *([rules.GenericFieldModificationRule()] if filling else []),
            ]
        ),
    )

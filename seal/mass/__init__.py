# SPDX-License-Identifier: Apache-2.0
"""Mass issue: sealed documents that differ in a few values, from one template."""

from __future__ import annotations

from .errors import MassRefused
from .fields import FieldAlign, MassField
from .template import MassTemplate, mass_template

__all__ = ["FieldAlign", "MassField", "MassRefused", "MassTemplate", "mass_template"]

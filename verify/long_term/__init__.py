# SPDX-License-Identifier: Apache-2.0
"""Signatures that outlive their certificates: time stamps as proof of existence, and evidence kept beside."""

from __future__ import annotations

from .judging import Situation, judge_past
from .material import Material, Proof, material_of
from .signatures import check_signature
from .stamps import check_stamp

__all__ = ["Material", "Proof", "Situation", "check_signature", "check_stamp", "judge_past", "material_of"]

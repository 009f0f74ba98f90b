# SPDX-License-Identifier: Apache-2.0
"""From any error to a problem document (RFC 9457): the one place where the packages meet HTTP status."""

from __future__ import annotations

from .requests import FileMissing, PartMalformed, PicturesTooMany, RequestError
from .table import TABLE, answer_of, problem_of
from .value import FieldError, Problem, code_of

__all__ = [
    "TABLE",
    "FieldError",
    "FileMissing",
    "PartMalformed",
    "PicturesTooMany",
    "Problem",
    "RequestError",
    "answer_of",
    "code_of",
    "problem_of",
]

# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a request before any room of the service saw it."""

from __future__ import annotations


class RequestError(Exception):
    """Anything about the shape of a request."""


class PartMalformed(RequestError):
    """One part of a multipart or JSON body.  ``rule`` is in Chinese and English."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule = field, rule
        self.todo = "请按接口说明修改后重试 / correct it and send it again"


class FileMissing(RequestError):
    """An upload without a file."""


class PicturesTooMany(RequestError):
    """One login asked for more pictures than its share."""

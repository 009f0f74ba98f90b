# SPDX-License-Identifier: Apache-2.0
"""What travels between service and key centre: frames, requests, answers, and the fields inside them."""

from __future__ import annotations

from .fields import Fields, from_text, moment, to_moment, to_text
from .framing import LARGEST_ANSWER, LARGEST_REQUEST, frame, read_frame
from .messages import Answer, Request, open_answer, open_request, seal_answer, seal_request

__all__ = [
    "LARGEST_ANSWER",
    "LARGEST_REQUEST",
    "Answer",
    "Fields",
    "Request",
    "frame",
    "from_text",
    "moment",
    "open_answer",
    "open_request",
    "read_frame",
    "seal_answer",
    "seal_request",
    "to_moment",
    "to_text",
]

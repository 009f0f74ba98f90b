# SPDX-License-Identifier: Apache-2.0
"""Why there is no pack."""

from __future__ import annotations


class PackError(Exception):
    """Base of what this room raises."""


class PackDidNotVerify(PackError):
    """The pack that was made did not verify, so it was not handed out.  ``codes``: why."""

    def __init__(self, codes: str) -> None:
        super().__init__(
            f"证据包未通过核验,未予发出 the evidence pack did not verify and was not released: {codes}"
        )
        self.codes = codes

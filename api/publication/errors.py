# SPDX-License-Identifier: Apache-2.0
"""Why no trust list is published."""

from __future__ import annotations


class PublicationError(Exception):
    """Anything about publishing.  ``zh`` and ``en`` say what is wrong, ``todo`` what to do about it."""

    code = "publication-error"
    zh = "信任列表未能发布"
    en = "the trust list could not be published"
    todo = "请稍后再试,并通知运营人员 / try again later and tell the operator"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)


class ListDidNotVerify(PublicationError):
    """Our own list failed our own check and was not released."""

    code = "trust-list-did-not-verify"
    zh = "新的信任列表未通过自身核验,没有发布"
    en = "the new trust list failed its own check and was not released"

    def __init__(self, indication: str, reasons: tuple[str, ...]) -> None:
        super().__init__(f"trust list is {indication}: {', '.join(reasons)}")
        self.indication, self.reasons = indication, reasons

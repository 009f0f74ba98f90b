# SPDX-License-Identifier: Apache-2.0
"""Why the state of a document is not changed, or the list of states not published."""

from __future__ import annotations


class StandingError(Exception):
    """Anything about the states of documents."""


class StandingUnknown(StandingError):
    """No such state, or a reason that is no code; ``field`` says which, ``rule`` what it must be."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule = field, rule


class StandingFinal(StandingError):
    """The document ended for good, or is in this state already."""

    def __init__(self, document_id: str, state: str) -> None:
        super().__init__(f"{document_id} is {state}")
        self.document_id, self.state = document_id, state


class DocumentStatusDidNotVerify(StandingError):
    """Our own list failed our own check; nothing was changed and nothing released."""

    def __init__(self, field: str, reasons: tuple[str, ...]) -> None:
        super().__init__(f"{field}: {', '.join(reasons)}")
        self.field, self.reasons = field, reasons

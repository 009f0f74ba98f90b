# SPDX-License-Identifier: Apache-2.0
"""What stops a certificate or a revocation list from being made.  Every exception carries its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CaError(Exception):
    """Anything that the certification authority cannot or will not do."""


class RequestRefused(CaError):
    """What the requester sent breaks a rule.  Names the field, the rule and what to do."""

    def __init__(self, *, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule} ({todo})")
        self.field, self.rule, self.todo = field, rule, todo


class NameRefused(RequestRefused):
    """A subject name that no certificate of ours may carry."""


class NoSuchProfile(CaError):
    """There is no certificate profile with this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"没有证书模板 {name!r} / no profile {name!r}; known: {', '.join(known)}")
        self.name, self.known = name, tuple(known)


class DocumentRefused(CaError):
    """A file of rules that does not say what such a file must say.  Names the place, the rule, what to do."""

    def __init__(self, *, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule} ({todo})")
        self.field, self.rule, self.todo = field, rule, todo


class ProfilesRefused(DocumentRefused):
    """Certificate profiles that no authority may issue under."""


class CeremonyRefused(DocumentRefused):
    """A ceremony that would found a hierarchy nobody could rely on."""


class SerialRefused(CaError):
    """Too little randomness for a serial number."""

    def __init__(self, size: int, least: int) -> None:
        super().__init__(f"序列号至少需要{least}字节随机数 / {size} random bytes given, {least} needed")
        self.size, self.least = size, least


class DraftRefused(CaError):
    """A value that cannot be written into a certificate or a revocation list at all."""

    def __init__(self, *, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule} ({todo})")
        self.field, self.rule, self.todo = field, rule, todo


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that a draft breaks."""

    rule: str
    zh: str
    en: str
    clause: str = ""

    def __str__(self) -> str:
        return f"{self.rule}: {self.zh} / {self.en}"


class LintRefused(CaError):
    """The draft must not be signed; ``findings`` says why, every reason at once."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(map(str, findings)))
        self.findings = tuple(findings)


class NotLinted(CaError):
    """Somebody tried to sign, or to pass as linted, what :func:`ca.lint` did not pass."""

    def __init__(self) -> None:
        super().__init__("只签发通过检查的草稿 / only what lint() returned is ever signed")


class AlreadySigned(NotLinted):
    """What was linted once is signed once: a second signature needs a second lint."""

    def __init__(self) -> None:
        CaError.__init__(self, "检查一次只签发一次 / what was linted is signed once; lint it again")


class IssueFailed(CaError):
    """The signed object is not what was meant; it must not be released.  ``step`` names what differs."""

    def __init__(self, step: str, detail: str) -> None:
        super().__init__(f"{step}: {detail}")
        self.step, self.detail = step, detail

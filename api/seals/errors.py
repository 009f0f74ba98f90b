# SPDX-License-Identifier: Apache-2.0
"""Why a seal is not made, not found or not used."""

from __future__ import annotations


class SealRegistryError(Exception):
    """Anything about registered seals and grants."""


class NoSuchSeal(SealRegistryError):
    """No seal is registered under this id."""

    def __init__(self, seal_id: str) -> None:
        super().__init__(f"no seal {seal_id}")
        self.seal_id = seal_id


class NoSuchGrant(SealRegistryError):
    """No grant was given under this id."""

    def __init__(self, grant_id: str) -> None:
        super().__init__(f"no grant {grant_id}")
        self.grant_id = grant_id


class NotAnOfficer(SealRegistryError):
    """Only an officer of the agency that holds the seal may be granted its use."""

    def __init__(self, account_id: str) -> None:
        super().__init__(f"{account_id} is no officer of the agency that holds this seal")
        self.account_id = account_id


class SealUseRefused(SealRegistryError):
    """No grant covers this use of this seal.  The refusal is already in the ledger."""

    def __init__(self, code: str, *, seal_id: str, document_type: str) -> None:
        super().__init__(f"use of seal {seal_id} for {document_type} refused: {code}")
        self.code, self.seal_id, self.document_type = code, seal_id, document_type


class SealNotUsable(SealRegistryError):
    """The seal's certificate is no good now; nothing was signed.  The refusal is already in the ledger."""

    todo = (
        "没有签署任何文件;请改用其他有效印章,或请运营人员重新制作印章"
        " / nothing was signed: use another seal, or have the operator make a new one"
    )

    def __init__(self, code: str, *, seal_id: str | None, why_zh: str, why_en: str) -> None:
        self.code, self.seal_id = code, seal_id
        self.zh, self.en = f"不能使用该印章:{why_zh}", f"this seal cannot be used: {why_en}"
        super().__init__(f"seal {seal_id or 'of the platform'} cannot be used ({code}): {why_en}")


class GrantMalformed(SealRegistryError):
    """A grant that would allow nothing, or nobody knows what.  Names the field, the rule and what to do."""

    def __init__(self, field: str, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule} ({todo})")
        self.field, self.rule, self.todo = field, rule, todo


class SealStatusDidNotVerify(SealRegistryError):
    """Our own list of seal states failed our own check; nothing was changed or released."""

    def __init__(self, indication: str, codes: tuple[str, ...]) -> None:
        super().__init__(f"seal status list is {indication}: {', '.join(codes)}")
        self.indication, self.codes = indication, codes


class NoSuchUse(SealRegistryError):
    """This seal has no such use."""

    def __init__(self, use_id: str) -> None:
        super().__init__(f"no use {use_id}")
        self.use_id = use_id

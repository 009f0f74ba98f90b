# SPDX-License-Identifier: Apache-2.0
"""Why an account is not opened, not found, or not allowed.  No message repeats a person's name."""

from __future__ import annotations

from collections.abc import Iterable


class AccountError(Exception):
    """Anything about accounts.  ``zh`` and ``en`` say what is wrong, ``todo`` what to do about it."""

    code = "account-error"
    zh = "账号操作未能完成"
    en = "the account could not be used"
    todo = "请联系运营人员 / ask the operator"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.en)


class NoSuchAccount(AccountError):
    """No account has this id."""

    code = "no-such-account"
    zh = "没有这个账号"
    en = "no account with this id"
    todo = "请核对账号编号 / check the account id"

    def __init__(self, account_id: str) -> None:
        super().__init__(f"no account {account_id}")
        self.account_id = account_id


class AccountClosed(AccountError):
    """The account was closed; nothing more is done for it."""

    code = "account-closed"
    zh = "该账号已停用"
    en = "this account is closed"
    todo = "请为持有人另开账号 / open another account"

    def __init__(self, account_id: str) -> None:
        super().__init__(f"account {account_id} is closed")
        self.account_id = account_id


class AccountRefused(AccountError):
    """One field of a new account or mandate breaks a rule."""

    code = "account-refused"
    zh = "账号信息不符合要求"
    en = "the account breaks a rule"

    def __init__(self, field: str, *, rule: str, todo: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field, self.rule, self.todo = field, rule, todo


class SubjectTaken(AccountError):
    """Another account, with other facts, belongs to this subject already."""

    code = "subject-taken"
    zh = "该主体已有账号,且登记内容不同"
    en = "this subject has an account already, with other facts"
    todo = "请使用已有账号,或先停用它 / use that account, or close it first"

    def __init__(self, account_id: str) -> None:
        super().__init__(f"the subject belongs to account {account_id}")
        self.account_id = account_id


class NoSuchMandate(AccountError):
    """The account does not act for this enterprise."""

    code = "no-such-mandate"
    zh = "没有该企业的授权记录"
    en = "no mandate of this enterprise is in force"
    todo = "请核对账号与统一社会信用代码 / check the account and the credit code"

    def __init__(self, account_id: str, uscc: str) -> None:
        super().__init__(f"account {account_id} has no mandate of {uscc}")
        self.account_id, self.uscc = account_id, uscc


class NotAllowed(AccountError):
    """This login may not do that."""

    code = "not-allowed"
    zh = "当前登录身份无权进行此操作"
    en = "this login may not do that"
    todo = "请换用有此权限的身份登录 / log in as somebody who may"

    def __init__(self, needed: str, *, roles: Iterable[str]) -> None:
        self.needed, self.roles = needed, tuple(sorted(roles))
        super().__init__(f"{needed} is not a right of {', '.join(self.roles) or 'nobody'}")

# SPDX-License-Identifier: Apache-2.0
"""Accounts and mandates: opened once, ended for good, kept out of the public log by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from api.accounts import (
    AccountBook,
    AccountClosed,
    AccountRefused,
    NoSuchAccount,
    NoSuchMandate,
    Role,
    SubjectTaken,
    committed_accounts,
    committed_mandates,
)
from api.database import Database
from api.database.tables_identity import accounts as accounts_table
from api.database.tables_identity import mandates as mandates_table
from api.ledger import Ledger, check_ledger

AGENCY = "11510106DEM9A00331"
SOURCES = {"accounts": committed_accounts, "mandates": committed_mandates}


def enterprise(number: int) -> str:
    """A valid code of a fictional enterprise."""
    body = f"91510106DEM9E{number:04d}"
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(pow(3, place, 31) * alphabet.index(letter) for place, letter in enumerate(body))
    return body + alphabet[-total % 31]


PRINCIPAL = enterprise(1)


def opened(book: AccountBook, **more: Any) -> str:
    facts = {"name": "李样一", "subject": "H01", "roles": {"applicant"}, "by": "test", **more}
    return book.add(**facts).account_id


def leaves(ledger: Ledger) -> str:
    return "\n".join(ledger.entry(index).decode() for index in range(ledger.size()))


def findings(database: Database, ledger: Ledger) -> list[tuple[str, str, str]]:
    found = check_ledger(database, ledger.log_keys(), SOURCES).findings
    return [(one.kind.value, one.table, one.key) for one in found]


def test_opened_account_is_found(accounts: AccountBook, clock: Any) -> None:
    made = accounts.get(opened(accounts))
    assert (made.name, made.subject, made.roles, made.agency) == ("李样一", "H01", {Role.APPLICANT}, "")
    clock.advance(timedelta(seconds=1))
    officer = accounts.get(opened(accounts, name="赵样十", subject="H10", roles={"officer"}, agency=AGENCY))
    assert officer.agency == AGENCY
    assert accounts.list() == (made, officer)
    assert accounts.list("officer") == (officer,)


def test_same_facts_again_bring_the_same_account(accounts: AccountBook, ledger: Ledger) -> None:
    first = opened(accounts)
    size = ledger.size()
    assert opened(accounts) == first
    assert ledger.size() == size


@pytest.mark.parametrize("changed", [{"name": "李样二"}, {"roles": {"operator"}}])
def test_other_facts_for_the_same_subject_are_refused(accounts: AccountBook, changed: dict[str, Any]) -> None:
    first = opened(accounts)
    with pytest.raises(SubjectTaken) as refused:
        opened(accounts, **changed)
    assert refused.value.account_id == first


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", {"name": ""}),
        ("name", {"name": " 李样一"}),
        ("name", {"name": "李\u200b样"}),
        ("name", {"name": "李" * 65}),
        ("name", {"name": "李样一110101199003070134"}),
        ("subject", {"subject": ""}),
        ("subject", {"subject": "H 01"}),
        ("subject", {"subject": "../H01"}),
        ("subject", {"subject": "H01\n"}),
        ("subject", {"subject": "H" * 65}),
        ("subject", {"subject": "110101199003070134"}),
        ("roles", {"roles": set()}),
        ("roles", {"roles": {"root"}}),
        ("agency", {"roles": {"officer"}}),
        ("agency", {"roles": {"officer"}, "agency": "11510106DEM9A00332"}),
        ("agency", {"agency": AGENCY}),
    ],
)
def test_malformed_facts_are_refused_by_field(
    accounts: AccountBook, ledger: Ledger, field: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(AccountRefused) as refused:
        opened(accounts, **wrong)
    assert refused.value.field == field
    assert refused.value.rule
    assert refused.value.todo
    assert (accounts.list(), ledger.size()) == ((), 0)


def test_mandate_is_given_once_ends_and_is_given_again(accounts: AccountBook, clock: Any) -> None:
    one = opened(accounts)
    first = accounts.allow_to_act(one, PRINCIPAL.lower(), by="test")
    assert accounts.allow_to_act(one, PRINCIPAL, by="test") == first
    assert accounts.may_act_for(one, PRINCIPAL)
    assert not accounts.may_act_for(one, enterprise(2))
    clock.advance(timedelta(hours=1))
    ended = accounts.end_mandate(one, PRINCIPAL, by="test")
    assert (ended.mandate_id, ended.ended_at) == (first.mandate_id, clock())
    assert not accounts.may_act_for(one, PRINCIPAL)
    with pytest.raises(NoSuchMandate):
        accounts.end_mandate(one, PRINCIPAL, by="test")
    again = accounts.allow_to_act(one, PRINCIPAL, by="test")
    assert again.mandate_id != first.mandate_id
    assert accounts.principals(one) == (PRINCIPAL,)


def test_mandates_are_for_open_accounts_of_applicants(accounts: AccountBook) -> None:
    officer = opened(accounts, name="赵样十", subject="H10", roles={"officer"}, agency=AGENCY)
    with pytest.raises(AccountRefused, match="account_id"):
        accounts.allow_to_act(officer, PRINCIPAL, by="test")
    with pytest.raises(NoSuchAccount):
        accounts.allow_to_act("0" * 32, PRINCIPAL, by="test")
    closed = opened(accounts)
    with pytest.raises(AccountRefused, match="uscc"):
        accounts.allow_to_act(closed, "91510106DEM9E00000", by="test")
    accounts.close(closed, by="test")
    with pytest.raises(AccountClosed):
        accounts.allow_to_act(closed, PRINCIPAL, by="test")


def test_closing_is_for_good_and_once(accounts: AccountBook, ledger: Ledger, clock: Any) -> None:
    one = opened(accounts)
    closed = accounts.close(one, by="test")
    assert closed.closed_at == clock()
    size = ledger.size()
    clock.advance(timedelta(hours=1))
    assert accounts.close(one, by="test") == closed
    assert ledger.size() == size
    with pytest.raises(SubjectTaken):
        opened(accounts)
    with pytest.raises(NoSuchAccount):
        accounts.close("0" * 32, by="test")


STRANGE = ["", "\x00", "\ud800", "0" * 31, "0" * 33, "' OR 1=1 --", "F" * 32, "0" * 32 + "\n"]


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_ids_are_nobody(accounts: AccountBook, strange: str) -> None:
    for act in (accounts.get, lambda one: accounts.close(one, by="test")):
        with pytest.raises(NoSuchAccount):
            act(strange)
    with pytest.raises(NoSuchAccount):
        accounts.allow_to_act(strange, PRINCIPAL, by="test")
    with pytest.raises(NoSuchMandate):
        accounts.end_mandate(strange, PRINCIPAL, by="test")
    assert not accounts.may_act_for(strange, PRINCIPAL)
    assert not accounts.may_act_for("0" * 32, strange)
    assert accounts.principals(strange) == ()


def test_log_holds_no_name_no_subject_no_principal(accounts: AccountBook, ledger: Ledger) -> None:
    one = opened(accounts)
    accounts.allow_to_act(one, PRINCIPAL, by="test")
    accounts.end_mandate(one, PRINCIPAL, by="test")
    accounts.close(one, by="test")
    text = leaves(ledger)
    assert "account.opened" in text
    assert [word for word in ("李样一", "H01", PRINCIPAL) if word in text] == []


@pytest.mark.parametrize(
    "changed",
    [{"name": "李样二"}, {"roles": '["operator"]'}, {"closed_at": None}, {"subject": "H02"}],
    ids=lambda values: "".join(values),
)
def test_edited_account_is_found(
    database: Database, accounts: AccountBook, ledger: Ledger, changed: dict[str, Any]
) -> None:
    one = opened(accounts)
    accounts.close(one, by="test")
    assert findings(database, ledger) == []
    with database.write() as connection:
        connection.execute(update(accounts_table).values(changed))
    assert findings(database, ledger) == [("changed", "accounts", one)]


def test_edited_mandate_is_found(database: Database, accounts: AccountBook, ledger: Ledger) -> None:
    mandate = accounts.allow_to_act(opened(accounts), PRINCIPAL, by="test")
    assert findings(database, ledger) == []
    with database.write() as connection:
        connection.execute(update(mandates_table).values(uscc=enterprise(2)))
    assert findings(database, ledger) == [("changed", "mandates", mandate.mandate_id)]


def test_two_at_once_open_one_account(accounts: AccountBook, database: Database) -> None:
    made: list[str] = []
    barrier = threading.Barrier(4)

    def work(act: Callable[[], str]) -> None:
        barrier.wait()
        made.append(act())

    threads = [threading.Thread(target=work, args=(lambda: opened(accounts),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(accounts_table)).scalar_one() == 1

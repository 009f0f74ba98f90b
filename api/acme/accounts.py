# SPDX-License-Identifier: Apache-2.0
"""ACME accounts (RFC 8555 section 7.3): opened with a binding, changed, given another key, deactivated.

Each change is an entry in the public log, which names neither key nor contact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from verify import Json, canonical_json

from ..database.tables_acme import acme_accounts as table
from ..database.tables_identity import is_id, stored_time
from ..ledger import RowAltered, Transaction, require_vouched
from .addresses import Addresses
from .binding import key_in_force, secret_in_force
from .errors import AcmeRefused
from .jose import Jwk, Signed, parse_jwk, parse_payload, parse_signed, verify_mac, verify_signed
from .model import AccountStatus, AcmeAccount
from .ports import AcmePorts

_MOST_CONTACTS = 5
_MAIL = re.compile(r"[A-Za-z0-9.!#$&'*+/=^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")


def open_account(
    ports: AcmePorts, jwk: Jwk, payload: dict[str, Json], *, url: str, spend: Callable[[], None]
) -> tuple[AcmeAccount, bool]:
    """The account of this key, and whether it is new; ``spend`` is called before one is opened."""
    with ports.database.read() as connection:
        found = find_by_thumbprint(connection, jwk.thumbprint)
    if found is not None:
        return require_valid(found), False
    if payload.get("onlyReturnExisting") is True:
        raise AcmeRefused("accountDoesNotExist")
    contacts = _contacts(payload.get("contact", []))
    key_id = _bound(ports, jwk, payload.get("externalAccountBinding"), url=url)
    values: dict[str, Any] = {
        "id": ports.new_id(),
        "key_id": key_id,
        "jwk": jwk.text,
        "thumbprint": jwk.thumbprint,
        "contacts": canonical_json(list(contacts)).decode(),
        "status": AccountStatus.VALID.value,
        "opened_at": ports.clock(),
    }
    spend()
    with ports.ledger.transaction() as tx:
        meanwhile = find_by_thumbprint(tx.connection, jwk.thumbprint)
        if meanwhile is not None:
            return require_valid(meanwhile), False
        key_in_force(ports, tx.connection, key_id)
        count = select(func.count()).select_from(table).where(table.c.key_id == key_id)
        if tx.connection.execute(count).scalar_one() >= ports.limits.accounts:
            raise AcmeRefused("rateLimited", "too many accounts under this key", retry_after=86400)
        tx.connection.execute(insert(table).values(values))
        _commit(tx, values, "subscriber.opened", key_id=key_id)
    return get_account(ports, values["id"]), True


def change_account(ports: AcmePorts, account: AcmeAccount, payload: dict[str, Json]) -> AcmeAccount:
    """New contacts, or the end of the account."""
    changed: dict[str, Any] = {}
    if "contact" in payload:
        changed["contacts"] = canonical_json(list(_contacts(payload["contact"]))).decode()
    if "status" in payload:
        if payload["status"] != AccountStatus.DEACTIVATED.value:
            raise AcmeRefused("malformed", "a client can set the status to deactivated only")
        changed["status"] = AccountStatus.DEACTIVATED.value
    if changed:
        kind = "subscriber.ended" if "status" in changed else "subscriber.changed"
        _change(ports, account.account_id, changed, kind)
    return get_account(ports, account.account_id)


def change_key(ports: AcmePorts, account: AcmeAccount, payload: dict[str, Json], *, url: str) -> AcmeAccount:
    """Key roll-over (RFC 8555 section 7.3.5): the payload is a JWS by the new key about the old one."""
    inner = parse_signed(dict(payload))
    jwk = _new_key(inner, url)
    said = parse_payload(inner)
    if said.get("account") != Addresses(ports.base).account(account.account_id):
        raise AcmeRefused("malformed", "the inner JWS names another account")
    if parse_jwk(said.get("oldKey")).text != account.jwk:
        raise AcmeRefused("malformed", "oldKey is not the key of this account")
    with ports.database.read() as connection:
        taken = find_by_thumbprint(connection, jwk.thumbprint)
    if taken is not None:
        where = Addresses(ports.base).account(taken.account_id)
        raise AcmeRefused("malformed", "this key has an account already", status=409, location=where)
    _change(ports, account.account_id, {"jwk": jwk.text, "thumbprint": jwk.thumbprint}, "subscriber.rekeyed")
    return get_account(ports, account.account_id)


def get_account(ports: AcmePorts, account_id: str) -> AcmeAccount:
    """One account that the public log vouches for; raises :class:`AcmeRefused`."""
    with ports.database.read() as connection:
        return read_account(connection, account_id)


def read_account(connection: Connection, account_id: str) -> AcmeAccount:
    """The same within a transaction."""
    query = select(table).where(table.c.id == account_id)
    row = connection.execute(query).one_or_none() if is_id(account_id) else None
    if row is None:
        raise AcmeRefused("accountDoesNotExist")
    return _account(connection, row)


def find_by_thumbprint(connection: Connection, thumbprint: str) -> AcmeAccount | None:
    """The account of a key."""
    row = connection.execute(select(table).where(table.c.thumbprint == thumbprint)).one_or_none()
    return None if row is None else _account(connection, row)


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    return {**values, "opened_at": stored_time(values["opened_at"])}


def committed_acme_accounts(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored account, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def _bound(ports: AcmePorts, jwk: Jwk, binding: Json, *, url: str) -> str:
    """The id of the key that this binding was made with; raises :class:`AcmeRefused`."""
    if binding is None:
        raise AcmeRefused("externalAccountRequired")
    inner = parse_signed(binding)
    key_id = inner.header.get("kid")
    if set(inner.header) != {"alg", "kid", "url"} or not isinstance(key_id, str):
        raise AcmeRefused("malformed", "the binding's protected header has alg, kid and url, nothing else")
    if inner.header["url"] != url:
        raise AcmeRefused("malformed", "the binding was made for another address")
    with ports.database.read() as connection:
        secret = secret_in_force(ports, connection, key_id)
    try:
        verify_mac(inner, secret)
    except AcmeRefused as error:
        if error.code != "malformed":
            raise
        raise AcmeRefused("unauthorized", "the MAC of the binding does not verify") from error
    if parse_jwk(parse_payload(inner)).text != jwk.text:
        raise AcmeRefused("malformed", "the binding was made for another account key")
    return key_id


def _new_key(inner: Signed, url: str) -> Jwk:
    if "nonce" in inner.header or "kid" in inner.header or "jwk" not in inner.header:
        raise AcmeRefused("malformed", "the inner JWS has jwk, and neither kid nor nonce")
    if inner.header["url"] != url:
        raise AcmeRefused("malformed", "inner and outer url differ")
    jwk = parse_jwk(inner.header["jwk"])
    verify_signed(inner, jwk)
    return jwk


def _change(ports: AcmePorts, account_id: str, changed: dict[str, Any], kind: str) -> None:
    with ports.ledger.transaction() as tx:
        before = read_account(tx.connection, account_id)
        require_valid(before)
        if "thumbprint" in changed and find_by_thumbprint(tx.connection, changed["thumbprint"]) is not None:
            raise AcmeRefused("malformed", "this key has an account already", status=409)
        tx.connection.execute(update(table).where(table.c.id == account_id).values(changed))
        row = tx.connection.execute(select(table).where(table.c.id == account_id)).one()
        _commit(tx, row._asdict(), kind)


def _commit(tx: Transaction, values: dict[str, Any], kind: str, **more: Json) -> None:
    body: dict[str, Json] = {"acme_account_id": values["id"], **more}
    tx.commit_row("acme_accounts", values["id"], committed(values), kind=kind, body=body)


def require_valid(account: AcmeAccount) -> AcmeAccount:
    """The account itself, unless it is deactivated."""
    if account.status is not AccountStatus.VALID:
        raise AcmeRefused("unauthorized", "the account is deactivated", status=401)
    return account


def _contacts(given: Json) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) > _MOST_CONTACTS:
        raise AcmeRefused("invalidContact", f"contact is a list of at most {_MOST_CONTACTS} addresses")
    for one in given:
        if not isinstance(one, str):
            raise AcmeRefused("invalidContact", "a contact is text")
        scheme, _, address = one.partition(":")
        if scheme.lower() != "mailto":
            raise AcmeRefused("unsupportedContact")
        if not _MAIL.match(address):
            raise AcmeRefused("invalidContact", "a contact is one mail address, without headers")
    return tuple(str(one) for one in given)


def _account(connection: Connection, row: Row[Any]) -> AcmeAccount:
    try:
        require_vouched(connection, "acme_accounts", row.id, committed(row._asdict()))
    except RowAltered as error:
        raise AcmeRefused("unauthorized", "the public log does not vouch for this account") from error
    return AcmeAccount(
        account_id=row.id,
        key_id=row.key_id,
        jwk=row.jwk,
        thumbprint=row.thumbprint,
        contacts=tuple(json.loads(row.contacts)),
        status=AccountStatus(row.status),
        opened_at=row.opened_at,
    )

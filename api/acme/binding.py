# SPDX-License-Identifier: Apache-2.0
"""Keys for external account binding (RFC 8555 section 7.3.4): made by an operator, for names of one holder.

The MAC secret is needed in the clear to check a MAC: it is stored under AES-256-GCM with a secret of the
vault and bound to the id of its key, so that it opens in no other row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, insert, select, update

from verify import IdentifierInvalid, Json, canonical_json, parse_uscc

from ..accounts import AccountClosed, AccountError, require_account_in_log
from ..database.tables_acme import acme_keys as table
from ..database.tables_identity import is_id, stored_time
from ..ledger import RowAltered, require_vouched
from .encoding import to_base64url
from .errors import AcmeKeyRefused, AcmeRefused, NoSuchAcmeKey
from .model import BindingKey, MadeKey
from .names import why_no_name
from .ports import AcmePorts

_SECRET, _NONCE = 32, 12
_MOST_DOMAINS = 100
_LONGEST_NAME = 46
"""O of a certificate has 64 characters, and begins with the 18 of the credit code."""


def make_key(
    ports: AcmePorts,
    *,
    domains: Sequence[str],
    account_id: str | None = None,
    holder: str = "",
    holder_name: str = "",
    by: str,
) -> MadeKey:
    """A key for an account, for an organisation, or (neither given) for the operating authority itself."""
    allowed = _checked_domains(domains)
    if account_id is not None:
        account = ports.accounts.get(account_id)
        if account.closed_at is not None:
            raise AccountClosed(account_id)
        holder, holder_name = account.subject, account.name
    elif not holder and not holder_name:
        holder, holder_name = ports.authority
    key_id, secret = ports.new_id(), ports.random(_SECRET)
    values: dict[str, Any] = {
        "id": key_id,
        "account_id": account_id,
        "holder": _checked_holder(holder),
        "holder_name": _checked_name(holder_name),
        "domains": canonical_json(list(allowed)).decode("ascii"),
        "mac": _seal(ports, key_id, secret),
        "made_at": ports.clock(),
        "made_by": by,
        "ended_at": None,
        "ended_by": None,
    }
    with ports.ledger.transaction() as tx:
        tx.connection.execute(insert(table).values(values))
        tx.commit_row("acme_keys", key_id, committed(values), kind="binding.made", body={"key_id": key_id})
    return MadeKey(get_key(ports, key_id), to_base64url(secret))


def end_key(ports: AcmePorts, key_id: str, *, by: str) -> BindingKey:
    """End a key: accounts under it order nothing any more.  Ending it again changes nothing."""
    with ports.ledger.transaction() as tx:
        row = _row(tx.connection, key_id)
        if row.ended_at is None:
            require_vouched(tx.connection, "acme_keys", key_id, committed(row._asdict()))
            ended = {"ended_at": ports.clock(), "ended_by": by}
            tx.connection.execute(update(table).where(table.c.id == key_id).values(ended))
            tx.commit_row(
                "acme_keys",
                key_id,
                committed({**row._asdict(), **ended}),
                kind="binding.ended",
                body={"key_id": key_id},
            )
    return get_key(ports, key_id)


def get_key(ports: AcmePorts, key_id: str) -> BindingKey:
    """One key; raises :class:`NoSuchAcmeKey`."""
    with ports.database.read() as connection:
        return _key(_row(connection, key_id))


def list_keys(ports: AcmePorts) -> tuple[BindingKey, ...]:
    """Every key, oldest first."""
    with ports.database.read() as connection:
        return tuple(
            _key(row) for row in connection.execute(select(table).order_by(table.c.made_at, table.c.id))
        )


def key_in_force(ports: AcmePorts, connection: Connection, key_id: str) -> BindingKey:
    """The key, if it has not ended, its account is open, and the public log vouches for both.

    Raises :class:`AcmeRefused`, which does not tell which of these it was.
    """
    return _key(_row_in_force(ports, connection, key_id))


def secret_in_force(ports: AcmePorts, connection: Connection, key_id: str) -> bytes:
    """The MAC secret of a key in force."""
    return _open(ports, _row_in_force(ports, connection, key_id))


def committed(values: dict[str, Any]) -> dict[str, Json]:
    """The row as the ledger commits to it."""
    times: dict[str, Json] = {name: stored_time(values[name]) for name in ("made_at", "ended_at")}
    return {**values, **times, "mac": bytes(values["mac"]).hex()}


def committed_acme_keys(connection: Connection) -> Iterator[tuple[str, dict[str, Json]]]:
    """Every stored key, for the check of the database against the ledger."""
    for row in connection.execute(select(table)):
        yield row.id, committed(row._asdict())


def _row_in_force(ports: AcmePorts, connection: Connection, key_id: str) -> Row[Any]:
    try:
        row = _row(connection, key_id)
        require_vouched(connection, "acme_keys", row.id, committed(row._asdict()))
        closed = False
        if row.account_id is not None:
            account = ports.accounts.get(row.account_id)
            require_account_in_log(connection, account)
            closed = account.closed_at is not None
    except (NoSuchAcmeKey, AccountError, RowAltered) as error:
        raise AcmeRefused("unauthorized", "the external account binding is not in force") from error
    if row.ended_at is not None or closed:
        raise AcmeRefused("unauthorized", "the external account binding is not in force")
    return row


def _row(connection: Connection, key_id: str) -> Row[Any]:
    row = (
        connection.execute(select(table).where(table.c.id == key_id)).one_or_none() if is_id(key_id) else None
    )
    if row is None:
        raise NoSuchAcmeKey(f"no key {key_id}")
    return row


def _key(row: Row[Any]) -> BindingKey:
    return BindingKey(
        key_id=row.id,
        account_id=row.account_id,
        holder=row.holder,
        holder_name=row.holder_name,
        domains=tuple(json.loads(row.domains)),
        made_at=row.made_at,
        ended_at=row.ended_at,
    )


def _seal(ports: AcmePorts, key_id: str, secret: bytes) -> bytes:
    nonce = ports.random(_NONCE)
    return nonce + AESGCM(ports.binding_secret).encrypt(nonce, secret, key_id.encode())


def _open(ports: AcmePorts, row: Row[Any]) -> bytes:
    stored = bytes(row.mac)
    try:
        return AESGCM(ports.binding_secret).decrypt(stored[:_NONCE], stored[_NONCE:], row.id.encode())
    except (InvalidTag, ValueError) as error:
        raise AcmeRefused("serverInternal", "the secret of this key cannot be opened") from error


def _checked_domains(domains: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one.strip().lower().removeprefix("*.") for one in domains))
    if not found or len(found) > _MOST_DOMAINS:
        raise AcmeKeyRefused(
            "domains",
            f"须有 1 至 {_MOST_DOMAINS} 个域名后缀 / between 1 and {_MOST_DOMAINS} domains",
            "请写明允许的域名,如 gov.example / name the domains, such as gov.example",
        )
    for one in found:
        why = why_no_name(one)
        if why:
            raise AcmeKeyRefused(
                "domains",
                f"不是可用的域名 / not a usable domain: {why}",
                "请写至少两级的域名,中文域名写成 xn-- 形式 / at least two labels, in A-label form",
            )
    return found


def _checked_holder(holder: str) -> str:
    try:
        return str(parse_uscc(holder))
    except IdentifierInvalid as error:
        raise AcmeKeyRefused(
            "holder",
            "持有单位须为有效的统一社会信用代码 / the holder must be a valid unified social credit code",
            "请用单位账号,或写明 holder 与 holder_name / use an organisation's account or code",
        ) from error


def _checked_name(name: str) -> str:
    if not 1 <= len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
        raise AcmeKeyRefused(
            "holder_name",
            f"单位名称为 1 至 {_LONGEST_NAME} 个可见字符 / a name of 1 to {_LONGEST_NAME} visible characters",
            "请写单位名称,过长时用规范简称 / write the organisation's name, or its official short form",
        )
    return name.strip()

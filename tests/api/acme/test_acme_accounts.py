# SPDX-License-Identifier: Apache-2.0
"""Accounts and what binds them (RFC 8555 section 7.3), revocation (7.6) and renewal (RFC 9773)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey
from sqlalchemy import select, update

from api.acme import (
    AcmeKeyRefused,
    Limits,
    NoSuchAcmeKey,
    committed_acme_accounts,
    committed_acme_authorizations,
    committed_acme_keys,
)
from api.database.tables_acme import acme_accounts, acme_keys
from api.ledger import check_ledger


def test_directory(desk: Any) -> None:
    found = desk.acme.directory()
    assert found["meta"]["externalAccountRequired"] is True
    assert {"newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo"} < set(found)


def test_open_find_change_end(desk: Any) -> None:
    made = desk.key()
    client = desk.stranger()
    answer = client.register(made)
    assert answer.status == 201
    assert answer.body["contact"] == ["mailto:ops@corp.test"]
    kid, client.kid = client.kid, ""
    again = client.post(client.url("newAccount"), {"onlyReturnExisting": True})
    assert (again.status, again.headers["Location"]) == (200, kid)
    client.kid = kid
    assert client.post(kid, {"contact": []}).body["contact"] == []
    assert client.post(kid, {}).body["contact"] == []
    desk.refused("malformed", lambda: client.post(kid, {"status": "valid"}))
    assert client.post(kid, {"status": "deactivated"}).body["status"] == "deactivated"
    assert desk.refused("unauthorized", lambda: client.post(kid)).status == 401
    client.kid = ""
    assert desk.refused("unauthorized", lambda: client.register(made)).status == 401


def test_nobody_without_a_binding(desk: Any) -> None:
    client = desk.stranger()
    url = client.url("newAccount")
    desk.refused("accountDoesNotExist", lambda: client.post(url, {"onlyReturnExisting": True}))
    desk.refused("externalAccountRequired", lambda: client.post(url, {}))


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        (["tel:+861"], "unsupportedContact"),
        (["mailto:"], "invalidContact"),
        (["mailto:a@b.test,c@d.test"], "invalidContact"),
        (["mailto:a@b.test?subject=x"], "invalidContact"),
        ([7], "invalidContact"),
        ("mailto:a@b.test", "invalidContact"),
        (["mailto:a@b.test"] * 6, "invalidContact"),
    ],
)
def test_contacts(desk: Any, contact: Any, code: str) -> None:
    made = desk.key()
    client = desk.stranger()
    desk.refused(code, lambda: client.register(made, contact=contact))


def test_bindings_that_bind_nothing(desk: Any) -> None:
    """Each is a good one with a single thing wrong."""
    made, other = desk.key(), desk.key("other.test")
    client = desk.stranger()
    url = client.url("newAccount")

    def tried(binding: Any) -> Any:
        return lambda: client.post(url, {"externalAccountBinding": binding})

    desk.refused("unauthorized", tried(client.binding(made, secret=b"0" * 32)))
    desk.refused("unauthorized", tried(client.binding(made, kid=other.key.key_id)))
    desk.refused("unauthorized", tried(client.binding(made, kid="0" * 32)))
    desk.refused("unauthorized", tried(client.binding(made, kid="x")))
    desk.refused("malformed", tried(client.binding(made, url=client.url("newOrder"))))
    desk.refused("malformed", tried(client.binding(made, key=desk.account_key("the account of another"))))
    desk.refused("malformed", tried(client.binding(made, nonce=desk.acme.nonce())))
    desk.refused("malformed", tried("text"))
    desk.refused("malformed", tried({}))
    asymmetric = desk.signed(
        {"alg": "ES256", "kid": made.key.key_id, "url": url},
        json.dumps(desk.public(client.key)).encode(),
        client.key,
    )
    desk.refused("badSignatureAlgorithm", tried(asymmetric))
    tampered = client.binding(made)
    tampered["payload"] = desk.b64(json.dumps(desk.public(desk.account_key("x"))).encode())
    desk.refused("unauthorized", tried(tampered))
    assert client.post(url, {"externalAccountBinding": client.binding(made)}).status == 201


@pytest.mark.parametrize("desk", [Limits(accounts=2)], indirect=True)
def test_a_key_binds_so_many_accounts(desk: Any) -> None:
    made = desk.key()
    desk.client("one", made=made)
    desk.client("two", made=made)
    desk.refused("rateLimited", lambda: desk.client("three", made=made))
    assert desk.client("one", made=made)


def test_the_secret_is_in_no_row(desk: Any) -> None:
    """Encrypted, and bound to its own row: moved into another it opens nothing."""
    made, other = desk.key(), desk.key()
    with desk.ports.database.read() as connection:
        rows = {row.id: row.mac for row in connection.execute(select(acme_keys))}
    assert made.secret.encode() not in rows[made.key.key_id]
    with desk.ports.database.write() as connection:
        connection.execute(
            update(acme_keys).where(acme_keys.c.id == other.key.key_id).values(mac=rows[made.key.key_id])
        )
    client = desk.stranger()
    desk.refused("unauthorized", lambda: client.register(other))


def test_an_edited_key_or_account_is_believed_by_nobody(desk: Any) -> None:
    made = desk.key("corp.test")
    client = desk.client(made=made)
    with desk.ports.database.write() as connection:
        connection.execute(update(acme_keys).values(domains='["test.test"]'))
    desk.refused("unauthorized", lambda: client.order("www.test.test"))
    thief = desk.account_key("thief")
    with desk.ports.database.write() as connection:
        jwk = json.dumps(desk.public(thief), sort_keys=True, separators=(",", ":"))
        connection.execute(update(acme_accounts).values(jwk=jwk, thumbprint=thief.thumbprint()))
    stolen = desk.stranger("thief")
    stolen.kid = client.kid
    desk.refused("unauthorized", lambda: stolen.post(client.kid))


def test_the_log_is_whole_and_finds_edits(desk: Any) -> None:
    client = desk.client()
    client.issued("corp.test")
    sources = {
        "acme_keys": committed_acme_keys,
        "acme_accounts": committed_acme_accounts,
        "acme_authorizations": committed_acme_authorizations,
    }

    def found() -> set[str | None]:
        checked = check_ledger(desk.ports.database, desk.ports.ledger.log_keys(), sources)
        return {one.table for one in checked.findings} & set(sources)

    assert found() == set()
    with desk.ports.database.write() as connection:
        connection.execute(update(acme_keys).values(domains='["evil.test"]'))
    assert found() == {"acme_keys"}


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"domains": []}, "domains"),
        ({"domains": ["test"]}, "domains"),
        ({"domains": ["中国.test"]}, "domains"),
        ({"domains": ["corp.test"], "holder": "X", "holder_name": "x"}, "holder"),
        ({"domains": ["corp.test"], "holder": "11510000DEM9A0017F", "holder_name": ""}, "holder_name"),
        ({"domains": ["corp.test"], "holder": "11510000DEM9A0017F", "holder_name": "长" * 47}, "holder_name"),
    ],
)
def test_keys_that_are_not_made(desk: Any, facts: Any, field: str) -> None:
    with pytest.raises(AcmeKeyRefused) as caught:
        desk.acme.make_key(**facts, by="test")
    assert caught.value.field == field


def test_keys_of_an_account_end_with_it(desk: Any) -> None:
    account = desk.ports.accounts.add(
        name="示例建工有限公司", subject="91510100DEM001017Y", roles=["applicant"], by="test"
    )
    made = desk.key(account_id=account.account_id)
    assert (made.key.holder, made.key.account_id) == (account.subject, account.account_id)
    client = desk.client(made=made)
    client.order("corp.test")
    desk.ports.accounts.close(account.account_id, by="test")
    desk.refused("unauthorized", lambda: client.order("corp.test"))
    assert [one.key_id for one in desk.acme.list_keys()] == [made.key.key_id]
    with pytest.raises(NoSuchAcmeKey):
        desk.acme.end_key("0" * 32, by="test")


# Another key for an account


def rollover(desk: Any, client: Any, new: ECKey, **wrong: Any) -> Any:
    url = client.url("keyChange")
    header = {"alg": "ES256", "jwk": desk.public(new), "url": url, **wrong.get("header", {})}
    payload = {"account": client.kid, "oldKey": desk.public(client.key), **wrong.get("payload", {})}
    signer = wrong.get("signer", new)
    return client.post(url, desk.signed(header, json.dumps(payload).encode(), signer))


def test_key_change(desk: Any) -> None:
    client = desk.client()
    url, _ = client.order("corp.test")
    new = desk.account_key("new")
    assert rollover(desk, client, new).status == 200
    desk.refused("malformed", lambda: client.post(url))
    client.key = new
    assert client.post(url).body["status"] == "pending"
    _, order = client.issued("www.corp.test")
    assert order["status"] == "valid"


def test_key_changes_that_are_refused(desk: Any) -> None:
    client, other = desk.client(), desk.client("other")
    new = desk.account_key("new")
    wrong = (
        {"header": {"url": client.url("newOrder")}},
        {"header": {"nonce": desk.acme.nonce()}},
        {"header": {"kid": client.kid}},
        {"payload": {"account": other.kid}},
        {"payload": {"oldKey": desk.public(other.key)}},
        {"signer": other.key},
    )
    for one in wrong:
        desk.refused("malformed", lambda one=one: rollover(desk, client, new, **one))
    error = desk.refused("malformed", lambda: rollover(desk, client, other.key))
    assert (error.status, error.location) == (409, other.kid)
    client.post(client.kid)


# Revocation


def leaf(client: Any, order: Any) -> x509.Certificate:
    return x509.load_pem_x509_certificates(client.post(order["certificate"]).body)[0]


def revocation(desk: Any, certificate: x509.Certificate, **more: Any) -> dict[str, Any]:
    return {"certificate": desk.b64(certificate.public_bytes(Encoding.DER)), **more}


def test_revoked_by_the_account(desk: Any) -> None:
    client = desk.client()
    _, order = client.issued("corp.test")
    certificate, url = leaf(client, order), client.url("revokeCert")
    for reason in (2, 6, 7, 8, 9, 10, 99, "1", True, None):
        desk.refused(
            "badRevocationReason",
            lambda reason=reason: client.post(url, revocation(desk, certificate, reason=reason)),
        )
    assert client.post(url, revocation(desk, certificate, reason=1)).status == 200
    (found,) = [one for one in desk.identity.certificates.listed() if one.key_label is None]
    assert (found.revoked_at is not None, found.reason) == (True, "keyCompromise")
    desk.refused("alreadyRevoked", lambda: client.post(url, revocation(desk, certificate)))


def test_revoked_by_the_key_of_the_certificate(desk: Any) -> None:
    client = desk.client()
    _, order = client.issued("corp.test")
    certificate = leaf(client, order)
    stranger = desk.stranger("stranger")
    url = client.url("revokeCert")
    desk.refused("unauthorized", lambda: stranger.post(url, revocation(desk, certificate)))
    stranger.key = ECKey.import_key(desk.server_key("corp.test"))
    assert stranger.post(url, revocation(desk, certificate, reason=4)).status == 200


def test_revoked_by_whoever_proved_all_names(desk: Any) -> None:
    client = desk.client()
    _, order = client.issued("a.corp.test", "b.corp.test")
    certificate, other = leaf(client, order), desk.client("other")
    url = client.url("revokeCert")
    desk.refused("unauthorized", lambda: other.post(url, revocation(desk, certificate)))
    other.ready("a.corp.test")
    desk.refused("unauthorized", lambda: other.post(url, revocation(desk, certificate)))
    other.ready("b.corp.test")
    assert other.post(url, revocation(desk, certificate)).status == 200


def test_certificates_that_are_not_acmes(desk: Any) -> None:
    client = desk.client()
    held = desk.identity.person()
    url = client.url("revokeCert")
    for content in (held.der, held.der + b"\0", b"", b"no certificate"):
        error = desk.refused(
            "malformed", lambda content=content: client.post(url, {"certificate": desk.b64(content)})
        )
        assert error.status == 404
    for given in (None, 7, "not base64url!"):
        desk.refused("malformed", lambda given=given: client.post(url, {"certificate": given}))


# Renewal


def renewal_id(desk: Any, certificate: x509.Certificate) -> str:
    key_id = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    serial = certificate.serial_number
    return f"{desk.b64(key_id)}.{desk.b64(serial.to_bytes(serial.bit_length() // 8 + 1, 'big'))}"


def test_renewal_window(desk: Any, clock: Any) -> None:
    client = desk.client()
    _, order = client.issued("corp.test")
    certificate = leaf(client, order)
    asked = renewal_id(desk, certificate)
    answer = desk.acme.renewal_info(asked)
    window = answer.body["suggestedWindow"]
    starts, ends = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in window_of(certificate))
    assert starts < window["start"] < window["end"] < ends
    assert int(answer.headers["Retry-After"]) > 0
    clock.advance(timedelta(days=1))
    client.post(client.url("revokeCert"), revocation(desk, certificate))
    assert desk.acme.renewal_info(asked).body["suggestedWindow"]["end"] <= f"{clock():%Y-%m-%dT%H:%M:%SZ}"
    for unknown in ("AAAA.AAAA", "x", "", "a.b.c", "!.!", "A" * 500):
        desk.refused("malformed", lambda unknown=unknown: desk.acme.renewal_info(unknown))


def window_of(certificate: x509.Certificate) -> Any:
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def test_an_order_replaces_one_certificate(desk: Any, clock: Any) -> None:
    client, other = desk.client(), desk.client("other")
    _, order = client.issued("corp.test")
    asked = renewal_id(desk, leaf(client, order))
    desk.refused("unauthorized", lambda: other.order("corp.test", replaces=asked))
    desk.refused("malformed", lambda: client.order("www.corp.test", replaces=asked))
    _, first = client.order("corp.test", replaces=asked)
    assert first["replaces"] == asked
    assert desk.refused("alreadyReplaced", lambda: client.order("corp.test", replaces=asked)).status == 409
    clock.advance(timedelta(days=8))
    _, second = client.issued("corp.test", replaces=asked)
    assert second["status"] == "valid"
    desk.refused("alreadyReplaced", lambda: client.order("corp.test", replaces=asked))

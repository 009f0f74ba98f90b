# SPDX-License-Identifier: Apache-2.0
"""Enrolment over Secure Transport (RFC 7030) for registered devices.

The certificate says what the operator registered; the request brings a key and the proof that the device has
it.  A secret is spent by the first good request and brings that request's certificate as often as it is sent
again, so an answer that got lost is fetched by asking again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from ca import AlternativeName, CaError, Request, parse_request, profile
from verify import Json, Trust, parse_certificate

from ..certificates import CertificateError, IssuedCertificate, IssueOrder
from ..database.tables_est import est_devices, est_enrolments, est_secrets
from ..database.tables_identity import is_id
from ..enrolment import Channel, EnrolmentOrder, EnrolmentRefused, Person, State
from ..login import Attempts, LoginRefused
from . import store
from .attributes import names_in, read_wishes, require_granted
from .devices import DeviceBook, digest_of
from .errors import EstRefused, NotAuthenticated, TooManyTries
from .messages import certs_only, hierarchies_of, hierarchy_of, read_body, wished
from .model import PROFILE, Device
from .ports import EstPorts

MOST_FAILURES, MOST_FROM_SOURCE = 20, 500
"""In a minute: failed tries for one device from one address, and from one address altogether."""
MOST_RENEWALS = 10
RETRY_SECONDS = 300
"""How long a device waits before it asks again for a certificate that somebody has to approve."""


class Est:
    """What devices ask for.  Safe to share between threads and processes."""

    def __init__(self, ports: EstPorts) -> None:
        self._ports = ports
        self.devices = DeviceBook(ports)
        self._attempts = Attempts(ports.clock)

    # What anybody may have

    def authorities(self, label: str | None) -> bytes:
        """Root and issuing authorities for devices, as PKCS#7."""
        certificates = self._ports.certificates
        trust, found = certificates.trust(), list[bytes]()
        for hierarchy in hierarchies_of(label):
            name = certificates.authority_for(PROFILE, hierarchy.kind)
            found += _path(trust, certificates.issuer_file(name))
        return certs_only(found)

    def wishes(self, label: str | None) -> bytes:
        """CsrAttrs."""
        return wished(hierarchies_of(label))

    # Enrolling

    def enrol(
        self, label: str | None, credentials: tuple[str, str] | None, body: bytes, *, source: str
    ) -> bytes | None:
        """The certificate as PKCS#7, or ``None`` while an officer has to approve it."""
        families = hierarchies_of(label)
        if credentials is None:
            raise NotAuthenticated("credentials-missing")
        device, secret = self._authenticated(*credentials, source=source)
        encoded = read_body(body)
        request = parse_request(encoded)
        if hierarchy_of(request.public_key) not in families:
            raise EstRefused("family-differs")
        require_granted(read_wishes(request.der), profile(device.profile), frozenset(device.names))
        self._spend(device, secret, request)
        try:
            if device.approval:
                made = self._approved(device, secret, request)
            else:
                made = self._issued(device, request)
        except (CaError, CertificateError, EnrolmentRefused):
            self._give_back(secret, request)
            raise
        if made is None:
            return None
        self._record(made, device, request, secret_id=secret.id, replaces=None)
        return certs_only([made.der])

    def renew(self, label: str | None, certificate: bytes, body: bytes) -> bytes:
        """A new certificate for a device that showed its present one, with the same key or another."""
        families = hierarchies_of(label)
        present, device = self._shown(certificate)
        request = parse_request(read_body(body))
        if hierarchy_of(request.public_key) not in families:
            raise EstRefused("family-differs")
        self._require_same(request, present)
        with self._ports.database.read() as connection:
            before = store.renewed(connection, present.certificate_id, _sha256(request))
        if before is not None:
            return certs_only([self._ports.certificates.get(before).der])
        if not self._attempts.admit((f"est renewal {device.device_id}", MOST_RENEWALS)):
            raise TooManyTries
        if request.public_key == parse_certificate(present.der).public_key:
            made = self._ports.certificates.renew(present.certificate_id, by=f"est:{device.device_id}")
        else:
            # No re-key that ends the present certificate at once: if this answer gets lost, the device has
            # nothing else to ask with.  An order with an end of its own is new, even for an old request.
            end = profile(device.profile).until(self._ports.clock())
            made = self._issued(device, request, valid_until=end)
        self._record(made, device, request, secret_id=None, replaces=present.certificate_id)
        return certs_only([made.der])

    # Who asks

    def _authenticated(self, device_id: str, secret: str, *, source: str) -> tuple[Device, Row[Any]]:
        """The device, and the row of the secret that was shown."""
        counted = ((f"est {source}", MOST_FROM_SOURCE), (f"est {source} {device_id[:64]}", MOST_FAILURES))
        try:
            self._attempts.require_room(*counted)
        except LoginRefused:
            raise TooManyTries from None
        digest = digest_of(secret)
        with self._ports.database.read() as connection:
            row = store.device_row(connection, device_id) if is_id(device_id) else None
            rows = [] if row is None else store.secret_rows(connection, device_id)
            # Every one is compared, so that the time says nothing of how many there are before it.
            same = [one for one in rows if hmac.compare_digest(one.secret_sha256, digest)]
            if row is None or not same:
                self._attempts.failed(*counted)
                raise NotAuthenticated("credentials-wrong")
            store.require(connection, est_devices, row)
            store.require(connection, est_secrets, same[0])
        if row.ended_at is not None:
            raise NotAuthenticated("device-ended")
        return store.device_of(row), same[0]

    def _shown(self, certificate: bytes) -> tuple[IssuedCertificate, Device]:
        """The certificate of a TLS client, if it is one of a device in force."""
        ports, at = self._ports, self._ports.clock()
        found = ports.certificates.by_fingerprint(hashlib.sha256(certificate).hexdigest())
        if found is None or found.status(at) != "good":
            raise NotAuthenticated("client-certificate-refused")
        with ports.database.read() as connection:
            enrolment = store.enrolment_row(connection, found.certificate_id)
            if enrolment is None:
                raise NotAuthenticated("client-certificate-refused")
            store.require(connection, est_enrolments, enrolment)
            row = store.device_row(connection, enrolment.device_id)
            if row is None:
                raise NotAuthenticated("client-certificate-refused")
            store.require(connection, est_devices, row)
        if row.ended_at is not None:
            raise NotAuthenticated("device-ended")
        return found, store.device_of(row)

    def _require_same(self, request: Request, present: IssuedCertificate) -> None:
        """RFC 7030 section 4.2.2: subject and alternative names are those of the present certificate."""
        stated, wishes = request.subject, read_wishes(request.der)
        subject = parse_certificate(present.der).subject.der
        if stated is None or stated.encode() != subject or wishes.names != names_in(present.der):
            raise EstRefused("renewal-differs")
        require_granted(wishes, profile(present.profile), wishes.names)

    # What came of it

    def _spend(self, device: Device, secret: Row[Any], request: Request) -> None:
        """From now on the secret is good for this one request alone."""
        digest, at = _sha256(request), self._ports.clock()
        with self._ports.ledger.transaction() as tx:
            row = store.secret_row(tx.connection, secret.id)
            if row.request_sha256 == digest:
                return
            if row.used_at is not None:
                raise NotAuthenticated("secret-used")
            if at >= row.expires_at:
                raise NotAuthenticated("secret-expired")
            values = {"used_at": at, "request_sha256": digest}
            body = {"device_id": device.device_id, "secret_id": row.id}
            store.change(tx, row, est_secrets, values, kind="device.secret_used", body=dict(body))

    def _give_back(self, secret: Row[Any], request: Request) -> None:
        """What was refused for its content spends nothing: the device may send a better request."""
        with self._ports.ledger.transaction() as tx:
            row = store.secret_row(tx.connection, secret.id)
            brought = store.brought(tx.connection, secret.id) or row.enrolment_id is not None
            if row.request_sha256 == _sha256(request) and not brought:
                body: dict[str, Json] = {"device_id": row.device_id, "secret_id": row.id}
                values = {"used_at": None, "request_sha256": None}
                store.change(tx, row, est_secrets, values, kind="device.secret_given_back", body=body)

    def _approved(self, device: Device, secret: Row[Any], request: Request) -> IssuedCertificate | None:
        """What an officer decided; asked for with the first request, and looked up with every other."""
        ports = self._ports
        with ports.database.read() as connection:
            kept = store.secret_row(connection, secret.id).enrolment_id
        if kept is None:
            account = ports.accounts.get(device.registered_by)
            person = Person(account.account_id, account.subject, account.roles, account.agency)
            order = EnrolmentOrder(
                profile=device.profile,
                request=request.der,
                holder=device.holder,
                holder_name=device.holder_name,
                names=device.names,
                bundle=False,
            )
            found = ports.enrolments.submit(order, person, Channel.EST)
            with ports.ledger.transaction() as tx:
                row = store.secret_row(tx.connection, secret.id)
                body = {"device_id": device.device_id, "enrolment_id": found.enrolment_id}
                values = {"enrolment_id": found.enrolment_id}
                store.change(tx, row, est_secrets, values, kind="device.approval_asked", body=dict(body))
        else:
            found = ports.enrolments.get(kept)
        if found.state is State.ISSUED and found.certificate_id is not None:
            return ports.certificates.get(found.certificate_id)
        if found.state in (State.REFUSED, State.WITHDRAWN):
            raise EstRefused("approval-refused")
        return None

    def _issued(
        self, device: Device, request: Request, *, valid_until: datetime | None = None
    ) -> IssuedCertificate:
        order = IssueOrder(
            profile=device.profile,
            request=request.der,
            holder=device.holder,
            holder_name=device.holder_name,
            valid_until=valid_until,
            alternative_names=[_alternative_name(one) for one in device.names],
        )
        return self._ports.certificates.issue(order, by=f"est:{device.device_id}")

    def _record(
        self,
        made: IssuedCertificate,
        device: Device,
        request: Request,
        *,
        secret_id: str | None,
        replaces: str | None,
    ) -> None:
        values = {
            "certificate_id": made.certificate_id,
            "device_id": device.device_id,
            "secret_id": secret_id,
            "replaces": replaces,
            "request_sha256": _sha256(request),
            "at": self._ports.clock(),
        }
        body = {"certificate_id": made.certificate_id, "device_id": device.device_id}
        with self._ports.ledger.transaction() as tx:
            if store.enrolment_row(tx.connection, made.certificate_id) is None:
                store.add(tx, est_enrolments, values, kind="device.enrolled", body=dict(body))


def _alternative_name(registered: str) -> AlternativeName:
    kind, _, value = registered.partition(":")
    return AlternativeName("ip" if kind == "ip" else "dns", value)


def _path(trust: Trust, encoded: bytes) -> Iterator[bytes]:
    """An authority and those above it, its root last."""
    one, known = parse_certificate(encoded), (*trust.intermediates, *trust.anchors)
    yield one.der
    while one.issuer.der != one.subject.der:
        above = (each for each in known if each.subject.der == one.issuer.der)
        one = next(each for each in above if one.authority_key_id in (None, each.subject_key_id))
        yield one.der


def _sha256(request: Request) -> str:
    return hashlib.sha256(request.der).hexdigest()

# SPDX-License-Identifier: Apache-2.0
"""Devices as an operator registers them: facts that were checked, and one-time secrets to enrol with.

A secret has 160 random bits, so its plain SHA-256 gives nothing away; it is shown once.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from datetime import timedelta
from ipaddress import ip_address

from ca import AlternativeName, NameRefused, SubjectName
from verify import IdentifierInvalid, Json, canonical_json, parse_uscc

from ..database.tables_est import est_devices, est_secrets
from ..database.tables_identity import is_id
from ..ledger import Transaction
from . import store
from .errors import EstRefused, NoSuchDevice
from .model import PROFILE, Device, DeviceOrder, Secret
from .ports import EstPorts

SECRET_BYTES = 20
MOST_NAMES = 20
LONGEST_LABEL = 64
LONGEST_LIFE = 720
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class DeviceBook:
    """Registers devices and hands out their secrets.  Safe to share between threads."""

    def __init__(self, ports: EstPorts) -> None:
        self._ports = ports

    def register(self, order: DeviceOrder, *, by: str) -> Secret:
        """Register a device; what comes back is shown now and never again."""
        ports, holder = self._ports, _code(order.holder)
        SubjectName(order.holder_name, order.holder_name, holder)  # refuses now what no certificate could say
        if order.approval:
            ports.accounts.get(by)  # whoever registers applies, and somebody else approves
        device_id = ports.random(16).hex()
        values = {
            "id": device_id,
            "profile": PROFILE,
            "label": _label(order.label),
            "holder": holder,
            "holder_name": order.holder_name,
            "names": canonical_json(list(_names(order.names))).decode("utf-8"),
            "approval": order.approval,
            "registered_at": ports.clock(),
            "registered_by": by,
            "ended_at": None,
            "ended_by": None,
        }
        _require_lifetime(order.hours)
        with ports.ledger.transaction() as tx:
            body: dict[str, Json] = {"device_id": device_id, "profile": PROFILE}
            store.add(tx, est_devices, values, kind="device.registered", body=body)
            return self._secret(tx, device_id, hours=order.hours, by=by)

    def another_secret(self, device_id: str, *, hours: int, by: str) -> Secret:
        """Another secret for a device that lost its key or its first secret."""
        _require_lifetime(hours)
        self.get(device_id)
        with self._ports.ledger.transaction() as tx:
            row = store.device_row(tx.connection, device_id)
            if row is None or row.ended_at is not None:
                raise NoSuchDevice(device_id)
            store.require(tx.connection, est_devices, row)
            return self._secret(tx, device_id, hours=hours, by=by)

    def end(self, device_id: str, *, by: str) -> Device:
        """Take a device out of service: it enrols and renews no more.  Its certificates are revoked apart."""
        self.get(device_id)
        with self._ports.ledger.transaction() as tx:
            row = store.device_row(tx.connection, device_id)
            if row is None:
                raise NoSuchDevice(device_id)
            if row.ended_at is None:
                values = {"ended_at": self._ports.clock(), "ended_by": by}
                body = {"device_id": device_id}
                store.change(tx, row, est_devices, values, kind="device.ended", body=dict(body))
        return self.get(device_id)

    def get(self, device_id: str) -> Device:
        """One device; raises :class:`NoSuchDevice`."""
        with self._ports.database.read() as connection:
            row = store.device_row(connection, device_id) if is_id(device_id) else None
        if row is None:
            raise NoSuchDevice(device_id)
        return store.device_of(row)

    def listed(self) -> tuple[Device, ...]:
        """Every device, oldest first."""
        with self._ports.database.read() as connection:
            return store.listed(connection)

    def _secret(self, tx: Transaction, device_id: str, *, hours: int, by: str) -> Secret:
        ports, at = self._ports, self._ports.clock()
        plain = base64.b32encode(ports.random(SECRET_BYTES)).decode("ascii").lower()
        secret_id = ports.random(16).hex()
        values = {
            "id": secret_id,
            "device_id": device_id,
            "secret_sha256": digest_of(plain),
            "made_at": at,
            "made_by": by,
            "expires_at": at + timedelta(hours=hours),
            "used_at": None,
            "request_sha256": None,
            "enrolment_id": None,
        }
        body: dict[str, Json] = {"device_id": device_id, "secret_id": secret_id}
        store.add(tx, est_secrets, values, kind="device.secret_made", body=body)
        return Secret(device_id, plain, at + timedelta(hours=hours))


def digest_of(secret: str) -> str:
    """What is kept of a secret, in whatever case it was typed."""
    return hashlib.sha256(secret.strip().lower().encode("utf-8", "replace")).hexdigest()


def _label(text: str) -> str:
    label = text.strip()
    if not 0 < len(label) <= LONGEST_LABEL or any(unicodedata.category(one) in _FORBIDDEN for one in label):
        raise EstRefused("label-malformed")
    return unicodedata.normalize("NFC", label)


def _code(holder: str) -> str:
    try:
        return str(parse_uscc(holder))
    except IdentifierInvalid as error:
        raise EstRefused("holder-not-a-code") from error


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > MOST_NAMES:
        raise EstRefused("names-malformed")
    return tuple(sorted({_name(one) for one in names}))


def _name(text: str) -> str:
    kind, _, value = text.strip().partition(":")
    try:
        if kind == "dns" and not value.startswith("*"):
            return f"dns:{AlternativeName('dns', value.lower()).value}"
        if kind == "ip":
            return f"ip:{AlternativeName('ip', str(ip_address(value))).value}"
    except (NameRefused, ValueError) as error:
        raise EstRefused("names-malformed") from error
    raise EstRefused("names-malformed")


def _require_lifetime(hours: int) -> None:
    if not 1 <= hours <= LONGEST_LIFE:
        raise EstRefused("lifetime-refused")

# SPDX-License-Identifier: Apache-2.0
"""Names looked up in the DNS for validation, through the resolvers of the settings or of the machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.CAA import CAA
from dns.rdtypes.ANY.TXT import TXT

from .ports import Authorization, Unproven

SECONDS = 8.0
_MOST_TEXTS = 50
_PORT = 53


class Resolver:
    """Looks names up.  ``fixed`` answers for some names first: for networks and tests without a DNS."""

    def __init__(self, servers: Sequence[str] = (), fixed: Mapping[str, str] | None = None) -> None:
        self._servers, self._fixed = tuple(servers), dict(fixed or {})

    def addresses(self, name: str) -> tuple[str, ...]:
        """IPv4 addresses, then IPv6 ones.  Raises :class:`Unproven`."""
        if name in self._fixed:
            return (self._fixed[name],)
        found = [
            str(record.to_text())
            for kind in (dns.rdatatype.A, dns.rdatatype.AAAA)
            for record in self._ask(name, kind)
        ]
        if not found:
            raise Unproven("dns", f"{name} has no address", again=True)
        return tuple(found)

    def texts(self, name: str) -> tuple[bytes, ...]:
        """TXT records, each in one piece.  Raises :class:`Unproven`."""
        found = self._ask(name, dns.rdatatype.TXT)[:_MOST_TEXTS]
        return tuple(b"".join(one.strings) for one in found if isinstance(one, TXT))

    def authorizations(self, name: str) -> tuple[Authorization, ...]:
        """CAA records of the closest domain at or above the name.  Raises :class:`Unproven`."""
        labels = name.split(".")
        for number in range(len(labels)):
            found = self._ask(".".join(labels[number:]), dns.rdatatype.CAA)
            if found:
                return tuple(
                    Authorization(one.flags, one.tag.decode("latin-1"), one.value.decode("latin-1"))
                    for one in found
                    if isinstance(one, CAA)
                )
        return ()

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[dns.rdata.Rdata]:
        try:
            resolver = self._resolver()
            answer = resolver.resolve(dns.name.from_text(name), kind, search=False, lifetime=SECONDS)
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise Unproven(
                "dns", f"{name} cannot be looked up: {type(error).__name__}", again=True
            ) from error
        return list(answer)

    def _resolver(self) -> dns.resolver.Resolver:
        if not self._servers:
            return dns.resolver.Resolver()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [_server(one) for one in self._servers]
        return resolver


def _server(text: str) -> dns.nameserver.Nameserver:
    address, port = split_server(text)
    return dns.nameserver.Do53Nameserver(address, port)


def split_server(text: str) -> tuple[str, int]:
    """``address``, ``address:port`` or ``[v6]:port``; ``ValueError`` for anything else."""
    address, port = text, _PORT
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        port = int(rest.removeprefix(":")) if rest else _PORT
    elif text.count(":") == 1:
        address, _, rest = text.partition(":")
        port = int(rest)
    if not 0 < port < 65536:
        raise ValueError("no such port")
    return str(ipaddress.ip_address(address)), port

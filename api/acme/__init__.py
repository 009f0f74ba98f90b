# SPDX-License-Identifier: Apache-2.0
"""ACME (RFC 8555, RFC 9773): server certificates for clients that are bound to an account of the platform.

docs/decisions/0014-acme.md says what was decided; :mod:`.service` has one verb for each resource.
"""

from __future__ import annotations

from .accounts import committed_acme_accounts
from .addresses import PREFIX
from .binding import committed_acme_keys
from .errors import AcmeError, AcmeKeyRefused, AcmeRefused, AcmeSwitchedOff, NoSuchAcmeKey
from .model import PROFILE, BindingKey, Limits, MadeKey
from .ports import AcmePorts, Authorization, Outside, ServerOrder, Unproven
from .proofs import committed_acme_authorizations
from .reaching import Outbound, Reach
from .resolving import Resolver, split_server
from .service import Acme, Answer

__all__ = [
    "PREFIX",
    "PROFILE",
    "Acme",
    "AcmeError",
    "AcmeKeyRefused",
    "AcmePorts",
    "AcmeRefused",
    "AcmeSwitchedOff",
    "Answer",
    "Authorization",
    "BindingKey",
    "Limits",
    "MadeKey",
    "NoSuchAcmeKey",
    "Outbound",
    "Outside",
    "Reach",
    "Resolver",
    "ServerOrder",
    "Unproven",
    "committed_acme_accounts",
    "committed_acme_authorizations",
    "committed_acme_keys",
    "split_server",
]

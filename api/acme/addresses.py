# SPDX-License-Identifier: Apache-2.0
"""The addresses of ACME's resources.  A client signs the address that it asks: only exactly these count."""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "/acme"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Below one public address."""

    base: str

    def path(self, path: str) -> str:
        """Any resource, by its path."""
        return f"{self.base}{path}"

    @property
    def directory(self) -> str:
        """Where clients begin."""
        return self.path(f"{PREFIX}/directory")

    def account(self, account_id: str) -> str:
        """An account: the ``kid`` of its requests."""
        return self.path(f"{PREFIX}/account/{account_id}")

    def orders(self, account_id: str, cursor: int = 0) -> str:
        """The orders of an account."""
        more = f"?cursor={cursor}" if cursor else ""
        return f"{self.account(account_id)}/orders{more}"

    def order(self, order_id: str) -> str:
        """An order."""
        return self.path(f"{PREFIX}/order/{order_id}")

    def finalize(self, order_id: str) -> str:
        """Where its request goes."""
        return f"{self.order(order_id)}/finalize"

    def authorization(self, authorization_id: str) -> str:
        """An authorization."""
        return self.path(f"{PREFIX}/authorization/{authorization_id}")

    def challenge(self, challenge_id: str) -> str:
        """A challenge."""
        return self.path(f"{PREFIX}/challenge/{challenge_id}")

    def certificate(self, certificate_id: str) -> str:
        """A certificate."""
        return self.path(f"{PREFIX}/certificate/{certificate_id}")

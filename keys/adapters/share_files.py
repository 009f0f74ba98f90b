# SPDX-License-Identifier: Apache-2.0
"""Share files: one person's part of what opens a vault, ``yinxin-share/1``.

The checksum finds damage; it is no proof against a forged share. The vault itself finds that out: the shares
together make a private key, and ``vault.json`` knows its public half.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import PassphraseWrong, ShareRefused, SharesMissing, VaultError
from ..sharing import MOST, combine
from .sealed_files import LARGEST, Fields, check_of, encode, from_text, open_fields, seal_fields, to_text
from .stretching import derive, fresh_kdf

SHARE_FORMAT: Final = "yinxin-share/1"
_SIZE = 32


@dataclass(frozen=True, slots=True)
class Share:
    """One share.  ``sharing`` names the occasion: shares of different occasions do not go together."""

    vault: str
    sharing: str
    index: int
    threshold: int
    count: int
    value: bytes

    def encode(self, passphrase: str | None = None, *, scrypt_n: int | None = None) -> bytes:
        """The file; with a passphrase, the value is wrapped under it."""
        fields: Fields = {
            "format": SHARE_FORMAT,
            "vault": self.vault,
            "sharing": self.sharing,
            "index": self.index,
            "threshold": self.threshold,
            "count": self.count,
        }
        if passphrase is None:
            fields["share"] = to_text(self.value)
        else:
            kdf = fresh_kdf(scrypt_n)
            fields = seal_fields(derive(passphrase, kdf, file="share"), {**fields, "kdf": kdf}, self.value)
        return encode({**fields, "check": check_of(fields)})

    def __repr__(self) -> str:
        return f"<Share {self.index} of {self.count}>"


def parse_share(data: bytes, *, name: str, passphrase: str | None = None) -> Share:
    """The share in a file called ``name``.  Raises :class:`ShareRefused` or :class:`PassphraseWrong`."""
    try:
        fields = json.loads(data) if len(data) <= LARGEST else None
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or fields.get("format") != SHARE_FORMAT:
        raise ShareRefused(f"is no share: its format is not {SHARE_FORMAT}", file=name)
    check = fields.pop("check", None)
    if check != check_of(fields):
        raise ShareRefused("is damaged: use a copy of it", file=name)
    try:
        value = _value(fields, name, passphrase)
    except ShareRefused:
        raise
    except VaultError as error:
        raise ShareRefused(error.rule, file=name) from error
    index, threshold, count = (fields.get(one) for one in ("index", "threshold", "count"))
    vault, sharing = fields.get("vault"), fields.get("sharing")
    if (
        not isinstance(vault, str)
        or not isinstance(sharing, str)
        or not isinstance(index, int)
        or not isinstance(threshold, int)
        or not isinstance(count, int)
        or not 2 <= threshold <= count <= MOST
        or not 1 <= index <= count
        or len(value) != _SIZE
    ):
        raise ShareRefused("says something that no share says", file=name)
    return Share(vault, sharing, index, threshold, count, value)


def _value(fields: Fields, name: str, passphrase: str | None) -> bytes:
    kdf = fields.get("kdf")
    if kdf is None:
        return from_text(fields, "share", file=name)
    if passphrase is None:
        raise PassphraseWrong(f"{name}: this share needs its passphrase")
    key = derive(passphrase, kdf, file=name)
    try:
        return open_fields(key, fields, file=name)
    except VaultError:  # the file is whole, so it is the passphrase
        raise PassphraseWrong(f"{name}: the passphrase does not open this share") from None


def join(shares: Mapping[str, Share], *, vault: str, sharing: str, threshold: int) -> bytes:
    """What the shares make together; the key of the mapping is the name of the file.

    Raises :class:`ShareRefused` naming one that belongs elsewhere or comes twice, or :class:`SharesMissing`.
    """
    found: dict[int, bytes] = {}
    for name, share in shares.items():
        if share.vault != vault:
            raise ShareRefused(f"belongs to another vault ({share.vault})", file=name)
        if share.sharing != sharing:
            raise ShareRefused("belongs to an earlier sharing of this vault: use the newest one", file=name)
        if share.threshold != threshold:
            raise ShareRefused("was changed", file=name)
        if found.setdefault(share.index, share.value) != share.value:
            raise ShareRefused(f"is not the share {share.index} that another file holds", file=name)
    if len(found) < threshold:
        raise SharesMissing(len(found), threshold)
    return combine(dict(list(found.items())[:threshold]))


def share_name(index: int, count: int) -> str:
    """The name of a share's file."""
    return f"share-{index}-of-{count}.json"


def passphrases_for(count: int, passphrases: Sequence[str] | None) -> Sequence[str | None]:
    """One for each share, or none for all."""
    if passphrases is None:
        return [None] * count
    if len(passphrases) != count:
        raise VaultError(f"{count} shares need {count} passphrases, not {len(passphrases)}")
    return passphrases

# SPDX-License-Identifier: Apache-2.0
"""PKCS #12 files of all families on one path: SM2, which ``cryptography`` cannot load, RSA and ECDSA."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from ..errors import KeyMalformed
from ..formats import Pkcs12, encode_pkcs12, parse_pkcs12
from .key import SoftwareKey
from .loading import parse_private_key


def write_pkcs12(
    key: SoftwareKey,
    certificates: Sequence[bytes],
    passphrase: str,
    name: str = "",
    *,
    random: Callable[[int], bytes] = os.urandom,
) -> bytes:
    """A file that OpenSSL 3 opens; ``certificates``: DER, the key's own first, if any.

    Raises :class:`KeyMalformed` when the first certificate is not one of this key, or for a name that has no
    BMPString, and :class:`~keys.PassphraseWrong` for an empty passphrase.
    """
    if certificates and key.public_key.spki not in certificates[0]:
        raise KeyMalformed("the first certificate is not one of this key")
    content = Pkcs12(key.pkcs8(), tuple(certificates))
    return encode_pkcs12(content, passphrase, name=name, key_id=key.public_key.key_id, random=random)


def read_pkcs12(
    data: bytes, passphrase: str, *, unsafe_not_constant_time: bool = False
) -> tuple[SoftwareKey, tuple[bytes, ...]]:
    """The key and its certificates, its own first, the others as they stand.

    Raises :class:`~keys.PassphraseWrong`, :class:`KeyMalformed` (also when the file was changed, or has
    certificates but none of this key), :class:`~keys.KeyUnsupported`, :class:`~keys.SigningRefused`.
    """
    content = parse_pkcs12(data, passphrase)
    key = parse_private_key(content.private_key_info, unsafe_not_constant_time=unsafe_not_constant_time)
    # Certificates are read above us, in ``verify``; that the key's bytes occur in one finds every mix-up.
    own = [der for der in content.certificates if key.public_key.spki in der]
    if content.certificates and not own:
        raise KeyMalformed("no certificate in this file is one of its key")
    return key, tuple(own[:1] + [der for der in content.certificates if der not in own[:1]])

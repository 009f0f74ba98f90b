# SPDX-License-Identifier: Apache-2.0
"""What signs: algorithms, digests, keys and their formats, SM2 behind one port, and the vault's port.

DER stands in the sub-face :mod:`keys.der`; adapters are known to the wiring alone.
"""

from __future__ import annotations

from .algorithms import (
    ECDSA_SHA256,
    ECDSA_SHA384,
    RSA_PSS_SHA256,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
    SCHEMES,
    SM2_SM3,
    HashAlgorithm,
    KeyFamily,
    KeyKind,
    Scheme,
    allowed,
    default_scheme,
    parse_hash,
    parse_scheme,
)
from .digests import Digest, Hasher, digest, hasher
from .errors import (
    DerMalformed,
    DigestMalformed,
    KeyMalformed,
    KeysError,
    KeyUnsupported,
    LabelMalformed,
    LabelTaken,
    NoSuchKey,
    PassphraseWrong,
    SignatureInvalid,
    SigningFailed,
    SigningRefused,
    VaultError,
)
from .ports import Signer, Vault
from .public import PublicKey, parse_public_key
from .sm2 import Sm2ProviderInfo, sm2_provider, sm2_providers
from .software import SoftwareKey, generate_key, parse_private_key, read_key_file, write_key_file

__all__ = [
    "ECDSA_SHA256",
    "ECDSA_SHA384",
    "RSA_PSS_SHA256",
    "RSA_SHA256",
    "RSA_SHA384",
    "RSA_SHA512",
    "SCHEMES",
    "SM2_SM3",
    "DerMalformed",
    "Digest",
    "DigestMalformed",
    "HashAlgorithm",
    "Hasher",
    "KeyFamily",
    "KeyKind",
    "KeyMalformed",
    "KeyUnsupported",
    "KeysError",
    "LabelMalformed",
    "LabelTaken",
    "NoSuchKey",
    "PassphraseWrong",
    "PublicKey",
    "Scheme",
    "SignatureInvalid",
    "Signer",
    "SigningFailed",
    "SigningRefused",
    "Sm2ProviderInfo",
    "SoftwareKey",
    "Vault",
    "VaultError",
    "allowed",
    "default_scheme",
    "digest",
    "generate_key",
    "hasher",
    "parse_hash",
    "parse_private_key",
    "parse_public_key",
    "parse_scheme",
    "read_key_file",
    "sm2_provider",
    "sm2_providers",
    "write_key_file",
]

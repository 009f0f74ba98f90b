# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with keys, signatures and their encodings."""

from __future__ import annotations


class KeysError(Exception):
    """Anything that stops a key from being made, read or used."""


class KeyMalformed(KeysError):
    """Bytes that should be a key, or an algorithm identifier, and are not."""


class KeyUnsupported(KeysError):
    """A well-formed key or algorithm that is not on the allow-list."""


class DigestMalformed(KeysError):
    """A digest whose length is not that of its algorithm."""


class SignatureInvalid(KeysError):
    """The signature is not one of this key over these bytes."""


class SigningRefused(KeysError):
    """A signature was asked for that this machine must not make: no provider that protects the key."""


class SigningFailed(KeysError):
    """The provider could not sign."""


class CipherMalformed(KeysError):
    """Bytes that should be an SM2 ciphertext or an enveloped key, and are not."""


class DecryptionFailed(KeysError):
    """This ciphertext does not open with this key: it is another's, or it was changed."""


class PassphraseWrong(KeysError):
    """The passphrase does not open this key or vault."""


class DerMalformed(KeysError):
    """Bytes that are not DER, or not the type that stands at this place.  ``offset`` counts in the whole."""

    def __init__(self, rule: str, *, offset: int | None = None) -> None:
        super().__init__(rule if offset is None else f"{rule} (at byte {offset})")
        self.rule, self.offset = rule, offset


class VaultError(KeysError):
    """A vault, or a file of it, cannot be used.  ``file`` is the name inside the vault's folder."""

    def __init__(self, rule: str, *, file: str = "") -> None:
        super().__init__(f"{file}: {rule}" if file else rule)
        self.rule, self.file = rule, file


class LabelTaken(VaultError):
    """A label names one key for ever."""

    def __init__(self, label: str) -> None:
        super().__init__(f"label {label!r} is taken")
        self.label = label


class LabelMalformed(VaultError):
    """Labels are 1 to 64 of a-z, 0-9 and the hyphen."""

    def __init__(self, label: str) -> None:
        super().__init__(f"label {label[:80]!r}: 1 to 64 characters of a-z, 0-9 and -")
        self.label = label


class NoSuchKey(VaultError):
    """The vault holds nothing under this label."""

    def __init__(self, label: str) -> None:
        super().__init__(f"nothing under the label {label!r}")
        self.label = label


class SharesMissing(VaultError):
    """Fewer shares than open this vault."""

    def __init__(self, have: int, threshold: int) -> None:
        missing = threshold - have
        super().__init__(
            f"{have} of {threshold} shares: {missing} more {'is' if missing == 1 else 'are'} missing"
        )
        self.have, self.threshold, self.missing = have, threshold, missing


class ShareRefused(VaultError):
    """A share that does not help to open this vault.  ``file`` is its name."""


class VaultBusy(VaultError):
    """Another process has this vault open, and what was asked for needs it alone."""


class TokenUnavailable(SigningFailed):
    """The token could not be asked: nothing was signed, and asking again later is safe."""


class TokenPinRefused(TokenUnavailable):
    """The token refused the PIN.  It is not tried again until the PIN file is another one."""


class TokenOutcomeUnknown(SigningFailed):
    """The token was asked and no answer came.  A signature may exist; nobody has it.  Never asked again."""

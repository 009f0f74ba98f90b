# SPDX-License-Identifier: Apache-2.0
"""The vault of the roots, and the ceremonies that open it.

It lies in a folder of its own with a passphrase of its own, so that it can be carried away: the running
service opens neither.  A transcript of each ceremony is kept beside the data, and in the public log.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from ca import parse_ceremony
from keys.adapters.file_vault import FileVault
from verify import Json, canonical_json

from ..certificates import IssuedCertificate
from .errors import WiringError
from .opening import read_passphrase
from .service import Service

OFFLINE, CEREMONIES = "offline", "ceremonies"
_VAULT, _PASSPHRASE = "vault", "passphrase"


def offline_folder(data: Path) -> Path:
    """Where the roots are unless somebody says otherwise."""
    return data / OFFLINE


def hold_ceremony(service: Service, data: Path, file: bytes, *, offline: Path, by: str) -> Path | None:
    """Hold a ceremony; where its transcript is, or ``None`` when nothing was to be done.

    A vault that is not there is made.  Raises :class:`ca.CeremonyRefused`, and ``CeremonyContradicted`` of
    ``api.certificates``, before anything is made.
    """
    ceremony = parse_ceremony(file)
    made = service.certificates.hold_ceremony(ceremony, _vault(offline, making=True), by=by)
    return None if made is None else _keep(data, made)


def revoke_authority(
    service: Service, name: str, reason: str, *, offline: Path, by: str
) -> IssuedCertificate:
    """Revoke an issuing authority with the key of its root."""
    return service.certificates.revoke_authority(name, reason, _vault(offline, making=False), by=by)


def _vault(folder: Path, *, making: bool) -> FileVault:
    if (folder / _VAULT).is_dir():
        return FileVault.open(folder / _VAULT, read_passphrase(folder / _PASSPHRASE))
    if not making:
        raise WiringError(
            f"{folder}: 没有离线根的密钥库 no vault of offline roots", "give its folder: --offline DIR"
        )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    passphrase = secrets.token_urlsafe(24)
    _write(folder / _PASSPHRASE, passphrase + "\n")
    return FileVault.create(folder / _VAULT, passphrase)


def _keep(data: Path, transcript: dict[str, Json]) -> Path:
    """Canonical JSON: the very bytes of the body of its entry in the public log."""
    folder = data / CEREMONIES
    folder.mkdir(exist_ok=True, mode=0o700)
    held = re.sub(r"[^0-9TZ]", "", str(transcript["held_at"]))
    path = folder / f"{held}-{str(transcript['ceremony_sha256'])[:16]}.json"
    _write(path, canonical_json(transcript).decode("utf-8"))
    return path


def _write(path: Path, text: str) -> None:
    """A file that only its owner may read, from its first moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)

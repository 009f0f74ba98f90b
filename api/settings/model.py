# SPDX-License-Identifier: Apache-2.0
"""What the operator decided, and where in the file each decision stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from verify import LogKey


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided.  Paths are absolute."""

    public_url: str
    host: str
    port: int
    max_upload_mb: int
    database_url: str
    vault_folder: Path
    passphrase_file: Path
    vault_share_files: tuple[Path, ...]
    vault_token_module: Path | None
    vault_token_label: str
    vault_token_pin_file: Path | None
    relying_enabled: tuple[str, ...]
    authority_uscc: str
    authority_name: str
    time_policy: str
    time_accuracy_ms: int
    time_require_synchronised: bool
    time_max_error_ms: int
    public_check_seconds: int
    public_check_memory_mb: int
    public_checks_at_once: int
    public_checks_per_minute: int
    public_requests_per_minute: int
    log_folder: Path
    log_witnesses: tuple[LogKey, ...]
    log_quorum: int
    documents_level: str
    documents_codes: str
    est_client_certificate_from: tuple[str, ...]
    acme_enabled: bool
    acme_allow_private: bool
    acme_http_port: int
    acme_dns_servers: tuple[str, ...]
    acme_resolve: tuple[tuple[str, str], ...]
    acme_caa_identity: str
    kmc_embedded: bool
    kmc_folder: Path
    kmc_socket: Path
    kmc_key_file: Path


FIELDS: Mapping[tuple[str, str], str] = {
    ("service", "public_url"): "public_url",
    ("service", "host"): "host",
    ("service", "port"): "port",
    ("service", "max_upload_mb"): "max_upload_mb",
    ("database", "url"): "database_url",
    ("vault", "folder"): "vault_folder",
    ("vault", "passphrase_file"): "passphrase_file",
    ("vault", "share_files"): "vault_share_files",
    ("vault", "token_module"): "vault_token_module",
    ("vault", "token_label"): "vault_token_label",
    ("vault", "token_pin_file"): "vault_token_pin_file",
    ("relying", "enabled"): "relying_enabled",
    ("authority", "uscc"): "authority_uscc",
    ("authority", "name"): "authority_name",
    ("time", "policy"): "time_policy",
    ("time", "accuracy_ms"): "time_accuracy_ms",
    ("time", "require_synchronised"): "time_require_synchronised",
    ("time", "max_error_ms"): "time_max_error_ms",
    ("public", "check_seconds"): "public_check_seconds",
    ("public", "check_memory_mb"): "public_check_memory_mb",
    ("public", "checks_at_once"): "public_checks_at_once",
    ("public", "checks_per_minute"): "public_checks_per_minute",
    ("public", "requests_per_minute"): "public_requests_per_minute",
    ("log", "folder"): "log_folder",
    ("log", "witnesses"): "log_witnesses",
    ("log", "quorum"): "log_quorum",
    ("documents", "level"): "documents_level",
    ("documents", "codes"): "documents_codes",
    ("est", "client_certificate_from"): "est_client_certificate_from",
    ("acme", "enabled"): "acme_enabled",
    ("acme", "allow_private"): "acme_allow_private",
    ("acme", "http_port"): "acme_http_port",
    ("acme", "dns_servers"): "acme_dns_servers",
    ("acme", "resolve"): "acme_resolve",
    ("acme", "caa_identity"): "acme_caa_identity",
    ("kmc", "embedded"): "kmc_embedded",
    ("kmc", "folder"): "kmc_folder",
    ("kmc", "socket"): "kmc_socket",
    ("kmc", "key_file"): "kmc_key_file",
}

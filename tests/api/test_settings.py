# SPDX-License-Identifier: Apache-2.0
"""Settings are read once, checked key by key, and refused by name."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.settings import TSA_POLICY, Settings, SettingsError, load_settings, write_settings
from verify import LogKey, encode_witness_key

WRITTEN = {
    "public_url": "https://yinxin.example",
    "authority_uscc": "11510000DEM9A0017F",
    "authority_name": "省住房和城乡建设厅(演示)",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "yinxin.toml"
    write_settings(file, **WRITTEN)
    return file


def change(path: Path, old: str, new: str) -> Path:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    return path


def test_written_is_read(path: Path) -> None:
    folder = path.parent
    assert load_settings(path) == Settings(
        public_url="https://yinxin.example",
        host="127.0.0.1",
        port=8443,
        max_upload_mb=60,
        public_check_seconds=5,
        public_check_memory_mb=512,
        public_checks_at_once=2,
        public_checks_per_minute=60,
        public_requests_per_minute=1200,
        database_url=f"sqlite:///{folder / 'yinxin.db'}",
        vault_folder=folder / "vault",
        passphrase_file=folder / "vault.passphrase",
        vault_share_files=(),
        vault_token_module=None,
        vault_token_label="",
        vault_token_pin_file=None,
        relying_enabled=("registry", "project", "credit"),
        authority_uscc="11510000DEM9A0017F",
        authority_name="省住房和城乡建设厅(演示)",
        time_policy=TSA_POLICY,
        time_accuracy_ms=2000,
        time_require_synchronised=False,
        time_max_error_ms=0,
        log_folder=folder / "public" / "log",
        log_witnesses=(),
        log_quorum=0,
        documents_level="B-LT",
        documents_codes="sm2",
        est_client_certificate_from=(),
        acme_enabled=True,
        acme_allow_private=False,
        acme_http_port=80,
        acme_dns_servers=(),
        acme_resolve=(),
        acme_caa_identity="",
        kmc_embedded=True,
        kmc_folder=folder / "kmc",
        kmc_socket=folder / "kmc" / "kmc.sock",
        kmc_key_file=folder / "kmc.spki",
    )


def test_every_setting_is_explained_in_two_languages(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    assert len(keys) == 39
    for number in keys:
        zh, en = lines[number - 2 : number]
        assert zh.startswith("# ")
        assert en.startswith("# ")
        assert any("一" <= one <= "鿿" for one in zh)
        assert en.isascii()


def test_only_its_owner_reads_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["yinxin.toml"]


def test_defaults_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "short.toml"
    path.write_text(
        '[service]\npublic_url = "http://127.0.0.1:8443"\n'
        '[authority]\nuscc = "11510000DEM9A0017F"\nname = "演示"\n',
        "utf-8",
    )
    assert load_settings(path).port == 8443


def test_nothing_is_written_that_would_be_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        write_settings(tmp_path / "yinxin.toml", **{**WRITTEN, "public_url": "yinxin.example"})
    assert refused.value.key == "[service] public_url"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SettingsError):
        write_settings(tmp_path / "no" / "folder" / "yinxin.toml", **WRITTEN)


@pytest.mark.parametrize(
    ("old", "new", "key", "nearest"),
    [
        ("port = 8443", "prot = 8443", "[service] prot", "[service] port"),
        ("passphrase_file", "passphrase", "[vault] passphrase", "[vault] passphrase_file"),
        ("[relying]", "[relyings]", "[relyings]", "[relying]"),
    ],
)
def test_unknown_keys_are_named_with_the_nearest(
    path: Path, old: str, new: str, key: str, nearest: str
) -> None:
    if old == "passphrase_file":
        old, new = "passphrase_file =", "passphrase ="
    with pytest.raises(SettingsError) as refused:
        load_settings(change(path, old, new))
    assert refused.value.key == key
    assert nearest in str(refused.value)


@pytest.mark.parametrize("line", ["name = ", "uscc = ", "public_url = "])
def test_what_is_required_is_named(path: Path, line: str) -> None:
    text = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(one for one in text if not one.startswith(line)), "utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    assert refused.value.key.endswith(line.removesuffix(" = "))


WRONG = [
    ("port = 8443", "port = 0"),
    ("port = 8443", "port = 65536"),
    ("port = 8443", "port = true"),
    ("port = 8443", 'port = "8443"'),
    ("port = 8443", "port = 8443.5"),
    ("max_upload_mb = 60", "max_upload_mb = -1"),
    ('host = "127.0.0.1"', 'host = "a b"'),
    ('host = "127.0.0.1"', 'host = ""'),
    ('"https://yinxin.example"', '"https://yinxin.example/"'),
    ('"https://yinxin.example"', '"https://Yinxin.example"'),
    ('"https://yinxin.example"', '"ftp://yinxin.example"'),
    ('"https://yinxin.example"', '"https://yinxin.example/path"'),
    ('"https://yinxin.example"', '"https://user@yinxin.example"'),
    ('"https://yinxin.example"', '"https://yinxin.example:0"'),
    ('"https://yinxin.example"', '"https://yinxin.example:99999"'),
    ('"https://yinxin.example"', '"https://yinxin.example\\n"'),
    ('"https://yinxin.example"', "3"),
    ('"sqlite:///yinxin.db"', '"sqlite://"'),
    ('"sqlite:///yinxin.db"', '"sqlite:///:memory:"'),
    ('"sqlite:///yinxin.db"', '"mysql://host/name"'),
    ('"sqlite:///yinxin.db"', '"nonsense"'),
    ('folder = "vault"', 'folder = ""'),
    ('folder = "vault"', 'folder = ["vault"]'),
    ('["registry", "project", "credit"]', '"registry"'),
    ('["registry", "project", "credit"]', '["Registry"]'),
    ('["registry", "project", "credit"]', '["registry", "registry"]'),
    ('["registry", "project", "credit"]', "[1]"),
    ('"11510000DEM9A0017F"', '"11510000DEM9A0018F"'),
    ('"省住房和城乡建设厅(演示)"', '""'),
    ('"省住房和城乡建设厅(演示)"', '"' + "长" * 101 + '"'),
]


@pytest.mark.parametrize(("old", "new"), WRONG)
def test_wrong_values_are_named(path: Path, old: str, new: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(change(path, old, new))
    assert refused.value.key.startswith("[")
    assert refused.value.todo


def test_a_password_is_refused_and_not_repeated(path: Path) -> None:
    """Secrets by reference only."""
    change(path, "sqlite:///yinxin.db", "postgresql+psycopg://yinxin:secret-word@db/yinxin")
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    assert "secret-word" not in str(refused.value) + refused.value.todo
    assert "passfile" in refused.value.todo


def test_postgresql_is_taken_as_it_is(path: Path) -> None:
    url = "postgresql+psycopg://yinxin@db.internal/yinxin?passfile=/etc/yinxin/pgpass"
    change(path, "sqlite:///yinxin.db", url)
    assert load_settings(path).database_url == url


def test_absolute_paths_stay(path: Path) -> None:
    change(path, '"vault.passphrase"', '"/etc/yinxin/passphrase"')
    change(path, '"sqlite:///yinxin.db"', '"sqlite:////var/lib/yinxin/yinxin.db"')
    found = load_settings(path)
    assert found.passphrase_file == Path("/etc/yinxin/passphrase")
    assert found.database_url == "sqlite:////var/lib/yinxin/yinxin.db"


@pytest.mark.parametrize(
    "content",
    [b"", b"[service", b"\xff\xfe", b"public_url = 1", b"service = 3", b"a = " + b"[" * 5000, b"x" * 100_000],
)
def test_what_is_no_settings_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "yinxin.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    assert refused.value.todo


def test_a_missing_file(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingsError) as refused:
            load_settings(path)
        assert "init" in refused.value.todo


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120))
def test_no_other_error_leaves(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.toml"
    path.write_text(text, "utf-8", errors="replace")
    with pytest.raises(SettingsError):
        load_settings(path)


def test_witnesses_of_the_log(path: Path) -> None:
    """Keys as they are printed; a changed character, or a quorum that nobody can reach, is refused."""
    key = LogKey("witness.example/audit", "ed25519", bytes(range(32)))
    line = encode_witness_key(key)
    change(path, "witnesses = []", f'witnesses = ["{line}"]')
    change(path, "quorum = 0", "quorum = 1")
    assert (load_settings(path).log_witnesses, load_settings(path).log_quorum) == ((key,), 1)
    change(path, "quorum = 1", "quorum = 2")
    with pytest.raises(SettingsError, match="quorum"):
        load_settings(path)
    for wrong in (line[:-4] + "AAA=", "x", line.replace("audit", "other")):
        text = path.read_text("utf-8").replace(line, wrong)
        path.with_name("wrong.toml").write_text(text, "utf-8")
        with pytest.raises(SettingsError, match="witnesses"):
            load_settings(path.with_name("wrong.toml"))

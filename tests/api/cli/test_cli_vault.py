# SPDX-License-Identifier: Apache-2.0
"""``yinxin vault``: shares, rotation and passphrase at the console; a service that starts with shares."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from api.logs import configure_logs
from api.settings import SettingsError, load_settings
from api.wiring import WiringError, open_service
from keys import KeyKind, SharesMissing


def configure(data: Path, **values: object) -> None:
    """Other values in the section [vault]."""
    path = data / "yinxin.toml"
    lines = path.read_text("utf-8").splitlines()
    for name, value in values.items():
        (at,) = (number for number, line in enumerate(lines) if line.startswith(f"{name} = "))
        lines[at] = f"{name} = {json.dumps(value)}"
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_list(yinxin: Any, made: Path) -> None:
    """Every key with its kind, place and uses."""
    found = {one["label"]: one for one in yinxin("vault", "list", "--data", made, "--json").json}
    assert found["log-sm2"]["kind"] == "sm2"
    assert {one["place"] for one in found.values()} == {"folder"}
    assert found["log-sm2"]["uses"] > 0
    assert "log-sm2" in yinxin("vault", "list", "--data", made).out


def test_shares_rotation_and_no_passphrase(yinxin: Any, copied: Path, tmp_path: Path) -> None:
    """Shares are made, the key is rotated, the passphrase goes; the service starts with two shares."""
    out = tmp_path / "shares"
    ran = yinxin("vault", "shares", "--data", copied, "--threshold", 2, "--shares", 3, "--out", out, "--json")
    assert ran.code == 0, ran
    assert [path.stat().st_mode & 0o777 for path in sorted(out.iterdir())] == [0o600] * 3
    assert out.stat().st_mode & 0o777 == 0o700
    assert yinxin("vault", "shares", "--data", copied, "--out", out).code == 1  # nothing is overwritten
    rotated = yinxin("vault", "rotate", "--data", copied, "--json")
    assert (rotated.code, rotated.json["generation"], rotated.json["resumed"]) == (0, 2, False)
    assert yinxin("vault", "passphrase", "--data", copied, "--remove").code == 0
    with pytest.raises(WiringError, match="shares alone"):
        open_service(copied)
    configure(copied, share_files=[str(out / "share-1-of-3.json")])
    with pytest.raises(WiringError, match="1 more is missing") as caught:
        open_service(copied)
    assert isinstance(caught.value.__cause__, SharesMissing)
    configure(copied, share_files=[str(out / "share-1-of-3.json"), str(out / "share-3-of-3.json")])
    service = open_service(copied)
    assert service.ledger.size() > 0
    service.close()
    ran = yinxin("doctor", "--data", copied, "--json")
    (said,) = (one["what"] for one in ran.json if "密钥库 vault" in one["what"])
    assert "opened by 2 of 3 shares; generation 2" in said
    new = tmp_path / "new"
    new.write_text("a new passphrase\n")
    assert yinxin("vault", "passphrase", "--data", copied, "--new", new).code == 0
    configure(copied, share_files=[], passphrase_file=str(new))
    open_service(copied).close()


def test_shares_that_cannot_be_read(yinxin: Any, copied: Path, tmp_path: Path) -> None:
    """The file is named, and what to do."""
    configure(copied, share_files=[str(tmp_path / "gone.json")])
    ran = yinxin("vault", "list", "--data", copied)
    assert ran.code == 1
    assert "gone.json" in ran.err
    assert "share_files" in ran.err


def test_each_use_is_a_line_of_the_log(copied: Path) -> None:
    """The service's own logger writes label, scheme and digest."""
    lines = io.StringIO()
    service = open_service(copied)
    try:
        configure_logs(lines)
        service.vault.signer("qr-sm2").sign(b"a very private message")
    finally:
        configure_logs()
        logging.getLogger().handlers = [
            one for one in logging.getLogger().handlers if one.get_name() != "yinxin-json"
        ]
        service.close()
    (line,) = (json.loads(one) for one in lines.getvalue().splitlines() if "key-used" in one)
    assert (line["label"], line["scheme"]) == ("qr-sm2", "SM2 with SM3")
    assert line["digest"] == hashlib.sha256(b"a very private message").hexdigest()


def test_command_lines_that_are_wrong(yinxin: Any, made: Path, tmp_path: Path) -> None:
    """Said in words; nothing is changed."""
    before = (made / "vault" / "vault.json").read_bytes()
    for arguments in (
        ("shares", "--threshold", 4, "--shares", 3, "--out", tmp_path / "x"),
        ("passphrase",),
        ("passphrase", "--remove"),  # no shares were made: nothing would open it
        ("passphrase", "--new", tmp_path / "missing"),
    ):
        assert yinxin("vault", *arguments, "--data", made).code == 1
    assert (made / "vault" / "vault.json").read_bytes() == before


def test_token_settings_belong_together(copied: Path) -> None:
    """A module without label or PIN file is refused at once."""
    configure(copied, token_module="/usr/lib/softhsm/libsofthsm2.so")
    with pytest.raises(SettingsError, match="token_label"):
        load_settings(copied / "yinxin.toml")
    configure(copied, token_label="x" * 33)
    with pytest.raises(SettingsError, match="32"):
        load_settings(copied / "yinxin.toml")


@pytest.mark.skipif(
    shutil.which("softhsm2-util") is None,
    reason="SoftHSM 2 is not installed (apt-get install softhsm2): THE TOKEN IS NOT TESTED",
)
def test_a_service_with_a_token(
    yinxin: Any, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New RSA keys are on the token, the others stay; doctor says how the token is."""
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: THE TOKEN IS NOT TESTED")
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tokens}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    initialise = ("softhsm2-util", "--init-token", "--free", "--label", "yinxin", "--pin", "INSECURE-1")
    subprocess.run([*initialise, "--so-pin", "INSECURE-2"], check=True, capture_output=True)
    pin = tmp_path / "pin"
    pin.write_text("INSECURE-1\n")
    (module,) = (one for one in Path("/usr/lib").glob("**/softhsm/libsofthsm2.so") if not one.is_symlink())
    configure(copied, token_module=str(module), token_label="yinxin", token_pin_file=str(pin))
    service = open_service(copied)
    try:
        service.vault.create_key("hardware", KeyKind.RSA2048)
        signer = service.vault.signer("hardware")
        signer.public_key.verify(signer.sign(b"x"), b"x")
    finally:
        service.close()
        service.vault.close()  # type: ignore[attr-defined]
    found = {one["label"]: one for one in yinxin("vault", "list", "--data", copied, "--json").json}
    assert (found["hardware"]["place"], found["hardware"]["uses"]) == ("token", 1)
    ran = yinxin("doctor", "--data", copied, "--json")
    (said,) = (one for one in ran.json if "令牌 token" in one["what"])
    assert (said["level"], "yinxin" in said["what"]) == ("ok", True)
    pin.write_text("wrong\n")
    ran = yinxin("doctor", "--data", copied, "--json")
    assert ran.code == 1
    assert any("refused the PIN" in one["what"] for one in ran.json)

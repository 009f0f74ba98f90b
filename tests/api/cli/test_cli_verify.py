# SPDX-License-Identifier: Apache-2.0
"""``yinxin verify``: exit codes and JSON as scripts rely on them, trust from every kind of source."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from api.cli import checking_files
from api.wiring import open_service
from verify import picture_of_pdf

PASSED, FAILED, UNSURE, UNREADABLE = 0, 1, 2, 3
INDICATIONS = {"TOTAL-PASSED": PASSED, "TOTAL-FAILED": FAILED, "INDETERMINATE": UNSURE, None: UNREADABLE}


@dataclass(frozen=True)
class Public:
    """What the service publishes, as files, and one file for each verdict."""

    folder: Path
    trust_list: Path
    root_der: Path
    root_pem: Path
    files: dict[int, Path]


@pytest.fixture(scope="module")
def public(made: Path, sealed_pdf: Path, tmp_path_factory: pytest.TempPathFactory) -> Public:
    folder: Path = tmp_path_factory.mktemp("public")
    service = open_service(made)
    (folder / "trust-list.json").write_bytes(service.publisher.current())
    der = service.certificates.issuer_file("root-sm2")
    service.close()
    (folder / "root.cer").write_bytes(der)
    lines = base64.encodebytes(der).decode()
    (folder / "root.pem").write_text(f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
    content = sealed_pdf.read_bytes()
    at = content.index(b"stream\n") + 20
    (folder / "altered.pdf").write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    (folder / "noise.bin").write_bytes(bytes(range(256)))
    files = {
        PASSED: sealed_pdf,
        FAILED: folder / "altered.pdf",
        UNSURE: folder / "unsealed.pdf",
        UNREADABLE: folder / "noise.bin",
    }
    return Public(folder, folder / "trust-list.json", folder / "root.cer", folder / "root.pem", files)


@pytest.fixture(scope="module", autouse=True)
def unsealed(public: Public, plain_pdf: Path) -> None:
    public.files[UNSURE].write_bytes(plain_pdf.read_bytes())


@pytest.mark.parametrize("expected", [PASSED, FAILED, UNSURE, UNREADABLE])
def test_one_file(yinxin: Any, public: Public, expected: int) -> None:
    ran = yinxin("verify", public.files[expected], "--trust", public.trust_list, "--json")
    assert ran.code == expected
    (one,) = ran.json
    assert INDICATIONS[one["indication"]] == expected
    assert one["file"] == str(public.files[expected])


def mixtures() -> Iterator[tuple[tuple[int, ...], int]]:
    """Every set of verdicts, with the exit code that the issue names for it."""
    for chosen in product((False, True), repeat=4):
        seen = tuple(code for code, taken in enumerate(chosen) if taken)
        if seen:
            yield seen, next((code for code in (FAILED, UNSURE, UNREADABLE) if code in seen), PASSED)


@pytest.mark.parametrize(("seen", "expected"), list(mixtures()))
def test_several_files(yinxin: Any, public: Public, seen: tuple[int, ...], expected: int) -> None:
    """Any TOTAL-FAILED beats any INDETERMINATE beats any unreadable, in whatever order they are given."""
    for order in (seen, seen[::-1]):
        ran = yinxin("verify", *(public.files[one] for one in order), "--trust", public.trust_list, "--json")
        assert ran.code == expected
        assert [INDICATIONS[one["indication"]] for one in ran.json] == list(order)


def test_json_of_a_sealed_file(yinxin: Any, public: Public) -> None:
    """One object for each file; each signature with its own verdict, reasons and facts."""
    (one,) = yinxin("verify", public.files[PASSED], "--trust", public.trust_list, "--json").json
    assert set(one) == {
        "file", "format", "kind", "indication", "sub_indication", "signatures", "reasons", "facts",
    }  # fmt: skip
    assert (one["kind"], one["sub_indication"]) == ("pdf", None)
    (signature,) = one["signatures"]
    assert set(signature) == {
        "format", "indication", "sub_indication", "reasons", "aspects", "deviations", "facts",
    }  # fmt: skip
    assert signature["indication"] == "TOTAL-PASSED"
    assert signature["facts"]["signer"]["uscc"] == "11510106DEM9A00331"
    assert signature["facts"]["algorithm"] == "SM2 with SM3"
    assert all(set(reason) == {"code", "zh", "en"} for reason in signature["reasons"])


def test_json_of_an_altered_file(yinxin: Any, public: Public) -> None:
    (one,) = yinxin("verify", public.files[FAILED], "--trust", public.trust_list, "--json").json
    assert (one["indication"], one["sub_indication"]) == ("TOTAL-FAILED", "HASH_FAILURE")
    assert one["signatures"][0]["sub_indication"] == "HASH_FAILURE"
    assert one["signatures"][0]["reasons"]


def test_json_of_an_unreadable_file(yinxin: Any, public: Public) -> None:
    """The same members, and the sentence that says why."""
    (one,) = yinxin("verify", public.files[UNREADABLE], "--trust", public.trust_list, "--json").json
    assert (one["kind"], one["indication"], one["signatures"]) == ("unreadable", None, [])
    assert "unknown kind of file" in one["error"]


def test_each_kind_of_public_file(yinxin: Any, public: Public, made: Path, tmp_path: Path) -> None:
    """What the other commands write is what this one reads."""
    proof, picture = tmp_path / "p.json", tmp_path / "page.png"
    assert yinxin("log", "proof", 3, "--out", proof, "--data", made).code == 0
    picture.write_bytes(picture_of_pdf(public.files[PASSED].read_bytes()))
    ran = yinxin(
        "verify", public.trust_list, public.root_der, public.root_pem, proof, picture,
        "--trust", public.trust_list, "--json",
    )  # fmt: skip
    kinds = [(one["kind"], one["indication"]) for one in ran.json]
    assert kinds == [
        ("trust-list", "TOTAL-PASSED"),
        ("certificate", "TOTAL-PASSED"),
        ("certificate", "TOTAL-PASSED"),
        ("log-proof", "TOTAL-PASSED"),
        ("qr", "INDETERMINATE"),  # this notice carries no code
    ]
    assert ran.code == UNSURE


# Trust


@pytest.mark.parametrize("source", ["trust_list", "root_der", "root_pem"])
def test_trust_from_one_file(yinxin: Any, public: Public, source: str) -> None:
    """A root is enough: the sealed file brings its chain and its revocation lists."""
    assert yinxin("verify", public.files[PASSED], "--trust", getattr(public, source)).code == PASSED


def test_trust_from_a_folder(yinxin: Any, public: Public, tmp_path: Path) -> None:
    """All files in it; hidden ones and folders below are nobody's statement."""
    (tmp_path / "root.cer").write_bytes(public.root_der.read_bytes())
    (tmp_path / "list.json").write_bytes(public.trust_list.read_bytes())
    (tmp_path / ".hidden").write_text("not trust")
    (tmp_path / "below").mkdir()
    assert yinxin("verify", public.files[PASSED], "--trust", tmp_path).code == PASSED


def test_trust_given_twice(yinxin: Any, public: Public, made: Path, tmp_path: Path) -> None:
    """Two roots: files under either pass."""
    service = open_service(made)
    rsa = tmp_path / "rsa.cer"
    rsa.write_bytes(service.certificates.issuer_file("root-rsa"))
    issuing = tmp_path / "issuing.cer"
    issuing.write_bytes(service.certificates.issuer_file("organisations-rsa"))
    crl = tmp_path / "root.crl"
    crl.write_bytes(service.certificates.crl_file("root-rsa"))
    service.close()
    files = (public.files[PASSED], issuing)
    assert yinxin("verify", *files, "--trust", public.root_der).code == UNSURE
    assert yinxin("verify", *files, "--trust", rsa, "--trust", crl).code == UNSURE
    assert yinxin("verify", *files, "--trust", public.root_der, "--trust", rsa, "--trust", crl).code == PASSED


def test_foreign_trust(yinxin: Any, public: Public, tmp_path: Path) -> None:
    """Genuine, but nobody here vouches for the signer: no pass, and no accusation."""
    foreign = tmp_path / "foreign.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", os.devnull, "-out", str(foreign), "-subj", "/CN=Foreign Root", "-days", "30"],
        check=True, capture_output=True,
    )  # fmt: skip
    ran = yinxin("verify", public.files[PASSED], "--trust", foreign, "--json")
    assert ran.code == UNSURE
    assert ran.json[0]["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"


def test_trust_of_the_data_directory(yinxin: Any, public: Public, made: Path) -> None:
    """Without --trust: the list that the service of this directory publishes."""
    ran = yinxin("verify", public.files[PASSED], public.trust_list, "--data", made, "--json")
    assert (ran.code, len(ran.json)) == (PASSED, 2)


def test_trust_of_the_data_directory_knows_the_newest_revocation(
    yinxin: Any, copied: Path, seals: dict[Any, str], plain_pdf: Path, tmp_path: Path
) -> None:
    """A seal's certificate that is revoked at the console counts in the next check."""
    out = tmp_path / "sealed.pdf"
    seal_id = next(iter(seals.values()))
    assert yinxin("seal", plain_pdf, "--seal", seal_id, "--out", out, "--data", copied).code == 0
    assert yinxin("verify", out, "--data", copied).code == PASSED
    service = open_service(copied)
    certificate_id = service.seals.get(seal_id).certificate_id
    service.close()
    reason = ("--reason", "keyCompromise")
    assert yinxin("cert", "revoke", certificate_id, *reason, "--data", copied).code == 0
    ran = yinxin("verify", out, "--data", copied, "--json")
    assert ran.code in (FAILED, UNSURE)
    assert "REVOKED" in ran.json[0]["sub_indication"]


def test_no_trust_at_all(
    yinxin: Any, public: Public, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words name both ways out; nothing is printed that a program could take for a verdict."""
    monkeypatch.chdir(tmp_path)
    ran = yinxin("verify", public.files[PASSED], "--json")
    assert (ran.code, ran.out) == (UNREADABLE, "")
    assert "--trust" in ran.err
    assert "--data" in ran.err


def test_a_data_directory_that_cannot_be_opened(yinxin: Any, public: Public, copied: Path) -> None:
    (copied / "vault.passphrase").write_text("wrong")
    ran = yinxin("verify", public.files[PASSED], "--data", copied)
    assert (ran.code, "does not open this vault" in ran.err) == (UNREADABLE, True)


@pytest.mark.parametrize("bad", ["missing", "noise", "empty folder", "altered list", "folder with noise"])
def test_unusable_trust(yinxin: Any, public: Public, tmp_path: Path, bad: str) -> None:
    """Refused by name: going on with the rest would be another trust than the one that was asked for."""
    path = tmp_path / "trust"
    if bad == "noise":
        path.write_bytes(b"noise")
    elif bad == "altered list":
        value = json.loads(public.trust_list.read_bytes())
        value["list"]["sequence"] += 1
        path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True))
    elif bad != "missing":
        path.mkdir()
    if bad == "folder with noise":
        (path / "root.cer").write_bytes(public.root_der.read_bytes())
        (path / "notes.txt").write_text("noise")
    ran = yinxin("verify", public.files[PASSED], "--trust", public.root_der, "--trust", path)
    assert ran.code == UNREADABLE
    assert ran.out == ""
    assert "→" in ran.err
    if bad != "altered list":
        assert str(path) in ran.err


# Files


def test_folder_and_missing_file(yinxin: Any, public: Public, tmp_path: Path) -> None:
    ran = yinxin("verify", tmp_path, tmp_path / "none.pdf", "--trust", public.trust_list, "--json")
    assert ran.code == UNREADABLE
    assert ["a folder" in ran.json[0]["error"], "no such file" in ran.json[1]["error"]] == [True, True]


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_file_without_the_right_to_read(yinxin: Any, public: Public, tmp_path: Path) -> None:
    path = tmp_path / "closed.pdf"
    path.write_bytes(b"%PDF-")
    path.chmod(0)
    ran = yinxin("verify", path, "--trust", public.trust_list, "--json")
    assert (ran.code, "permission" in ran.json[0]["error"]) == (UNREADABLE, True)


@pytest.mark.parametrize("content", [b"", b"\n", b"%PDF-", b"{", b'{"format":1}', b"\x30", b"PK\x03\x04"])
def test_rubbish(yinxin: Any, public: Public, tmp_path: Path, content: bytes) -> None:
    """Any bytes: a verdict that is no pass, or a sentence."""
    path = tmp_path / "rubbish"
    path.write_bytes(content)
    ran = yinxin("verify", path, "--trust", public.trust_list, "--json")
    assert ran.code in (FAILED, UNSURE, UNREADABLE)


def test_size_limit(yinxin: Any, public: Public, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 200 MB it ends; what is larger is never read to its end, whatever it says about its own size."""
    assert checking_files.MOST_BYTES == 200 * 1024 * 1024
    monkeypatch.setattr(checking_files, "MOST_BYTES", 1024 * 1024)
    sparse = tmp_path / "large.pdf"
    with sparse.open("wb") as file:
        file.truncate(1024 * 1024 + 1)
    files = [sparse, Path("/dev/zero")] if Path("/dev/zero").exists() else [sparse]
    ran = yinxin("verify", *files, "--trust", public.root_der, "--json")
    assert ran.code == UNREADABLE
    assert all("larger than 1 MB" in one["error"] for one in ran.json)


# Reading it


def test_shown_to_people(yinxin: Any, public: Public) -> None:
    """Verdict, file, who signed with what; the reason in Chinese and English on lines of their own."""
    ran = yinxin("verify", *public.files.values(), "--trust", public.trust_list)
    assert ran.code == FAILED
    lines = ran.out.splitlines()
    assert lines[0] == f"✔ TOTAL-PASSED  {public.files[PASSED]}"
    assert lines[1].startswith("  ✔ TOTAL-PASSED  1. 蜀州市锦北区住房和城乡建设局(演示) · SM2 with SM3 · 20")
    assert f"✘ TOTAL-FAILED / HASH_FAILURE  {public.files[FAILED]}" in lines
    assert any(line.startswith("? INDETERMINATE") for line in lines)
    assert f"✘ 无法读取 unreadable  {public.files[UNREADABLE]}" in lines


def test_a_reason_is_told_once(yinxin: Any, public: Public) -> None:
    """Certificates have one verdict, for the file and for the signature on it."""
    ran = yinxin("verify", public.root_der, "--trust", public.root_der)
    sentences = [line.strip() for line in ran.out.splitlines() if line.startswith("    ")]
    assert len(sentences) == len(set(sentences)) > 0


def test_names_command_no_terminal(yinxin: Any, public: Public, tmp_path: Path) -> None:
    """A file name, or a name in a forged certificate, that holds escape sequences or markup is only shown."""
    evil = tmp_path / "x\x1b[2J\x1b[32m✔ TOTAL-PASSED\u202e[red]"
    evil.write_bytes(b"noise")
    ran = yinxin("verify", evil, "--trust", public.trust_list)
    assert ran.code == UNREADABLE
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert "x\\x1b[2J\\x1b[32m✔ TOTAL-PASSED\\u202e[red]" in ran.out
    subject = "/CN=\x1b[1A\x1b[2K[bold]genuine/O=\x1b[32m"
    forged = tmp_path / "forged.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-utf8", "-keyout", os.devnull, "-out", str(forged), "-subj", subject, "-days", "30"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert "\x1b" not in yinxin("verify", forged, "--trust", public.trust_list).out

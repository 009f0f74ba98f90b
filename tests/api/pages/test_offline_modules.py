# SPDX-License-Identifier: Apache-2.0
"""The modules of the offline page under Node, and the folder that they are shipped in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.pages.offline import POLICY, media_type, offline_files
from api.pages.verdicts import VERDICTS, verdict_on
from verify.qr.payload import KINDS

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "api" / "pages" / "static" / "offline"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    NODE is None, reason="Node is not installed: install the package nodejs to run the page's modules"
)
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")


def node(script: str, given: Any = None) -> Any:
    """What a script prints as JSON; ``given`` is its constant ``GIVEN``."""
    text = f"import * as fs from 'node:fs'; const GIVEN = JSON.parse(fs.readFileSync(0, 'utf8'));\n{script}"
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", text],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=SOURCE,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_the_page_and_the_service_say_the_same_words() -> None:
    """One table of answers in two languages: codes, tones, words and what to do."""
    found = node(
        "import { VERDICTS } from './verdicts.js'; import { KINDS } from './kinds.js';"
        "console.log(JSON.stringify({ verdicts: VERDICTS, kinds: [...KINDS] }));"
    )
    ours = {
        name: {
            "code": one.code,
            "tone": one.tone,
            "zh": one.headline.zh,
            "en": one.headline.en,
            "todo": one.action.zh if one.action else "",
            "todoEn": one.action.en if one.action else "",
        }
        for name, one in VERDICTS.items()
    }
    assert found["verdicts"] == ours
    assert {name: number for number, name in found["kinds"]} == KINDS


def test_each_answer_has_a_code_of_its_own_and_one_thing_to_do() -> None:
    """A code is read over the telephone; a genuine paper is never called invalid or forged."""
    codes = [one.code for one in VERDICTS.values()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"IR-[0-9]{2}", code) for code in codes)
    assert [name for name, one in VERDICTS.items() if one.action is None] == ["valid"]
    page = (ROOT / "docs" / "integrating.md").read_text("utf-8")
    told = set(re.findall(r"^\| (IR-[0-9]{2}) \| . \| (.+?) \|", page, re.MULTILINE))
    assert told == {(one.code, one.headline.zh) for one in VERDICTS.values()}
    for name in ("revoked", "superseded", "withheld", "expired", "forfeited", "suspended"):
        assert VERDICTS[name].tone == "warn"
        assert VERDICTS[name].headline.zh.startswith("真实,但")
    assert verdict_on("something new").code == VERDICTS["undecided"].code
    without, stated = verdict_on("revoked").action, verdict_on("revoked", "演示决字〔2026〕1号").action
    assert without is not None and "文号" not in without.zh and "number" not in without.en
    assert stated is not None and "文号" in stated.zh and "number" in stated.en


@needs_node
def test_statements_get_the_verdict_of_the_vectors() -> None:
    """Every golden vector and every negative: indication, sub-indication and all codes in their order."""
    vectors = json.loads((ROOT / "tests" / "vectors" / "qr" / "ir1.json").read_text("utf-8"))
    found = node(
        "import { checkQr } from './check_qr.js'; const out = [];"
        "for (const one of GIVEN.cases) {"
        "  const status = one.document_status ? GIVEN.document_statuses[one.document_status] : null;"
        "  const options = { host: one.host ?? null, status };"
        "  const got = await checkQr(one.text, GIVEN.trusts[one.trust], one.at, options);"
        "  out.push({ indication: got.indication, sub_indication: got.sub_indication, codes: got.codes });"
        "} console.log(JSON.stringify(out));",
        vectors,
    )
    differ = [
        (one["name"], got, one["expected"])
        for one, got in zip(vectors["cases"], found, strict=True)
        if got != one["expected"]
    ]
    assert differ == []


@needs_node
def test_times_that_are_none_end_nothing_late() -> None:
    """A time that no calendar has compares false with everything: it must not read as "not over yet"."""
    found = node(
        "import { requireTimes } from './lists.js'; const out = [];"
        "for (const list of GIVEN) {"
        "  try { requireTimes(list); out.push('taken'); } catch (error) { out.push(error.code); }"
        "}"
        "console.log(JSON.stringify(out));",
        [
            {"issued": "2026-07-01T00:00:00Z", "next_update": "2026-08-01T00:00:00Z"},
            {
                "issued": "2026-07-01T00:00:00Z",
                "next_update": "2026-08-01T00:00:00Z",
                "expires": "2026-08-01T00:00:00Z",
            },
            {"issued": "2026-07-01T00:00:00Z", "next_update": "never"},
            {"issued": "2026-07-01T00:00:00Z", "next_update": "2026-13-01T00:00:00Z"},
            {"issued": "2026-07-01T00:00:00Z", "next_update": "2026-06-01T00:00:00Z"},
            {"issued": "2026-07-01T00:00:00Z", "next_update": "2026-08-01T00:00:00Z", "expires": None},
            {
                "issued": "2026-07-01T00:00:00Z",
                "next_update": "2026-08-01T00:00:00Z",
                "expires": "2026-07-31T00:00:00Z",
            },
            {"next_update": "2026-08-01T00:00:00Z"},
        ],
    )
    assert found == ["taken", "taken", *["LIST_MALFORMED"] * 6]


@needs_node
def test_a_permit_is_not_said_to_have_records_or_another_issuer() -> None:
    """Counts are told of a record sheet alone; who signs the code is not called the issuer."""
    stated = {"uscc": "C", "name": "N", "class": "", "good": 0, "bad": 0, "authority": "A"}
    facts = {
        "document_id": "1",
        "document_id_printed": "1",
        "stated": stated,
        "authority": "another body",
        "issued": "2026-07-01",
        "valid_until": None,
        "host": "h",
    }
    (counted,) = (name for name, number in KINDS.items() if number == 1)
    sheet, permit = node(
        "import { comparedFacts } from './show.js';"
        "console.log(JSON.stringify(GIVEN.map((one) => comparedFacts(one).map(([name]) => name))));",
        [{**facts, "document_kind": kind} for kind in (counted, "another")],
    )
    assert set(sheet) - set(permit) == {"良好记录", "不良记录"}
    assert "签发机关代码" in permit
    assert "签发机关" not in permit


def test_the_folder_is_complete_in_itself() -> None:
    """Each import leads to a file of the folder, the worker knows all files, nothing comes from elsewhere."""
    found = offline_files()
    for path, content in found.items():
        if not path.endswith(".js"):
            continue
        text = content.decode()
        for target in IMPORTED.findall(text):
            parts: list[str] = []
            for part in (PurePosixPath(path).parent / target).parts:
                parts = parts[:-1] if part == ".." else [*parts, part]
            assert "/".join(parts) in found, f"{path} imports {target}"
        outside = set(re.findall(r"https?://[^\s\"'`]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not {one for one in outside if "${" not in one}, path
    worker = found["sw.js"].decode()
    assert all(f'"{path}"' in worker for path in found if path != "sw.js")
    assert "/*" not in worker
    index = found["index.html"].decode()
    meta = re.search(r'Content-Security-Policy" content="([^"]+)"', index)
    assert meta is not None
    assert meta[1].replace("form-action 'none';", "form-action 'none'; frame-ancestors 'none';") == POLICY
    assert "<script>" not in index and "style=" not in index
    assert media_type("app/zxing/zxing_reader.wasm") == "application/wasm"


def test_the_folder_is_written_once(tmp_path: Path) -> None:
    """``yinxin offline-page`` writes what the service serves, and overwrites nothing."""
    target = tmp_path / "page"
    done = CliRunner().invoke(app, ["offline-page", str(target), "--no-lists"])
    assert done.exit_code == 0, done.output
    written = {
        path.relative_to(target / "offline").as_posix(): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file()
    }
    assert written == dict(offline_files())
    assert CliRunner().invoke(app, ["offline-page", str(target), "--no-lists"]).exit_code == 1


@needs_node
def test_digests_are_those_of_the_standards(tmp_path: Path) -> None:
    """SHA-256 and SM3 of a file, and a record that is packed inside a PDF-like stream is found."""
    record = b'{"document_id":"04HMASW9NF6YY093"}'
    found = node(
        "import { carriesRecord, digestsOf, matches } from './digests.js'; import zlib from 'node:zlib';"
        "const abc = new TextEncoder().encode('abc').buffer;"
        "const file = { name: 'a', size: 3, arrayBuffer: async () => abc };"
        "const found = await digestsOf(file); delete found.bytes;"
        "const record = Buffer.from(GIVEN); const digest = (await digestsOf({ name: 'r', size: record.length,"
        " arrayBuffer: async () => Uint8Array.from(record).buffer })).sha256;"
        "const pdf = Buffer.concat([Buffer.from('1 0 obj<<>>stream\\r\\n'), zlib.deflateSync(record),"
        " Buffer.from('\\nendstream')]);"
        "const carries = await carriesRecord(Uint8Array.from(pdf), digest.slice(0, 32));"
        "const other = await carriesRecord(Uint8Array.from(pdf), '0'.repeat(32));"
        "console.log(JSON.stringify({ found, carries, other,"
        " typed: matches(found, found.sm3.toUpperCase()), short: matches(found, found.sm3.slice(0, 40)) }));",
        record.decode(),
    )
    assert found["found"]["sm3"] == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert found["found"]["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (found["carries"], found["other"], found["typed"], found["short"]) == (True, False, True, False)

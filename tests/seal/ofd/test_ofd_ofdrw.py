# SPDX-License-Identifier: Apache-2.0
"""OFD against ofdrw, the reference reader and writer in Java: it verifies and reads ours, we verify its own.

One Maven run finds the classes, one JVM answers for all files.  Needs Java 17 and Maven (Debian:
``openjdk-17-jdk-headless``, ``maven``), and Maven Central or a filled local repository.
"""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from seal import (
    AtKeyword,
    Attachment,
    CrossPage,
    Edge,
    EveryPage,
    Placement,
    Protection,
    close_ofd,
    write_ofd,
)
from verify import Authority, Indication

from .conftest import AT, Sealer, foreign, layout
from .test_ofd_mass import sealed as one_of_a_run
from .test_ofd_sealing import stamping

PEER = Path(__file__).parents[2] / "peers" / "ofdrw"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Ofdrw:
    """One JVM; every question is one line, and so is its answer."""

    def __init__(self, classpath: str) -> None:
        self._process = subprocess.Popen(
            [
                "java",
                "-Xshare:auto",
                "-Djava.awt.headless=true",
                "-cp",
                classpath,
                str(PEER / "OfdrwPeer.java"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def ask(self, *words: str | Path) -> str:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("\t".join(str(one) for one in words) + "\n")
        self._process.stdin.flush()
        verdict, _, answer = self._process.stdout.readline().rstrip("\n").partition("\t")
        assert verdict == "ok", answer
        return answer

    def refuses(self, *words: str | Path) -> str:
        with pytest.raises(AssertionError) as refused:
            self.ask(*words)
        return str(refused.value)

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def ofdrw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ofdrw]:
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} missing: install openjdk-17-jdk-headless and maven")
    path = tmp_path_factory.mktemp("ofdrw") / "classpath"
    found = ["mvn", "-q", "-B", "-f", str(PEER / "pom.xml"), "dependency:build-classpath"]
    for offline in (["-o"], []):
        run = subprocess.run(
            [*found, *offline, f"-Dmdep.outputFile={path}"], capture_output=True, text=True, timeout=200
        )
        if run.returncode == 0 and path.exists():
            break
    else:
        pytest.skip(f"ofdrw cannot be had from Maven: {run.stdout[-300:]}")
    peer = Ofdrw(path.read_text())
    yield peer
    peer.close()


def test_it_verifies_every_kind(
    ofdrw: Ofdrw, sealer: Sealer, permit: bytes, booklet: bytes, tmp_path: Path
) -> None:
    """Continue, whole, several seals, closed, cross-page on both edges and facing, keyword, every page."""
    sealed = sealer.seal(permit)
    twice = sealer.seal(sealed, Placement(0, 20, 200, 40, 40))
    kinds = {
        "continue": (sealed, 1),
        "whole": (sealer.seal(permit, protection=Protection.WHOLE), 1),
        "twice": (twice, 2),
        "closed": (close_ofd(twice, sealer.key, sealing=sealer.sealing, at=AT), 3),
        "right": (sealer.seal(booklet, CrossPage(40, 40)), 1),
        "left": (sealer.seal(booklet, CrossPage(40, 40, edge=Edge.LEFT)), 1),
        "facing": (sealer.seal(booklet, CrossPage(40, 40, edge=Edge.FACING)), 1),
        "keyword": (sealer.seal(permit, AtKeyword("锦北区住房", 40, 40)), 1),
        "every": (sealer.seal(booklet, EveryPage(10, 10, 30, 30)), 1),
        "foreign": (sealer.seal(foreign(pages=2)), 1),
        "unprefixed": (sealer.seal(foreign(prefix="")), 1),
    }
    for name, (data, signatures) in kinds.items():
        path = tmp_path / f"{name}.ofd"
        path.write_bytes(data)
        assert ofdrw.ask("verify", path) == str(signatures), name
        sealer.passes(data, signatures)
    broken = tmp_path / "broken.ofd"
    broken.write_bytes(sealed.replace(b"SignedValue", b"SignedVolue", 1))
    ofdrw.refuses("verify", broken)


def test_it_verifies_what_is_issued(ofdrw: Ofdrw, sealer: Sealer, tmp_path: Path) -> None:
    """One of a run; one with time stamp, authority and attachments, closed, as the service issues it."""
    record = Attachment("record.json", "application/json", b'{"number":1}')
    knowing, stamp = stamping(sealer)
    written = write_ofd(
        layout(),
        title="建筑工程施工许可证",
        at=AT,
        document_id="0123456789ABCDEF",
        metadata={"证照名称": "施工许可证"},
        attachments=(record,),
    )
    issued = sealer.seal(
        written,
        protection=Protection.WHOLE,
        timestamper=stamp,
        authority=Authority({"case": "2026-0001", "approved_by": "示例"}).encode(),
    )
    (signature,) = knowing.passes(issued).signatures
    assert signature.facts["time_proof"] == "proven"
    assert signature.facts["authority"]
    for name, data in {"one-of-a-run": one_of_a_run(sealer), "issued": issued}.items():
        path = tmp_path / f"{name}.ofd"
        path.write_bytes(data)
        assert ofdrw.ask("verify", path) == "1", name
        assert "<A&B>" in ofdrw.ask("text", path), name  # of the page itself: it leaves out page templates
    # What is attached is under the seal for this reader as well.
    broken = tmp_path / "broken.ofd"
    broken.write_bytes(replaced(issued, "Doc_0/Attachs/attachment_1.json", b'{"number":2}'))
    ofdrw.refuses("verify", broken)


def replaced(data: bytes, name: str, content: bytes) -> bytes:
    """The package with one file changed, its checksum right."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(out, "w") as made:
        assert name in package.namelist()
        for one in package.namelist():
            made.writestr(one, content if one == name else package.read(one))
    return out.getvalue()


def test_it_reads_and_draws_ours(ofdrw: Ofdrw, sealer: Sealer, permit: bytes, tmp_path: Path) -> None:
    """Text as it was typed; glyphs by number; the seal red and in its place."""
    path = tmp_path / "permit.ofd"
    path.write_bytes(sealer.seal(permit))
    text = ofdrw.ask("text", path)
    for part in ("建筑工程施工许可证", "样例花园5期 <A&B>", "2026年8月1日"):
        assert part in text
    (drawn,) = ofdrw.ask("image", path, tmp_path / "images").split("\u2028")
    with Image.open(drawn) as picture:
        image = picture.convert("RGB")
    scale = image.width / 210
    ink = [sum(pixel) / 3 for pixel in image.crop(box(scale, 50, 20, 160, 50)).getdata()]
    assert min(ink) < 80
    red = [r > 150 and g < 90 and b < 90 for r, g, b in image.crop(box(scale, 120, 200, 160, 240)).getdata()]
    assert sum(red) > 0.03 * len(red)
    elsewhere = image.crop(box(scale, 20, 200, 100, 240)).getdata()
    assert not any(r > 150 and g < 90 and b < 90 for r, g, b in elsewhere)


def box(scale: float, left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    return int(left * scale), int(top * scale), int(right * scale), int(bottom * scale)


@pytest.mark.parametrize(
    ("mode", "place", "pages"),
    [("continue", "normal", 1), ("whole", "normal", 1), ("continue", "ride", 5), ("whole", "close", 1)],
)
def test_we_verify_its_own(
    ofdrw: Ofdrw, sealer: Sealer, tmp_path: Path, mode: str, place: str, pages: int
) -> None:
    """Signed by ofdrw with our seal: the verifier passes it, and where it is open we add a seal to it.

    ofdrw states its own clock, so the validity of seal and certificate is left out of what is asked.
    """
    before, after = tmp_path / "before.ofd", tmp_path / "after.ofd"
    before.write_bytes(foreign(pages=pages))
    secrets = [
        base64.b64encode(one).decode() for one in (sealer.key.pkcs8(), sealer.certificate.der, sealer.esl)
    ]
    ofdrw.ask("sign", before, after, mode, place, *secrets)
    data = after.read_bytes()
    report = sealer.check(data)
    assert report.indication is not Indication.TOTAL_FAILED, report
    (signature,) = report.signatures
    assert signature.facts.get("intact") is True, report
    if mode == "continue":
        both = tmp_path / "both.ofd"
        both.write_bytes(sealer.seal(data))
        assert ofdrw.ask("verify", both) == "2"

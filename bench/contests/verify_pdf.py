# SPDX-License-Identifier: Apache-2.0
"""Checking sealed PDFs: ours against plain pyHanko and poppler's pdfsig, all of them asked first.

Ours reads each file with three parsers, checks chain and revocation at the moment of asking, and explains
what follows each signature.  pyHanko checks chain, revocation lists and differences too.  pdfsig checks
values and digests alone, and is a whole process each time, so that it times itself.
"""

from __future__ import annotations

import io
import logging
import os
import random
import re
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509

from keys import KeyKind
from seal import Placement, seal_pdf
from verify import Indication, check_pdf

from ..measure import Contest
from .world import AT, Authority, appearance, authority

_TOOL_TURNS = 4


def verify_pdf_1page(_quick: bool) -> Contest:
    """One page, one seal: the common certificate."""
    return _contest("verify.pdf.1page", _sealed(_pages(1), 1), 1)


def verify_pdf_200pages(quick: bool) -> Contest:
    """Two hundred scanned pages, one seal: as much as the digest takes."""
    return _contest("verify.pdf.200pages", _sealed(_pages(20 if quick else 200, scan=130_000), 1), 1)


def verify_pdf_20sigs(quick: bool) -> Contest:
    """One page, a seal on top of each other seal."""
    count = 6 if quick else 20
    return _contest("verify.pdf.20sigs", _sealed(_pages(1), count), count)


def verify_pdf_1000pages(quick: bool) -> Contest:
    """A thousand pages, two seals; the note says what is beyond reading the file once."""
    data = _sealed(_pages(100 if quick else 1000), 2)
    beyond = _seconds(lambda: _ours(data)()) - _seconds(lambda: _read(data))
    return _contest("verify.pdf.1000pages", data, 2, note=f"{beyond * 1000:.0f} ms beyond reading")


def _contest(name: str, data: bytes, signatures: int, note: str = "") -> Contest:
    logging.disable(logging.WARNING)
    own = authority(KeyKind.P256)
    report = check_pdf(data, trust=own.trust, at=AT)
    passed = [one.indication for one in report.signatures].count(Indication.TOTAL_PASSED)
    if report.indication is not Indication.TOTAL_PASSED or passed != signatures:
        raise AssertionError(f"a sealed file does not pass: {report}")
    ours, peer = _ours(data), _pyhanko(data, own, signatures)
    peer()
    altered = bytearray(data)
    altered[data.index(b"/MediaBox") + 12] ^= 1
    if check_pdf(bytes(altered), trust=own.trust, at=AT).indication is Indication.TOTAL_PASSED:
        raise AssertionError("the page was changed, and the file passes")
    printed, tool_peak = _pdfsig(data, signatures)
    peaks = f"peak MB: ours {_peak(ours):.1f}, pyHanko {_peak(peer):.1f}, pdfsig {tool_peak:.1f} in all"
    size = f"{len(data) // 1024} KB, {signatures} × P-256 with chain and revocation"
    return Contest(
        name,
        ours,
        peers={"pyHanko": peer},
        printed=printed,
        note="; ".join(part for part in (size, note, peaks) if part),
        processor=True,
    )


def _ours(data: bytes) -> Callable[[], object]:
    trust = authority(KeyKind.P256).trust
    return lambda: check_pdf(data, trust=trust, at=AT)


def _pyhanko(data: bytes, own: Authority, signatures: int) -> Callable[[], None]:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    root, issuing = (asn1_x509.Certificate.load(one.der) for one in (own.root, own.issuing))
    lists = [asn1_crl.CertificateList.load(one.der) for one in own.sealing.crls]

    def peer() -> None:
        found = PdfFileReader(io.BytesIO(data)).embedded_signatures
        context = ValidationContext(
            trust_roots=[root], other_certs=[issuing], crls=lists, allow_fetching=False, moment=AT
        )
        if len(found) != signatures or not all(
            validate_pdf_signature(one, context).bottom_line for one in found
        ):
            raise AssertionError("pyHanko does not accept the file")

    return peer


def _pdfsig(data: bytes, signatures: int) -> tuple[dict[str, float], float]:
    """Files for each second of its own processor time, and the megabytes it had at most."""
    tool = shutil.which("pdfsig")
    if tool is None:
        raise AssertionError("needs pdfsig: apt-get install poppler-utils")
    with tempfile.TemporaryDirectory() as folder:
        file, told = Path(folder, "sealed.pdf"), Path(folder, "told")
        file.write_bytes(data)
        spent, most = 0.0, 0
        for _ in range(_TOOL_TURNS):
            actions = [(os.POSIX_SPAWN_OPEN, 1, str(told), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
            child = os.posix_spawn(tool, [tool, "-nocert", str(file)], os.environ, file_actions=actions)
            _, status, usage = os.wait4(child, 0)
            if status:
                raise AssertionError("pdfsig does not accept the file")
            spent += usage.ru_utime + usage.ru_stime
            most = max(most, usage.ru_maxrss)
        if told.read_text("utf-8", "replace").count("Signature is Valid") != signatures:
            raise AssertionError("pdfsig does not find the signatures valid")
    return {"pdfsig, value alone": _TOOL_TURNS / spent}, most / 1024


def _peak(act: Callable[[], object]) -> float:
    """Megabytes of one act beyond what the process had, in a child of its own; 0 where no system tells."""
    if not Path("/proc/self/clear_refs").exists():
        return 0.0
    act()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            before = _memory("VmRSS")
            Path("/proc/self/clear_refs").write_text("5", "ascii")
            act()
            os.write(writing, b"%d" % max(_memory("VmHWM") - before, 0))
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as told:
        return int(told.read() or b"0") / 1024


def _memory(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) if found else 0


def _seconds(act: Callable[[], object]) -> float:
    import time

    act()
    began = time.process_time()
    act()
    return time.process_time() - began


def _read(data: bytes) -> int:
    """What any check has to do: take the file in, every object of it, and its digest."""
    import hashlib

    import pikepdf

    hashlib.sha256(data).digest()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return len(pdf.objects) + len(pdf.pages)


@cache
def _pages(count: int, scan: int = 0) -> bytes:
    """So many pages of text, each with a picture of ``scan`` bytes that do not pack."""
    import pikepdf

    dice, pdf = random.Random(count), pikepdf.new()
    font = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    for number in range(count):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = pdf.make_stream(b"BT /F1 24 Tf 60 700 Td (permit page %d) Tj ET " % number * 8)
        if scan:
            picture = pdf.make_stream(dice.randbytes(scan // 300 * 300))
            picture.stream_dict = pikepdf.Dictionary(
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=100,
                Height=scan // 300,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
            )
            page.Resources.XObject = pikepdf.Dictionary(Scan=picture)
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


@cache
def _sealed(data: bytes, count: int) -> bytes:
    own = authority(KeyKind.P256)
    for number in range(count):
        place = Placement(
            page=0,
            x_mm=10 + 38 * (number % 5),
            y_mm=20 + 50 * (number // 5),
            width_mm=30,
            height_mm=30,
        )
        data = seal_pdf(
            data,
            own.seal_key,
            sealing=own.sealing,
            at=AT,
            placement=place,
            appearance=appearance(),
            reason="基准",
            inspected=True,
        )
    return data

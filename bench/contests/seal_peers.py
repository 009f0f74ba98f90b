# SPDX-License-Identifier: Apache-2.0
"""The peers of the sealing rows: pyHanko as it comes, and EU DSS in its own virtual machine."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import algos
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509

from keys import KeyKind, write_pkcs12
from seal import SealDesign, draw_seal, drawing_pdf, drawing_png

from .seal_oracles import require_right
from .seal_world import document
from .world import Authority

_DSS = Path(__file__).resolve().parents[2] / "tests" / "peers" / "dss"
_BOX = (380, 123, 499, 242)


def signer_of(own: Authority) -> Any:
    """pyHanko's own signer; for SM2 ours through its public extension point."""
    is_sm2 = own.sealing.certificate.public_key.kind is KeyKind.SM2
    return _sm2_signer(own) if is_sm2 else _plain_signer(own)


def pdf_signer(own: Authority, *, signer: Any = None) -> Any:
    """A signer of documents with a visible vector seal; everything else is pyHanko's default."""
    from pyhanko.sign import fields, signers
    from pyhanko.stamp import StaticStampStyle

    is_sm2 = own.sealing.certificate.public_key.kind is KeyKind.SM2
    metadata = signers.PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sm3" if is_sm2 else "sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    return signers.PdfSigner(
        metadata,
        signer or signer_of(own),
        stamp_style=StaticStampStyle.from_pdf_file(str(_seal_file()), border_width=0),
        new_field_spec=fields.SigFieldSpec("Seal", box=_BOX),
    )


def pyhanko(own: Authority, data: bytes | None = None) -> Callable[[], bytes]:
    """One document sealed by pyHanko."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    signer, given = pdf_signer(own), document() if data is None else data

    def seal() -> bytes:
        return bytes(signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(given))).getvalue())

    return seal


@cache
def _seal_file() -> Path:
    """The seal as a PDF of one page, as pyHanko takes vector stamps."""
    import pikepdf

    stream, box = drawing_pdf(_drawing())
    folder = Path(tempfile.mkdtemp(prefix="yinxin-bench-"))
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(box[2], box[3]))
        page.Contents = pdf.make_stream(stream)
        pdf.save(folder / "seal.pdf")
    return folder / "seal.pdf"


def _drawing() -> Any:
    return draw_seal(
        SealDesign(name="蜀州市锦北区住房和城乡建设局", line="电子证照专用章", code="51010600000003")
    )


def dss(own: Authority, seconds: float) -> dict[str, float]:
    """What EU DSS says that it seals in a second of processor time; nothing where it cannot be built."""
    if shutil.which("mvn") is None or shutil.which("java") is None:
        print("EU DSS is not measured: needs java and mvn (apt-get install maven)", flush=True)
        return {}
    classes = _built()
    if classes is None:
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "document.pdf").write_bytes(document())
        (folder / "key.p12").write_bytes(
            write_pkcs12(own.seal_key, [own.sealing.certificate.der, own.issuing.der], "bench")
        )
        (folder / "seal.png").write_bytes(drawing_png(_drawing(), dpi=300))
        told = subprocess.run(
            [
                *("java", "-cp", f"{classes}/classes:{classes}/dependency/*", "SealPdf"),
                *(str(folder / one) for one in ("document.pdf", "key.p12")),
                "bench",
                *(str(folder / one) for one in ("seal.png", "sealed.pdf")),
                str(seconds),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise AssertionError(told.stderr[-2000:])
        require_right((folder / "sealed.pdf").read_bytes(), own)
        *_, line = told.stdout.strip().splitlines()
        return {"EU DSS 6.4, PNG seal": float(json.loads(line)["per_second"])}


@cache
def _built() -> Path | None:
    """Compiled once for a run of the benchmark; Maven fetches what it needs from its central repository."""
    folder = Path(tempfile.mkdtemp(prefix="yinxin-dss-"))
    shutil.copytree(_DSS, folder / "dss")
    command = ["mvn", "-q", "-B", "compile", "dependency:copy-dependencies"]
    told = subprocess.run(command, cwd=folder / "dss", capture_output=True, text=True, check=False)
    if told.returncode:
        print(f"EU DSS is not measured, Maven said: {told.stdout[-600:]}", flush=True)
        return None
    return folder / "dss" / "target"


def _store(own: Authority) -> Any:
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    make: Any = SimpleCertificateStore  # it carries no annotations
    store = make()
    store.register(asn1_x509.Certificate.load(own.issuing.der))
    return store


def _plain_signer(own: Authority) -> Any:
    from pyhanko.sign import signers

    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(own.sealing.certificate.der),
        signing_key=asn1_keys.PrivateKeyInfo.load(own.seal_key.pkcs8()),
        cert_registry=_store(own),
    )


def _sm2_signer(own: Authority) -> Any:
    from pyhanko.sign import signers

    # asn1crypto has to learn three names before it parses anything of SM2.
    for known, oid, name in (
        (algos.DigestAlgorithmId, "1.2.156.10197.1.401", "sm3"),
        (algos.SignedDigestAlgorithmId, "1.2.156.10197.1.501", "sm3_sm2"),
    ):
        known._map[oid] = name
        if known._reverse_map is not None:
            known._reverse_map[name] = oid
    asn1_keys.NamedCurve.register("sm2p256v1", "1.2.156.10197.1.301", 32)

    class Sm2Signer(signers.Signer):
        async def async_sign_raw(self, data: bytes, _digest: str, dry_run: bool = False) -> bytes:
            return bytes(72) if dry_run else own.seal_key.sign(data)

    return Sm2Signer(
        signing_cert=asn1_x509.Certificate.load(own.sealing.certificate.der),
        cert_registry=_store(own),
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sm3_sm2"}),
    )

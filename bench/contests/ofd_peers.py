# SPDX-License-Identifier: Apache-2.0
"""The peers of the OFD rows: lxml with Python's ZIP module as anybody would write it, and ofdrw in Java.

The baseline builds its XML with lxml and its seal signature with asn1crypto, signs with the same key through
the same library, and rewrites the package; it looks at nothing that was there before, and checks nothing.
"""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keys import HashAlgorithm, digest

from .ofd_world import PLACE, document, esl, own
from .world import AT

NS = "http://www.ofdspec.org/2016"
_O = f"{{{NS}}}"
_PEER = Path(__file__).resolve().parents[2] / "tests" / "peers" / "ofdrw"
_SIGN = "Doc_0/Signs/Sign_0"


def _sm3(data: bytes) -> bytes:
    return digest(HashAlgorithm.SM3, data).value


def baseline(data: bytes) -> bytes:
    """One document sealed with lxml, zipfile and asn1crypto."""
    from lxml import etree

    with zipfile.ZipFile(io.BytesIO(data)) as package:
        files = {name: package.read(name) for name in package.namelist()}
    root = etree.fromstring(files["OFD.xml"])
    etree.SubElement(root[0], f"{_O}Signatures").text = "/Doc_0/Signs/Signatures.xml"
    files["OFD.xml"] = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    listing = etree.Element(f"{_O}Signatures", nsmap={"ofd": NS})
    etree.SubElement(listing, f"{_O}MaxSignId").text = "s002"
    etree.SubElement(listing, f"{_O}Signature", ID="s001", Type="Seal", BaseLoc=f"/{_SIGN}/Signature.xml")
    files[f"{_SIGN}/Seal.esl"] = esl()
    files[f"{_SIGN}/Signature.xml"] = signed = _description(files)
    files["Doc_0/Signs/Signatures.xml"] = etree.tostring(listing, xml_declaration=True, encoding="UTF-8")
    files[f"{_SIGN}/SignedValue.dat"] = _seal_signature(signed)
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A package by Python's ZIP module, as it packs by default when asked to deflate."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return out.getvalue()


def _description(files: Mapping[str, bytes]) -> bytes:
    from lxml import etree

    root = etree.Element(f"{_O}Signature", nsmap={"ofd": NS})
    info = etree.SubElement(root, f"{_O}SignedInfo")
    etree.SubElement(info, f"{_O}Provider", ProviderName="baseline")
    etree.SubElement(info, f"{_O}SignatureMethod").text = "1.2.156.10197.1.501"
    etree.SubElement(info, f"{_O}SignatureDateTime").text = f"{AT:%Y%m%d%H%M%SZ}"
    references = etree.SubElement(info, f"{_O}References", CheckMethod="1.2.156.10197.1.401")
    for name, content in files.items():
        one = etree.SubElement(references, f"{_O}Reference", FileRef=f"/{name}")
        etree.SubElement(one, f"{_O}CheckValue").text = base64.b64encode(_sm3(content)).decode()
    box = f"{PLACE.x_mm} {PLACE.y_mm} {PLACE.width_mm} {PLACE.height_mm}"
    etree.SubElement(info, f"{_O}StampAnnot", ID="s002", PageRef="1", Boundary=box)
    seal = etree.SubElement(info, f"{_O}Seal")
    etree.SubElement(seal, f"{_O}BaseLoc").text = f"/{_SIGN}/Seal.esl"
    etree.SubElement(root, f"{_O}SignedValue").text = f"/{_SIGN}/SignedValue.dat"
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _seal_signature(signed: bytes) -> bytes:
    from asn1crypto import core

    class ToSign(core.Sequence):  # type: ignore[misc]  # asn1crypto has no annotations
        _fields = [  # noqa: RUF012  asn1crypto's own way
            ("version", core.Integer),
            ("eseal", core.Any),
            ("time", core.GeneralizedTime),
            ("hash", core.OctetBitString),
            ("property", core.IA5String),
        ]

    class Signature(core.Sequence):  # type: ignore[misc]
        _fields = [  # noqa: RUF012
            ("to_sign", ToSign),
            ("cert", core.OctetString),
            ("algorithm", core.ObjectIdentifier),
            ("signature", core.OctetBitString),
        ]

    to_sign = ToSign(
        {
            "version": 4,
            "eseal": core.Any.load(esl()),
            "time": AT,
            "hash": _sm3(signed),
            "property": f"/{_SIGN}/Signature.xml",
        }
    )
    value = own().seal_key.sign(to_sign.dump())
    made = Signature(
        {
            "to_sign": to_sign,
            "cert": own().sealing.certificate.der,
            "algorithm": "1.2.156.10197.1.501",
            "signature": value,
        }
    )
    return bytes(made.dump())


def baseline_certificate(values: Mapping[str, str], record: bytes) -> bytes:
    """A certificate built with lxml, without fonts and frame, then sealed as :func:`baseline` does."""
    from lxml import etree

    def made(name: str) -> Any:
        return etree.Element(f"{_O}{name}", nsmap={"ofd": NS})

    def written(root: Any) -> bytes:
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))

    entrance = made("OFD")
    entrance.set("Version", "1.0")
    entrance.set("DocType", "OFD")
    body = etree.SubElement(entrance, f"{_O}DocBody")
    info = etree.SubElement(body, f"{_O}DocInfo")
    etree.SubElement(info, f"{_O}DocID").text = values["id"]
    etree.SubElement(body, f"{_O}DocRoot").text = "Doc_0/Document.xml"
    root = made("Document")
    common = etree.SubElement(root, f"{_O}CommonData")
    etree.SubElement(common, f"{_O}MaxUnitID").text = "900"
    area = etree.SubElement(common, f"{_O}PageArea")
    etree.SubElement(area, f"{_O}PhysicalBox").text = "0 0 210 297"
    etree.SubElement(common, f"{_O}PublicRes").text = "PublicRes.xml"
    pages = etree.SubElement(root, f"{_O}Pages")
    etree.SubElement(pages, f"{_O}Page", ID="1", BaseLoc="Pages/Page_0/Content.xml")
    resources = made("Res")
    resources.set("BaseLoc", "Res")
    fonts = etree.SubElement(resources, f"{_O}Fonts")
    etree.SubElement(fonts, f"{_O}Font", ID="3", FontName="宋体")
    page = made("Page")
    content = etree.SubElement(page, f"{_O}Content")
    layer = etree.SubElement(content, f"{_O}Layer", ID="2")
    for number, (name, value) in enumerate(values.items()):
        if name != "code":
            one = etree.SubElement(
                layer,
                f"{_O}TextObject",
                ID=str(10 + number),
                Boundary=f"20 {20 + 10 * number} 160 8",
                Font="3",
                Size="4",
            )
            etree.SubElement(one, f"{_O}TextCode", X="0", Y="5", DeltaX=f"g {len(value) - 1} 4").text = value
    files = {
        "OFD.xml": written(entrance),
        "Doc_0/Document.xml": written(root),
        "Doc_0/PublicRes.xml": written(resources),
        "Doc_0/Pages/Page_0/Content.xml": written(page),
        "Doc_0/Attachs/record.json": record,
    }
    return baseline(zipped(files))


def ofdrw(*questions: tuple[str, ...]) -> list[str] | None:
    """What ofdrw answers, one JVM for all; ``None`` where it cannot be had."""
    if shutil.which("mvn") is None or shutil.which("java") is None:
        print("ofdrw is not asked: needs java and mvn (apt-get install maven)", flush=True)
        return None
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "classpath")
        found = ["mvn", "-q", "-B", "-f", str(_PEER / "pom.xml"), "dependency:build-classpath"]
        told = subprocess.run(
            [*found, f"-Dmdep.outputFile={path}"], capture_output=True, text=True, check=False
        )
        if told.returncode:
            print(f"ofdrw is not asked, Maven said: {told.stdout[-400:]}", flush=True)
            return None
        answers = subprocess.run(
            ["java", "-cp", path.read_text(), str(_PEER / "OfdrwPeer.java")],
            input="".join("\t".join(one) + "\n" for one in questions),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
    assert all(one.startswith("ok\t") for one in answers), answers
    return [one.partition("\t")[2] for one in answers]


def ofdrw_rate(folder: Path, seconds: float) -> tuple[str, ...]:
    """The question how many documents ofdrw seals in a second."""
    (folder / "document.ofd").write_bytes(document())
    secrets = (own().seal_key.pkcs8(), own().sealing.certificate.der, esl())
    return (
        "rate",
        str(folder / "document.ofd"),
        str(folder / "sealed.ofd"),
        "continue",
        "normal",
        *(base64.b64encode(one).decode() for one in secrets),
        str(seconds),
    )


Act = Callable[[], bytes]

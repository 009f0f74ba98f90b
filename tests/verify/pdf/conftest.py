# SPDX-License-Identifier: Apache-2.0
"""Sealed PDFs made by others than us: certificates by ``cryptography``, signatures by pyHanko.

Two makers: ``pyhanko_seal`` seals as an ordinary product would; ``Draft`` writes a small file by hand, so
that a single rule can be broken while everything else, the signature value included, stays right.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from verify import Indication, Report, SubIndication, Trust, check_pdf, parse_certificate, parse_crl

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
START, END = AT - timedelta(days=200), AT + timedelta(days=900)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def named(common_name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def certify(subject: str, key: Key, issuer: str, issuer_key: Key, *, ca: bool) -> x509.Certificate:
    usage = {
        name: name in (("key_cert_sign", "crl_sign") if ca else ("digital_signature", "content_commitment"))
        for name in (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        )
    }
    serial = int.from_bytes(hashlib.sha256(subject.encode()).digest()[:9])
    return (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )


def revocations(issuer: str, key: Key, *serials: int) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(named(issuer))
        .last_update(AT - timedelta(days=1))
        .next_update(AT + timedelta(days=6))
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    for serial in serials:
        revoked = (
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(AT - timedelta(days=2))
        )
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass
class Sealer:
    """A certificate holder that seals with pyHanko."""

    certificate: x509.Certificate
    signer: signers.SimpleSigner

    def cms(self, *parts: bytes, pades: bool = True) -> bytes:
        """CMS over the given bytes."""
        digest = hashlib.sha256(b"".join(parts)).digest()
        value = asyncio.run(self.signer.async_sign(digest, "sha256", use_pades=pades))
        return value.dump()

    def seal(self, data: bytes, name: str = "Seal1", **options: Any) -> bytes:
        """One more signature with a visible field, as an ordinary product makes it."""
        box = options.pop("box", (100, 100, 220, 220))
        certified = options.pop("certify", None)
        metadata = signers.PdfSignatureMetadata(
            field_name=name,
            md_algorithm="sha256",
            subfilter=options.pop("subfilter", fields.SigSeedSubFilter.PADES),
            certify=certified is not None,
            docmdp_permissions=certified or fields.MDPPerm.FILL_FORMS,
            **options,
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(data))
        spec = fields.SigFieldSpec(name, box=box)
        out = signers.PdfSigner(metadata, self.signer, new_field_spec=spec).sign_pdf(writer)
        return bytes(out.getvalue())


@dataclass
class World:
    """One authority with two sealers, a stranger outside it, and the trust of a verifier."""

    trust: Trust
    rsa: Sealer
    ecdsa: Sealer
    stranger: Sealer
    revoked_lists: tuple[Any, ...]  # as in ``trust``, with the RSA sealer on the list of its issuer


def _sealer(subject: str, key: Key, issuer: str, issuer_key: Key, others: list[x509.Certificate]) -> Sealer:
    certificate = certify(subject, key, issuer, issuer_key, ca=False)
    store = SimpleCertificateStore()
    store.register_multiple(asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in others)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=store,
    )
    return Sealer(certificate, signer)


@pytest.fixture(scope="session")
def world() -> World:
    root_key, issuing_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    rsa_key = rsa.generate_private_key(65537, 2048)
    root = certify("测试根", root_key, "测试根", root_key, ca=True)
    issuing = certify("测试签发", issuing_key, "测试根", root_key, ca=True)
    lists = (revocations("测试根", root_key), revocations("测试签发", issuing_key))
    sealer = _sealer("蜀州市锦北区住房和城乡建设局(演示)", rsa_key, "测试签发", issuing_key, [issuing])
    with_entry = (lists[0], revocations("测试签发", issuing_key, sealer.certificate.serial_number))
    foreign = ec.generate_private_key(ec.SECP256R1())
    return World(
        trust=Trust(
            anchors=(parse_certificate(root.public_bytes(Encoding.DER)),),
            intermediates=(),
            crls=tuple(parse_crl(one) for one in lists),
            qr_keys=(),
            log_keys=(),
            hosts=(),
            issued=None,
            next_update=None,
            sequence=None,
            source="test",
        ),
        rsa=sealer,
        ecdsa=_sealer(
            "四川样例建工集团有限公司",
            ec.generate_private_key(ec.SECP256R1()),
            "测试签发",
            issuing_key,
            [issuing],
        ),
        stranger=_sealer("路人", foreign, "路人", foreign, []),
        revoked_lists=tuple(parse_crl(one) for one in with_entry),
    )


@pytest.fixture(scope="session")
def plain_pdf() -> bytes:
    """Two pages, a title, an attached record."""
    pdf = pikepdf.new()
    for number in range(2):
        pdf.add_blank_page(page_size=(595, 842))
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        pdf.pages[number].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
        pdf.pages[number].Contents = pdf.make_stream(
            b"BT /F1 24 Tf 60 700 Td (permit page %d) Tj ET" % number
        )
    pdf.docinfo["/Title"] = "施工许可证"
    pdf.attachments["record.json"] = pikepdf.AttachedFileSpec(pdf, b'{"a":1}', filename="record.json")
    out = io.BytesIO()
    pdf.save(out, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def section(objects: dict[int, bytes], *, at: int, trailer: str) -> bytes:
    """Objects, cross-reference table and trailer, to stand at offset ``at``."""
    body, offsets = b"", {}
    size = max(7, max(objects) + 1)
    for number, content in sorted(objects.items()):
        offsets[number] = at + len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n" + (b"0 1\n0000000000 65535 f \n" if at < 20 else b"")
    for number, offset in offsets.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, offset)
    tail = f"trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{at + len(body)}\n%%EOF\n"
    return body + table + tail.encode()


def update(data: bytes, objects: dict[int, bytes]) -> bytes:
    """An incremental update that replaces or adds objects."""
    previous = int(data.rsplit(b"startxref", 1)[1].split()[0])
    return data + section(objects, at=len(data), trailer=f"/Prev {previous}")


def stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


@dataclass
class Draft:
    """A one-page PDF with one signature, every part of which a test may replace."""

    objects: dict[int, bytes] = field(default_factory=dict)
    entries: str = (
        "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:20260801120000+08'00')"
    )
    reserved: int = 6000  # hex digits
    ranges: Callable[[int, int, int], str] = lambda gap, resume, end: f"[0 {gap} {resume} {end - resume}]"
    signed_ranges: Callable[[int, int, int], tuple[tuple[int, int], ...]] = lambda gap, resume, end: (
        (0, gap),
        (resume, end),
    )
    padding: str = "0"
    contents: str | None = None  # replaces the hex string whole
    pades: bool = True

    def parts(self) -> dict[int, bytes]:
        standard = {
            1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Annots [5 0 R]"
            b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
            4: stream(b"BT /F1 24 Tf 20 200 Td (sealed text) Tj ET"),
            5: b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal) /V 6 0 R /P 3 0 R /F 132"
            b" /Rect [0 0 0 0] >>",
        }
        return {**standard, **self.objects}

    def sealed(self, sealer: Sealer) -> bytes:
        """The file; the signature value is right for the bytes that ``signed_ranges`` names."""
        slot = "<" + "0" * self.reserved + ">"
        room = 60
        value = f"<< {self.entries} /ByteRange {'X' * room} /Contents {slot} >>".encode()
        head = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
        data = head + section({**self.parts(), 6: value}, at=len(head), trailer="/ID [<00> <00>]")
        gap = data.index(slot.encode())
        resume, end = gap + len(slot), len(data)
        data = data.replace(b"X" * room, self.ranges(gap, resume, end).encode().ljust(room))
        protected = [data[first:last] for first, last in self.signed_ranges(gap, resume, end)]
        digits = sealer.cms(*protected, pades=self.pades).hex()
        filled = f"<{digits}{self.padding * ((self.reserved - len(digits)) // len(self.padding))}>"
        if self.contents is not None:
            filled = self.contents
        return data[:gap] + filled.ljust(len(slot)).encode() + data[resume:]


def check_both_ways(data: bytes, world: World) -> Report:
    """The verdict; what is done for files in which something follows a signature must not change it."""
    report = check_pdf(data, trust=world.trust, at=AT)
    full = check_pdf(data, trust=world.trust, at=AT, _full=True)
    assert verdicts(full) == verdicts(report)
    return report


def verdicts(report: Report) -> list[tuple[Indication, SubIndication | None, list[str]]]:
    """What must be the same; that a damaged file cannot be compared with itself is no news."""
    return [
        (
            one.indication,
            one.sub_indication,
            [reason.code for reason in one.reasons if reason.code != "DIFFERENCE_NOT_ANALYSED"],
        )
        for one in (report, *report.signatures)
    ]


@pytest.fixture
def draft() -> Draft:
    return Draft()


@pytest.fixture(scope="session")
def incremental() -> Callable[[bytes, dict[int, bytes]], bytes]:
    return update


@pytest.fixture(scope="session")
def revoking_trust(world: World) -> Trust:
    """The same trust, but the RSA sealer is on the revocation list of its issuer."""
    return replace(world.trust, crls=world.revoked_lists)

# SPDX-License-Identifier: Apache-2.0
"""Any file: recognised by content, judged or refused with a sentence; and what this package may import."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pikepdf
import pytest
import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keys import KeyKind, generate_key
from verify import (
    Indication,
    LogProof,
    QrKey,
    QrStatement,
    Report,
    SealedForm,
    SubIndication,
    Trust,
    Unreadable,
    canonical_json,
    check_file,
    qr_key_id,
    raw_signature,
)

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
HOST = "xinyong.example"
KEY = generate_key(KeyKind.SM2)
QR_KEY = QrKey(
    kid=qr_key_id(KEY.public_key.spki),
    algorithm="SM2",
    public_key=KEY.public_key,
    authority="蜀州市住房和城乡建设局(演示)",
    kinds=("credit_sheet",),
    sign_from=AT - timedelta(days=100),
    sign_until=AT + timedelta(days=100),
    revoked_at=None,
)


def code(document_id: str = "04HMASW9NF6YY093", *, bad: bool = False) -> str:
    statement = QrStatement(
        host=HOST, id=document_id, kind="credit_sheet", digest=bytes(16), issued=date(2026, 8, 1)
    )
    message = statement.signed_bytes("SM2", QR_KEY.kid) + b"." * bad
    return statement.encode("SM2", QR_KEY.kid, raw_signature(KEY.sign(message)))


def picture(*texts: str, kind: str = "PNG") -> bytes:
    codes = [qrcode.make(text).convert("L") for text in texts]
    size = max((one.width for one in codes), default=200)
    sheet = Image.new("L", (size * max(len(codes), 1), size), 255)
    for place, one in enumerate(codes):
        sheet.paste(one, (place * size, 0))
    out = io.BytesIO()
    sheet.save(out, kind)
    return out.getvalue()


def pem(label: str, *ders: bytes) -> bytes:
    return b"".join(
        f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) + f"-----END {label}-----\n".encode()
        for der in ders
    )


def codes(report: Report) -> list[str]:
    return [reason.code for part in (report, *report.signatures) for reason in part.reasons]


@pytest.fixture(scope="module")
def trust(sm2_authority: Any) -> Trust:
    known: Trust = sm2_authority.trust()
    return replace(known, qr_keys=(QR_KEY,), hosts=(HOST,))


def test_form(sm2_authority: Any, cms: Any, trust: Trust) -> None:
    """A sealed form by its format member."""
    record: dict[str, Any] = {"a": 1}
    form = SealedForm(record, cms(sm2_authority.holder(), canonical_json(record)).dump())
    report = check_file(form.encode(), trust=trust, at=AT, name="anything.pdf")
    assert (report.kind, report.indication) == ("form", PASSED), codes(report)


def test_log_proof(trust: Trust) -> None:
    """A log proof by its format member."""
    data = LogProof(0, b"{}", (), "no note").encode()
    report = check_file(data, trust=trust, at=AT)
    assert (report.kind, report.sub_indication) == ("log-proof", SubIndication.FORMAT_FAILURE)


def test_trust_list(trust: Trust) -> None:
    """A trust list by its format member."""
    data = canonical_json({"format": "yinxin-trust-list/2", "list": {}, "signatures": []})
    report = check_file(data, trust=trust, at=AT)
    assert (report.kind, report.sub_indication) == ("trust-list", SubIndication.FORMAT_FAILURE)


def test_pdf(trust: Trust) -> None:
    """A PDF by its first bytes."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out)
    report = check_file(out.getvalue(), trust=trust, at=AT)
    assert (report.kind, report.sub_indication) == ("pdf", SubIndication.SIGNED_DATA_NOT_FOUND)


def test_certificate(sm2_authority: Any, ecdsa_authority: Any, trust: Trust) -> None:
    """DER or PEM, alone or with its chain; the first certificate is the one that is asked about."""
    holder = sm2_authority.holder()
    alone = check_file(holder.der, trust=trust, at=AT)
    assert (alone.kind, alone.sub_indication) == ("certificate", SubIndication.NO_CERTIFICATE_CHAIN_FOUND)
    for data in (
        pem("CERTIFICATE", holder.der, *holder.chain),
        b"subject=somebody\n" + pem("CERTIFICATE", holder.der, *holder.chain) + pem("X509 CRL"),
    ):
        report = check_file(data, trust=trust, at=AT)
        assert (report.kind, report.indication) == ("certificate", PASSED), codes(report)
        signer: Any = report.signatures[0].facts["signer"]
        assert signer["common_name"] == "四川样例建工集团有限公司"
    bare = replace(trust, crls=())
    with_lists = pem("CERTIFICATE", holder.der, *holder.chain) + pem("X509 CRL", *sm2_authority.crls())
    assert check_file(with_lists, trust=bare, at=AT).indication is PASSED
    stranger = check_file(ecdsa_authority.root.der, trust=trust, at=AT)
    assert stranger.indication is UNSURE


def test_revocation_list(sm2_authority: Any, trust: Trust) -> None:
    """One list, or several as one report."""
    first, second = sm2_authority.crls()
    report = check_file(first, trust=trust, at=AT)
    assert (report.kind, report.indication) == ("crl", PASSED), codes(report)
    both = check_file(pem("X509 CRL", first, second), trust=trust, at=AT)
    assert both.kind == "crl"
    assert len(both.signatures) == 2
    assert both.indication is UNSURE  # the issuing certificate of the second is not known
    broken = bytearray(first)
    broken[-1] ^= 1
    forged = check_file(pem("X509 CRL", first, bytes(broken)), trust=trust, at=AT)
    assert forged.indication is FAILED


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_picture(trust: Trust, kind: str) -> None:
    """The code in a picture is judged like its text."""
    report = check_file(picture(code(), kind=kind), trust=trust, at=AT)
    assert (report.kind, report.indication) == ("qr", PASSED), codes(report)
    assert report.facts["document_id"] == "04HMASW9NF6YY093"


def test_several_codes(trust: Trust) -> None:
    """As bad as the worst of ours; codes of others say nothing."""
    good, other, bad = code(), code("14HMASW9NF6YY093"), code(bad=True)
    unsigned = f"HTTPS://{HOST.upper()}/R/04HMASW9NF6YY093"
    cases = [
        ((good, other), PASSED, None),
        ((good, "WEIXIN://PAY"), PASSED, None),
        ((good, bad), FAILED, SubIndication.SIG_CRYPTO_FAILURE),
        ((good, unsigned), UNSURE, SubIndication.SIGNED_DATA_NOT_FOUND),
        ((good, unsigned + "#12"), FAILED, SubIndication.FORMAT_FAILURE),
        ((unsigned + "#12", unsigned), FAILED, SubIndication.FORMAT_FAILURE),
    ]
    for texts, indication, sub in cases:
        report = check_file(picture(*texts), trust=trust, at=AT)
        assert (report.indication, report.sub_indication) == (indication, sub), texts


@pytest.mark.parametrize("texts", [(), ("hello",), ("HTTPS://EXAMPLE.COM/",)])
def test_picture_without_a_code_of_ours(trust: Trust, texts: tuple[str, ...]) -> None:
    """Nothing to judge: not bad, and no pass."""
    report = check_file(picture(*texts), trust=trust, at=AT)
    assert (report.indication, report.sub_indication) == (UNSURE, SubIndication.SIGNED_DATA_NOT_FOUND)
    assert codes(report) == ["NO_CODE"]
    assert report.facts == {"codes": len(texts)}


def test_text_of_a_code(trust: Trust) -> None:
    """The text as somebody saved it, with a line end."""
    for data in (code().encode(), code().encode() + b"\r\n", b"\n " + code().encode()):
        report = check_file(data, trust=trust, at=AT)
        assert (report.kind, report.indication) == ("qr", PASSED), codes(report)
    altered = code().replace("XINYONG", "XINY0NG").encode()
    assert check_file(altered, trust=trust, at=AT).indication is FAILED


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (b"", "空", "empty"),
        (b"hello", "无法识别", "unknown kind"),
        (b"\x00" * 100, "无法识别", "unknown kind"),
        (b"MZ\x90\x00" * 5000, "无法识别", "unknown kind"),
        (b"\n%PDF-1.7", "无法识别", "unknown kind"),
        (b"https://example.com/", "无法识别", "unknown kind"),
        (b"PK\x03\x04" + bytes(50), "OFD", "not supported"),
        (b"{", "损坏", "damaged"),
        (b'{"a":1,"a":1}', "损坏", "twice"),
        (b"{}", "不是本系统", "neither a sealed form"),
        (b'{"format":[]}', "不是本系统", "neither a sealed form"),
        (b'{"format":"yinxin-sealed-form/2"}', "不是本系统", "neither a sealed form"),
        (b"%PDF-1.7 nothing", "损坏", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "图片", "picture"),
        (b"\xff\xd8\xff", "图片", "picture"),
        (b"\x30\x03\x02\x01\x05", "证书", "certificate"),
        (pem("PRIVATE KEY", b"\x30\x00"), "私钥", "never hand it over"),
        (pem("CERTIFICATE REQUEST", b"\x30\x00"), "不支持", "neither a certificate"),
    ],
)
def test_unreadable(trust: Trust, data: bytes, zh: str, en: str) -> None:
    """Refused with a sentence that says what to do, Chinese first."""
    with pytest.raises(Unreadable) as refused:
        check_file(data, trust=trust, at=AT, name="文件.bin")
    said = str(refused.value)
    assert zh in said
    assert en in said
    assert said.index(zh) < said.index(en)


def test_unknown_kind_names_the_file(trust: Trust) -> None:
    """The name helps a person with many files."""
    with pytest.raises(Unreadable, match="“一份文件”"):
        check_file(b"?", trust=trust, at=AT, name="一份文件")


def test_too_large(trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before anything looks inside."""
    monkeypatch.setattr("verify.file.LARGEST_FILE", 1024 * 1024)
    with pytest.raises(Unreadable, match="larger than 1 MB"):
        check_file(b"%PDF-" + bytes(1024 * 1024), trust=trust, at=AT)


STARTS = [
    b"",
    b"%PDF-1.7\n",
    b"{",
    b'{"format":"yinxin-sealed-form/1",',
    b'{"format":"yinxin-log-proof/1",',
    b"\x30\x82",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"-----BEGIN CERTIFICATE-----\n",
    b"HTTPS://XINYONG.EXAMPLE/R/",
    b"PK\x03\x04",
    b"PK\x03\x04" + bytes(26) + b"manifest.json",
    b"-----BEGIN CMS-----\n",
    b"-----BEGIN PKCS7-----\n",
    b"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
    b"\x30\x80",
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_any_bytes(start: bytes, tail: bytes) -> None:
    """A verdict that is no pass, or Unreadable; nothing else."""
    try:
        assert check_file(start + tail, trust=Trust(), at=AT).indication is not PASSED
    except Unreadable as error:
        assert str(error)


def test_auditors_tool_runs_alone() -> None:
    """``keys`` and ``verify`` need none of the service: no database, no HTTP, no command line, no issuer."""
    script = (
        "import sys, keys, keys.der, verify\n"
        "service = {'sqlalchemy', 'alembic', 'fastapi', 'starlette', 'uvicorn', 'httpx', 'typer', 'rich',"
        " 'jinja2', 'pyhanko', 'ca', 'seal', 'relying', 'api'}\n"
        "print(sorted(service & {name.split('.')[0] for name in sys.modules}))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_auditors_tool_runs_where_the_service_is_not_installed() -> None:
    """The same with the service's libraries made impossible to import, up to a verdict."""
    script = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'sqlalchemy', 'fastapi', 'starlette', 'typer', 'api', 'ca'}:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from datetime import UTC, datetime\n"
        "from verify import Trust, check_file\n"
        'data = b\'{"format":"yinxin-sealed-form/1","record":{},"signature":""}\'\n'
        "print(check_file(data, trust=Trust(), at=datetime.now(UTC)).indication.value)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "TOTAL-FAILED"

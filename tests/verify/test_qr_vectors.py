# SPDX-License-Identifier: Apache-2.0
"""IR1 statements: the vectors, the size of the symbol, and another reader."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import KeyKind, SoftwareKey, generate_key, parse_public_key
from verify import (
    Indication,
    QrError,
    QrFacts,
    QrKey,
    QrMalformed,
    QrNotOurs,
    QrStatement,
    Trust,
    check_qr,
    der_signature,
    group_document_id,
    new_document_id,
    normalize_document_id,
    parse_document_states,
    parse_qr,
    qr_key_id,
    raw_signature,
    read_codes,
)

FOLDER = Path(__file__).parents[1] / "vectors" / "qr"
VECTORS = json.loads((FOLDER / "ir1.json").read_text("utf-8"))
ID = "04HMASW9NF6YY093"
WRITTEN = ("T1 SM2", "T1 ES256", "T1 dual", "T2 SM2", "T2 ES256", "T2 dual", "a kind without a number")
LONG_HOST = "cx.construct.gov.exam"  # 48 characters with scheme, path and id
DIGEST = bytes(range(32))
FACTS = QrFacts(
    uscc="91510100DEM001017Y", name="长" * 17, class_="A", good=128, bad=3, authority="11510106DEM9A00331"
)


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def vector_trust(name: str, status: str | None) -> Trust:
    """The trust of one case, from the members that a trust list has."""
    told = VECTORS["trusts"][name]
    listed = None if status is None else parse_document_states(VECTORS["document_statuses"][status])
    keys = tuple(
        QrKey(
            kid=row["kid"],
            algorithm=row["algorithm"],
            public_key=parse_public_key(base64.b64decode(row["spki"])),
            authority=row["authority"],
            kinds=tuple(row["kinds"]),
            sign_from=datetime.fromisoformat(row["sign_from"]),
            sign_until=datetime.fromisoformat(row["sign_until"]),
            revoked_at=moment(row["revoked_at"]),
            authorities=tuple(row["authorities"]),
            dual_from=moment(row["dual_from"]),
            revocation_reason=row["revocation_reason"],
        )
        for row in told["qr_keys"]
    )
    return Trust(
        qr_keys=keys,
        hosts=tuple(told["hosts"]),
        issued=moment(told["issued"]),
        next_update=moment(told["next_update"]),
        expires=moment(told["expires"]),
        document_status=listed,
    )


def trusting(*keys: QrKey, hosts: tuple[str, ...], due: datetime | None = None) -> Trust:
    return Trust(qr_keys=keys, hosts=hosts, next_update=due, source="test")


CASES = {case["name"]: case for case in VECTORS["cases"]}
TRUST = vector_trust("usual", None)
AT = datetime.fromisoformat(CASES["T1 SM2"]["at"])


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_vector(case: dict[str, Any]) -> None:
    """Each text gets its verdict and its kinds of failure, in their order."""
    at = datetime.fromisoformat(case["at"])
    report = check_qr(case["text"], trust=vector_trust(case["trust"], case["document_status"]), at=at)
    assert {
        "indication": report.indication.value,
        "sub_indication": report.sub_indication and report.sub_indication.value,
        "codes": [reason.code for reason in report.reasons],
    } == case["expected"]
    assert report.kind == "qr"
    assert all(reason.zh and reason.en for reason in report.reasons)


@pytest.mark.parametrize("case", [pytest.param(CASES[name], id=name) for name in WRITTEN])
def test_good_vectors_are_written_the_same(case: dict[str, Any]) -> None:
    """Reading and writing again gives the very text that another program made."""
    signed = parse_qr(case["text"])
    assert signed.statement.encode(signed.algorithm, signed.kid, signed.signature) == case["text"]


def test_vectors_come_from_the_generator() -> None:
    """The file is what the script writes; at least thirty ways to be wrong are in it."""
    assert generator().vectors() == VECTORS
    assert sum(case["expected"]["indication"] != "TOTAL-PASSED" for case in VECTORS["cases"]) >= 30


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("qr_generate", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_facts_for_a_person() -> None:
    """What is compared with the paper is in the report, in words."""
    case = CASES["T2 SM2"]
    facts = check_qr(case["text"], trust=TRUST, at=AT).facts
    assert facts["document_id_printed"] == "04HM-ASW9-NF6Y-Y093"
    assert facts["document_kind"] == "credit_sheet"
    assert facts["issued"] == "2026-08-01"
    stated = facts["stated"]
    assert isinstance(stated, dict)
    assert (stated["name"], stated["good"], stated["bad"]) == ("四川样例建工集团有限公司", 12, 3)
    assert stated["uscc"] == generator().HOLDER
    assert stated["authority"] == generator().AUTHORITY


def test_only_the_host_that_the_caller_accepts() -> None:
    """A page may insist on its own host, in any case."""
    case = CASES["T1 SM2"]
    accepted = check_qr(case["text"], trust=TRUST, at=AT, host="CX.yinxin.example")
    refused = check_qr(case["text"], trust=TRUST, at=AT, host="127.0.0.1:8443")
    assert accepted.indication is Indication.TOTAL_PASSED
    assert refused.indication is Indication.INDETERMINATE
    assert refused.reasons[0].code == "QR_HOST"


def test_all_keys_with_one_id_are_tried() -> None:
    """Key ids are short: a collision must not hide the right key."""
    case = CASES["T1 SM2"]
    right = next(key for key in TRUST.qr_keys if key.kid == parse_qr(case["text"]).kid)
    wrong = generate_key(KeyKind.SM2).public_key
    twin = QrKey(
        kid=right.kid,
        algorithm="SM2",
        public_key=wrong,
        authority="样例市住房和城乡建设局",
        kinds=right.kinds,
        sign_from=right.sign_from,
        sign_until=right.sign_until,
        revoked_at=None,
    )
    report = check_qr(case["text"], trust=trusting(twin, right, hosts=TRUST.hosts), at=AT)
    assert report.indication is Indication.TOTAL_PASSED


def statement(*, facts: QrFacts | None = None, host: str = LONG_HOST) -> QrStatement:
    return QrStatement(
        host=host,
        id=ID,
        kind="construction_permit",
        digest=DIGEST if facts else DIGEST[:16],
        issued=date(2026, 8, 1),
        valid_until=date(2036, 8, 1),
        log_index=1_000_000,
        facts=facts,
    )


@pytest.fixture(scope="module", params=["SM2", "ES256"])
def signing(request: pytest.FixtureRequest) -> tuple[str, SoftwareKey]:
    return request.param, generate_key(KeyKind.SM2 if request.param == "SM2" else KeyKind.P256)


def sign(made: QrStatement, signing: tuple[str, SoftwareKey]) -> str:
    algorithm, key = signing
    kid = qr_key_id(key.public_key.spki)
    return made.encode(algorithm, kid, raw_signature(key.sign(made.signed_bytes(algorithm, kid))))


@pytest.mark.parametrize(("facts", "most"), [(None, 8), (FACTS, 11)], ids=["T1", "T2"])
def test_size_of_the_symbol(signing: tuple[str, SoftwareKey], facts: QrFacts | None, most: int) -> None:
    """Version 8 for T1 and 11 for T2 at level M with a 48-character address; another reader reads it back."""
    text = sign(statement(facts=facts), signing)
    assert text.index("#") == 48
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=4, border=4)
    code.add_data(text)
    code.make(fit=True)
    assert code.version <= most
    out = io.BytesIO()
    code.make_image().save(out, "PNG")
    assert read_codes(out.getvalue()) == (text,)
    algorithm, key = signing
    listed = QrKey(
        kid=qr_key_id(key.public_key.spki),
        algorithm=algorithm,
        public_key=key.public_key,
        authority="样例市住房和城乡建设局",
        kinds=("construction_permit",),
        sign_from=datetime(2026, 1, 1, tzinfo=UTC),
        sign_until=datetime(2026, 12, 31, tzinfo=UTC),
        revoked_at=None,
    )
    report = check_qr(text, trust=trusting(listed, hosts=(LONG_HOST,)), at=AT)
    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].indication is Indication.TOTAL_PASSED


def test_every_changed_digit_is_refused(signing: tuple[str, SoftwareKey]) -> None:
    """No digit, no letter of the address can change."""
    text = sign(statement(host=TRUST.hosts[0]), signing)
    algorithm, key = signing
    listed = QrKey(
        kid=qr_key_id(key.public_key.spki),
        algorithm=algorithm,
        public_key=key.public_key,
        authority="样例市住房和城乡建设局",
        kinds=("construction_permit",),
        sign_from=datetime(2026, 1, 1, tzinfo=UTC),
        sign_until=datetime(2026, 12, 31, tzinfo=UTC),
        revoked_at=None,
    )
    trust = trusting(listed, hosts=TRUST.hosts)
    assert check_qr(text, trust=trust, at=AT).indication is Indication.TOTAL_PASSED
    for at, old in enumerate(text):
        new = str((int(old) + 3) % 10) if old.isdigit() else chr(ord(old) ^ 1)
        changed = text[:at] + new + text[at + 1 :]
        assert check_qr(changed, trust=trust, at=AT).indication is not Indication.TOTAL_PASSED, changed
        assert (
            check_qr(text[:at] + text[at + 1 :], trust=trust, at=AT).indication is not Indication.TOTAL_PASSED
        )


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.text("0123456789").map(lambda digits: CASES["T1 SM2"]["text"].split("#")[0] + "#" + digits),
    )
)
def test_any_text_ends_in_a_verdict(text: str) -> None:
    """Nothing escapes, whatever was scanned."""
    assert check_qr(text, trust=TRUST, at=AT).indication is not Indication.TOTAL_PASSED


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200))
def test_any_payload_is_refused_by_type(payload: bytes) -> None:
    """Any bytes as digits, and any bytes as payload: a QrError or a statement."""
    made = generator_digits(b"\x02" + bytes(4) + payload + b"\x11" * 64)
    try:
        parse_qr(CASES["T1 SM2"]["text"].split("#")[0] + "#" + made)
    except QrError as error:
        assert str(error)


def generator_digits(data: bytes) -> str:
    sizes = {1: 3, 2: 5, 3: 8, 4: 10, 5: 13, 6: 15, 7: 17}
    parts = [data[at : at + 7] for at in range(0, len(data), 7)]
    return "".join(str(int.from_bytes(part)).zfill(sizes[len(part)]) for part in parts)


texts = st.text(st.characters(categories=("L", "N")), max_size=20)
statements = st.builds(
    QrStatement,
    host=st.sampled_from(["a.example", "b-c.example:8443", "x"]),
    id=st.binary(min_size=10, max_size=10).map(new_document_id),
    kind=st.sampled_from(["credit_sheet", "construction_permit", "other"]),
    digest=st.one_of(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32)),
    issued=st.dates(date(1970, 1, 1)),
    valid_until=st.none() | st.dates(date(1970, 1, 1)),
    log_index=st.none() | st.integers(0, 2**53 - 1),
    facts=st.none()
    | st.builds(
        QrFacts,
        uscc=st.sampled_from([FACTS.uscc, "not a code", ""]),
        name=texts,
        class_=texts,
        good=st.integers(0, 9999),
        bad=st.integers(0, 9999),
        authority=texts,
    ),
)


@given(statements, st.sampled_from(["SM2", "ES256"]), st.binary(min_size=63, max_size=63))
def test_round_trip(made: QrStatement, algorithm: str, noise: bytes) -> None:
    """What is written is read back the same, from upper and from lower case."""
    signature = b"\x01" + noise[:31] + b"\x01" + noise[32:]
    text = made.encode(algorithm, "0011aabb", signature)
    for spelling in (text, text.split("#")[0].lower() + "#" + text.split("#")[1]):
        signed = parse_qr(spelling)
        assert (signed.statement, signed.algorithm, signed.kid, signed.signature) == (
            made,
            algorithm,
            "0011aabb",
            signature,
        )


@given(st.binary(min_size=10, max_size=10))
def test_document_ids(random: bytes) -> None:
    """80 bits there and back, as printed and as typed."""
    document_id = new_document_id(random)
    assert len(document_id) == 16
    assert int(document_id.translate(FROM_CROCKFORD), 32) == int.from_bytes(random)
    typed = group_document_id(document_id).lower().replace("0", "o").replace("1", "l")
    assert normalize_document_id(f" {typed} ") == document_id


FROM_CROCKFORD = str.maketrans("0123456789ABCDEFGHJKMNPQRSTVWXYZ", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


@pytest.mark.parametrize(
    "typed", ["", "ABCD", "U" * 16, "ABCD-EFGH-JKMN-PQR", "ABCD-EFGH-JKMN-PQRSX", "0" * 90, "中" * 16]
)
def test_ids_that_are_none(typed: str) -> None:
    """A wrong id is refused with the rule, before anything is looked up."""
    with pytest.raises(QrMalformed) as caught:
        normalize_document_id(typed)
    assert caught.value.field == "id"


@pytest.mark.parametrize(
    "change",
    [
        {"host": "Upper.example"},
        {"host": "under_score.example"},
        {"host": ""},
        {"host": "a..b"},
        {"id": "short"},
        {"kind": ""},
        {"kind": "k" * 201},
        {"digest": bytes(20)},
        {"issued": date(1969, 12, 31)},
        {"valid_until": date(1969, 12, 31)},
        {"log_index": -1},
        {"log_index": 2**53},
    ],
)
def test_a_statement_cannot_be_made_wrong(change: dict[str, Any]) -> None:
    """What could not be read cannot be written either; the error names the field."""
    base: dict[str, Any] = {
        "host": "a.example",
        "id": ID,
        "kind": "credit_sheet",
        "digest": DIGEST,
        "issued": date(2026, 8, 1),
    }
    with pytest.raises(QrMalformed) as caught:
        QrStatement(**{**base, **change})
    assert caught.value.field in change


@pytest.mark.parametrize("change", [{"good": -1}, {"name": "a\nb"}, {"class_": "\u202e"}, {"bad": 2**53}])
def test_facts_cannot_be_made_wrong(change: dict[str, Any]) -> None:
    """No control characters, no negative counts."""
    base: dict[str, Any] = {"uscc": "", "name": "", "class_": "", "good": 0, "bad": 0, "authority": ""}
    with pytest.raises(QrMalformed):
        QrFacts(**{**base, **change})


def test_writing_refuses_what_reading_refuses() -> None:
    """Wrong key id, algorithm, signature or scheme."""
    made, good = statement(), b"\x01" * 64
    for arguments in (
        ("SM2", "xyz", good),
        ("RS256", "00112233", good),
        ("SM2", "00112233", bytes(64)),
        ("SM2", "00112233", b""),
    ):
        with pytest.raises(QrMalformed):
            made.encode(*arguments)
    with pytest.raises(QrMalformed):
        made.encode("SM2", "00112233", good, scheme="HTTP")
    with pytest.raises(QrMalformed):
        made.encode("SM2", "00112233", good, scheme="ftp")
    with pytest.raises(QrNotOurs):
        parse_qr(made.encode("SM2", "00112233", good).split("#")[0])


@given(st.integers(1, 2**256 - 1), st.integers(1, 2**256 - 1))
def test_signature_spellings(r: int, s: int) -> None:
    """DER and raw are two spellings of one pair of numbers."""
    raw = r.to_bytes(32) + s.to_bytes(32)
    assert raw_signature(der_signature(raw)) == raw


@pytest.mark.parametrize(
    "der",
    [
        "",
        "30",
        "3000",
        "300602010102010100",
        "30070202000102010130",
        "3006020101020181",
        "3082000602010102010 1".replace(" ", ""),
        "3026022101" + "00" * 32 + "020101",
    ],
)
def test_signatures_that_are_not_der(der: str) -> None:
    """Only the one DER spelling of two numbers of at most 32 bytes."""
    with pytest.raises(QrMalformed) as caught:
        raw_signature(bytes.fromhex(der))
    assert caught.value.field == "signature"


@given(st.binary(max_size=90))
def test_any_bytes_as_a_signature(data: bytes) -> None:
    """No bytes escape with another error."""
    for convert in (raw_signature, der_signature):
        try:
            convert(data)
        except QrMalformed:
            continue


@pytest.mark.parametrize(("facts", "most"), [(None, 11), (FACTS, 13)], ids=["T1", "T2"])
def test_two_keys_sign_one_statement(facts: QrFacts | None, most: int) -> None:
    """Size and verdict of a dual statement, and what one half, another order or another key makes of it."""
    made = statement(facts=facts)
    signers = {"SM2": generate_key(KeyKind.SM2), "ES256": generate_key(KeyKind.P256)}
    kids = {name: qr_key_id(key.public_key.spki) for name, key in signers.items()}
    kid = kids["SM2"] + kids["ES256"]
    message = made.signed_bytes("DUAL", kid)
    raw = {name: raw_signature(key.sign(message)) for name, key in signers.items()}
    text = made.encode("DUAL", kid, raw["SM2"] + raw["ES256"])
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    assert code.version <= most
    keys = tuple(
        QrKey(
            kid=kids[name],
            algorithm=name,
            public_key=key.public_key,
            authority="样例市住房和城乡建设局",
            kinds=("construction_permit",),
            sign_from=datetime(2026, 1, 1, tzinfo=UTC),
            sign_until=datetime(2026, 12, 31, tzinfo=UTC),
            revoked_at=None,
            dual_from=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for name, key in signers.items()
    )
    trust = trusting(*keys, hosts=(LONG_HOST,))
    assert check_qr(text, trust=trust, at=AT).indication is Indication.TOTAL_PASSED
    signed = parse_qr(text)
    assert (signed.statement, signed.message) == (made, message)
    assert [part[:2] for part in signed.parts] == list(kids.items())
    # The second key of another body does not make up for a first one that is broken.
    for place in (0, 1):
        mixed = list(keys)
        mixed[place] = replace(mixed[place], authority="样例市交通运输局")
        found = check_qr(text, trust=trusting(*mixed, hosts=(LONG_HOST,)), at=AT)
        assert [reason.code for reason in found.reasons] == ["QR_KEY_AUTHORITY"]
    swapped = made.encode("DUAL", kid, raw["ES256"] + raw["SM2"])
    assert check_qr(swapped, trust=trust, at=AT).indication is Indication.TOTAL_FAILED
    for name, key in signers.items():
        own = made.encode(name, kids[name], raw_signature(key.sign(made.signed_bytes(name, kids[name]))))
        alone = check_qr(own, trust=trust, at=AT)
        assert [reason.code for reason in alone.reasons] == ["QR_DUAL_REQUIRED"]
        without = trusting(*(one for one in keys if one.algorithm != name), hosts=(LONG_HOST,))
        assert check_qr(text, trust=without, at=AT).reasons[0].code == "QR_KEY_UNKNOWN"
    for wrong in ((kid[:8], raw["SM2"] + raw["ES256"]), (kid, raw["SM2"])):
        with pytest.raises(QrMalformed):
            made.encode("DUAL", *wrong)

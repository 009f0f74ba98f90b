# SPDX-License-Identifier: Apache-2.0
"""Revocation: which list counts, what it says, and that silence is never a yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import SM2_SM3, KeyKind, KeysError, PublicKey, der
from verify import (
    Crl,
    CrlMalformed,
    CrlUnsupported,
    Indication,
    Purpose,
    SignatureReport,
    SubIndication,
    VerifyError,
    check_certificate,
    parse_crl,
)
from verify.cms.signed_data import MOST_CRLS
from verify.x509 import entries, revocation
from verify.x509.signatures import signed_by

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
GOOD = (PASSED, None, "CERTIFICATE_TRUSTED")
REVOKED = (FAILED, SubIndication.REVOKED, "CERTIFICATE_REVOKED")
ON_HOLD = (UNSURE, SubIndication.TRY_LATER, "CERTIFICATE_ON_HOLD")
UNKNOWN = (UNSURE, SubIndication.TRY_LATER, "REVOCATION_UNKNOWN")
KEY_COMPROMISE, HOLD = 1, 6


def check(world: Any, *issuing_lists: Crl, at: datetime = AT, **more: Any) -> SignatureReport:
    """With these lists of the issuing authority and a good one of the root."""
    trust = replace(world.trust, crls=(world.root.crl(), *issuing_lists))
    return check_certificate(world.leaf.certificate, trust, at, purpose=Purpose.SEAL, **more)


def outcome(report: SignatureReport) -> tuple[Indication, SubIndication | None, str]:
    return report.indication, report.sub_indication, report.reasons[0].code


def revoking(world: Any, at: datetime = AT - DAY, reason: int = KEY_COMPROMISE, **more: Any) -> Crl:
    crl: Crl = world.issuing.crl({world.leaf.certificate.serial: (at, reason)}, **more)
    return crl


def test_no_list(world: Any) -> None:
    """Not known is not good."""
    assert outcome(check(world)) == UNKNOWN


def test_revoked(world: Any) -> None:
    """Named as such, since when and why."""
    report = check(world, revoking(world))
    assert outcome(report) == REVOKED
    status = report.facts["revocation"]
    assert isinstance(status, dict)
    assert status["status"] == "revoked"
    assert status["revoked_at"] == "2026-07-31T04:00:00Z"
    assert status["reason"] == "keyCompromise"
    assert "2026-07-31T04:00:00Z" in report.reasons[0].zh


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(AT, REVOKED), (AT - timedelta(seconds=1), REVOKED), (AT + timedelta(seconds=1), GOOD)],
)
def test_revoked_at_which_moment(small: Any, moment: datetime, expected: tuple[Any, ...]) -> None:
    """To the second: what was revoked later was good at the time of the check."""
    assert outcome(check(small, revoking(small, moment))) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (AT - DAY, AT + DAY, GOOD),
        (AT, AT, GOOD),
        (AT - 2 * DAY, AT - timedelta(seconds=1), UNKNOWN),
        (AT + timedelta(seconds=1), AT + DAY, UNKNOWN),
        (AT - DAY, None, UNKNOWN),
    ],
)
def test_fresh_to_the_second(
    small: Any, start: datetime, end: datetime | None, expected: tuple[Any, ...]
) -> None:
    """From this update to next update, both included; a list without an end says nothing about today."""
    report = check(small, small.issuing.crl(this_update=start, next_update=end))
    assert outcome(report) == expected
    if end is not None and end < AT:
        assert "2026-08-01T03:59:59Z" in report.reasons[0].en


def test_the_newest_usable_list_decides(small: Any) -> None:
    """In whatever order they come, from trust or from the message."""
    older = small.issuing.crl(number=1, this_update=AT - 2 * DAY)
    newer = revoking(small, number=2, this_update=AT - DAY)
    for lists in ((older, newer), (newer, older)):
        assert outcome(check(small, *lists)) == REVOKED
    assert outcome(check(small, older, crls=[newer])) == REVOKED
    assert outcome(check(small, newer, crls=[older])) == REVOKED
    cleared = small.issuing.crl(number=3, this_update=AT - timedelta(hours=1))
    assert outcome(check(small, newer, cleared)) == GOOD


def test_number_breaks_the_tie(small: Any) -> None:
    """Two lists of one second: the higher number is newer."""
    one, two = small.issuing.crl(number=9), revoking(small, number=10)
    for lists in ((one, two), (two, one)):
        assert outcome(check(small, *lists)) == REVOKED


def test_an_old_list_still_proves_a_revocation(small: Any) -> None:
    """For ever; a hold ends, so an old list proves none."""
    stale = {"this_update": AT - 9 * DAY, "next_update": AT - 2 * DAY}
    assert outcome(check(small, revoking(small, AT - 10 * DAY, **stale))) == REVOKED
    assert outcome(check(small, revoking(small, AT - 10 * DAY, HOLD, **stale))) == UNKNOWN


def test_a_fresh_list_hides_no_newer_one(small: Any) -> None:
    """The newer list ran out first: the older one, kept by whoever stole the key, proves nothing."""
    older = small.issuing.crl(number=1, this_update=AT - 9 * DAY, next_update=AT + 9 * DAY)
    newer = {"number": 2, "this_update": AT - 3 * DAY, "next_update": AT - 2 * DAY}
    revoked = revoking(small, AT - 4 * DAY, **newer)
    assert outcome(check(small, revoked, crls=[older])) == REVOKED
    assert outcome(check(small, older, crls=[revoked])) == REVOKED
    assert outcome(check(small, revoking(small, AT - 4 * DAY, HOLD, **newer), older)) == ON_HOLD
    assert outcome(check(small, revoking(small, AT + DAY, **newer), older)) == GOOD


def test_forged_lists_are_not_all_tried(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A heap of them costs a bounded number of verifications, and turns nothing into a pass or a failure."""
    tried: list[Crl] = []

    def counting(crl: Crl, key: PublicKey) -> bool:
        tried.append(crl)
        return signed_by(crl, key)

    monkeypatch.setattr(revocation, "signed_by", counting)
    good = small.issuing.crl(this_update=AT - DAY)
    forged = [parse_crl(good.der[:-3] + number.to_bytes(3)) for number in range(3 * revocation.MOST_FORGED)]
    assert outcome(check(small, *forged)) == UNKNOWN
    assert len(tried) <= revocation.MOST_FORGED + 1
    assert outcome(check(small, *forged[:MOST_CRLS], good)) == GOOD
    older = small.issuing.crl(this_update=AT - 2 * DAY)
    assert outcome(check(small, *forged, revoking(small), older)) in (REVOKED, UNKNOWN)


def test_on_hold(small: Any) -> None:
    """EN 319 102-1: try again later."""
    report = check(small, revoking(small, reason=HOLD))
    assert outcome(report) == (UNSURE, SubIndication.TRY_LATER, "CERTIFICATE_ON_HOLD")
    assert outcome(check(small, revoking(small, AT + DAY, HOLD))) == GOOD


def test_lists_of_others(world: Any, making: Any) -> None:
    """Of another name, another key, another key identifier: they say nothing here."""
    serial = world.leaf.certificate.serial
    kind = world.leaf.key.public_key.kind
    impostor = making.certify("测试签发", kind=kind, key=making.key_of(kind, "impostor"), authority=True)
    assert outcome(check(world, world.root.crl([serial]))) == UNKNOWN
    assert outcome(check(world, impostor.crl())) == UNKNOWN
    forged = parse_crl(making.crl_der(world.issuing, key=impostor.key))
    assert outcome(check(world, forged)) == UNKNOWN
    assert outcome(check(world, world.issuing.crl(), impostor.crl([serial]))) == GOOD


def test_an_authority_that_may_not_sign_lists(small: Any) -> None:
    """Key usage without cRLSign."""
    issuing = small.root.certify("乙", authority=True, uses=(5,))
    leaf = issuing.certify("丙")
    trust = replace(small.trust, intermediates=(issuing.certificate,), crls=(small.root.crl(), issuing.crl()))
    report = check_certificate(leaf.certificate, trust, AT, purpose=Purpose.SEAL)
    assert outcome(report) == UNKNOWN


def test_authorities_are_checked_too(world: Any) -> None:
    """Each against the list of its own issuer."""
    trust = replace(world.trust, crls=(world.issuing.crl(),))
    report = check_certificate(world.leaf.certificate, trust, AT, purpose=Purpose.SEAL)
    assert outcome(report) == (UNSURE, SubIndication.TRY_LATER, "ISSUER_REVOCATION_UNKNOWN")
    revoked = world.root.crl([world.issuing.certificate.serial])
    trust = replace(world.trust, crls=(revoked, world.issuing.crl()))
    report = check_certificate(world.leaf.certificate, trust, AT, purpose=Purpose.SEAL)
    assert outcome(report) == (FAILED, SubIndication.REVOKED, "ISSUER_REVOKED")
    assert "测试签发" in report.reasons[0].zh


def test_failed_comes_before_unsure(small: Any) -> None:
    """Revoked and expired and without trust: revoked is what must be said, the rest is said too."""
    trust = small.trusting(revoking(small), next_update=AT)
    at = small.leaf.certificate.not_after + DAY
    report = check_certificate(small.leaf.certificate, trust, at, purpose=Purpose.SEAL)
    assert outcome(report) == REVOKED
    codes = [reason.code for reason in report.reasons]
    assert {"CERTIFICATE_EXPIRED", "ISSUER_REVOCATION_UNKNOWN", "TRUST_LIST_STALE"} <= set(codes)


def distribution_point(making: Any, *members: bytes) -> bytes:
    extension: bytes = making.extension("2.5.29.28", der.sequence(*members), critical=True)
    return extension


def url(address: str) -> bytes:
    return der.explicit(0, der.explicit(0, der.implicit(6, der.ia5(address))))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ((), GOOD),
        ((der.implicit(1, der.boolean(True)),), GOOD),  # only users
        ((der.implicit(2, der.boolean(True)),), UNKNOWN),  # only authorities
        ((der.implicit(4, der.boolean(True)),), UNKNOWN),  # indirect
        ((der.implicit(5, der.boolean(True)),), UNKNOWN),  # attribute certificates
        ((der.implicit(3, der.bits(b"\x60", 5)),), UNKNOWN),  # some reasons
        ((url("http://crl.example/1.crl"),), GOOD),
        ((url("http://crl.example/2.crl"),), UNKNOWN),
    ],
)
def test_lists_about_a_part(
    small: Any, making: Any, members: tuple[bytes, ...], expected: tuple[Any, ...]
) -> None:
    """RFC 5280 section 5.2.5: a list that is about other certificates is no list for this one."""
    address = der.sequence(der.sequence(url("http://crl.example/1.crl")))
    leaf = small.issuing.certify("分", extensions={"2.5.29.31": making.extension("2.5.29.31", address)})
    crl = small.issuing.crl(extensions=[distribution_point(making, *members)])
    trust = replace(small.trust, crls=(small.root.crl(), crl))
    report = check_certificate(leaf.certificate, trust, AT, purpose=Purpose.SEAL)
    assert outcome(report) == expected


@pytest.mark.parametrize(("critical", "expected"), [(True, UNKNOWN), (False, GOOD)])
def test_unknown_extensions(small: Any, making: Any, critical: bool, expected: tuple[Any, ...]) -> None:
    """Of the list and of any entry in it (section 5.2 and 5.3)."""
    strange = making.extension("1.2.3.4", der.null(), critical=critical)
    assert outcome(check(small, small.issuing.crl(extensions=[strange]))) == expected
    assert outcome(check(small, small.issuing.crl([4711], entry_extensions=strange))) == expected


def test_delta_lists_are_not_complete(small: Any, making: Any) -> None:
    """Section 5.2.4: the indicator is critical."""
    delta = making.extension("2.5.29.27", der.integer(1), critical=True)
    crl = small.issuing.crl(extensions=[delta], number=2)
    assert (crl.base, crl.critical_unknown) == (1, ())
    assert outcome(check(small, crl)) == UNKNOWN
    assert outcome(check(small, revoking(small, extensions=[delta], number=2))) == REVOKED


def test_what_was_written_is_read(world: Any) -> None:
    """All facts of a list, for each family."""
    serials = {n * 7919: (AT - n * timedelta(hours=1), n % 6) for n in range(1, 300)}
    crl = world.issuing.crl(serials, number=1 << 100)
    assert crl.issuer == world.issuing.certificate.subject
    assert crl.number == 1 << 100
    assert (crl.this_update, crl.next_update) == (AT - DAY, AT + 6 * DAY)
    assert len(crl.entries) == 299
    assert crl.entries[7919].at == AT - timedelta(hours=1)
    assert crl.entries[7919].reason == "keyCompromise"
    assert crl.entries[6 * 7919].reason == "unspecified"
    assert crl.entries.get(1) is None
    world.issuing.key.public_key.verify(crl.signature, crl.tbs, crl.scheme)
    assert parse_crl(bytes(bytearray(crl.der))) == crl


def test_long_lists(small: Any) -> None:
    """A list larger than what is remembered."""
    crl = small.issuing.crl(range(1, 5000))
    assert len(crl.der) > 64 * 1024
    assert len(crl.entries) == 4999
    assert outcome(check(small, crl)) == GOOD


@pytest.mark.parametrize(
    "parts",
    [
        {"outer": der.sequence(der.oid("1.2.840.10045.4.3.3"))},
        {"version": der.integer(0)},
        {"version": der.integer(2)},
        {"version": b""},
        {"issuer": der.utf8("x")},
        {"this_update": der.utf8("now")},
        {"next_update": b"\x17\x0b2601010000Z"},
        {"next_update": der.utf8("soon")},
        {"entries": der.sequence(der.integer(1))},
        {"entries": der.sequence(der.sequence(der.integer(1)))},
        {"entries": der.sequence(der.sequence(der.integer(1), der.integer(2)))},
        {"entries": der.sequence(*[der.sequence(der.integer(1), der.time(AT))] * 2)},
        {"entries": der.sequence(der.sequence(der.integer(1), der.time(AT), der.sequence()))},
        {"extensions": der.explicit(0, der.sequence())},
        {"extensions": der.explicit(1, der.sequence())},
    ],
)
def test_shapes_that_are_refused(small: Any, parts: dict[str, bytes]) -> None:
    """Rightly signed, wrongly shaped; a serial number stands once."""
    with pytest.raises(CrlMalformed) as caught:
        small.issuing.crl(raw=parts)
    assert "吊销列表" in str(caught.value)


@pytest.mark.parametrize(
    ("identifier", "value"),
    [
        ("2.5.29.28", der.null()),
        ("2.5.29.28", der.sequence(der.integer(1))),
        ("2.5.29.21", der.enumerated(7)),
    ],
)
def test_extensions_that_are_refused(small: Any, making: Any, identifier: str, value: bytes) -> None:
    """A value that is not what the extension must be."""
    extension = making.extension(identifier, value)
    with pytest.raises(CrlMalformed):
        if identifier == "2.5.29.21":
            small.issuing.crl([1], entry_extensions=extension)
        else:
            small.issuing.crl(extensions=[extension])


def test_algorithms_that_are_not_allowed(small: Any) -> None:
    """A list signed with SHA-1."""
    with pytest.raises(CrlUnsupported):
        small.issuing.crl(raw={"algorithm": der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null())})


@pytest.mark.parametrize(
    "data", [b"", b"\x30\x00", b"x", b"-----BEGIN X509 CRL-----\n-----END X509 CRL-----"]
)
def test_what_is_no_list(data: bytes) -> None:
    """Refused by type."""
    with pytest.raises(CrlMalformed):
        parse_crl(data)


@settings(max_examples=500, deadline=None)
@given(
    serial=st.integers(-(2**40), 2**160),
    moment=st.datetimes(datetime(1950, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
    reason=st.sampled_from((0, 1, 6, 9)),
    damage=st.none() | st.tuples(st.integers(0, 60), st.integers(0, 255)),
)
def test_two_readers_of_entries(
    serial: int, moment: datetime, reason: int, damage: tuple[int, int] | None
) -> None:
    """The quick reader says the same as the strict one, or leaves the entry to it."""
    more = der.sequence(der.sequence(der.oid("2.5.29.21"), der.octets(der.enumerated(reason))))
    entry = bytearray(der.sequence(der.integer(serial), der.time(moment), more if reason else b""))
    if damage is not None:
        entry[damage[0] % len(entry)] = damage[1]
    data = bytes(3) + bytes(entry) + bytes(2)
    quick = entries._usual(data, 3)
    if quick is not None:
        try:
            assert quick == entries._any(data, 3)
        except (KeysError, VerifyError):
            # What follows the time is judged later, for both: it must be one list of extensions.
            with pytest.raises((KeysError, VerifyError)):
                entries._reason(quick[2], [])
    elif damage is None and moment.year < 2050 and serial < 2**100:
        raise AssertionError("a usual entry was left to the slow reader")


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300), place=st.integers(0, 10_000), cut=st.integers(0, 6))
def test_any_bytes(data: bytes, place: int, cut: int) -> None:
    """Nothing escapes but the error of this package, for noise and for a damaged list."""
    at = place % len(SAMPLE)
    for encoded in (data, b"\x30" + data, SAMPLE[:at] + data[:6] + SAMPLE[at + cut :]):
        try:
            parse_crl(encoded)
        except VerifyError as error:
            assert str(error)


SAMPLE = der.sequence(
    der.sequence(
        der.integer(1),
        SM2_SM3.algorithm_identifier(),
        der.sequence(der.set_of(der.sequence(der.oid("2.5.4.3"), der.utf8("甲")))),
        der.time(AT),
        der.sequence(der.sequence(der.integer(1), der.time(AT))),
    ),
    SM2_SM3.algorithm_identifier(),
    der.bits(b"signature"),
)


@pytest.mark.parametrize("bit", [0x01, 0x40])
def test_every_flipped_byte(world: Any, bit: int) -> None:
    """No byte of a list can change and the list still count: neither for nor against the certificate."""
    for good in (world.issuing.crl([4711]), revoking(world)):
        for at in range(len(good.der)):
            broken = bytearray(good.der)
            broken[at] ^= bit
            try:
                crl = parse_crl(bytes(broken))
            except Exception as error:
                assert type(error).__name__ in ("CrlMalformed", "CrlUnsupported"), repr(error)
                continue
            assert outcome(check(world, crl)) == UNKNOWN, at


def test_sm2_lists_without_null(sm2: Any) -> None:
    """standards.md 4.3: national roots omit the NULL in their lists and write it in certificates."""
    assert sm2.issuing.key.public_key.kind is KeyKind.SM2
    crl = sm2.issuing.crl(raw={"algorithm": der.sequence(der.oid("1.2.156.10197.1.501"))})
    assert outcome(check(sm2, crl)) == GOOD

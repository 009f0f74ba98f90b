# SPDX-License-Identifier: Apache-2.0
"""Published classes of attacks on sealed and certified PDFs, made anew: shadows, certifications, parsers.

Every signature value is right.  Where a trick would show something else, the viewers' parser is asked too, so
that the file is known to be an attack and not just an odd file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from verify import Indication, Report, check_pdf
from verify.pdf import revisions, sealed_file
from verify.pdf.revisions import Changes
from verify.pdf.showing import Place, differences

from .conftest import check_both_ways, stream

AT = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)
PASSED, FAILED, UNSURE = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
Update = Callable[[bytes, dict[int, bytes]], bytes]
PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R /Annots [%s]"
    b" /Resources << /Font << /F1 %s >> >> >>"
)
HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
CATALOG = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] /SigFlags 3 >> %s >>"
WHITE = b"1 1 1 rg 0 0 300 300 re f"
COVER = b"<< /Type /XObject /Subtype /Form /BBox [0 0 300 300] /Length %d >>\nstream\n%s\nendstream" % (
    len(WHITE),
    WHITE,
)
TEXT_FIELD = (
    b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (%s) /P 3 0 R /F 4 /Rect [20 100 280 140]"
    b" /AP << /N %d 0 R >> >>"
)


def drawn(text: bytes) -> bytes:
    content = b"BT /F1 24 Tf 4 8 Td (%s) Tj ET" % text
    return (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 260 40] /Resources << /Font << /F1 %s >> >>"
        b" /Length %d >>\nstream\n%s\nendstream" % (HELVETICA, len(content), content)
    )


def codes(report: Report) -> set[str]:
    return {reason.code for part in (report, *report.signatures) for reason in part.reasons}


def shows_something_else(before: bytes, after: bytes) -> bool:
    return bool(differences(after, [len(before), len(after)], [0], {})[0].pages)


SHADOWS: dict[str, tuple[dict[int, bytes], dict[int, bytes]]] = {
    "hide, by an annotation": (
        {},
        {
            3: PAGE % (b"5 0 R 8 0 R", HELVETICA),
            8: b"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [0 0 300 300] /AP << /N 9 0 R >> >>",
            9: COVER,
        },
    ),
    "hide, by a form that the page already draws": (
        {
            4: stream(b"BT /F1 24 Tf 20 200 Td (sealed text) Tj ET /X Do"),
            3: (PAGE % (b"5 0 R", HELVETICA)).replace(b"/Font <<", b"/XObject << /X 7 0 R >> /Font <<"),
            7: COVER.replace(WHITE, b" " * len(WHITE)),
        },
        {7: COVER},
    ),
    "replace, by the value of a text field": (
        {
            1: CATALOG % (b"5 0 R 7 0 R", b""),
            3: PAGE % (b"5 0 R 7 0 R", HELVETICA),
            7: TEXT_FIELD % (b"100", 8),
            8: drawn(b"100"),
        },
        {7: TEXT_FIELD % (b"999999", 9), 9: drawn(b"999999")},
    ),
    "replace, by the appearance alone": (
        {
            1: CATALOG % (b"5 0 R 7 0 R", b""),
            3: PAGE % (b"5 0 R 7 0 R", HELVETICA),
            7: TEXT_FIELD % (b"100", 8),
            8: drawn(b"100"),
        },
        {8: drawn(b"999999")},
    ),
    "replace, by another font": (
        {3: PAGE % (b"5 0 R", b"7 0 R"), 7: HELVETICA},
        {7: HELVETICA.replace(b"/Helvetica", b"/ZapfDingbats")},
    ),
}


@pytest.mark.parametrize("shadow", SHADOWS)
def test_shadow(world: Any, draft: Any, incremental: Update, shadow: str) -> None:
    """Content that was prepared before sealing, and is brought to light or covered afterwards."""
    before, after = SHADOWS[shadow]
    sealed = replace(draft, objects=before).sealed(world.ecdsa)
    assert check_both_ways(sealed, world).indication is PASSED
    shown = incremental(sealed, after)
    assert shows_something_else(sealed, shown)
    report = check_both_ways(shown, world)
    assert report.indication is FAILED
    assert "MODIFIED_AFTER_SEAL" in codes(report)


def test_hide_and_replace(world: Any, draft: Any, incremental: Update) -> None:
    """A second version of the page text waits inside the sealed bytes; the update only points at it."""
    waiting = b"4 0 obj\n" + stream(b"BT /F1 24 Tf 20 200 Td (other text) Tj ET") + b"\nendobj"
    sealed = replace(draft, objects={7: stream(waiting)}).sealed(world.ecdsa)
    assert check_both_ways(sealed, world).indication is PASSED
    more = incremental(sealed, {8: b"null"})
    table = more.index(b"8 1\n", len(sealed))
    hidden = sealed.index(b"4 0 obj\n<< /Length", sealed.index(b"7 0 obj"))
    led = more[:table] + b"4 1\n%010d" % hidden + more[table + 14 :]
    assert shows_something_else(sealed, led)
    report = check_both_ways(led, world)
    assert report.indication is FAILED
    assert codes(report) & {"MODIFIED_AFTER_SEAL", "BYTES_AFTER_SEAL"}


def test_what_is_shown_is_compared_too(
    world: Any, draft: Any, incremental: Update, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the comparison of objects ever miss something, the drawn pages still differ."""
    sealed = draft.sealed(world.ecdsa)
    changed = incremental(sealed, {4: stream(b"BT /F1 24 Tf 20 200 Td (other text) Tj ET")})
    monkeypatch.setattr(revisions.Revisions, "changes_since", lambda *_, **__: Changes(True))
    report = check_pdf(changed, trust=world.trust, at=AT)
    assert report.indication is UNSURE
    assert "SHOWN_DIFFERENTLY" in codes(report)


def test_later_seals_are_no_difference(world: Any, plain_pdf: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place of a later seal may look different, and only that: without places it would be noticed."""
    once = world.ecdsa.seal(plain_pdf)
    twice = world.ecdsa.seal(once, "Seal2", box=(300, 100, 420, 220))
    box = Place(0, (300, 100, 420, 220))
    assert differences(twice, [len(once), len(twice)], [0], {len(once): [box]})[0].pages == ()
    assert differences(twice, [len(once), len(twice)], [0], {})[0].pages == (0,)
    over = Place(0, (20, 650, 420, 750))
    assert differences(twice, [len(once), len(twice)], [0], {len(once): [box, over]})[0].over_content == (0,)
    monkeypatch.setattr(sealed_file, "MOST_PAGES", 1)
    assert check_both_ways(twice, world).indication is PASSED


def certified(draft: Any, permission: int, **objects: Any) -> Any:
    rule = (
        f" /Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams"
        f" << /Type /TransformParams /V /1.2 /P {permission} >> >>]"
    )
    changed = {1: CATALOG % (b"5 0 R 7 0 R", b"/Perms << /DocMDP 6 0 R >>")}
    changed[7] = b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Next) /P 3 0 R /F 4 /Rect [20 20 90 60] >>"
    changed[3] = PAGE % (b"5 0 R 7 0 R", HELVETICA)
    return replace(draft, entries=draft.entries + rule, objects=changed)


HIDING = (
    "FreeText",
    "Stamp",
    "Redact",
    "Square",
    "Ink",
    "Line",
    "Polygon",
    "Highlight",
    "FileAttachment",
    "Link",
)


@pytest.mark.parametrize("permission", [1, 2, 3])
def test_evil_annotations(world: Any, draft: Any, incremental: Update, permission: int) -> None:
    """A certified file in which annotations may be added by the standard's level 3: here none may."""
    sealed = certified(draft, permission).sealed(world.ecdsa)
    assert check_both_ways(sealed, world).indication is PASSED
    for kind in HIDING:
        evil = {
            3: PAGE % (b"5 0 R 7 0 R 8 0 R", HELVETICA),
            8: b"<< /Type /Annot /Subtype /%s /F 4 /Rect [0 0 300 300] /AP << /N 9 0 R >> >>" % kind.encode(),
            9: COVER,
        }
        report = check_pdf(incremental(sealed, evil), trust=world.trust, at=AT)
        assert report.indication is FAILED, kind
        assert "MODIFIED_AFTER_SEAL" in codes(report)


@pytest.mark.parametrize("permission", [1, 2, 3])
def test_sneaky_signature(world: Any, draft: Any, permission: int) -> None:
    """A signature field of the attacker's own, as large as the page, on a certified file."""
    sealed = certified(draft, permission).sealed(world.ecdsa)
    # The product would refuse; it does not see the rule, and the file shows it again afterwards.
    blind = sealed.replace(b"/DocMDP", b"/DocMDQ")
    sneaky = world.stranger.seal(blind, "Sneaky", box=(0, 0, 300, 300))
    report = check_both_ways(sealed + sneaky[len(sealed) :].replace(b"/DocMDQ", b"/DocMDP"), world)
    assert report.indication is FAILED
    assert report.signatures[0].indication is FAILED
    assert report.signatures[-1].indication is not PASSED


def test_the_field_that_the_certifier_left(world: Any, draft: Any) -> None:
    """What level 2 is for: the next seal in the place that the first left for it."""
    sealed = certified(draft, 2).sealed(world.ecdsa)
    report = check_both_ways(world.rsa.seal(sealed, "Next", box=(20, 20, 90, 60)), world)
    assert [one.indication for one in report.signatures] == [PASSED, PASSED], codes(report)


def listed_twice(data: bytes) -> bytes:
    """Object 4 twice in one table: the first parser takes one, another the other."""
    at = data.index(b"4 1\n")
    return data[:at] + data[at : at + 24] + data[at:]


def test_object_listed_twice(world: Any, draft: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed so by its maker: the value is right, and which object is meant is anybody's guess."""
    from . import conftest

    section = conftest.section

    def doubled(objects: dict[int, bytes], *, at: int, trailer: str) -> bytes:
        return listed_twice(section(objects, at=at, trailer=trailer))

    monkeypatch.setattr(conftest, "section", doubled)
    report = check_both_ways(draft.sealed(world.ecdsa), world)
    assert report.indication is not PASSED
    assert "PARSER_DISAGREEMENT" in codes(report)


def test_page_that_one_parser_alone_sees(world: Any, draft: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agreement is about what is drawn: the same pages with another text are another document."""
    from verify.pdf import reading
    from verify.pdf.structure import Drawn

    sealed = draft.sealed(world.ecdsa)
    monkeypatch.setattr(reading, "_drawn", lambda _: iter([Drawn(3, bytes(32))]))
    report = check_pdf(sealed, trust=world.trust, at=AT)
    assert report.indication is UNSURE
    assert "PARSER_DISAGREEMENT" in codes(report)

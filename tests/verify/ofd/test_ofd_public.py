# SPDX-License-Identifier: Apache-2.0
"""Public files of the ofdrw project (standards.md section 9.1): what is known of them must come out.

They are not kept here: some of them carry names of real people and bodies.  ``YINXIN_OFDRW`` names a checkout
of ``github.com/ofdrw/ofdrw`` (Apache-2.0); without it these tests skip.
"""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from verify import Indication, Trust, Unreadable, check_ofd, ofd_page_count, ofd_png, ofd_svg, ofd_text

CHECKOUT = Path(os.environ.get("YINXIN_OFDRW") or "no-checkout-of-ofdrw")
AT = datetime(2026, 8, 1, tzinfo=UTC)
pytestmark = pytest.mark.skipif(
    not (CHECKOUT / "ofdrw-sign").is_dir(),
    reason="YINXIN_OFDRW does not name a checkout of github.com/ofdrw/ofdrw",
)


def published(name: str) -> bytes:
    return next(CHECKOUT.glob(f"*/src/test/resources/{name}")).read_bytes()


def checked(name: str) -> list[dict[str, Any]]:
    """Facts of each signature, with its codes."""
    report = check_ofd(published(name), trust=Trust(), at=AT)
    return [{**one.facts, "codes": [reason.code for reason in one.reasons]} for one in report.signatures]


@pytest.mark.parametrize(
    ("name", "references", "protection"),
    [
        ("v4signed.ofd", 13, "continue"),
        ("V4RideRight.ofd", 9, "whole"),
        ("allprotected.ofd", 6, "whole"),
        ("SESV4SignDoc.ofd", 5, "continue"),
    ],
)
def test_seals_of_other_products(name: str, references: int, protection: str) -> None:
    """References, dataHash and both signatures are good; nobody here trusts who certified them."""
    (seal,) = checked(name)
    assert (seal["references"], seal["references_good"]) == (references, references)
    assert seal["protection"] == protection
    assert seal["covers"] == "whole document"
    for step in ("format", "signature", "signer_in_seal", "seal_signature", "content"):
        assert seal["steps"][step] == "passed", step
    assert not {"REFERENCE_ALTERED", "COVERAGE_GAP", "SEAL_FILE_DIFFERS"} & set(seal["codes"])


def test_a_second_seal_that_broke_the_first() -> None:
    first, second = checked("h.ofd")
    assert (first["references_good"], first["references"]) == (8, 9)
    assert first["codes"][0] == "REFERENCE_ALTERED"
    assert first["steps"]["content"] == first["steps"]["signature"] == "passed"
    assert (second["references_good"], second["references"]) == (11, 11)
    assert "MAX_SIGN_ID_TWICE" in first["deviations"]


def test_a_bare_signature_value() -> None:
    (signature,) = checked("DigitalSign.ofd")
    assert (signature["references_good"], signature["form"]) == (4, "C")
    assert signature["codes"] == ["NO_SIGNING_CERTIFICATE"]


def test_an_unknown_digest_says_nothing() -> None:
    (seal,) = checked("n.ofd")
    assert seal["codes"][0] == "CHECK_METHOD_UNKNOWN"


def test_templates_that_nobody_protected() -> None:
    (seal,) = checked("draw_param_ref.ofd")
    assert seal["codes"][0] == "COVERAGE_GAP"


@pytest.mark.parametrize("name", ["testPathClip.ofd", "testImageNotFound.ofd"])
def test_plain_signatures_with_attributes(name: str) -> None:
    for signature in checked(name):
        assert (signature["form"], signature["intact"]) == ("B", True)


def test_text_and_old_namespaces() -> None:
    for name in ("helloworld.ofd", "namespace_no_std.ofd"):
        (run,) = ofd_text(published(name), 0)
        assert run.text == "你好呀，OFD Reader&Writer！"
        assert round(run.characters[0].x, 1) == 31.7


def test_slices_lie_at_the_right_edge() -> None:
    data = published("V4RideRight.ofd")
    for page in range(5):
        image = Image.open(io.BytesIO(ofd_png(data, page, 127))).convert("RGB")
        edge = image.crop((1010, 200, 1050, 400)).getcolors(1 << 16) or ()
        assert any(colour[0] > 150 and colour[1] < 80 for _, colour in edge)  # type: ignore[index]


@pytest.mark.slow
def test_everything_is_read_and_drawn_or_refused() -> None:
    files = sorted(CHECKOUT.glob("*/src/test/resources/*.ofd"))
    assert len(files) > 40
    refused = []
    for path in files:
        data = path.read_bytes()
        try:
            assert check_ofd(data, trust=Trust(), at=AT).indication is not Indication.TOTAL_PASSED
            for page in range(min(3, ofd_page_count(data))):
                assert ofd_svg(data, page).endswith("</svg>")
        except Unreadable:
            refused.append(path.name)
    assert len(refused) <= 1, refused

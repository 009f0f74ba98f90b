# SPDX-License-Identifier: Apache-2.0
"""Pictures of seals over HTTP: previews, scans, and a seal with a brought picture that really seals."""

from __future__ import annotations

import io
import re
from itertools import count
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from api.console import FileOrder
from api.demo.client import Refused
from api.routes import seal_pictures
from api.routes.access import COOKIE
from seal import Placement
from verify import parse_seal

NUMBERS = count(1)
PAGE = {"Accept": "text/html"}


def scan() -> bytes:
    page = Image.new("RGB", (500, 400), (255, 255, 255))
    pen = ImageDraw.Draw(page)
    pen.rectangle((90, 60, 330, 300), outline=(210, 30, 40), width=12)
    for y in range(110, 280, 50):
        pen.rectangle((130, y, 290, y + 14), fill=(210, 30, 40))
    packed = io.BytesIO()
    page.save(packed, "PNG")
    return packed.getvalue()


def http(site: Any) -> httpx.Client:
    """H10's session as a browser has it."""
    token = site.login("H10").http.headers["authorization"].removeprefix("Bearer ")
    return httpx.Client(base_url=site.url, trust_env=False, cookies={COOKIE: token}, timeout=60)


def csrf(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/seals/apply", headers=PAGE).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("shape", ["round", "oval", "square"])
@pytest.mark.parametrize("centre", ["star", "text", "none", "emblem"])
def test_preview_of_every_shape(site: Any, shape: str, centre: str) -> None:
    name = "张三" if shape == "square" else "蜀州市样例局"
    with http(site) as client:
        more = {"centre": centre, "centre_text": "财务", "line": "专用章", "micro": "A1", "rank": "province"}
        got = client.get("/api/v1/seal-pictures/preview.svg", params={"name": name, "shape": shape, **more})
    assert got.status_code == 200, got.text
    assert got.headers["content-type"].startswith("image/svg+xml")
    assert "SPECIMEN" in got.text
    width = {"round": "50", "oval": "40", "square": "20"}[shape]
    assert f'width="{width}mm"' in got.text


def test_refusals_name_the_field(site: Any) -> None:
    with http(site) as client:
        for params, field in (
            ({"name": "一"}, "name"),
            ({"name": "样例机构名称", "line": "太长太长太长太长太长太"}, "line"),
            ({"name": "样例机构名称", "shape": "oval", "width": "500"}, "diameter_mm"),
            ({"name": "样例机构名称", "shape": "star"}, "shape"),
        ):
            got = client.get("/api/v1/seal-pictures/preview.svg", params=params)
            assert (got.status_code, got.json()["errors"][0]["field"]) == (422, field)


def test_pace(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal_pictures, "pace", seal_pictures.Pace(2))
    with http(site) as client:
        codes = [client.get("/api/v1/seal-pictures/preview.svg").status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_scan_becomes_a_seal(site: Any) -> None:
    """Cut out, applied for, made, used: the made seal has the picture, and the ledger's design too."""
    facts = site.stage.facts
    with http(site) as client:
        token = csrf(client)
        sent = {"kind": "scan", "ink": "red", "width_mm": "21", "name": "样例印章"}
        got = client.post(
            "/api/v1/seal-pictures/drawings",
            data=sent,
            files={"file": ("scan.png", scan())},
            headers={"X-CSRF-Token": token},
        )
        assert got.status_code == 200, got.text
        found = got.json()
        assert found["width_mm"] == 21.0
        assert "SPECIMEN" in found["svg"]
    body = {
        "holder": facts.uscc("A3"),
        "holder_name": facts.name("A3"),
        "type": "special",
        "design": {"name": f"样例扫描章{next(NUMBERS)}", "drawing": found["drawing"]},
    }
    made = site.login("H10").post("/api/v1/seal-applications", body)
    for step in ("approve", "make"):
        site.operator.post(f"/api/v1/seals/{made['seal_id']}/steps", {"step": step})
    site.login("H10").post(f"/api/v1/seals/{made['seal_id']}/steps", {"step": "activate"})
    seal = parse_seal(site.stage.client().fetch(f"/api/v1/seals/{made['seal_id']}/seal.esl"))
    assert seal.picture.width == 21
    order = FileOrder(lambda drawing: [Placement(0, 20.0, 40.0, drawing.width_mm, drawing.height_mm)])
    sealed = site.service.console.seal(site.files()["land_approval"], made["seal_id"], order)
    assert sealed.content.startswith(b"%PDF-")


def test_form_without_script(site: Any) -> None:
    """Preview by the button, files and all; then the application itself."""
    facts = site.stage.facts
    fields = {
        "holder": facts.uscc("A3"),
        "holder_name": facts.name("A3"),
        "type": "special",
        "source": "scan",
        "name": f"样例扫描章{next(NUMBERS)}",
        "ink": "red",
        "width_mm": "21",
    }
    with http(site) as client:
        token = csrf(client)
        fields["csrf"] = token
        files = {"picture": ("scan.png", scan())}
        got = client.post("/seals/apply", data={**fields, "act": "preview"}, files=files, headers=PAGE)
        assert got.status_code == 200, got.text
        assert "data:image/svg+xml;base64," in got.text
        kept = re.search(r'name="drawing" value="([^"]+)"', got.text)
        assert kept is not None
        got = client.post("/seals/apply", data={**fields, "act": "apply", "drawing": kept[1]}, headers=PAGE)
        assert got.status_code == 303, got.text
        applied = client.get(got.headers["location"], headers=PAGE).text
        assert "尚未制作" in applied and "data:image/svg+xml;base64," in applied
        anybody = site.stage.client().page(got.headers["location"])
        assert "尚未制作" not in anybody
        bad = client.post(
            "/seals/apply", data={**fields, "act": "preview", "ink": "blue"}, files=files, headers=PAGE
        )
        assert bad.status_code == 422
        assert "没有找到这种颜色" in bad.text


def test_specimen_is_not_theirs_to_leave_out(site: Any) -> None:
    with pytest.raises(Refused) as refused:
        site.login("H10").post(
            "/api/v1/seal-pictures/preview", {"design": {"name": "样例机构名称", "specimen": False}}
        )
    assert refused.value.status == 422

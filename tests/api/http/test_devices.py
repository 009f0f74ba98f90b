# SPDX-License-Identifier: Apache-2.0
"""The operator registers devices over HTTP; who else may not is in the authorisation matrix."""

from __future__ import annotations

import base64
from typing import Any

from ca import SubjectName, make_request
from keys import KeyKind, generate_key

DEVICE = {
    "label": "窗口自助机 07",
    "holder": "91510100DEM001017Y",
    "holder_name": "四川样例建工集团有限公司",
    "names": ["dns:kiosk7.example.cn", "ip:10.0.0.7"],
}


def test_a_device_from_registration_to_its_end(site: Any) -> None:
    http = site.operator.http
    made = http.post("/api/v1/devices", json=DEVICE)
    assert made.status_code == 201, made.text
    secret = made.json()
    assert set(secret) == {"device_id", "secret", "expires_at"}
    (listed,) = (
        one for one in http.get("/api/v1/devices").json()["devices"] if one["label"] == DEVICE["label"]
    )
    assert listed["names"] == DEVICE["names"]
    assert secret["secret"] not in str(listed)
    subject = SubjectName(DEVICE["holder_name"], DEVICE["holder_name"], DEVICE["holder"])
    request = base64.b64encode(make_request(generate_key(KeyKind.P256), subject))
    asking = site.stage.client().http
    auth = (secret["device_id"], secret["secret"])
    answer = asking.post("/.well-known/est/simpleenroll", content=request, auth=auth)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/pkcs7-mime")
    path = f"/api/v1/devices/{secret['device_id']}"
    another = http.post(f"{path}/secrets", json={"hours": 1}).json()
    assert another["secret"] != secret["secret"]
    ended = http.delete(path)
    assert ended.json()["ended_at"]
    assert http.post(f"{path}/secrets", json={}).status_code == 404
    after = asking.post("/.well-known/est/simpleenroll", content=request, auth=auth)
    assert (after.status_code, after.json()["code"]) == (401, "device-ended")


def test_registrations_that_are_refused_name_the_field(site: Any) -> None:
    http = site.operator.http
    for change, field in (
        ({"holder": "91510100DEM001017X"}, "holder"),
        ({"names": ["kiosk"]}, "names"),
        ({"hours": 10_000}, "hours"),
        ({"label": "\u200b"}, "label"),
        ({"surprise": 1}, "surprise"),
    ):
        answer = http.post("/api/v1/devices", json={**DEVICE, **change})
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["errors"]] == [field], answer.text

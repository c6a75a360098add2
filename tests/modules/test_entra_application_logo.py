from __future__ import annotations

import json

import pytest
from PIL import Image

NAME = "entra_application"
APP = {"unique_name": "kundo-mail", "display_name": "Kundo Mail"}


@pytest.fixture
def logo(tmp_path):
    """Make a picture: `logo("red")`."""

    def make(colour, size=(16, 16), kind="PNG"):
        path = tmp_path / f"{colour}.{kind.lower()}"
        Image.new("RGB", size, colour).save(path, kind)
        return str(path)

    return make


def test_the_picture_is_uploaded_once(task, sandbox, logo):
    red = logo("red")
    assert task(NAME, logo=red, **APP)["diff"]["after"]["logo"].startswith("sha256:")
    assert [w["request"] for w in sandbox.writes if "logo" in w["request"]] != []
    sandbox.mark()
    assert not task(NAME, logo=red, **APP)["changed"]
    assert sandbox.writes == []


def test_another_picture_replaces_it(task, sandbox, logo):
    task(NAME, logo=logo("red"), **APP)
    sandbox.mark()
    result = task(NAME, logo=logo("blue"), **APP)
    assert set(result["diff"]["after"]) == {"logo"}
    assert result["diff"]["before"]["logo"] != result["diff"]["after"]["logo"]
    assert len(sandbox.writes) == 1


def test_check_predicts_the_upload_and_sends_nothing(task, sandbox, logo):
    task(NAME, **APP)
    sandbox.mark()
    check = task(NAME, check=True, logo=logo("red"), **APP)
    assert sandbox.writes == []
    assert task(NAME, logo=logo("red"), **APP)["diff"] == check["diff"]


def test_a_picture_changed_by_hand_is_put_back(task, contoso, sandbox, logo):
    red = logo("red")
    task(NAME, logo=red, **APP)
    contoso.settled()
    token = sandbox.token(contoso.tenant)
    sandbox.http.put(
        f"{sandbox.json['graph']}/v1.0/applications/{contoso.app()['id']}/logo",
        data=open(logo("green"), "rb").read(),  # noqa: SIM115
        headers={"Authorization": f"Bearer {token}", "Content-Type": "image/png"},
        timeout=30,
    ).raise_for_status()
    contoso.settled()
    assert task(NAME, logo=red, **APP)["changed"]
    assert len(sandbox.writes) == 1


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_stops_before_anything_is_written(task, sandbox, tmp_path, content):
    path = tmp_path / "logo.png"
    path.write_bytes(content)
    message = task.failed(NAME, logo=str(path), **APP)
    assert str(path) in message
    assert "PNG, JPEG, GIF, BMP" in message
    assert sandbox.writes == []


def test_a_picture_that_is_too_large_stops_before_anything_is_written(task, sandbox, logo):
    message = task.failed(NAME, logo=logo("white", (400, 400), "BMP"), **APP)
    assert "less than 100 KB" in message
    assert sandbox.writes == []


def test_a_picture_that_entra_refuses_is_a_warning(task, contoso, sandbox, logo):
    body = {"error": {"code": "Request_BadRequest", "message": "Unsupported picture."}}
    sandbox.fault(contoso.tenant, "graph", "PUT", "*/logo", status=400, body=body)
    result = task(NAME, logo=logo("red"), **APP)
    assert result["changed"]
    assert any("logo" in warning for warning in result["warnings"])
    assert contoso.app()["displayName"] == "Kundo Mail"


def test_an_address_that_lagged_behind_the_upload_is_kept_when_it_is_seen(task, contoso, logo):
    red = logo("red")
    task(NAME, logo=red, **APP)
    kept = task.state / "contoso" / "logo.json"
    seen = json.loads(kept.read_text())
    kept.write_text(json.dumps(seen | {"url": None}))
    assert not task(NAME, check=True, logo=red, **APP)["changed"]
    assert json.loads(kept.read_text())["url"] is None
    assert not task(NAME, logo=red, **APP)["changed"]
    assert json.loads(kept.read_text()) == seen

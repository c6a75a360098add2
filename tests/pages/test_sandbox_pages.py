"""The sandbox's pages in a person's browser: hostile mail and names stay text, nothing is loaded, forms work."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.pages.chromium import Chromium
from tests.sandbox_process import CONTOSO, Sandbox

pytestmark = pytest.mark.chromium
OWNED = "alert(1);document.title='owned'"
HOSTILE = f"""</title></style></pre>'"><script>{OWNED}</script><img src=https://evil.example/x.png onerror="{OWNED}">"""
ADDRESS = "support@contoso.example"
GROUP = "kundo-mailboxes@contoso.example"
ELEMENTS = "script, img, iframe, object, embed, link, svg, base, [onerror], [onload], [onclick], [style], [src]"
HERE = f"/_sandbox/tenants/{CONTOSO}"


@pytest.fixture
def hostile(sandbox: Sandbox) -> Sandbox:
    """A tenant in which every text that somebody may choose tries to run."""

    def hand(*asked: Any, **more: Any) -> Any:
        return sandbox.by_hand(CONTOSO, *asked, **more)

    app = hand("POST", "/applications", {"displayName": f"app {HOSTILE}"})
    principal = hand("POST", "/servicePrincipals", {"appId": app["appId"]})
    named = {"passwordCredential": {"displayName": f"secret {HOSTILE}"}}
    secret = hand("POST", f"/applications/{app['id']}/addPassword", named)
    sandbox.secret_text = secret["secretText"]  # type: ignore[attr-defined]
    hand("PATCH", f"/users/{ADDRESS}", {"displayName": f"user {HOSTILE}"})
    group = {"displayName": f"group {HOSTILE}", "mailEnabled": False, "securityEnabled": True, "mailNickname": "g"}
    hand("POST", "/groups", group)
    owner = hand("GET", f"/users/{ADDRESS}")["id"]
    hand("POST", f"/applications/{app['id']}/owners/$ref", {"@odata.id": f"https://x/v1.0/directoryObjects/{owner}"})
    attachment = {"@odata.type": "#microsoft.graph.fileAttachment", "name": HOSTILE, "contentBytes": "aGVsbG8="}
    for kind in ("text", "html"):
        message = {
            "subject": f"subject {HOSTILE}",
            "body": {"contentType": kind, "content": f"body {HOSTILE}<p>and words</p>"},
            "toRecipients": [{"emailAddress": {"address": ADDRESS}}],
            "internetMessageHeaders": [{"name": "x-hostile", "value": HOSTILE}],
            "attachments": [attachment],
        }
        hand("POST", f"/users/{ADDRESS}/sendMail", {"message": message})
    sandbox.settle(CONTOSO)
    boxes = {"Name": "boxes", "DisplayName": f"boxes {HOSTILE}", "PrimarySmtpAddress": GROUP, "Type": "Security"}
    hand(cmdlet="New-DistributionGroup", parameters=boxes)
    policy = {"AppId": app["appId"], "PolicyScopeGroupId": GROUP, "AccessRight": "RestrictAccess"}
    hand(cmdlet="New-ApplicationAccessPolicy", parameters=policy | {"Description": f"policy {HOSTILE}"})
    pointer = {"AppId": app["appId"], "ObjectId": principal["id"], "DisplayName": f"pointer {HOSTILE}"}
    hand(cmdlet="New-ServicePrincipal", parameters=pointer)
    sandbox.http.get(f"{sandbox.json['graph']}/v1.0/{quote(HOSTILE, safe='')}")
    bearer = {"Authorization": f"Bearer {sandbox.token(CONTOSO)}", "client-request-id": HOSTILE}
    sandbox.http.get(f"{sandbox.json['graph']}/v1.0/users/{quote(HOSTILE, safe='')}", headers=bearer)
    plan = {"name": "http_500_before", "path": HOSTILE, "cmdlet": HOSTILE, "seed": HOSTILE}
    sandbox.control("POST", f"/tenants/{CONTOSO}/drills", plan)
    sandbox.fault(CONTOSO, "graph", HOSTILE, HOSTILE, status=500)
    return sandbox


PAGES = {
    "/_sandbox/": "Contoso",
    "/_sandbox/requests": "graph",
    HERE: "contoso.example",
    f"{HERE}/mailboxes": "user &lt;/title",
    f"{HERE}/mailboxes/{ADDRESS}": "subject &lt;/title",
    f"{HERE}/applications": "secret &lt;/title",
    f"{HERE}/enterprise-applications": "app &lt;/title",
    f"{HERE}/groups": "group &lt;/title",
    f"{HERE}/exchange": "policy &lt;/title",
    f"{HERE}/requests": "&lt;script&gt;",
    f"{HERE}/ledger": "subject &lt;/title",
    f"{HERE}/clock": "Advance the clock",
    f"{HERE}/drills": "&lt;script&gt;",
    f"{HERE}/mailboxes/{quote('<script>')}": "no mailbox &lt;script",
}


def harmless(chromium: Chromium, *asked: str) -> None:
    """Nothing ran, nothing was blocked, and the page asked for itself alone."""
    assert chromium.complaints == []
    assert chromium.requests == list(asked)
    assert chromium.count(ELEMENTS) == 0
    assert chromium.count("style") == 1
    assert chromium.count(".band strong") == 1


def test_no_page_runs_or_loads_what_others_wrote(hostile: Sandbox, chromium: Chromium) -> None:
    for page, words in PAGES.items():
        chromium.requests.clear()
        document = chromium.open(hostile.json["control"] + page)
        if "/%3Cscript" in page:
            assert "404" in chromium.complaints.pop()
        assert words in document, page
        assert "<title>owned" not in document
        assert hostile.secret_text not in document  # type: ignore[attr-defined]
        harmless(chromium, hostile.json["control"] + page)


@pytest.mark.parametrize(("folder", "kind"), [("inbox", "html"), ("inbox", "text"), ("sentitems", "html")])
def test_a_message_is_shown_as_text_with_headers_and_attachments(
    hostile: Sandbox, chromium: Chromium, folder: str, kind: str
) -> None:
    asked = f"/users/{ADDRESS}/mailFolders/{folder}/messages"
    found = hostile.by_hand(CONTOSO, "GET", asked)["value"]
    message = next(m for m in found if m["body"]["contentType"] == kind)
    url = f"{hostile.json['control']}{HERE}/mailboxes/{ADDRESS}/messages/{quote(message['id'], safe='')}"
    document = chromium.open(url)
    assert "and words" in document
    assert "x-hostile" in document
    assert "5 bytes" in document
    assert "body &lt;/title" in document
    harmless(chromium, url)


def test_the_request_log_loads_itself_anew_and_can_be_held_still(sandbox: Sandbox, chromium: Chromium) -> None:
    url = f"{sandbox.json['control']}{HERE}/requests"
    chromium.open(url)
    assert chromium.count('meta[http-equiv="refresh"][content="5"]') == 1
    chromium.open(f"{url}?still")
    assert chromium.count('meta[http-equiv="refresh"]') == 0


def test_the_clock_is_advanced_with_a_form_without_script(sandbox: Sandbox, chromium: Chromium) -> None:
    chromium.without_script()
    chromium.open(f"{sandbox.json['control']}{HERE}/clock")
    chromium.type('[name="advance"]', "2")
    document = chromium.click("#advance button")
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/clock")["offset"] == 7200
    assert "2:00:00 ahead" in document
    assert chromium.complaints == []


def test_a_drill_is_switched_on_strikes_and_is_switched_off(sandbox: Sandbox, chromium: Chromium) -> None:
    chromium.without_script()
    bearer = {"Authorization": f"Bearer {sandbox.token(CONTOSO)}"}
    organization = f"{sandbox.json['graph']}/v1.0/organization"
    chromium.open(f"{sandbox.json['control']}{HERE}/drills")
    chromium.unfold("#drill-http_503_before")
    chromium.type('#drill-http_503_before [name="parameter.retry_after"]', "7")
    chromium.type('#drill-http_503_before [name="times"]', "always")
    chromium.click("#drill-http_503_before button")
    answer = sandbox.http.get(organization, headers=bearer)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert "1 struck" in chromium.open(f"{sandbox.json['control']}{HERE}/drills")
    document = chromium.click('[action$="/drills/forget"] button')
    assert "everything works as it should" in document
    assert sandbox.http.get(organization, headers=bearer).status_code == 200
    assert chromium.complaints == []

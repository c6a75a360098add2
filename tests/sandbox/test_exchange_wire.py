"""What tenants' Exchange does to clients beside answering: other hosts, odd bodies, headers, refused anchors."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.sandbox_in_process import APP
from tests.sandbox_process import CONTOSO

READ = {"CmdletInput": {"CmdletName": "Get-OrganizationConfig"}}
WRITE = {"CmdletInput": {"CmdletName": "New-DistributionGroup", "Parameters": {"Name": "g", "Type": "Security"}}}


def invoke(tenancy: Any, body: Any = READ, **options: Any) -> requests.Response:
    answer: requests.Response = tenancy.admin("POST", f"/beta/{tenancy.id}/InvokeCommand", json=body, **options)
    return answer


def test_answer_says_how_much_is_left_and_sets_a_cookie(contoso):
    first, second = invoke(contoso), invoke(contoso)
    assert first.headers["Rate-Limit-Limit"] == "30000"
    assert int(first.headers["Rate-Limit-Remaining"]) - int(second.headers["Rate-Limit-Remaining"]) == 1
    assert first.headers["X-BackendHttpStatus"] == "200"
    assert "exchangecookie=" in first.headers["Set-Cookie"]
    assert first.headers["Rate-Limit-Reset"].endswith("GMT")


def test_warnings_stand_in_a_header_too(fabrikam):
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox"}}
    answer = invoke(fabrikam, body)
    assert answer.json()["@adminapi.warnings"][0] in answer.headers["X-Warnings"]


def test_redirect_leads_to_a_host_that_answers_and_drops_the_bearer_of_careless_clients(contoso):
    contoso.tenant.exchange.settings.redirect = True
    answer = invoke(contoso, allow_redirects=False)
    assert (answer.status_code, answer.content) == (302, b"")
    there = answer.headers["Location"]
    assert urlsplit(there).hostname == "localhost"
    assert urlsplit(there).path == f"/adminapi/beta/{contoso.id}/InvokeCommand"
    assert contoso.admin("POST", there, json=READ).status_code == 200
    assert contoso.ledger == []


def test_redirect_comes_before_anything_is_done(contoso):
    contoso.tenant.exchange.settings.redirect = True
    assert invoke(contoso, WRITE, allow_redirects=False).status_code == 302
    listed = contoso.admin("GET", f"/v1.0/{contoso.id}/EXOModuleFile", allow_redirects=False)
    assert listed.status_code == 302
    assert contoso.ledger == []


@pytest.mark.parametrize("style", ["empty", "nul", "nul_gzip"])
def test_refusal_has_no_body_or_one_of_nul_bytes(contoso, style):
    contoso.tenant.exchange.settings.forbidden_body = style
    answer = invoke(contoso, directory_roles=(), stream=True)
    raw = answer.raw.read(decode_content=False)
    assert answer.status_code == 403
    assert raw.strip(b"\0") == b""
    assert bool(raw) == (style != "empty")
    assert (answer.headers.get("Content-Encoding") == "gzip") == (style == "nul_gzip")


@pytest.mark.parametrize("anchor", ["APP:SystemMailbox{{bb558c35}}@{id}", "TID:{id}", "UPN:OAuthUser@{id}"])
def test_write_anchored_by_the_tenants_guid_is_refused_and_a_read_is_not(contoso, anchor):
    headers = {"X-AnchorMailbox": anchor.format(id=contoso.id)}
    answer = invoke(contoso, WRITE, headers=headers)
    message = answer.json()["error"]["details"][0]["message"]
    assert message.startswith("|Microsoft.Exchange.Data.Directory.InsufficientPermissionsException|Source server:")
    assert "doesn't have write permission to target DC" in message
    assert contoso.ledger == []
    assert invoke(contoso, headers=headers).status_code == 200


def test_write_anchored_by_the_initial_domain_or_not_at_all_goes_through(contoso):
    anchor = {"X-AnchorMailbox": "UPN:SystemMailbox{bb558c35}@contoso.onmicrosoft.example"}
    assert invoke(contoso, WRITE, headers=anchor).status_code == 200
    other = {"CmdletInput": {"CmdletName": "New-DistributionGroup", "Parameters": {"Name": "h"}}}
    assert invoke(contoso, other).status_code == 200


def test_refused_write_may_have_been_committed(contoso):
    contoso.tenant.exchange.settings.anchor_by_guid = "committed"
    answer = invoke(contoso, WRITE, headers={"X-AnchorMailbox": f"TID:{contoso.id}"})
    assert answer.status_code == 400
    assert [c.request for c in contoso.ledger] == ["New-DistributionGroup"]


def test_silent_write_answers_nothing_at_all_where_the_tenant_is_so(contoso):
    contoso.rows("New-DistributionGroup", Name="g", Type="Security")
    change = {"Identity": "g", "DisplayName": "new", "BypassSecurityGroupManagerCheck": True}
    assert contoso.cmdlet("Set-DistributionGroup", **change).json()["value"] == []
    contoso.tenant.exchange.settings.silent_body = "empty"
    answer = contoso.cmdlet("Set-DistributionGroup", **(change | {"DisplayName": "newer"}))
    assert (answer.status_code, answer.content) == (200, b"")
    assert contoso.cmdlet("Get-DistributionGroup", Identity="g").status_code == 404  # reads have a body still


def test_lists_may_hold_null_rows(contoso):
    contoso.tenant.exchange.settings.null_rows = True
    rows = contoso.rows("Get-Mailbox", ResultSize="Unlimited")
    assert None in rows
    assert len([r for r in rows if r]) == 4


def test_get_of_a_page_is_405(contoso):
    answer = contoso.admin("GET", f"/beta/{contoso.id}/InvokeCommand?$skiptoken=x")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_each_part_of_a_batch_is_refused_by_itself(contoso):
    url = f"{contoso.sockets.addresses['exchange']}/adminapi/beta/{contoso.id}/InvokeCommand"
    parts = [{"id": str(i), "method": "POST", "url": url, "body": body} for i, body in enumerate((READ, WRITE))]
    reader = ("f2ef992c-3afb-46b9-b7cf-a126ee74c451",)
    path = f"/beta/{contoso.id}/$batch"
    answer = contoso.admin("POST", path, json={"requests": parts}, directory_roles=reader)
    assert {p["id"]: p["status"] for p in answer.json()["responses"]} == {"0": 200, "1": 403}
    assert APP not in answer.text


def test_settings_are_shown_and_changed_and_a_wrong_one_is_named(sandbox):
    path = f"/tenants/{CONTOSO}/exchange"
    assert sandbox.control("GET", path)["anchor_by_guid"] == "refused"
    changed = sandbox.control("PATCH", path, {"null_rows": True, "stripped_roles": ["Mail Recipients"]})
    assert (changed["null_rows"], changed["stripped_roles"]) == (True, ["Mail Recipients"])
    problem = sandbox.control("PATCH", path, {"anchor_by_guid": "maybe"}, 400)
    assert "anchor_by_guid" in problem["error"]
    sandbox.control("POST", "/reset", {"tenant": CONTOSO})
    assert sandbox.control("GET", path)["null_rows"] is False

"""The administration endpoint itself: who may, envelopes, pages, errors, batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

EXCHANGE = ("Exchange.ManageAsApp",)
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
RECIPIENT_ADMINISTRATOR = "31392ffb-586c-42d1-9346-e59415a2cc4e"


def invoke(tenancy: Any, name: str, parameters: dict[str, Any] | None = None, **options: Any) -> Any:
    body = {"CmdletInput": {"CmdletName": name, "Parameters": parameters or {}}}
    return tenancy.admin("POST", f"/beta/{tenancy.id}/InvokeCommand", json=body, **options)


def test_answer_has_rows_annotations_and_warnings(contoso):
    body = contoso.cmdlet("Get-Mailbox", Identity="support").json()
    row = body["value"][0]
    assert body["@adminapi.warnings"] == []
    assert row["Guid@data.type"] == "System.Guid"
    assert row["EmailAddresses@odata.type"] == "#Collection(String)"
    assert row["EmailAddresses"] == ["SMTP:support@contoso.example", "smtp:help@contoso.example"]
    assert row["WhenCreated@data.type"] == "System.DateTime"
    assert row["MaxSendSize"] == "35 MB (36,700,160 bytes)"


def test_select_limits_the_properties(contoso):
    url = f"/beta/{contoso.id}/InvokeCommand?$select=Name,Guid"
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"Identity": "support"}}}
    row = contoso.admin("POST", url, json=body).json()["value"][0]
    assert set(row) == {"Name", "Guid", "Guid@data.type", "Guid@odata.type"}


@pytest.mark.parametrize(
    ("roles", "directory_roles"), [((), ("29232cdf-9323-42fd-ade2-1d097af3e4de",)), (EXCHANGE, ()), (EXCHANGE, ("0",))]
)
def test_token_without_app_role_or_entra_role_gets_403_without_body(contoso, roles, directory_roles):
    answer = invoke(contoso, "Get-Mailbox", roles=roles, directory_roles=directory_roles)
    assert (answer.status_code, answer.content) == (403, b"")


def test_global_administrator_may_too(contoso):
    role = ("62e90394-69f5-4237-9190-012177145e10",)
    assert invoke(contoso, "Get-OrganizationConfig", directory_roles=role).status_code == 200


def test_cmdlet_outside_the_role_gets_403_without_body(contoso):
    new = {"Name": "x", "Type": "Security"}
    answer = invoke(contoso, "New-DistributionGroup", new, directory_roles=(GLOBAL_READER,))
    assert (answer.status_code, answer.content) == (403, b"")
    assert invoke(contoso, "Get-DistributionGroup", directory_roles=(GLOBAL_READER,)).status_code == 200
    role = (RECIPIENT_ADMINISTRATOR,)
    assert invoke(contoso, "Get-ApplicationAccessPolicy", directory_roles=role).status_code == 403
    assert invoke(contoso, "New-DistributionGroup", new, directory_roles=role).status_code == 200


def test_unknown_cmdlet_is_501_with_its_name(contoso):
    answer = contoso.cmdlet("New-InboxRule")
    assert answer.status_code == 501
    assert "New-InboxRule" in answer.json()["error"]["message"]


def test_parameter_of_the_real_cmdlet_that_is_not_emulated_is_501_with_its_name(contoso):
    answer = contoso.cmdlet("Set-Mailbox", Identity="support", forwardingSmtpAddress="x@elsewhere.example")
    assert answer.status_code == 501
    assert "forwardingSmtpAddress of Set-Mailbox" in answer.json()["error"]["message"]


def test_v1_path_of_invoke_command_is_405(contoso):
    assert contoso.admin("POST", f"/v1.0/{contoso.id}/InvokeCommand", json={}).status_code == 405


def test_path_may_name_the_tenant_by_domain(contoso):
    body = {"CmdletInput": {"CmdletName": "Get-OrganizationConfig"}}
    assert contoso.admin("POST", "/beta/contoso.onmicrosoft.example/InvokeCommand", json=body).status_code == 200


def test_path_of_another_tenant_is_refused(contoso, fabrikam):
    body = {"CmdletInput": {"CmdletName": "Get-OrganizationConfig"}}
    assert contoso.admin("POST", f"/beta/{fabrikam.id}/InvokeCommand", json=body).status_code in (401, 403)


def test_request_without_cmdlet_input_is_400(contoso):
    assert contoso.admin("POST", f"/beta/{contoso.id}/InvokeCommand", json={"CmdletName": "x"}).status_code == 400


def test_module_file_lists_what_the_caller_may_run(contoso):
    url = f"/v1.0/{contoso.id}/EXOModuleFile?Version=3.9.2"
    listed = contoso.admin("GET", url, headers={"CommandName": "*"}).json()["value"]
    cmdlets = {c for row in listed for c in row["exportedCmdlets"].split(",")}
    assert {"New-ApplicationAccessPolicy", "Update-DistributionGroupMember", "Set-Mailbox"} <= cmdlets
    role = (GLOBAL_READER,)
    fewer = contoso.admin("GET", url, headers={"CommandName": "*"}, directory_roles=role).json()["value"]
    assert all(c.startswith(("Get-", "Test-")) for row in fewer for c in row["exportedCmdlets"].split(","))


def test_names_and_parameters_are_case_insensitive(contoso):
    assert contoso.rows("get-mailbox", identity="SUPPORT")[0]["Alias"] == "support"


def follow(tenancy: Any, name: str, parameters: dict[str, Any], **options: Any) -> list[list[str]]:
    """Return the aliases, page by page."""
    body = {"CmdletInput": {"CmdletName": name, "Parameters": parameters}}
    url, pages = f"/beta/{tenancy.id}/InvokeCommand", []
    while url:
        answer = tenancy.admin("POST", url, json=body, **options).json()
        pages.append([row["Alias"] for row in answer["value"]])
        url = answer.get("@odata.nextLink", "")
    return pages


def test_pages_follow_maxpagesize(fabrikam):
    headers = {"Prefer": "odata.maxpagesize=3"}
    pages = follow(fabrikam, "Get-Mailbox", {"ResultSize": "Unlimited"}, headers=headers)
    assert [len(p) for p in pages] == [3, 3, 2]
    listed = [alias for page in pages for alias in page]
    assert listed == sorted(listed)


def test_without_result_size_only_one_row_comes_at_once(fabrikam):
    answer = fabrikam.cmdlet("Get-Mailbox").json()
    assert len(answer["value"]) == 1
    assert answer["@adminapi.warnings"]
    assert sum(len(page) for page in follow(fabrikam, "Get-Mailbox", {})) == 8


def test_result_size_cuts_and_warns(fabrikam):
    answer = fabrikam.cmdlet("Get-Mailbox", ResultSize=2).json()
    assert len(answer["value"]) == 2
    assert "@odata.nextLink" not in answer
    assert answer["@adminapi.warnings"]


def test_next_link_expires_and_needs_the_same_body(fabrikam):
    link = fabrikam.cmdlet("Get-Mailbox").json()["@odata.nextLink"]
    other = {"CmdletInput": {"CmdletName": "Get-Recipient", "Parameters": {}}}
    same = {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {}}}
    assert fabrikam.admin("POST", link, json=other).status_code == 400
    assert fabrikam.admin("POST", link, json=same).status_code == 200
    fabrikam.advance(301)
    assert fabrikam.admin("POST", link, json=same).status_code == 400


@pytest.mark.parametrize("identity", [None, "", " "])
def test_blank_identity_returns_all(fabrikam, identity):
    assert len(fabrikam.rows("Get-Mailbox", Identity=identity, ResultSize="Unlimited")) == 8


def test_missing_object_is_404_in_pipe_form(contoso):
    answer = contoso.cmdlet("Get-Mailbox", Identity="nobody")
    error_id, kind, text = answer.json()["error"]["details"][0]["message"].split("|")
    assert answer.status_code == 404
    assert error_id.startswith("Ex")
    assert kind == "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
    assert "'nobody' couldn't be found" in text


def test_missing_object_is_400_in_json_form_where_the_verb_is_add(contoso):
    answer = contoso.cmdlet("Add-DistributionGroupMember", Identity="nothing", Member="support")
    inner = json.loads(answer.json()["error"]["details"][0]["message"])
    assert answer.status_code == 400
    assert inner["TypeName"].endswith("ManagementObjectNotFoundException")
    assert inner["StackTrace"] is None


@pytest.mark.parametrize(
    ("name", "parameters", "problem"),
    [
        ("Get-Mailbox", {"Identify": "x"}, "matches parameter name 'Identify'"),
        ("Set-Mailbox", {}, "missing mandatory parameters: Identity"),
        ("Set-Mailbox", {"Identity": "support", "MaxSendSize": "lots"}, "parameter 'MaxSendSize'"),
        ("New-DistributionGroup", {"Name": "x", "Type": "Loose"}, "parameter 'Type'"),
        ("New-DistributionGroup", {"Name": "x", "ManagedBy": {"Add": ["admin"]}}, "parameter 'ManagedBy'"),
        ("Get-Recipient", {"Filter": "Alias ~ 'x'"}, "Invalid filter syntax"),
    ],
)
def test_binder_refuses(contoso, name, parameters, problem):
    answer = contoso.cmdlet(name, **parameters)
    assert answer.status_code == 400
    assert "System.Management.Automation.ParameterBinding" in answer.json()["error"]["details"][0]["message"]
    assert problem in answer.json()["error"]["details"][0]["message"]
    assert contoso.ledger == []


def test_confirm_true_only_asks(contoso):
    answer = contoso.cmdlet("Remove-DistributionGroup", Identity="everybody", Confirm=True)
    assert "@adminapi.confirmationmessage" in answer.json()
    assert contoso.ledger == []


def test_batch_answers_each_by_id_in_any_order(contoso):
    url = f"{contoso.sockets.addresses['exchange']}/adminapi/beta/{contoso.id}/InvokeCommand"
    asked = {"1": ("Get-Mailbox", "support"), "2": ("Get-Mailbox", "nobody"), "3": ("Get-Nothing", "")}
    requests = [
        {
            "id": i,
            "method": "POST",
            "url": url,
            "body": {"CmdletInput": {"CmdletName": name, "Parameters": {"Identity": who}}},
        }
        for i, (name, who) in asked.items()
    ]
    answer = contoso.admin("POST", f"/beta/{contoso.id}/$batch", json={"requests": requests})
    parts = {part["id"]: part["body"] for part in answer.json()["responses"]}
    assert [part["id"] for part in answer.json()["responses"]] != ["1", "2", "3"]
    assert parts["1"]["value"][0]["Alias"] == "support"
    assert parts["2"]["error"]["code"] == "NotFound"
    assert "Get-Nothing" in parts["3"]["error"]["message"]


def test_batch_takes_ten(contoso):
    answer = contoso.admin("POST", f"/beta/{contoso.id}/$batch", json={"requests": [{"id": str(i)} for i in range(11)]})
    assert answer.status_code == 400


def test_link_of_a_batched_read_is_followed_alone(fabrikam):
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": {"ResultSize": "Unlimited"}}}
    request = {
        "id": "a",
        "method": "POST",
        "url": f"{fabrikam.sockets.addresses['exchange']}/adminapi/beta/{fabrikam.id}/InvokeCommand",
        "headers": {"Prefer": "odata.maxpagesize=5"},
        "body": body,
    }
    answer = fabrikam.admin("POST", f"/beta/{fabrikam.id}/$batch", json={"requests": [request]}).json()
    part = answer["responses"][0]["body"]
    rest = fabrikam.admin("POST", part["@odata.nextLink"], json=body).json()
    assert len(part["value"]) + len(rest["value"]) == 8

from __future__ import annotations

import uuid

import pytest

from tests.modules.tenant_by_hand import GRAPH
from tests.sandbox_process import LITWARE

NAME = "entra_application"
APP = {
    "unique_name": "kundo-mail",
    "display_name": "Kundo Mail",
    "notes": "Ask ops.",
    "sign_in_audience": "AzureADMyOrg",
    "required_permissions": ["Mail.Send", "Mail.ReadWrite"],
}
ADOPTED = "5a4d0000-0003-4000-8000-00000000a001"


def declared(app):
    (graph,) = [r for r in app["requiredResourceAccess"] if r["resourceAppId"] == GRAPH]
    return {access["id"] for access in graph["resourceAccess"]}


def test_makes_one_app(task, contoso, sandbox):
    result = task(NAME, **APP)
    assert result["changed"]
    assert result["diff"] == {"before": {}, "after": APP}
    app = contoso.app()
    assert (result["client_id"], result["object_id"]) == (app["appId"], app["id"])
    assert (app["displayName"], app["uniqueName"], app["notes"]) == ("Kundo Mail", "kundo-mail", "Ask ops.")
    assert len(declared(app)) == 2
    assert len(sandbox.writes) == 1


def test_updates_one_option_and_leaves_the_rest_alone(task, contoso):
    task(NAME, **APP)
    before = contoso.app()
    result = task(NAME, unique_name="kundo-mail", notes="Ask support.")
    assert result["changed"]
    assert result["diff"] == {"before": {"notes": "Ask ops."}, "after": {"notes": "Ask support."}}
    after = contoso.app()
    assert after["notes"] == "Ask support."
    for left_alone in ("appId", "displayName", "signInAudience", "requiredResourceAccess"):
        assert after[left_alone] == before[left_alone]


def test_second_run_writes_nothing_whatever_the_order(task, sandbox):
    first = task(NAME, **APP)
    sandbox.mark()
    again = task(NAME, **APP | {"required_permissions": ["Mail.ReadWrite", "Mail.Send"]})
    assert not again["changed"]
    assert again["diff"] == {"before": {}, "after": {}}
    assert (again["client_id"], again["object_id"]) == (first["client_id"], first["object_id"])
    assert sandbox.writes == []


def test_removes_it_and_removing_again_writes_nothing(task, contoso, sandbox):
    task(NAME, **APP)
    assert task(NAME, unique_name="kundo-mail", state="absent")["changed"]
    assert contoso.apps() == []
    sandbox.mark()
    again = task(NAME, unique_name="kundo-mail", state="absent")
    assert not again["changed"]
    assert sandbox.writes == []


def test_removing_returns_no_id_that_is_still_to_be_assigned(task):
    task(NAME, **APP)
    assert "assigned by Microsoft" not in str(task(NAME, unique_name="kundo-mail", state="absent"))


def test_check_predicts_the_making_and_writes_nothing(task, sandbox):
    check = task(NAME, check=True, **APP)
    assert sandbox.writes == []
    assert check["client_id"] == "(assigned by Microsoft)"
    run = task(NAME, **APP)
    assert (check["changed"], check["diff"]) == (run["changed"], run["diff"])


def test_check_predicts_an_update_and_the_removal_and_writes_nothing(task, sandbox):
    task(NAME, **APP)
    sandbox.mark()
    changed = {"unique_name": "kundo-mail", "display_name": "Kundo Post"}
    update = task(NAME, check=True, **changed)
    removal = task(NAME, check=True, unique_name="kundo-mail", state="absent")
    assert sandbox.writes == []
    assert (update["changed"], update["diff"]) == (True, task(NAME, **changed)["diff"])
    assert removal["changed"]


def test_a_wrong_audience_names_the_choices(task, sandbox):
    message = task.failed(NAME, unique_name="kundo-mail", sign_in_audience="Everybody")
    assert "AzureADMyOrg, AzureADMultipleOrgs" in message
    assert sandbox.writes == []


@pytest.mark.parametrize("check", [True, False])
def test_a_permission_that_graph_does_not_have_is_named(task, sandbox, check):
    message = task.failed(NAME, check=check, **APP | {"required_permissions": ["Mail.Sent"]})
    assert "'Mail.Sent'" in message
    assert sandbox.writes == []


def test_a_refused_request_names_the_right_and_the_request(task, contoso, sandbox):
    contoso.withdraw("Application.ReadWrite.All")
    message = task.failed(NAME, **APP)
    assert "403" in message
    assert "Application.ReadWrite.All" in message
    refused = {r["request_id"] for r in sandbox.requests(contoso.tenant) if r["status"] == 403}
    assert any(request_id in message for request_id in refused)
    assert sandbox.writes == []


def test_a_refused_request_names_the_customer(task, contoso):
    contoso.withdraw("Application.ReadWrite.All")
    assert "contoso" in task.failed(NAME, **APP)


def test_an_app_of_the_same_name_made_by_hand_is_not_taken_and_its_id_is_told(task, sandbox):
    message = task.failed(NAME, customer="litware", **APP)
    assert f"client_id: {ADOPTED}" in message
    assert sandbox.writes == []


def test_adopts_the_app_that_the_client_id_names(task, sandbox):
    adopt = {"customer": "litware", "client_id": ADOPTED} | APP
    check = task(NAME, check=True, **adopt)
    assert sandbox.writes == []
    result = task(NAME, **adopt)
    assert result["client_id"] == ADOPTED
    assert result["diff"] == check["diff"]
    apps = sandbox.by_hand(LITWARE, "GET", "/applications")["value"]
    (app,) = [a for a in apps if a["displayName"] == "Kundo Mail"]
    assert app["uniqueName"] == "kundo-mail"
    assert len(app["passwordCredentials"]) == 1
    sandbox.mark()
    assert not task(NAME, **adopt)["changed"]
    assert sandbox.writes == []


def test_a_client_id_that_is_not_there_is_an_error(task, sandbox):
    absent = str(uuid.uuid4())
    assert absent in task.failed(NAME, client_id=absent, **APP)
    assert sandbox.writes == []


def test_a_deleted_app_of_others_that_holds_the_unique_name_is_named(task, contoso, sandbox):
    made = contoso.graph("POST", "/applications", {"displayName": "Kundo Mail", "uniqueName": "kundo-mail"})
    contoso.graph("DELETE", f"/applications/{made['id']}")
    contoso.settled()
    for on_offboard in ("keep_deleted", "purge"):
        assert made["appId"] in task.failed(NAME, on_offboard=on_offboard, **APP)
    assert sandbox.writes == []


@pytest.mark.parametrize("on_offboard", ["keep_deleted", "purge"])
def test_a_deleted_app_made_here_is_restored_or_makes_way(task, contoso, on_offboard):
    first = task(NAME, **APP)["client_id"]
    contoso.graph("DELETE", f"/applications/{contoso.app()['id']}")
    contoso.settled()
    result = task(NAME, on_offboard=on_offboard, **APP)
    assert (result["client_id"] == first) is (on_offboard == "keep_deleted")
    assert result["diff"] == task(NAME, check=True, **APP)["diff"] | {"after": result["diff"]["after"]}
    assert not task(NAME, **APP)["changed"]
    assert contoso.graph("GET", "/directory/deletedItems/microsoft.graph.application")["value"] == []


def test_purge_also_ends_what_was_left_soft_deleted(task, contoso, sandbox):
    task(NAME, **APP)
    task(NAME, unique_name="kundo-mail", state="absent")
    contoso.settled()
    gone = {"unique_name": "kundo-mail", "state": "absent", "on_offboard": "purge"}
    assert task(NAME, check=True, **gone)["changed"]
    assert sandbox.writes == []
    assert task(NAME, **gone)["changed"]
    assert contoso.graph("GET", "/directory/deletedItems/microsoft.graph.application")["value"] == []
    assert not task(NAME, **gone)["changed"]


def test_permissions_of_other_kinds_and_apis_are_left_alone(task, contoso):
    task(NAME, **APP)
    app = contoso.app()
    other = {"resourceAppId": str(uuid.uuid4()), "resourceAccess": [{"id": str(uuid.uuid4()), "type": "Role"}]}
    delegated = {"id": str(uuid.uuid4()), "type": "Scope"}
    (graph,) = app["requiredResourceAccess"]
    both = [other, graph | {"resourceAccess": [*graph["resourceAccess"], delegated]}]
    contoso.graph("PATCH", f"/applications/{app['id']}", {"requiredResourceAccess": both})
    contoso.settled()
    assert not task(NAME, **APP)["changed"]
    assert task(NAME, unique_name="kundo-mail", required_permissions=["Mail.Send"])["changed"]
    now = contoso.app()
    assert other in now["requiredResourceAccess"]
    assert delegated["id"] in declared(now)
    assert len(declared(now)) == 2


@pytest.mark.parametrize("lag", [0, 60])
def test_waits_until_what_it_made_can_be_read(task, contoso, sandbox, lag):
    sandbox.delays(contoso.tenant, replication=lag)
    assert task(NAME, **APP)["object_id"] == contoso.app()["id"]


def test_a_removal_whose_answer_got_lost_is_done_all_the_same(task, contoso, sandbox):
    task(NAME, unique_name="kundo-mail", display_name="Kundo Mail")
    contoso.settled()
    sandbox.fault(contoso.tenant, "graph", "DELETE", "*/applications/*", when="after", status=503)
    assert task(NAME, unique_name="kundo-mail", state="absent")["changed"]
    assert contoso.apps() == []


def test_nothing_is_written_because_of_what_the_preflight_read(task, contoso, sandbox):
    made = task(NAME, unique_name="kundo-mail", display_name="Kundo Mail", notes="old")
    contoso.settled()
    asked = {"application": "kundo-mail", "group": "G", "group_address": "g@contoso.example"}
    task("tenant_info", mailboxes=["support@contoso.example"], outside_mailbox="ceo@contoso.example", **asked)
    contoso.graph("PATCH", f"/applications/{made['object_id']}", {"notes": "new"})
    contoso.settled()
    assert not task(NAME, unique_name="kundo-mail", notes="new")["changed"]
    assert sandbox.writes == []

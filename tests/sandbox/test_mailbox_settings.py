"""mailboxSettings: what a new mailbox has, and what somebody set."""

from __future__ import annotations

from tests.sandbox_in_process import mail

PATH = "/users/support@contoso.example/mailboxSettings"
READ, WRITE = ("MailboxSettings.Read",), ("MailboxSettings.ReadWrite",)


def test_purpose_tells_shared_mailboxes_from_people(contoso, fabrikam):
    assert contoso.got("GET", PATH, roles=READ)["userPurpose"] == "user"
    path = "/users/info@fabrikam.example/mailboxSettings/userPurpose"
    assert fabrikam.got("GET", path, roles=READ)["value"] == "shared"


def test_settings_have_a_permission_of_their_own(contoso):
    contoso.refused(403, "ErrorAccessDenied", "GET", PATH)
    contoso.refused(403, "ErrorAccessDenied", "PATCH", PATH, json={}, roles=READ)


def test_settings_are_selected_and_named(contoso):
    shown = contoso.got("GET", f"{PATH}?$select=timeZone,language", roles=READ)
    assert set(shown) == {"@odata.context", "timeZone", "language"}
    contoso.refused(400, "RequestBodyRead", "GET", f"{PATH}?$select=colour", roles=READ)
    assert contoso.got("GET", f"{PATH}/workingHours", roles=READ)["startTime"] == "08:00:00.0000000"
    contoso.refused(400, "BadRequest", "GET", f"{PATH}/colour", roles=READ)


def test_automatic_replies_are_switched_on_and_sent(contoso):
    setting = {"status": "alwaysEnabled", "internalReplyMessage": "away"}
    changed = contoso.got("PATCH", PATH, json={"automaticRepliesSetting": setting, "timeZone": "CET"}, roles=WRITE)
    assert changed["automaticRepliesSetting"]["status"] == "alwaysEnabled"
    assert contoso.got("GET", f"{PATH}/timeZone", roles=READ)["value"] == "CET"
    for _ in range(2):
        contoso.got("POST", "/users/ceo@contoso.example/sendMail", 202, json=mail("support@contoso.example"))
    assert [m["subject"] for m in contoso.arrived("ceo@contoso.example")] == ["Automatic reply: hello"]
    contoso.got("PATCH", PATH, json={"automaticRepliesSetting": {"internalReplyMessage": "longer"}}, roles=WRITE)
    contoso.got("POST", "/users/ceo@contoso.example/sendMail", 202, json=mail("support@contoso.example"))
    assert len(contoso.arrived("ceo@contoso.example")) == 2


def test_automatic_replies_end_when_they_are_scheduled_to(contoso):
    now = contoso.tenant.clock.now()
    end = {"dateTime": f"{now:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}
    setting = {
        "status": "scheduled",
        "internalReplyMessage": "away",
        "scheduledStartDateTime": {"dateTime": "2020-01-01T00:00:00", "timeZone": "UTC"},
        "scheduledEndDateTime": end,
    }
    contoso.got("PATCH", PATH, json={"automaticRepliesSetting": setting}, roles=WRITE)
    contoso.got("POST", "/users/ceo@contoso.example/sendMail", 202, json=mail("support@contoso.example"))
    assert contoso.arrived("ceo@contoso.example") == []


def test_what_the_service_sets_is_not_set(contoso):
    contoso.refused(400, "ErrorInvalidPropertySet", "PATCH", PATH, json={"userPurpose": "room"}, roles=WRITE)
    contoso.refused(400, "RequestBodyRead", "PATCH", PATH, json={"timezone": "x"}, roles=WRITE)

"""Exchange's admin API as the sandbox speaks it: pages, batches, errors of a real tenant."""

from __future__ import annotations

import pytest

from graphmail.errors import ExchangeError, TenantError
from graphmail.exchange import Cmdlet
from graphmail.keyed_create import create_keyed
from graphmail.retry import Operation
from tests.sandbox_process import CONTOSO

MISSING = "nobody@contoso.example"


def invoked(sandbox):
    return [r for r in sandbox.requests(CONTOSO) if r["path"].endswith("/InvokeCommand") and not r["batch"]]


def test_all_rows_of_all_pages_are_read(contoso, sandbox):
    rows = contoso.exchange.invoke(Operation.READ, "Get-Recipient")

    assert len(rows) > 4
    assert len(invoked(sandbox)) == 2  # without a ResultSize the first page has one row
    assert len({row["Guid"] for row in rows}) == len(rows)
    assert not [name for row in rows for name in row if "@" in name]


def test_what_is_missing_in_a_batch_is_missing_and_not_an_error_of_the_others(contoso, sandbox):
    asked = ["support@contoso.example", MISSING, "ceo@contoso.example"]

    found = contoso.exchange.batch([Cmdlet("Get-Recipient", {"Identity": address}) for address in asked])

    assert [answer.missing for answer in found] == [False, True, False]
    assert [answer.rows[0]["PrimarySmtpAddress"] for answer in found if answer.rows] == [asked[0], asked[2]]
    assert invoked(sandbox) == []
    with pytest.raises(ExchangeError, match="ManagementObjectNotFoundException to Get-Recipient"):
        found[1].value()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_fails_in_a_batch_in_passing_is_asked_for_by_itself(contoso, sandbox, status):
    sandbox.fault(CONTOSO, "exchange", "POST", "*/InvokeCommand", cmdlet="Get-Mailbox", status=status)

    recipient, mailbox = contoso.exchange.batch(
        [Cmdlet(name, {"Identity": "support@contoso.example"}) for name in ("Get-Recipient", "Get-Mailbox")]
    )

    assert recipient.rows
    assert mailbox.rows
    assert len(invoked(sandbox)) == 1


def test_what_is_not_there_is_no_rows(contoso):
    assert contoso.exchange.find("Get-DistributionGroup", Identity=MISSING) == []


def test_an_error_holds_type_text_and_request_id(contoso, sandbox):
    with pytest.raises(ExchangeError) as caught:
        contoso.exchange.invoke(Operation.IDEMPOTENT, "Set-DistributionGroup", Identity=MISSING, ManagedBy=["x"])

    error = caught.value
    assert error.type_name == "ManagementObjectNotFoundException"
    assert error.request_id == invoked(sandbox)[-1]["request_id"]
    assert f"Request id {error.request_id}" in str(error)
    assert "OUTLOOK.COM" not in str(error)  # which domain controller answered says nothing


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "BadRequest", "details": [{"message": "|X.ServerBusyException|busy"}]}},
        {"error": {"message": "CmdletProxyNotAvailableFailure"}},
        {
            "error": {
                "details": [
                    {"message": "|M.InsufficientPermissionsException|S doesn't have write permission to target DC: d"}
                ]
            }
        },
    ],
)
def test_a_400_that_passes_makes_one_group_whether_it_had_committed_or_not(contoso, sandbox, when, body):
    sandbox.mark()
    sandbox.fault(CONTOSO, "exchange", "POST", cmdlet="New-DistributionGroup", status=400, body=body, when=when)
    parameters = {"Name": "g", "Type": "Security", "PrimarySmtpAddress": "g@contoso.example"}

    made = create_keyed(
        contoso.clock,
        "group 'g'",
        lambda: contoso.exchange.invoke(Operation.KEYED_CREATE, "New-DistributionGroup", **parameters),
        lambda: next(iter(contoso.exchange.find("Get-DistributionGroup", Identity="g@contoso.example")), None),
    )

    assert made["PrimarySmtpAddress"] == "g@contoso.example"
    assert [entry["request"] for entry in sandbox.writes] == ["New-DistributionGroup"]


def test_a_read_that_passes_in_a_400_is_asked_again(contoso, sandbox):
    busy = {"error": {"details": [{"message": "|X.TransientException|later"}]}}
    sandbox.fault(CONTOSO, "exchange", "POST", cmdlet="Get-Mailbox", status=400, body=busy, times=2)

    assert contoso.exchange.find("Get-Mailbox", Identity="support@contoso.example")
    assert len(invoked(sandbox)) == 3


def test_a_refused_token_is_replaced_once_and_the_role_is_named(contoso, sandbox):
    sandbox.fault(CONTOSO, "exchange", "POST", status=403, body="\0" * 32, times=1)
    assert contoso.exchange.find("Get-Mailbox", Identity="support@contoso.example")
    tokens = [r for r in sandbox.requests(CONTOSO) if r["path"].endswith("/token")]
    assert len(tokens) == 2

    sandbox.fault(CONTOSO, "exchange", "POST", status=403, times=9)
    with pytest.raises(ExchangeError, match="let the app run Get-Mailbox: assign it an Exchange role"):
        contoso.exchange.find("Get-Mailbox", Identity="support@contoso.example")
    assert len(invoked(sandbox)) == 4


def test_the_allowed_cmdlets_are_listed(contoso):
    assert {"Get-Mailbox", "New-ApplicationAccessPolicy"} <= contoso.exchange.cmdlets()


@pytest.mark.parametrize("blank", ["", " ", None])
def test_a_blank_identity_is_refused_in_a_batch_too(contoso, sandbox, blank):
    with pytest.raises(TenantError, match="was asked for a blank Identity"):
        contoso.exchange.batch([Cmdlet("Get-Mailbox", {"Identity": blank})])

    assert sandbox.requests(CONTOSO) == []

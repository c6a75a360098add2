"""The customer's page says what sealed evidence proves, marks what is not proved, and refuses what is not genuine."""

from __future__ import annotations

import re
import shutil

import pytest

from graphmail.customer_report import CustomerReport
from graphmail.customer_report.undoing import quoted
from graphmail.evidence import EvidenceError
from graphmail.evidence.__main__ import main
from graphmail.evidence.states import UNCHANGED, unread
from graphmail.state import StateFolder, state_root

from .customer_archive import (
    CLIENT,
    GROUP,
    KEY,
    MAILBOXES,
    NOW,
    OBJECT,
    OUTSIDE,
    PLAN,
    PRINCIPAL,
    CustomerArchive,
    doubts,
    nothing,
    page,
    proved,
    rbac,
    state,
)
from .evidence_samples import TENANT


@pytest.fixture
def archive(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return CustomerArchive(tmp_path)


def test_it_says_what_was_set_up_how_it_is_restricted_proved_and_undone(archive):
    archive.run()
    assert doubts(archive) == ""
    told = page(archive)
    assert "Proved: the app reaches the 2 mailboxes below, and was refused in one outside." in told
    for fact in (
        CLIENT,
        TENANT,
        KEY,
        "ends on 2028-03-01",
        *MAILBOXES,
        OUTSIDE,
        "admin@contoso.example",
        "2026-03-01 12:00",
    ):
        assert fact in told
    assert "application access policy" in told
    assert f"Test-ApplicationAccessPolicy -AppId '{CLIENT}' -Identity '{OUTSIDE}'" in told
    commands = [command for step in CustomerReport.of(archive.root, "contoso").undo for command in step.commands]
    assert commands == [
        f"Update-MgServicePrincipal -ServicePrincipalId '{PRINCIPAL}' -AccountEnabled:$false",
        f"Remove-MgApplication -ApplicationId '{OBJECT}'",
        f"Remove-ApplicationAccessPolicy -Identity '{TENANT}\\{CLIENT}:S-1-5-21;{GROUP}'",
        f"Remove-DistributionGroup -Identity '{GROUP}'",
    ]
    assert "could read, could send" in told
    assert "was there before" not in told


def test_of_roles_in_exchange_it_tells_those(archive):
    archive.run(after=rbac())
    assert doubts(archive) == ""
    told = page(archive)
    assert "RBAC for Applications" in told
    assert f"Test-ServicePrincipalAuthorization -Identity '{PRINCIPAL}' -Resource '{OUTSIDE}'" in told
    assert "Remove-ManagementRoleAssignment -Identity 'Mail.Send-kundo'" in told
    assert "Remove-ApplicationAccessPolicy" not in told


def test_each_sentence_of_proof_names_when_and_by_which_check(archive):
    archive.run()
    told = page(archive)
    for source in (
        "check “members”",
        "check “scope”",
        "UTC, verify_send)",
        "UTC, verify_receive)",
        "UTC, verify_large_mail)",
    ):
        assert source in told


def test_what_was_there_before_is_told(archive):
    archive.run(before=state())
    told = page(archive)
    assert told.count("It was there before; we took it over.") == 2
    assert "ask first who else uses it" in told


def test_a_second_run_that_changed_nothing_leaves_the_proof_as_it_is(archive):
    archive.run()
    archive.second_run()
    assert doubts(archive) == ""


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ({"proof": None}, "no sealed run has proved"),
        ({"proof": lambda run: proved(run, "failed")}, "the newest access proof is failed"),
        ({"proof": lambda run: proved(run, "unknown")}, "the newest access proof is unknown"),
        ({"proof": lambda run: proved(run, client_id=OBJECT)}, "about another app"),
        ({"proof": lambda run: proved(run, mailboxes=MAILBOXES[:1])}, "not the mailboxes that were tested"),
        ({"proof": lambda run: proved(run, key_id="")}, "names no credential"),
        ({"after": state(access_policies=[])}, "nothing was found that restricts"),
        ({"after": state(group=None)}, "the group of mailboxes was not found"),
        ({"after": state(not_read={"exchange": "Exchange returned 403"})}, "could not be read"),
        ({"after": rbac(recipient_write_scope="Organization", custom_resource_scope=None)}, "not for the group"),
        ({"after": rbac(custom_resource_scope="Everybody")}, "not for the group"),
        ({"after": rbac(custom_resource_scope=f"{PLAN['group']['name']} 2")}, "not for the group"),
        ({"after": rbac(enabled=False)}, "nothing was found that restricts"),
    ],
)
def test_without_proof_it_is_marked(archive, spoilt, why):
    archive.run(**spoilt)
    assert why in doubts(archive)


def test_another_policy_that_opens_more_is_marked(archive):
    good = state()["access_policies"]
    archive.run(after=state(access_policies=[*good, good[0] | {"scope_name": "Everybody"}]))
    assert "'Everybody'" in doubts(archive)


def test_a_policy_of_another_group_of_the_same_name_is_marked(archive):
    good = state()
    good["group"]["external_directory_object_id"] = GROUP
    good["access_policies"][0]["scope_identity_raw"] = f"S-1-5-21;{OBJECT}"
    archive.run(after=good)
    assert "another access policy" in doubts(archive)


@pytest.mark.parametrize("scope", [PLAN["group"]["name"], f"{PLAN['group']['name']}_{GROUP}"])
def test_a_role_of_the_group_is_read_by_its_name_or_with_its_id(archive, scope):
    archive.run(after=rbac(custom_resource_scope=scope))
    assert doubts(archive) == ""


def test_an_older_green_proof_does_not_hide_a_newer_red_one(archive):
    archive.run(1)
    archive.second_run(2, proof=lambda run: proved(run, "failed"))
    assert "the newest access proof is failed" in doubts(archive)


def test_what_was_written_after_the_proof_is_marked(archive):
    archive.run(1)
    archive.second_run(2, after=state())
    assert "written to after the newest access proof" in doubts(archive)


def test_a_run_that_was_broken_off_after_the_proof_is_marked(archive):
    archive.run(1)
    archive.broken_off(2)
    assert "written to after the newest access proof" in doubts(archive)


def test_a_later_run_that_is_not_sealed_is_marked(archive):
    archive.run(1)
    archive.begun(2)
    assert "not sealed" in doubts(archive)


def test_a_record_that_was_changed_is_not_told_from(archive):
    run = archive.run()
    path = run.data / "records" / "verify_access.json"
    path.write_text(path.read_text().replace("Denied", "denied"))
    with pytest.raises(EvidenceError, match="not as it was sealed"):
        CustomerReport.of(archive.root, "contoso")


def test_an_archive_whose_log_was_cut_is_not_told_from(archive):
    archive.run()
    log = archive.root / "LOG"
    log.write_bytes(b"\n".join(log.read_bytes().split(b"\n")[:-2]) + b"\n")
    with pytest.raises(EvidenceError, match="not as it was sealed"):
        CustomerReport.of(archive.root, "contoso")


@pytest.mark.parametrize("left", ["nothing sealed", "no app", "nothing read"])
def test_where_there_is_nothing_to_tell_it_says_so(archive, left):
    if left == "no app":
        archive.run(after=nothing())
    if left == "nothing read":
        archive.run(before=unread("nobody"), after=unread(UNCHANGED))
    with pytest.raises(EvidenceError):
        CustomerReport.of(archive.root, "contoso")


def test_without_the_data_key_it_shows_placeholders_and_says_so(archive):
    archive.run()
    shutil.rmtree(StateFolder(state_root(), "contoso").data_keys)
    told = page(archive)
    assert "Addresses and names cannot be shown here" in told
    assert MAILBOXES[0] not in told
    assert "[mailbox-" in told
    assert doubts(archive) == ""


def test_the_sandbox_is_told_and_production_is_not_called_so(archive, tmp_path):
    archive.run()
    assert page(archive).startswith("SANDBOX.")
    real = CustomerArchive(tmp_path / "real", "production")
    real.run(proof=lambda run: proved(run).model_copy(update={"environment": "production"}))
    assert "SANDBOX" not in page(real)


@pytest.mark.parametrize(
    "name", ["O'Neil", "O\u2019Neil", "a'; Remove-Item C:\\ -Recurse; '", "$(whoami)`", "two\nlines"]
)
def test_a_name_stays_a_name_in_a_command(name):
    text = quoted(name)
    assert re.fullmatch(r"'(?:[^'\u2018\u2019\u201a\u201b\n]|''|\u2019\u2019)*'", text), text


def test_names_of_others_are_text_in_the_page(archive):
    hostile = "<script>alert(1)</script>'; rm"
    changed = state()
    changed["application"]["display_name"] = hostile
    archive.run(after=changed, plan=PLAN | {"initial_domain": hostile})
    text = CustomerReport.of(archive.root, "contoso").to_html(NOW)
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_program_writes_the_page_and_its_exit_status_says_whether_it_is_proved(archive, capsys):
    archive.run()
    given = ["customer-report", "contoso", "--evidence", str(archive.root)]
    assert main(given) == 0
    assert (archive.folder / "reports" / "customers" / "contoso.html").is_file()
    archive.broken_off()
    assert main([*given, "--into", str(archive.folder / "page.html")]) == 1
    assert "not proved: " in capsys.readouterr().out
    assert "Not proved:" in (archive.folder / "page.html").read_text()


def test_it_is_not_written_into_the_archive(archive, capsys):
    archive.run()
    assert (
        main(["customer-report", "contoso", "--evidence", str(archive.root), "--into", f"{archive.root}/a.html"]) == 1
    )
    assert "would lie in the archive" in capsys.readouterr().err

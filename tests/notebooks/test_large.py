from __future__ import annotations

import hashlib
import tracemalloc

import pytest

from graphmail.journal import Journal
from graphmail.mailflow.content import Content
from graphmail.mailflow.upload import SLICE

MIB = 1024 * 1024
SUPPORT = "support@contoso.example"
SLICES = "/api/v2.0/*"


@pytest.fixture
def proved(contoso):
    """Make a proof of large mail at contoso: its checks by their last word."""

    def prove(size, max_wait=7200):
        with contoso.proof("verify_large_mail", max_wait) as flow:
            flow.sign_in()
            contoso.findings = flow.prove_large_mail(size)
        return {check.name.split(" ")[-1]: check for check in flow.checks}

    return prove


def sessions(contoso):
    """What became of upload sessions, in order."""
    ledger = contoso.sandbox.ledger(contoso.tenant)
    return [
        entry["request"].split(" ")[0]
        for entry in ledger
        if entry["request"].endswith(("upload session", "createUploadSession"))
    ]


def puts(contoso):
    return [r["status"] for r in contoso.sandbox.requests(contoso.tenant) if r["method"] == "PUT"]


def passed(checks):
    return {check.verdict for check in checks.values()} == {"passed"}


@pytest.mark.parametrize("size", [int(3.1 * MIB), 10 * MIB, 24 * MIB])
def test_a_large_attachment_arrives_as_it_was_sent_and_is_removed_again(contoso, proved, size):
    checks = proved(size)
    assert passed(checks), checks
    sent = hashlib.sha256(Content(_marker(contoso), size).part(0, size)).hexdigest()
    assert sent in checks["equal"].observed
    assert f"{size:,} bytes in {-(-size // SLICE)} slices; MB/s by slice:" in checks["upload"].observed
    assert contoso.everywhere() == []


def _marker(contoso):
    ledger = contoso.sandbox.ledger(contoso.tenant)
    name = next(entry["detail"]["upload"] for entry in ledger if "upload" in entry["detail"])
    return name.removeprefix("probe-").removesuffix(".bin")


def test_a_hundred_mebibytes_need_less_memory_than_two_slices(contoso, proved):
    for limit in ("MaxSendSize", "MaxReceiveSize"):
        contoso.cmdlet("Set-Mailbox", Identity=SUPPORT, **{limit: 150 * MIB})
    proved(4 * MIB)  # what is imported and kept on first use is no part of it
    tracemalloc.start()
    try:
        assert passed(proved(100 * MIB))
        grown = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert grown < 2 * SLICE


def test_throughput_of_each_slice_is_drawn(contoso, proved):
    proved(10 * MIB)
    assert contoso.findings.plot().data.startswith(b"\x89PNG")


def test_an_attachment_below_three_mebibytes_goes_in_one_request(contoso, proved):
    checks = proved(2 * MIB)
    assert passed(checks), checks
    assert "in one request" in checks["upload"].observed
    assert sessions(contoso) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path_of", ["first", "last"])
def test_a_lost_answer_to_a_slice_is_resumed(contoso, proved, when, path_of):
    # Of the three slices of 10 MiB the fault hits the first; of the one slice of 3.1 MiB it hits the last.
    size = 10 * MIB if path_of == "first" else int(3.1 * MIB)
    contoso.sandbox.fault(contoso.tenant, "graph", "PUT", SLICES, status=504, when=when)
    checks = proved(size)
    assert passed(checks), checks
    assert "resumed 1 times" in checks["upload"].observed
    assert sessions(contoso).count("PUT") == 1


def test_a_session_that_is_gone_is_replaced_by_a_new_one(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "PUT", SLICES, status=404)
    checks = proved(10 * MIB)
    assert passed(checks), checks
    assert sessions(contoso).count("DELETE") == 1


def test_an_upload_that_is_given_up_is_cancelled_and_its_draft_deleted(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "PUT", SLICES, status=504, times=100)
    checks = proved(10 * MIB)
    assert checks["upload"].verdict == "unknown"
    assert checks["large"].verdict == "unknown"
    assert checks["removed"].verdict == "passed"
    assert puts(contoso) == [504, 504]
    assert sessions(contoso)[-1] == "DELETE"
    assert contoso.everywhere() == []


def test_a_mail_over_the_senders_limit_names_the_limit_and_the_cmdlet(contoso, proved):
    contoso.cmdlet("Set-Mailbox", Identity=SUPPORT, MaxSendSize=8 * MIB)
    checks = proved(10 * MIB)
    assert checks["upload"].verdict == "failed"
    assert "MaxSendSize 8 MB (8,388,608 bytes)" in checks["upload"].observed
    assert f"Set-Mailbox {SUPPORT} -MaxSendSize 14MB" in checks["upload"].observed
    assert contoso.everywhere() == []


def test_raising_the_limit_as_the_message_says_is_enough(contoso, proved):
    contoso.cmdlet("Set-Mailbox", Identity=SUPPORT, MaxSendSize=14 * MIB)
    assert passed(proved(10 * MIB))


def test_a_mail_over_the_receivers_limit_names_it_too(onboarded):
    fabrikam = onboarded("fabrikam")
    fabrikam.changed_inventory(probe={"receiver": "info@fabrikam.example"})
    fabrikam.cmdlet("Set-Mailbox", Identity="info@fabrikam.example", MaxReceiveSize=8 * MIB)
    with fabrikam.proof("verify_large_mail") as flow:
        flow.sign_in()
        checks = {check.name: check for check in flow.prove_large_mail(10 * MIB).checks}
    assert checks["upload"].verdict == "passed"
    assert checks["send large"].verdict == "failed"
    assert "MaxReceiveSize 8 MB" in checks["send large"].observed
    assert "Set-Mailbox info@fabrikam.example -MaxReceiveSize 14MB" in checks["send large"].observed
    assert checks["equal"].verdict == "unknown"
    assert fabrikam.everywhere() == []


def test_without_permission_to_write_the_draft_is_refused(contoso, proved):
    contoso.withdraw("Mail.ReadWrite")
    contoso.sandbox.settle(contoso.tenant)
    checks = proved(10 * MIB)
    assert checks["upload"].verdict == "failed"
    assert "403 ErrorAccessDenied" in checks["upload"].observed


def test_an_upload_url_is_nowhere_in_the_evidence(contoso, proved):
    proved(10 * MIB)
    for path in contoso.evidence.rglob("*"):
        if path.is_file():
            assert b"authtoken" not in path.read_bytes(), path


def test_a_changed_attachment_is_noticed(contoso, proved, monkeypatch):
    # The service hands back other bytes than it was given.
    contoso.sandbox.fault(contoso.tenant, "graph", "GET", "*/$value", status=200, body="something else", times=1)
    checks = proved(10 * MIB)
    assert checks["equal"].verdict == "failed"


def test_content_is_the_same_whatever_parts_it_is_asked_for_in():
    content = Content("seed", 2 * SLICE + 17)
    whole = content.part(0, content.size)
    assert len(whole) == content.size
    for start, length in ((0, 1), (SLICE - 1, 2), (SLICE, SLICE), (1, 2 * SLICE), (SLICE, 9), (2 * SLICE, SLICE)):
        assert content.part(start, length) == whole[start : start + length]
    assert Content("other", 100).part(0, 100) != whole[:100]


def test_a_draft_whose_answer_was_lost_and_that_does_not_show_is_looked_for_by_later_runs(contoso, proved):
    contoso.sandbox.fault(contoso.tenant, "graph", "POST", "*/messages", status=504, when="before")
    checks = proved(4 * MIB)
    assert checks["upload"].verdict == "unknown"
    assert "later runs look again" in checks["removed"].observed
    assert [entry.action for entry in Journal(contoso.state.journal).open_intents()] == ["send_probe_mail"]

"""Drills that mail meets, against the real proof of sending: no mail is ever sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebooks.world import Onboarded
from tests.sandbox_process import Sandbox

SUPPORT = "support@contoso.example"
SEND = {"service": "graph", "method": "POST", "path": "*/sendMail"}


@pytest.fixture
def contoso(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Onboarded:
    """Onboarded by hand, every lag over."""
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    return Onboarded(sandbox, tmp_path, "contoso")


def drill(contoso: Onboarded, name: str, **how: object) -> None:
    contoso.sandbox.control("POST", f"/tenants/{contoso.tenant}/drills", {"name": name, **how})


def struck(contoso: Onboarded) -> int:
    planned = contoso.sandbox.control("GET", f"/tenants/{contoso.tenant}/drills")["drills"]
    return sum(len(p["struck"]) for p in planned)


def prove(contoso: Onboarded) -> tuple[str, str]:
    """Verdict and observation of the one mail."""
    with contoso.proof("verify_send") as flow:
        flow.sign_in()
        flow.prove_send()
    check = next(c for c in flow.checks if c.name.endswith(SUPPORT))
    return check.verdict, check.observed


def sent(contoso: Onboarded) -> int:
    return len([c for c in contoso.sandbox.ledger(contoso.tenant) if c["request"].lower().endswith("/sendmail")])


def test_accepted_with_retry_after_is_accepted_and_nothing_is_sent_again(contoso):
    drill(contoso, "accepted_with_retry_after")
    verdict, observed = prove(contoso)
    assert (verdict, sent(contoso), struck(contoso)) == ("passed", 1, 1)
    assert "202; in Sent Items after" in observed


@pytest.mark.parametrize("name", ["application_throttled_though_sent", "server_busy_though_sent"])
def test_an_error_though_it_was_sent_is_recovered_by_finding_the_mail_and_it_is_not_sent_again(contoso, name):
    drill(contoso, name)
    verdict, observed = prove(contoso)
    assert (verdict, sent(contoso), struck(contoso)) == ("passed", 1, 1)
    assert "the answer was lost" in observed
    assert contoso.everywhere() == []


@pytest.mark.parametrize("name", ["throttled_integer", "throttled_without_retry_after", "throttled_text"])
def test_a_throttled_mail_that_is_nowhere_to_be_seen_is_sent_again_once(contoso, name):
    drill(contoso, name, **SEND)
    verdict, observed = prove(contoso)
    assert (verdict, sent(contoso), struck(contoso)) == ("passed", 1, 1)
    assert "202; in Sent Items after" in observed


def test_a_mail_throttled_for_ages_stays_unknown_and_is_not_sent_again(contoso):
    drill(contoso, "throttled_for_ages", **SEND)
    verdict, observed = prove(contoso)
    assert (verdict, sent(contoso), struck(contoso)) == ("unknown", 0, 1)
    assert "It was not sent again" in observed


@pytest.mark.parametrize(
    "name", ["http_500_after", "http_504_after", "reset_after_the_commit", "reset_inside_the_answer", "html_error_page"]
)
def test_a_mail_of_unknown_outcome_is_looked_for_and_never_sent_again(contoso, name):
    drill(contoso, name, **SEND)
    verdict, observed = prove(contoso)
    there = name != "html_error_page"
    assert sent(contoso) == (1 if there else 0)
    if name == "reset_inside_the_answer":
        assert observed  # 202 has no body to be cut: the answer is whole
    assert verdict == ("passed" if there else "unknown")


def test_policy_lag_of_two_hours_is_waited_for_in_rounds(onboarding):
    onboarding.drill("policy_lag")
    onboarding.drill("permission_lag")
    assert onboarding() == ""
    entry = onboarding.entry
    wanted = {"mailboxes": entry["mailboxes"], "outside_mailbox": entry["outside_mailbox"], "max_wait": 3 * 3600}
    rounds = []
    while not rounds or rounds[-1]["status"] == "pending":
        rounds.append(onboarding.task("propagation_probe", **wanted))
    assert rounds[-1]["status"] == "ready"
    assert 7000 < rounds[-1]["waited"] < 8200
    assert len(rounds) < 40

"""`make conformance` itself: another sandbox stands for Microsoft, reached as Microsoft is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml

from graphmail.credentials import ClientSecret
from graphmail.sealed import new_identity
from tests.sandbox_process import CONTOSO, ROOT

MAILBOXES = {"inside": "support@contoso.example", "outside": "ceo@contoso.example"}
AT_ONCE = {"replication": 0, "secret": 0, "consent": 0}


@pytest.fixture
def conformance(sandbox, tmp_path):
    """Run the program; its exit status, what it printed, and the report's JSON."""
    sandbox.delays(CONTOSO, **AT_ONCE)
    identity = tmp_path / "identity"
    recipient = new_identity(identity)
    ClientSecret(tenant_id=CONTOSO, key_id="", **sandbox.json["admins"][CONTOSO]).write(
        tmp_path / "admin.age", [recipient],
    )  # fmt: skip
    named = {"tenant_id": CONTOSO, "initial_domain": "contoso.onmicrosoft.example", "credential": "admin.age"}
    (tmp_path / "conformance.yml").write_text(yaml.safe_dump({**named, **MAILBOXES}))
    pointed = {
        "GRAPHMAIL_CONFORMANCE": str(tmp_path / "conformance.yml"),
        "GRAPHMAIL_IDENTITY": str(identity),
        "HTTPS_PROXY": sandbox.json["proxy"],
        "REQUESTS_CA_BUNDLE": sandbox.json["ca"],
    }

    def run(only, *, quick=False, **changed):
        command = [sys.executable, "-m", "tests.conformance", "--only", only, "--reports", str(tmp_path)]
        command += ["--quick"] if quick else []
        environment = {**os.environ, **pointed, **changed}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
        report = tmp_path / "conformance.json"
        return done, json.loads(report.read_text()) if report.exists() else None

    return run


def test_both_sides_stand_in_the_report_and_agree(conformance, sandbox):
    done, report = conformance("secret_text_is_shown_once")
    assert done.returncode == 0, done.stdout + done.stderr
    (case,) = report["cases"]
    assert (case["sandbox"]["verdict"], case["microsoft"]["verdict"], case["agrees"]) == ("holds", "holds", True)
    assert (report["tenant_id"], case["microsoft"]["left"]) == (CONTOSO, [])
    assert [e["request"] for e in sandbox.writes][-1] == "DELETE /directory/deletedItems/{id}"


def test_a_service_that_does_otherwise_is_shown_and_fails_the_run(conformance, sandbox):
    sandbox.fault(CONTOSO, "graph", "POST", "/applications", status=418, body={"error": {"code": "Teapot"}})
    done, report = conformance("unknown_property_is_refused")
    assert done.returncode == 1
    (case,) = report["cases"]
    assert case["microsoft"] == {"verdict": "differs", "observed": {"status": 418, "code": "Teapot"}, "left": []}
    assert case["agrees"] is False


def test_cases_share_a_mail_app_that_goes_with_the_last_of_them(conformance, sandbox):
    done, report = conformance("*_folder*_*")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ([case["agrees"] for case in report["cases"]], report["left"]) == ([True, True], [])
    written = [entry["request"] for entry in sandbox.writes]
    assert written.count("POST /applications") == written.count("DELETE /directory/deletedItems/{id}") == 1, written


def test_quick_leaves_out_what_waits_longest(conformance):
    done, report = conformance("*pointer_goes_with*", quick=True)
    assert (done.returncode, report) == (2, None), done.stdout


def test_no_secret_is_printed_or_reported(conformance, sandbox, tmp_path):
    done, _ = conformance("secret_text_is_shown_once")
    secret = sandbox.json["admins"][CONTOSO]["client_secret"]
    written = (tmp_path / "conformance.html").read_text() + (tmp_path / "conformance.json").read_text()
    assert secret not in done.stdout + done.stderr + written


def test_without_a_tenant_only_the_sandbox_is_asked_and_that_is_said(conformance):
    done, report = conformance("unknown_property_is_refused", GRAPHMAIL_CONFORMANCE="")
    assert done.returncode == 0
    assert "Microsoft was not asked" in done.stdout
    assert report["cases"][0]["microsoft"] is None


@pytest.mark.parametrize("named", ["nowhere.yml", "[]"])
def test_a_file_that_cannot_be_used_is_refused_before_anything_runs(conformance, tmp_path, named):
    (tmp_path / "bad.yml").write_text(named)
    done, report = conformance("*", GRAPHMAIL_CONFORMANCE=str(tmp_path / ("bad.yml" if named == "[]" else named)))
    assert (done.returncode, report) == (2, None)
    assert "docs/conformance.md" in done.stderr

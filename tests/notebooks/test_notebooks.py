"""The notebooks themselves, in real kernels: passing on a configured tenant, failing and recording on a broken one."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import nbformat
import papermill
import pytest

from graphmail.errors import TenantError
from graphmail.evidence import Record, runs
from graphmail.evidence.bag import check as check_bag
from graphmail.notebook import OWN_ERRORS, declared, execute
from tests.readable import readable
from tests.sandbox_process import ROOT

NAMES = ("verify_access", "verify_send", "verify_receive", "verify_large_mail")
NOTEBOOKS = {name: ROOT / "notebooks" / f"{name}.ipynb" for name in NAMES}
notebook = pytest.mark.notebook


@pytest.fixture
def executed(contoso, tmp_path):
    """Execute one for contoso."""

    def run(name, **changed):
        return execute(NOTEBOOKS[name], contoso.parameters(**changed), tmp_path / "executed" / f"{name}.ipynb")

    return run


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_notebook_is_valid_and_has_no_outputs(name):
    stored = nbformat.read(NOTEBOOKS[name], as_version=nbformat.NO_CONVERT)
    nbformat.validate(stored)
    assert (stored.nbformat, stored.nbformat_minor) == (4, 5)
    assert stored.metadata.kernelspec.name == "python3"
    assert stored.cells[0].source.startswith("# ")
    assert "**Why it matters.**" in stored.cells[1].source
    assert "**What would disprove it.**" in stored.cells[1].source
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert len(code) <= 12
    assert all(len(cell.source.splitlines()) <= 10 for cell in code)
    assert code[-1].source == "record = flow.conclude()"


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_has_the_same_typed_parameters(name):
    types = {"customer": "str", "inventory": "str", "run_id": "str", "evidence": "str", "max_wait": "int"}
    assert declared(NOTEBOOKS[name]) == types
    about = papermill.inspect_notebook(str(NOTEBOOKS[name]))
    assert about["run_id"]["default"] == '""'
    assert about["evidence"]["default"] == '"evidence"'
    assert about["max_wait"]["default"] == "7200"
    assert "seconds" in about["max_wait"]["help"]


@notebook
@pytest.mark.parametrize("name", NAMES)
def test_it_passes_on_a_configured_tenant(contoso, executed, name, capfd):
    result = executed(name)
    assert (result.verdict, result.error) == ("passed", "")
    record = Record.model_validate_json(readable(result.record))
    assert record.notebook == name
    assert record.environment == "sandbox"
    assert record.tenant_id == contoso.tenant
    assert record.subject.model_dump() == {
        "client_id": contoso.app["appId"],
        "key_id": contoso.key_id,
        "mailboxes": ["support@contoso.example"],
        "outside_mailbox": "ceo@contoso.example",
        "signed_in_with": "",
    }
    (run,) = runs(contoso.evidence)
    assert run.closed
    check_bag(run.bag)
    pictures = [o for c in nbformat.read(result.output, 4).cells for o in c.get("outputs", ()) if "image/png" in o.data]
    assert len(pictures) == 1
    assert capfd.readouterr() == ("", "")


def _without_policy(contoso):
    contoso.unrestrict()
    contoso.sandbox.settle(contoso.tenant)


def _without_consent(contoso):
    contoso.withdraw("Mail.Send")
    contoso.sandbox.settle(contoso.tenant)


def _with_dead_relay(contoso):
    contoso.changed_inventory(probe={"relay": "127.0.0.1:1", "sender": "probe@outside.example"})


def _with_small_limit(contoso):
    contoso.cmdlet("Set-Mailbox", Identity="support@contoso.example", MaxSendSize=4 * 1024 * 1024)


@notebook
@pytest.mark.parametrize(
    ("name", "broken", "verdict", "told"),
    [
        ("verify_access", _without_policy, "failed", "ceo@contoso.example IS REACHABLE"),
        ("verify_send", _without_consent, "failed", "403 ErrorAccessDenied"),
        ("verify_receive", _with_dead_relay, "unknown", "The relay 127.0.0.1:1 takes no mail"),
        ("verify_large_mail", _with_small_limit, "failed", "-MaxSendSize 14MB"),
    ],
)
def test_it_fails_and_records_on_a_broken_tenant(contoso, executed, name, broken, verdict, told):
    broken(contoso)
    result = executed(name)
    assert result.verdict == verdict
    assert result.error.startswith("NotProved: ")
    assert told in result.error
    record = Record.model_validate_json(readable(result.record))
    assert any(told in check.observed for check in record.checks)
    assert told in result.output.read_text()
    (run,) = runs(contoso.evidence)
    assert told in run.readable("report.html")
    check_bag(run.bag)


@notebook
def test_no_secret_and_no_token_is_in_anything_it_leaves(contoso, executed):
    for name in NAMES:
        executed(name)
    windows = {contoso.secret[i : i + 10].encode() for i in range(len(contoso.secret) - 9)}
    left = [path for path in contoso.folder.rglob("*") if path.is_file() and path.name != "identity"]
    assert len(left) > 20
    for path in left:
        content = path.read_bytes()
        assert not [window for window in windows if window in content], path
        assert not re.search(rb"eyJ[\w-]{20,}\.eyJ[\w-]{20}", content), path
        assert b"authtoken" not in content, path


@notebook
def test_in_a_run_that_somebody_else_opened_it_leaves_closing_to_them(contoso, executed, tmp_path):
    contoso.state.lock("20260301T120000Z-verify-0a1b2c")
    result = executed("verify_access", run_id="20260301T120000Z-verify-0a1b2c")
    assert result.verdict == "passed"
    (run,) = runs(contoso.evidence)
    assert not run.closed
    assert [record.run_id for record in run.records()] == ["20260301T120000Z-verify-0a1b2c"]


@notebook
def test_while_another_run_works_on_the_customer_it_does_not_begin(contoso, executed):
    with contoso.state.lock("20260301T120000Z-site-0a1b2c"):
        result = executed("verify_access")
    assert (result.verdict, result.record) == ("unknown", None)
    assert "20260301T120000Z-site-0a1b2c" in result.error


@notebook
def test_a_customer_that_the_inventory_does_not_have_is_named(contoso, executed):
    result = executed("verify_send", customer="contosso")
    assert (result.verdict, result.record) == ("unknown", None)
    assert "contosso" in result.error
    assert "contoso, fabrikam, litware" in result.error
    assert result.output.is_file()


def test_an_undeclared_parameter_is_refused_and_nothing_is_run(contoso, executed, tmp_path):
    with pytest.raises(TenantError, match=r"no parameter mailbox"):
        executed("verify_send", mailbox="ceo@contoso.example")
    assert not (tmp_path / "executed").exists()


def _papermill(contoso, tmp_path, folder, path, *options):
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", path, str(tmp_path / "out.ipynb"), *options]
    given = ["-p", "customer", "contoso", "-p", "inventory", "inventory.example.yml"]
    given += ["-p", "evidence", str(contoso.evidence)]
    return subprocess.run([*command, *given], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@notebook
def test_it_works_from_a_shell(contoso, tmp_path):
    result = _papermill(contoso, tmp_path, ROOT, "notebooks/verify_send.ipynb")
    assert result.returncode == 0, result.stderr
    (run,) = runs(contoso.evidence)
    assert [record.verdict for record in run.records()] == ["passed"]


@notebook
def test_it_works_where_jupyter_starts_a_kernel_in_the_notebooks_own_folder(contoso, tmp_path):
    # Relative paths are the repository's all the same.
    result = _papermill(contoso, tmp_path, ROOT / "notebooks", "verify_send.ipynb", "--cwd", ".")
    assert result.returncode == 0, result.stderr
    assert not (ROOT / "notebooks" / "evidence").exists()


@notebook
def test_from_a_shell_a_broken_tenant_is_an_exit_status(contoso, tmp_path):
    _without_consent(contoso)
    result = _papermill(contoso, tmp_path, ROOT, "notebooks/verify_send.ipynb")
    assert result.returncode != 0
    assert "NotProved" in result.stderr
    assert (tmp_path / "out.ipynb").is_file()


@notebook
def test_the_text_of_an_error_that_is_not_ours_goes_nowhere(tmp_path):
    # In two parts, since the source is shown.
    raised = "raise RuntimeError('https://upload.example/?authtoken=qV7kJ2pXw' + '9rT4mB8nZc')"
    cells = [nbformat.v4.new_code_cell("x: str = ''", metadata={"tags": ["parameters"]})]
    made = nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_code_cell(raised)])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python", "language": "python"}
    nbformat.write(made, tmp_path / "made.ipynb")
    assert execute(tmp_path / "made.ipynb", {"x": ""}, tmp_path / "out.ipynb").error == "RuntimeError"
    left = (tmp_path / "out.ipynb").read_text()
    assert "qV7kJ2pXw9rT4mB8nZc" not in left
    assert "RuntimeError: (what it says may hold a secret" in left


def test_every_error_of_this_project_that_a_kernel_may_raise_is_known_by_name():
    program = (
        "import pkgutil, importlib, graphmail\n"
        "for module in pkgutil.walk_packages(graphmail.__path__, 'graphmail.'):\n"
        "    if not module.name.startswith('graphmail.sandbox') and not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name)\n"
        "def names(error):\n"
        "    return {error.__name__}.union(*map(names, error.__subclasses__()))\n"
        "print(*sorted(names(graphmail.errors.TenantError)))\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) == OWN_ERRORS


def test_a_notebook_that_is_refused_at_its_start_leaves_no_run(contoso, tmp_path, monkeypatch):
    stopped = contoso.sandbox.json | {"control": "https://127.0.0.1:9"}
    (tmp_path / "stopped.json").write_text(json.dumps(stopped))
    monkeypatch.setenv("GRAPHMAIL_SANDBOX", str(tmp_path / "stopped.json"))
    with pytest.raises(TenantError, match="start the sandbox"), contoso.proof("verify_send"):
        pass
    assert list(runs(contoso.evidence)) == []

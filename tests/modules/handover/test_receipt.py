"""The receiver opens, tries and signs; the operator takes the receipt in; and both are evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from graphmail.evidence import Run
from graphmail.handover import received
from graphmail.handover.__main__ import main, shown
from graphmail.handover.receipt import receipt_path, signature_of
from graphmail.journal import Journal
from tests.modules.handover.conftest import NAME
from tests.sandbox_process import CONTOSO, ROOT


@pytest.fixture
def delivered(task, credential, prove, to_ssh, sandbox):
    """The sealed file, which the vendor has; the secret is accepted already."""
    prove()
    task("entra_service_principal", application="kundo-mail")
    sandbox.settle(CONTOSO)
    return Path(task(NAME, **to_ssh)["path"])


@pytest.fixture
def at_the_vendor(delivered, tmp_path, released):
    """The same file, on the vendor's machine; the run that delivered it is over."""
    released()
    (tmp_path / "inbox").mkdir()
    copy = tmp_path / "inbox" / delivered.name
    copy.write_bytes(delivered.read_bytes())
    return copy


@pytest.fixture
def inventory(tmp_path, to_ssh):
    content = yaml.safe_load((ROOT / "inventory.example.yml").read_text())
    content["customers"]["contoso"]["handover"] = {"recipients": to_ssh["recipients"]}
    content["customers"] = {"contoso": content["customers"]["contoso"]}
    path = tmp_path / "inventory.yml"
    path.write_text(yaml.safe_dump(content))
    return path


def opened(file, key, capsys, *options):
    status = main(["open", str(file), "--identity", str(key), *options])
    out, err = capsys.readouterr()
    return status, out, err


def test_the_receiver_sees_the_values_and_that_they_work(at_the_vendor, ssh_key, credential, capsys):
    status, out, err = opened(at_the_vendor, ssh_key, capsys)

    assert status == 0
    for value in (CONTOSO, credential.client_id, credential.client_secret):
        assert value in out
    assert "They work" in err
    assert credential.client_secret not in err


def test_as_json_it_can_go_into_a_secret_store(at_the_vendor, ssh_key, credential, capsys):
    _, out, _ = opened(at_the_vendor, ssh_key, capsys, "--json")

    assert json.loads(out) == json.loads(credential.to_json())


def test_what_a_stranger_sealed_moves_no_cursor(credential):
    told = shown(replace(credential, key_id="k\x1b[2J"))

    assert "\x1b" not in told
    assert credential.client_secret in told


def test_the_receipt_says_who_has_it_and_holds_no_secret(at_the_vendor, ssh_key, credential, capsys):
    opened(at_the_vendor, ssh_key, capsys)

    text = receipt_path(at_the_vendor).read_text()
    assert json.loads(text)["key_id"] == credential.key_id
    assert credential.client_secret not in text + signature_of(receipt_path(at_the_vendor)).read_text()


def test_values_that_do_not_work_get_no_receipt(at_the_vendor, ssh_key, credential, sandbox, capsys):
    path = "/applications(uniqueName='kundo-mail')/removePassword"
    sandbox.by_hand(CONTOSO, "POST", path, {"keyId": credential.key_id})
    sandbox.settle(CONTOSO)

    status, _, err = opened(at_the_vendor, ssh_key, capsys)

    assert status == 1
    assert "not accepted" in err or "to be accepted" in err
    assert not receipt_path(at_the_vendor).exists()


def test_an_age_key_opens_and_is_told_that_it_cannot_sign(task, prove, credential, handover, vendor, sandbox, capsys):
    prove()
    task("entra_service_principal", application="kundo-mail")
    sandbox.settle(CONTOSO)
    path = Path(task(NAME, **handover)["path"])

    status, out, err = opened(path, vendor, capsys)

    assert (status, credential.client_secret in out) == (0, True)
    assert "cannot sign" in err
    assert not receipt_path(path).exists()


def test_a_receipt_that_came_back_is_kept_journaled_and_recorded(
    task, delivered, at_the_vendor, ssh_key, to_ssh, inventory, credential, capsys
):
    opened(at_the_vendor, ssh_key, capsys)

    assert main(["receive", str(receipt_path(at_the_vendor)), "--inventory", str(inventory)]) == 0
    assert f"credential {credential.key_id} was received by SHA256:" in capsys.readouterr().out
    assert main(["receive", str(receipt_path(at_the_vendor)), "--inventory", str(inventory)]) == 0

    entries = Journal(task.state / "contoso" / "journal.jsonl").entries()
    assert [entry.result for entry in entries].count("received") == 1
    result = task(NAME, **to_ssh)
    assert not result["changed"]
    assert result["received"]["by"].startswith("SHA256:")
    (record,) = (
        record
        for record in Run(task.run.evidence, "contoso", task.run.run_id).records()
        if record.notebook == "handover"
    )
    assert (record.verdict, record.subject.key_id) == ("passed", credential.key_id)
    assert result["received"]["by"] in record.checks[0].observed


@pytest.mark.parametrize(
    ("field", "value"),
    [("key_id", "another"), ("sha256", "0" * 64), ("tenant_id", "5a4d0000-0000-4000-8000-000000000002")],
)
def test_a_receipt_of_something_else_is_refused(
    at_the_vendor, ssh_key, inventory, field, value, monkeypatch, task, capsys
):
    from graphmail.handover import opening

    class Forged(opening.Receipt):
        def __init__(self, **fields):
            super().__init__(**fields | {field: value})

    monkeypatch.setattr(opening, "Receipt", Forged)
    opened(at_the_vendor, ssh_key, capsys)

    assert main(["receive", str(receipt_path(at_the_vendor)), "--inventory", str(inventory)]) == 1
    assert "not of anything that was handed over" in capsys.readouterr().err
    assert not list((task.state / "contoso" / "handover").glob("*.receipt.json"))


def test_a_receipt_that_was_changed_or_lost_its_signature_is_refused(at_the_vendor, ssh_key, inventory, task, capsys):
    opened(at_the_vendor, ssh_key, capsys)
    receipt = receipt_path(at_the_vendor)
    receipt.write_text(receipt.read_text().replace("2026", "2025").replace("2027", "2025") + " ")
    assert main(["receive", str(receipt), "--inventory", str(inventory)]) == 1
    assert "not by any of the expected keys" in capsys.readouterr().err

    signature_of(receipt).unlink()
    assert main(["receive", str(receipt), "--inventory", str(inventory)]) == 1
    assert "as the receiver got both" in capsys.readouterr().err
    receipt.unlink()
    assert main(["receive", str(receipt), "--inventory", str(inventory)]) == 1
    assert "No such file or directory. To do: name the file that ends in .receipt.json" in capsys.readouterr().err
    assert not list((task.state / "contoso" / "handover").glob("*.receipt.json"))


def test_a_vendor_with_another_key_is_delivered_to_though_the_old_key_s_receipt_is_kept(
    task, delivered, at_the_vendor, ssh_key, handover, inventory, capsys
):
    opened(at_the_vendor, ssh_key, capsys)
    assert main(["receive", str(receipt_path(at_the_vendor)), "--inventory", str(inventory)]) == 0

    result = task(NAME, **handover)

    assert (result["changed"], result["received"]) == (True, None)
    assert not task(NAME, **handover)["changed"]


def test_a_machine_that_dies_while_a_newer_receipt_is_kept_stops_no_later_run(
    task, delivered, at_the_vendor, ssh_key, to_ssh, inventory, capsys, monkeypatch
):
    for _ in range(2):
        opened(at_the_vendor, ssh_key, capsys)
        receive = ["receive", str(receipt_path(at_the_vendor)), "--inventory", str(inventory)]
        with monkeypatch.context() as patch:
            if receipt_path(delivered).exists():
                patch.setattr(received, "write_over", dies_after(1, received.write_over))
                with pytest.raises(KeyboardInterrupt):
                    main(receive)
            else:
                assert main(receive) == 0

    assert task(NAME, **to_ssh)["received"] is None
    assert main(receive) == 0
    assert task(NAME, **to_ssh)["received"]


def dies_after(count, write):
    done = []

    def writes(*what):
        if len(done) == count:
            raise KeyboardInterrupt
        done.append(what)
        return write(*what)

    return writes


def test_a_kept_receipt_that_was_changed_is_no_receipt(
    task, delivered, at_the_vendor, ssh_key, to_ssh, inventory, capsys
):
    opened(at_the_vendor, ssh_key, capsys)
    main(["receive", str(receipt_path(at_the_vendor)), "--inventory", str(inventory)])
    kept = receipt_path(delivered)
    kept.write_text(kept.read_text() + " ")

    assert "not by any of the expected keys" in task.failed(NAME, **to_ssh)

"""Of whom a run speaks stands in no byte of what is sealed, and is there again for who has the customer's data key."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from graphmail.evidence import EvidenceError, Run, Subject, latest_record
from graphmail.evidence.personal import taking
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.statement import statement_of_files
from graphmail.sealed import open_sealed
from graphmail.state import StateFolder
from tests.canary import traced_files

from .evidence_samples import NOON, TENANT, check, record, step
from .sealed_archive import Archive

NOW = datetime.now(UTC)
PEOPLE = {
    "mailbox": "qmvhtkzwlrye@kanarie-a.example",
    "extra member": "wbtxnqjpalzu@kanarie-b.example",
    "outside": "hzkrvymcgtoe@kanarie-c.example",
    "owner": "xgdpluwoqnfs@kanarie-d.example",
    "sender": "tfyqbnakwmci@kanarie-e.example",
    "receiver": "jrlsevdhpoxg@kanarie-f.example",
    "name": "Vilgotsdotter-Qvarnstedt Kanarie",
    "name beside an address": "Zebulonsson-Wrangelhjelm Kanarie",
}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return Archive(tmp_path)


def plan() -> dict:
    return {
        "mailboxes": [PEOPLE["mailbox"]],
        "outside_mailbox": PEOPLE["outside"],
        "group": {"name": "Mailboxes", "owners": [PEOPLE["owner"]]},
        "probe": {"sender": PEOPLE["sender"], "receiver": PEOPLE["receiver"]},
    }


def opened(archive, number=1, customer="contoso") -> Run:
    """A run whose every kind of file speaks of every one of them."""
    run = Run(archive.root, customer, f"20260301T12{number:04}Z-site-{number:06x}")
    archive.sealer.opened(run, TENANT, NOON)
    run.begin(tenant_id=TENANT, environment=archive.environment, at=NOON, plan=plan())
    everybody = ", ".join(PEOPLE.values())
    members = {"members": [PEOPLE["mailbox"], PEOPLE["extra member"], PEOPLE["name"]]}
    run.append_step(step(before=members, after={"owners": []}, message=f"Found: {everybody}."))
    run.write_state("before", {"address": PEOPLE["mailbox"], "display_name": PEOPLE["name beside an address"]})
    about = Subject(client_id="c", key_id="k", mailboxes=[PEOPLE["mailbox"]], outside_mailbox=PEOPLE["outside"])
    seen = check("failed", claim=f"{everybody} can send", observed=f"for <{everybody}>")
    of = {"customer": customer, "run_id": run.run_id, "environment": archive.environment, "subject": about}
    run.write_record(record(seen, **of))
    run.append_confirmation("Exchange", f"mailbox {PEOPLE['mailbox']} has the same id in both")
    shown = [{"data": {"text/html": f"<td>{everybody}</td>"}, "output_type": "display_data", "metadata": {}}]
    notebook = {"cells": [{"cell_type": "code", "source": [everybody], "outputs": shown}], "metadata": {}}
    run.notebook_path("verify_send").write_text(json.dumps(notebook))
    run.sealer = archive.sealer
    return run


def succeed(archive, run):
    run.close("succeeded", NOON)


def fail(archive, run):
    run.close("failed", NOON, f"Stopped at {PEOPLE['extra member']}")


def kill(archive, run):
    with (run.data / "steps.jsonl").open("a") as file:
        file.write(f'{{"at": "{PEOPLE["owner"]}, {PEOPLE["receiver"][:-3]}')
    archive.with_key(archive.key)  # another process
    assert "as aborted" in "".join(archive.sealer.settle(run.customer, NOW))


def readable(run: Run) -> str:
    return "\n".join(run.readable(str(path.relative_to(run.data))) for path in run.data.rglob("*.*") if path.is_file())


@pytest.mark.parametrize("end", [succeed, fail, kill])
def test_nobody_is_named_in_any_byte_of_a_sealed_run_and_everybody_is_to_who_has_the_key(archive, end):
    run = opened(archive)
    end(archive, run)
    assert Examination(archive.root).run().faults == []
    assert traced_files(PEOPLE.values(), archive.root) == {}
    bytes_ = b"".join(path.read_bytes() for path in run.bag.rglob("*.*") if path.suffix != ".age")
    assert re.findall(rb"\w@\w", bytes_) == []
    text = readable(run)
    assert [person for person in PEOPLE.values() if person not in text] == []


def test_the_search_finds_them_in_a_run_that_is_open(archive):
    run = opened(archive)
    assert len(traced_files(PEOPLE.values(), run.folder)) == 6


def test_the_same_value_has_the_same_placeholder_in_all_runs_and_files(archive):
    first, second = opened(archive, 1), opened(archive, 2)
    succeed(archive, first)
    succeed(archive, second)
    told = [json.loads((run.data / "plan.json").read_bytes())["plan"] for run in (first, second)]
    assert told[0] == told[1]
    assert told[0]["mailboxes"][0] in (second.data / "records" / "verify_send.json").read_text()
    assert told[0]["mailboxes"][0].startswith("[mailbox-")
    assert told[0]["group"]["name"] == "Mailboxes"


def test_another_customers_placeholder_for_the_same_person_is_another(archive):
    first, second = opened(archive, 1), opened(archive, 2, "fabrikam")
    succeed(archive, first)
    succeed(archive, second)
    told = [json.loads((run.data / "plan.json").read_bytes())["plan"] for run in (first, second)]
    assert told[0]["mailboxes"] != told[1]["mailboxes"]


def test_the_newest_record_has_its_addresses_for_who_compares_them(archive):
    run = opened(archive)
    run.close("succeeded", NOON)
    found = latest_record(archive.root, "contoso", "verify_send")
    assert found.subject.mailboxes == [PEOPLE["mailbox"]]
    for key in StateFolder(archive.folder / "state", "contoso").data_keys.iterdir():
        key.unlink()
    found = latest_record(archive.root, "contoso", "verify_send")
    assert found.subject.mailboxes[0].startswith("[mailbox-")


def test_the_operator_is_named_in_clear(archive):
    run = opened(archive)
    run.close("succeeded", NOON)
    operator = json.loads((run.data / "plan.json").read_bytes())["operator"]
    assert operator["user"]
    assert not operator["user"].startswith("[")


def test_a_member_named_as_the_customer_does_not_break_the_evidence(archive):
    run = opened(archive)
    owners = ["contoso", "sandbox", "site", "GET", run.run_id, TENANT, "verify_send", "passed", "schema", "Mailboxes"]
    run.append_step(step(before={"members": owners}))
    succeed(archive, run)
    assert Examination(archive.root).run().faults == []
    assert [record.verdict for record in run.records()] == ["failed"]
    assert run.about()["plan"]["group"]["name"] == "Mailboxes"


class Died(BaseException):
    pass


def test_dying_at_any_write_loses_nobody_and_leaves_no_half_that_verifies(archive, monkeypatch):
    for moment in range(1, 20):
        run, real, left = opened(archive, moment), taking.write_over, [moment]

        def dying(path, content, real=real, left=left):
            left[0] -= 1
            if not left[0]:
                raise Died
            real(path, content)

        monkeypatch.setattr(taking, "write_over", dying)
        died = False
        try:
            succeed(archive, run)
        except Died:
            died = True
        monkeypatch.setattr(taking, "write_over", real)
        assert run.closed is not died
        archive.with_key(archive.key)
        list(archive.sealer.settle("contoso", NOW))
        assert Examination(archive.root).run().faults == []
        assert traced_files(PEOPLE.values(), archive.root) == {}
        text = readable(run)
        assert [person for person in PEOPLE.values() if person not in text] == []
        assert "[mailbox-" not in text
        if not died:
            break
    else:
        pytest.fail("there was no end to the writes")


def test_a_secret_among_the_personal_data_keeps_the_run_open(archive):
    run = opened(archive)
    state = StateFolder(archive.folder / "state", "contoso")
    (sealed,) = state.data_keys.iterdir()
    identity = open_sealed(sealed).decode().splitlines()[-1]
    run.append_step(step(message=f"{identity[20:60]}@kanarie.example"))
    with pytest.raises(EvidenceError, match="a data key"):
        run.close("succeeded", NOON)
    assert not run.closed
    assert identity not in (run.folder / "not-closed.txt").read_text()


def test_a_run_that_left_its_personal_data_out_is_not_genuine(archive, monkeypatch):
    run = opened(archive)
    monkeypatch.setattr("graphmail.evidence.run.take", lambda *given: None)
    run.close("succeeded", NOON)
    assert "personal: missing" in " ".join(Examination(archive.root).run().faults)


@pytest.mark.parametrize("harm", ["flipped", "removed", "another run's"])
def test_a_mapping_that_was_touched_is_named(archive, harm):
    first, second = opened(archive, 1), opened(archive, 2)
    succeed(archive, first)
    succeed(archive, second)
    (file,) = (first.data / "personal").iterdir()
    if harm == "flipped":
        content = file.read_bytes()
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif harm == "removed":
        file.unlink()
    else:
        file.write_bytes((second.data / "personal" / file.name).read_bytes())
    faults = " ".join(Examination(archive.root).run().faults)
    assert file.name in faults
    assert first.run_id in faults


def test_a_mapping_of_another_run_opens_nothing(archive):
    first, second = opened(archive, 1), opened(archive, 2)
    succeed(archive, first)
    succeed(archive, second)
    (file,) = (first.data / "personal").iterdir()
    file.write_bytes((second.data / "personal" / file.name).read_bytes())
    assert "[mailbox-" in first.readable("plan.json")


def test_a_seal_says_which_files_the_personal_data_is_in(archive):
    run = opened(archive)
    succeed(archive, run)
    (file,) = (run.data / "personal").iterdir()
    names = [entry["name"] for entry in statement_of_files(run)["subject"]]
    assert f"bag/data/personal/{file.name}" in names

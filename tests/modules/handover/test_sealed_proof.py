"""A credential goes out on a proof that is as it was sealed, and on none that anybody could have written since."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.modules.handover.conftest import CEO, NAME, SUPPORT
from tests.unit.test_latest_record import made_green


def delivered(task):
    return list((task.state / "contoso" / "handover").iterdir())


def test_a_forged_proof_in_a_bag_made_anew_hands_nothing_over(task, prove, handover):
    run = prove(verdict="failed")
    made_green(run)
    message = task.failed(NAME, **handover)
    assert f"Run {run.run_id} of contoso is not what was sealed" in message
    assert "evidence verify" in message
    assert "prove anew with verify.yml" in message
    assert delivered(task) == []


def test_a_proof_of_another_run_counts_from_its_seal_on(task, prove, handover):
    run = prove(sealed=False)
    message = task.failed(NAME, **handover)
    assert f"{run.run_id}, is not sealed" in message
    assert "evidence seal" in message
    assert delivered(task) == []
    run.close("succeeded", datetime.now(UTC))
    assert task(NAME, **handover)["changed"]


def test_a_rotation_proves_anew_where_the_proof_is_not_sealed(task, prove, credential, handover):
    """Both credentials are there, and a run that was killed before its seal left the proof of the newer one."""
    newer = task("entra_application_password", application="kundo-mail", replaces=credential.key_id)
    prove(sealed=False, key_id=newer["key_id"])
    wanted = {"application": "kundo-mail", "mailboxes": [SUPPORT], "outside_mailbox": CEO}
    said = task("credential_rotation", **wanted, recipients=handover["recipients"])
    assert said["status"] == "prove"
    prove(key_id=newer["key_id"])
    assert task("credential_rotation", **wanted, recipients=handover["recipients"])["status"] == "hand_over"

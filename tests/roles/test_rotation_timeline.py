"""Make, verify, hand over, rotate, retire for the three example customers with real playbooks: whole timelines judged.

Secret to secret, secret to certificate, certificate to certificate.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from graphmail.handover.__main__ import receive
from graphmail.handover.opening import Opening
from graphmail.sealed import public_key
from tests.credential_timeline import moments, without_a_gap
from tests.roles.conftest import Operations
from tests.roles.test_rotate import Vendor
from tests.sandbox_process import CONTOSO, FABRIKAM, LITWARE

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]
TENANTS = {"contoso": CONTOSO, "fabrikam": FABRIKAM, "litware": LITWARE}
FIRST = {"contoso": "secret", "fabrikam": "secret", "litware": "certificate"}
THEN = {"contoso": "secret", "fabrikam": "certificate", "litware": "certificate"}


def want(ops: Operations, vendor: Vendor, kinds: dict[str, str]) -> None:
    def edit(entries: dict[str, Any]) -> None:
        for name, kind in kinds.items():
            entries[name].setdefault("credential", {})["kind"] = kind
            entries[name]["handover"] = {"recipients": [public_key(vendor.key)]}

    ops.change(edit)


def answers(ops: Operations, vendor: Vendor) -> dict[str, tuple[str, str]]:
    """Customer -> kind and key id of what was opened, tried and acknowledged."""
    found = {}
    for customer in TENANTS:
        (path,) = (ops.state(customer) / "handover").glob("*.age")
        opening = Opening.of(path, vendor.key)
        receive(opening.acknowledge(opening.prove(), datetime.now(UTC)), ops.inventory)
        credential = opening.parcel.credential
        found[customer] = (credential.kind, credential.key_id)
    return found


def statuses(run: Any) -> set[str]:
    told = {
        e.host: e.result["status"] for e in run.events if e.module == "credential_rotation" and "status" in e.result
    }
    assert told.keys() == TENANTS.keys()
    return set(told.values())


@pytest.mark.long
def test_no_customer_is_ever_without_one_nor_has_three(ops: Operations, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Vendor(ops, monkeypatch)
    want(ops, vendor, FIRST)
    site = ops.play("site.yml")
    assert site.failures() == {}, site.output
    old = answers(ops, vendor)
    want(ops, vendor, THEN)
    replacing = f"--extra-vars=rotation_replace={','.join(key_id for _kind, key_id in old.values())}"

    for expected in ("awaiting_receipt", "nothing"):
        run = ops.play("rotate.yml", replacing, "--extra-vars=rotation_grace=none")
        assert run.failures() == {}, run.output
        assert statuses(run) == {expected}
        new = answers(ops, vendor)

    assert {customer: kind.removeprefix("client_") for customer, (kind, _key_id) in new.items()} == THEN
    for customer, tenant in TENANTS.items():
        assert ops.record(customer, "rotation")["verdict"] == "passed"
        found = moments(ops.sandbox.ledger(tenant), ops.state(customer) / "journal.jsonl")
        assert without_a_gap(found) == 1
        assert {moment.key_id for moment in found} == {old[customer][1], new[customer][1]}

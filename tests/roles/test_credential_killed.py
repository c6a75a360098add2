"""onboard.yml and rotate.yml killed with SIGKILL, workers and all: the next run ends as one that nobody killed.

At one point of onboarding; at twenty of each with GRAPHMAIL_KILLS=all. tests/states kill everywhere, in-process.
"""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from graphmail.journal import Journal
from tests.credential_timeline import moments, without_a_gap
from tests.killed import ALL, shared, told
from tests.killed_process import Request, killed
from tests.roles.conftest import Operations
from tests.roles.test_rotate import Vendor, status, vendor, works
from tests.sandbox_process import CONTOSO

__all__ = ["vendor"]
pytestmark = [pytest.mark.playbook, pytest.mark.notebook]


def entries(ops: Operations, word: str) -> int:
    """How many intents or outcomes of that name the journal holds."""
    path = ops.state("contoso") / "journal.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return sum(f'"result": "{word}"' in line or f'"action": "{word}"' in line for line in lines)


def graph(method: str, path: str, when: str) -> Request:
    return Request("graph", method, path, when=when)


def cmdlet(name: str, when: str) -> Request:
    return Request("exchange", cmdlet=name, when=when)


# At a request, or as soon as the journal has one entry more of that name.
ONBOARDING: list[Request | str] = [
    graph("POST", "*/addPassword", "after"),
    "sealed",
    graph("GET", "*/organization*", "before"),
    *(graph("PATCH", "*/applications(uniquename=*", when) for when in ("before", "after")),
    *(graph("POST", "*/servicePrincipals", when) for when in ("before", "after")),
    *(cmdlet("New-DistributionGroup", when) for when in ("before", "after")),
    *(cmdlet("*DistributionGroupMember", when) for when in ("before", "after")),
    *(cmdlet("New-ApplicationAccessPolicy", when) for when in ("before", "after")),
    *(cmdlet("Test-ApplicationAccessPolicy", when) for when in ("before", "after")),
    *(graph("POST", "*/appRoleAssignedTo", when) for when in ("before", "after")),
    graph("POST", "*/addPassword", "before"),
    "addPassword",
    graph("GET", "*/applications*", "after"),
]
MAKING: list[Request | str] = [
    graph("POST", "*/addPassword", "after"),
    graph("POST", "*/addPassword", "before"),
    "addPassword",
    "sealed",
    graph("GET", "*/applications*", "before"),
    graph("GET", "*/applications*", "after"),
    cmdlet("Test-ApplicationAccessPolicy", "before"),
    graph("POST", "*/$batch", "before"),
    graph("POST", "*/sendMail", "before"),
    graph("POST", "*/sendMail", "after"),
    "send_probe_mail",
    "handover",
    "packed",
    "delivered",
]
REMOVING: list[Request | str] = [
    graph("POST", "*/removePassword", "after"),
    graph("POST", "*/removePassword", "before"),
    "acknowledged",
    "retired",
    graph("GET", "*/applications*", "after"),
    "dead",
]


def some(points: list[Request | str], number: int = 1) -> list[Request | str]:
    return shared(points) if ALL else points[:number]


def die(ops: Operations, playbook: str, at: Request | str, *arguments: str) -> None:
    if isinstance(at, Request):
        killed(ops, playbook, at, *arguments)
        return
    before = entries(ops, at)
    killed(ops, playbook, lambda: entries(ops, at) > before, *arguments)


def nothing_lost(ops: Operations) -> dict[str, Any]:
    """Of each secret on the app there is a sealed copy or an open intent; the app."""
    found = ops.sandbox.by_hand(CONTOSO, "GET", "/applications")["value"]
    app = next((a for a in found if a["uniqueName"] == "kundo-mail"), {"passwordCredentials": []})
    open_ = {intent.marker for intent in Journal(ops.state("contoso") / "journal.jsonl").open_intents()}
    sealed = {path.stem for path in ops.state("contoso").glob("credentials/**/*.age")}
    for secret in app["passwordCredentials"]:
        assert secret["keyId"] in sealed or secret["displayName"] in open_
    return dict(app)


def live(ops: Operations) -> list[str]:
    return [secret["keyId"] for secret in nothing_lost(ops)["passwordCredentials"]]


def test_onboarding_ends_as_an_uninterrupted_one(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso")
    admin = (ops.state("contoso") / "admin.age").read_bytes()
    for at in some(ONBOARDING):
        with told(at):
            ops.sandbox.reset(CONTOSO)
            shutil.rmtree(ops.state("contoso"))
            ops.state("contoso").mkdir(mode=0o700)
            (ops.state("contoso") / "admin.age").write_bytes(admin)

            die(ops, "onboard.yml", at)
            nothing_lost(ops)
            run = ops.play("onboard.yml")

            assert run.failures() == {}, run.output
            (only,) = live(ops)
            assert works(ops) == {only}
            again = ops.play("onboard.yml")
            assert (again.failures(), again.changed("contoso")) == ({}, [])


def through(ops: Operations, vendor: Vendor, old: str) -> None:
    """Run after run until there is nothing left to do."""
    for _ in range(4):
        run = ops.play("rotate.yml", *replacing(old))
        assert run.failures() == {}, run.output
        if status(run) == "nothing":
            return
        assert status(run) == "awaiting_receipt"
        assert vendor.answers() != old
    raise AssertionError("the rotation never ends")


def replacing(old: str) -> tuple[str, ...]:
    return f"--extra-vars=rotation_replace={old}", "--extra-vars=rotation_grace=none"


@pytest.mark.long
def test_a_rotation_ends_as_an_uninterrupted_one(ops: Operations, vendor: Vendor) -> None:
    site = ops.play("site.yml")
    assert site.failures() == {}, site.output
    old = vendor.answers()
    points = [(at, False) for at in some(MAKING)] + [(at, True) for at in some(REMOVING)]
    for at, acknowledged in points:
        with told(at):
            if acknowledged:
                assert status(ops.play("rotate.yml", *replacing(old))) == "awaiting_receipt"
                vendor.answers()
            die(ops, "rotate.yml", at, *replacing(old))
            nothing_lost(ops)

            through(ops, vendor, old)

            (new,) = live(ops)
            assert new != old
            assert works(ops) == {new}
            old = new
    removed = without_a_gap(moments(ops.sandbox.ledger(CONTOSO), ops.state("contoso") / "journal.jsonl"))
    assert removed >= len(points)

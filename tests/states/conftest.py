"""One sandbox with a tenant for each generated start state, and one operator's machine for all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from graphmail.customers import load
from graphmail.customers.schema import Customer
from graphmail.sealed import new_identity
from tests.sandbox_process import Sandbox, running
from tests.states.customer import CustomerOf
from tests.states.rotated import Rotated
from tests.states.start_state import Model, StartState, draw
from tests.states.tenants import inventory, tenants_file

# A third of them for each model and for the migration; 0 is a sample. All of them take some minutes:
# GRAPHMAIL_STATES=300 make test PYTEST_ARGS=tests/states
COUNT = int(os.environ.get("GRAPHMAIL_STATES", "0")) // 3


def states(model: Model) -> list[StartState]:
    return [draw(model, number) for number in range(COUNT or 8)]


@dataclass(frozen=True, slots=True)
class Machine:
    """The sandbox, the inventory, and where an operator's state lies."""

    sandbox: Sandbox
    folder: Path
    customers: dict[StartState, Customer]


@pytest.fixture(scope="module")
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """With a tenant for each of the module's STATES."""
    wanted: list[StartState] = request.module.STATES
    folder = tmp_path_factory.mktemp("states")
    tenants, entries = folder / "tenants.yml", folder / "inventory.yml"
    tenants.write_text(yaml.safe_dump(tenants_file(wanted)))
    entries.write_text(yaml.safe_dump(inventory(wanted), sort_keys=False))
    new_identity(folder / "identity")
    customers = dict(zip(wanted, load(entries).customers.values(), strict=True))
    with running(folder, tenants, "--in-memory") as sandbox:
        yield Machine(sandbox, folder, customers)


@pytest.fixture
def customer_of(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Callable[[StartState], CustomerOf]:
    """Make a tenant's start state; answers the customer whose it is."""
    monkeypatch.setenv("GRAPHMAIL_SANDBOX", str(machine.sandbox.path))
    monkeypatch.setenv("GRAPHMAIL_STATE", str(machine.folder / "state"))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(machine.folder / "identity"))
    monkeypatch.setenv("GRAPHMAIL_EVIDENCE", str(machine.folder / "evidence"))

    def customer(state: StartState) -> CustomerOf:
        made = CustomerOf(machine.sandbox, state, machine.customers[state], machine.folder, monkeypatch)
        made.hand.begin(state)
        return made

    return customer


@pytest.fixture
def rotated(request: pytest.FixtureRequest, customer_of: Callable[[StartState], CustomerOf]) -> Iterator[Rotated]:
    """The module's first customer; afterwards it is as nobody had touched it, its entry in the inventory too."""
    customer = customer_of(request.module.STATES[0])
    text = customer.inventory.read_text()
    yield Rotated(customer)
    customer.inventory.write_text(text)  # what a test wants of it is no other test's
    customer.sandbox.reset(customer.names.tenant)
    customer.forget()

"""docs/sandbox.md says what is emulated, and no more."""

from __future__ import annotations

from graphmail.sandbox.control.listed import PAGES
from graphmail.sandbox.coverage import fill
from graphmail.sandbox.entra.routes import ROUTES as ENTRA
from graphmail.sandbox.exchange.routes import CMDLETS
from graphmail.sandbox.exchange.routes import ROUTES as EXCHANGE
from graphmail.sandbox.graph.routes import ROUTES as GRAPH
from tests.sandbox_process import ROOT

DOCUMENT = (ROOT / "docs" / "sandbox.md").read_text()


def test_tables_are_those_of_the_routes():
    assert fill(DOCUMENT) == DOCUMENT, "run: python -m graphmail.sandbox.coverage docs/sandbox.md"


def test_every_route_cmdlet_and_page_is_mentioned_with_its_source():
    for route in [*ENTRA, *GRAPH, *EXCHANGE]:
        assert f"`{route.template.removesuffix('()')}`" in DOCUMENT
        assert route.source, route.template
    assert all(f"`{c.name}`" in DOCUMENT for c in CMDLETS.values())
    assert all(f"`{path}`" in DOCUMENT for _, path, _ in PAGES)


def test_architecture_names_every_control_page():
    architecture = (ROOT / "docs" / "architecture.md").read_text().replace("{id}", "{tenant}")
    for _, path, _ in PAGES:
        assert path.rpartition("/")[2].replace("{address}", "mailboxes") in architecture

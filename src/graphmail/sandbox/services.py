"""The emulated services, wired to one world."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp

from graphmail.sandbox.bearer import BearerGate
from graphmail.sandbox.entra.dialect import EntraDialect
from graphmail.sandbox.entra.gate import EntraGate
from graphmail.sandbox.entra.resources import audiences_of
from graphmail.sandbox.entra.routes import ROUTES as ENTRA
from graphmail.sandbox.exchange.routes import ROUTES as EXCHANGE
from graphmail.sandbox.exchange_dialect import ExchangeDialect
from graphmail.sandbox.graph.errors import GraphDialect
from graphmail.sandbox.graph.routes import ROUTES as GRAPH
from graphmail.sandbox.service import Service
from graphmail.sandbox.shell import Shell
from graphmail.sandbox.store import World
from graphmail.sandbox.well_known import EXCHANGE_APP_ID, GRAPH_APP_ID

# learn.microsoft.com/graph/api/user-list-messages and public traces of answers.
ODATA = {
    "Content-Type": "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;"
    "charset=utf-8",
    "OData-Version": "4.0",
}


@dataclass(slots=True)
class Services:
    entra: Service
    graph: Service
    exchange: Service
    apps: dict[str, ASGIApp]

    def named(self, name: str) -> Service:
        """KeyError: no such service."""
        return {"entra": self.entra, "graph": self.graph, "exchange": self.exchange}[name]


def make_services(world: World, roots: dict[str, str]) -> Services:
    """Make the services; `roots` has the URL of each: login, graph, exchange."""
    entra = Service("entra", ENTRA, EntraDialect())
    graph = Service("graph", GRAPH, GraphDialect(), prefix="/v1.0")
    exchange = Service("exchange", EXCHANGE, ExchangeDialect())
    entra.root, graph.root, exchange.root = roots["login"], roots["graph"], roots["exchange"]
    graph_gate = BearerGate(world, audiences_of(GRAPH_APP_ID), graph.dialect.unauthorized)
    exchange_gate = BearerGate(world, audiences_of(EXCHANGE_APP_ID), exchange.dialect.unauthorized)
    ids = {"request-id": "", "client-request-id": ""}
    of_graph = ids | {"x-ms-ags-diagnostic": '{"ServerInfo":{"Ring":"sandbox"}}'}
    apps: dict[str, ASGIApp] = {
        "login": Shell(entra, world, EntraGate(world), {"x-ms-request-id": ""}),
        "graph": Shell(graph, world, graph_gate, of_graph, ODATA),
        "exchange": Shell(exchange, world, exchange_gate, ids),
    }
    return Services(entra, graph, exchange, apps)

"""An app registration in directory/deletedItems, where it stays for 30 days and keeps its `uniqueName`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphmail.clock import poll
from graphmail.keyed_create import PATIENCE
from graphmail.resources.application_reference import application_path
from graphmail.retry import Operation
from graphmail.tenant import Tenant


@dataclass(frozen=True, slots=True)
class DeletedApplication:
    """`application` as it was last read. https://learn.microsoft.com/graph/api/resources/directory."""

    tenant: Tenant
    application: dict[str, Any]

    @property
    def _path(self) -> str:
        return f"/directory/deletedItems/{self.application['id']}"

    def purge(self) -> None:
        """For good. Returns when it is to be seen no more; one that was just deleted may take a while to appear."""
        graph = self.tenant.graph
        if graph.find(f"/applications/{self.application['id']}") or graph.find(self._path):
            poll(self.tenant.clock, lambda: graph.find(self._path), PATIENCE, "the deleted app to be found")
        graph.delete(self._path)
        gone = "the purged app to be gone"
        poll(self.tenant.clock, lambda: None if graph.find(self._path) else True, PATIENCE, gone)

    def restore(self) -> None:
        """With its credentials; returns when it can be read under its client id again."""
        self.tenant.graph.call(Operation.IDEMPOTENT, "POST", f"{self._path}/restore")
        path = application_path("", self.application["appId"])
        poll(self.tenant.clock, lambda: self.tenant.graph.find(path), PATIENCE, "the restored app to be readable")

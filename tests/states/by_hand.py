"""Brings a tenant from its tenants file to its start state: what only cmdlets and portals make."""

from __future__ import annotations

from typing import Any

from tests.sandbox_process import Sandbox
from tests.states.start_state import StartState
from tests.states.tenants import GROUP, Names

ROLES = ("Application Mail.Send", "Application Mail.ReadWrite")


class ByHand:
    """Somebody with all rights, in one tenant."""

    def __init__(self, sandbox: Sandbox, names: Names) -> None:
        self.sandbox = sandbox
        self.names = names

    def graph(self, method: str, path: str, body: Any = None) -> Any:
        return self.sandbox.by_hand(self.names.tenant, method, path, body)

    def cmdlet(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.sandbox.by_hand(self.names.tenant, cmdlet=name, parameters=parameters)
        return list((answer or {}).get("value", ()))

    def begin(self, state: StartState) -> None:
        """Make it, and let so much time pass that every cache and lag has seen it."""
        self._foreign()
        principal = f"/servicePrincipals(appId='{self.names.client_id}')"
        if state.app == "deleted":
            self.graph("DELETE", f"/applications(appId='{self.names.client_id}')")
        if state.has_app and state.principal == "disabled":
            self.graph("PATCH", principal, {"accountEnabled": False})
        self._policy(state.policy)
        if state.roles != "none":
            self._roles(state.roles, self.graph("GET", principal)["id"])
        self.settle()

    def settle(self) -> None:
        """Longer than the longest cache of the data plane."""
        self.sandbox.advance(self.names.tenant, 8000)

    def policy(self, client_id: str, group: str, right: str = "RestrictAccess") -> None:
        wanted = {"AppId": [client_id], "PolicyScopeGroupId": group, "AccessRight": right, "Description": "by hand"}
        self.cmdlet("New-ApplicationAccessPolicy", **wanted)

    def assign(self, name: str, object_id: str, role: str, **scope: Any) -> None:
        self.cmdlet("New-ManagementRoleAssignment", Name=name, App=object_id, Role=role, **scope)

    def pointer(self, client_id: str, object_id: str, name: str) -> None:
        self.cmdlet("New-ServicePrincipal", AppId=client_id, ObjectId=object_id, DisplayName=name)
        self.sandbox.advance(self.names.tenant, 10)

    def _foreign(self) -> None:
        """Payroll is confined by a policy, the other customer's app by Exchange's roles."""
        names = self.names
        self.policy(names.guid("c001"), "Finance")
        other = self.graph("GET", f"/servicePrincipals(appId='{names.guid('c002')}')")["id"]
        self.pointer(names.guid("c002"), other, "Kundo Mail 2")
        self.assign("kundo-mail-2 Application Mail.Send", other, ROLES[0], RecipientGroupScope=f"{GROUP} 2")

    def _policy(self, kind: str) -> None:
        group = GROUP if kind in ("ours", "deny_group") else "Finance"
        if kind != "none":
            right = "DenyAccess" if kind.startswith("deny") else "RestrictAccess"
            self.policy(self.names.client_id, group, right)

    def _roles(self, kind: str, object_id: str) -> None:
        self.pointer(self.names.client_id, object_id, "Kundo")
        if kind in ("partial", "whole"):
            self.assign("kundo-mail Application Mail.Send", object_id, ROLES[0], RecipientGroupScope=GROUP)
        if kind == "whole":
            self.assign("made by hand", object_id, ROLES[1], RecipientGroupScope=GROUP)
        if kind == "elsewhere":
            self.assign("for finance", object_id, ROLES[0], RecipientGroupScope="Finance")
        if kind == "unscoped":
            self.assign("everywhere", object_id, ROLES[1])

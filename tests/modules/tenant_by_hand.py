"""One tenant as a person with all rights sees and changes it, without our client."""

from __future__ import annotations

from typing import Any

from tests.sandbox_process import CONTOSO, Sandbox

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE_ONLINE = "00000002-0000-0ff1-ce00-000000000000"
GROUP = "Kundo Mail mailboxes"


class TenantByHand:
    def __init__(self, sandbox: Sandbox, tenant: str = CONTOSO) -> None:
        self.sandbox = sandbox
        self.tenant = tenant

    def graph(self, method: str, path: str, body: Any = None) -> Any:
        return self.sandbox.by_hand(self.tenant, method, path, body)

    def cmdlet(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.sandbox.by_hand(self.tenant, cmdlet=name, parameters=parameters)
        return list((answer or {}).get("value", ()))

    # What is there

    def apps(self) -> list[dict[str, Any]]:
        """App registrations named Kundo Mail, or made as `kundo-mail`."""
        found = self.graph("GET", "/applications")["value"]
        return [a for a in found if a["uniqueName"] == "kundo-mail" or a["displayName"] == "Kundo Mail"]

    def app(self) -> dict[str, Any]:
        (app,) = self.apps()
        return app

    def principals(self) -> list[dict[str, Any]]:
        ids = [app["appId"] for app in self.apps()]
        return [p for p in self.graph("GET", "/servicePrincipals")["value"] if p["appId"] in ids]

    def principal(self) -> dict[str, Any]:
        (principal,) = self.principals()
        return principal

    def consents(self) -> list[str]:
        """Names of the Graph permissions that the app has."""
        names = {role["id"]: role["value"] for role in self._resource(GRAPH)["appRoles"]}
        granted = self.graph("GET", f"/servicePrincipals/{self.principal()['id']}/appRoleAssignments")["value"]
        return sorted(names.get(grant["appRoleId"], grant["appRoleId"]) for grant in granted)

    def secrets(self) -> list[dict[str, Any]]:
        return list(self.app()["passwordCredentials"])

    def groups(self) -> list[dict[str, Any]]:
        return [g for g in self.cmdlet("Get-DistributionGroup", ResultSize="Unlimited") if g["Name"] == GROUP]

    def members(self) -> list[str]:
        rows = self.cmdlet("Get-DistributionGroupMember", Identity=GROUP, ResultSize="Unlimited")
        return sorted(row["PrimarySmtpAddress"] for row in rows)

    def policies(self) -> list[dict[str, Any]]:
        return self.cmdlet("Get-ApplicationAccessPolicy")

    # What somebody does

    def grant(self, role: str, resource: str = GRAPH) -> None:
        """Consent to a permission for the app."""
        self._assign(self.principal()["id"], role, resource)

    def withdraw(self, right: str) -> None:
        """Take a permission away from the admin app that ops signs in with; tokens minted from now on lack it."""
        admin = self.sandbox.json["admins"][self.tenant]["client_id"]
        principal = self.graph("GET", f"/servicePrincipals(appId='{admin}')")
        for resource in (GRAPH, EXCHANGE_ONLINE):
            for role in self._resource(resource)["appRoles"]:
                if role["value"] == right:
                    self._unassign(principal["id"], role["id"])
        self.settled()

    def settled(self) -> None:
        """Every lag is over, and what was written so far is forgotten."""
        self.sandbox.settle(self.tenant)
        self.sandbox.mark()

    def add_member(self, address: str) -> None:
        self.cmdlet("Add-DistributionGroupMember", Identity=GROUP, Member=address)
        self.settled()

    def _resource(self, app_id: str) -> dict[str, Any]:
        return dict(self.graph("GET", f"/servicePrincipals(appId='{app_id}')"))

    def _assign(self, principal_id: str, role: str, resource_app_id: str) -> None:
        resource = self._resource(resource_app_id)
        role_id = next(r["id"] for r in resource["appRoles"] if r["value"] == role)
        body = {"principalId": principal_id, "resourceId": resource["id"], "appRoleId": role_id}
        self.graph("POST", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", body)

    def _unassign(self, principal_id: str, role_id: str) -> None:
        path = f"/servicePrincipals/{principal_id}/appRoleAssignments"
        for grant in self.graph("GET", path)["value"]:
            if grant["appRoleId"] == role_id:
                self.graph("DELETE", f"{path}/{grant['id']}")

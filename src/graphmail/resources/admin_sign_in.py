"""An administrator signs in for this run, and what that leaves is forgotten when the run has done its work."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from graphmail.customer_state import read_after
from graphmail.errors import TenantError
from graphmail.person import FLOWS
from graphmail.resource import Info, Option, Values
from graphmail.resources.preflight import Findings
from graphmail.resources.preflight_rights import person_has
from graphmail.rights import RIGHTS, role_names
from graphmail.tenant import Tenant


class AdminSignIn(Info):
    """https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code; changes nothing in the tenant."""

    name = "admin_sign_in"
    permissions = ("Organization.Read.All",)
    options: ClassVar = {
        # The scopes it must have; and of these, whose directory role the person must have too.
        "permissions": Option("scp", {"type": "list", "elements": "str", "choices": [*RIGHTS], "default": []}),
        "as_person": Option("wids", {"type": "list", "elements": "str", "choices": [*RIGHTS], "default": []}),
        "state": Option("", {"type": "str", "choices": ["present", "absent"], "default": "present"}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        admin = tenant.connection["admin"]
        if admin.get("kind") not in FLOWS:
            raise TenantError(
                "Nobody signs in here", expected=f"admin.kind {' or '.join(FLOWS)}", found=str(admin.get("kind"))
            )
        sealed = Path(admin["sealed"])
        if params["state"] == "absent":
            try:
                # Nobody can read what is there now once the sign-in is gone.
                read_after(tenant)
            finally:
                if not tenant.run.check_mode:
                    sealed.unlink(missing_ok=True)
            return {"username": "", "roles": []}
        findings = Findings(tenant)
        token = person_has(tenant, findings, [RIGHTS[n] for n in params["permissions"]], params["as_person"])
        findings.raise_all()
        tenant.pin()
        return {"username": tenant.person, "roles": role_names(token.directory_roles) if token else []}

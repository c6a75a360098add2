"""All application access policies of one app: the one of its group, and others, which widen or narrow what it does."""

from __future__ import annotations

from dataclasses import dataclass

from graphmail.errors import TenantError
from graphmail.exchange import Cmdlet, Row
from graphmail.tenant import Tenant

POLICIES = Cmdlet("Get-ApplicationAccessPolicy", {})
RESTRICT = "RestrictAccess"


@dataclass(frozen=True, slots=True)
class AccessPolicies:
    """`of_group` is the policy for the app's own group; an app may use the mailboxes of all its groups together.

    https://learn.microsoft.com/exchange/permissions-exo/application-access-policies
    """

    of_group: Row | None
    others: list[Row]

    @classmethod
    def of(cls, tenant: Tenant, client_id: str, group: Row | None, name: str = "") -> AccessPolicies:
        """`group` as Exchange has it, None where it is gone or not made yet; `name` is what one was called.

        Without it: no policy is for a group that is yet to be made, also not one for a deleted group of the same name.
        """
        (answer,) = tenant.exchange.batch([POLICIES])
        mine = [row for row in answer.value() if str(row.get("AppId", "")).lower() == client_id.lower()]
        of_group = next((row for row in mine if policy_is_for(row, group, name)), None)
        return cls(of_group, [row for row in mine if row is not of_group])

    @property
    def widening(self) -> list[str]:
        """Names of other groups whose mailboxes the app may use."""
        return [str(row.get("ScopeName")) for row in self.others if row.get("AccessRight") == RESTRICT]

    def refuse_widening(self, application: str, group: str) -> None:
        """Raise TenantError when the app may use more than the group: before it gets any consent."""
        if self.widening:
            raise TenantError(
                f"App {application!r} is given more mailboxes than those of group {group!r}",
                expected=f"no other policy of the app with {RESTRICT}",
                found=f"{RESTRICT} for {', '.join(map(repr, self.widening))}",
                remedy="see who needs it; then Get-ApplicationAccessPolicy and Remove-ApplicationAccessPolicy it",
            )

    def refuse_other_kind(self, application: str, group: str) -> None:
        """Raise TenantError when the group's own policy shuts out: its right cannot be changed."""
        if self.of_group and self.of_group.get("AccessRight") != RESTRICT:
            raise TenantError(
                f"The policy of app {application!r} for group {group!r} is of another kind",
                expected=RESTRICT,
                found=str(self.of_group.get("AccessRight")),
                remedy="remove it in Exchange; a right cannot be changed, and removing opens mailboxes",
            )


def policy_is_for(policy: Row, group: Row | None, name: str) -> bool:
    """Whether the policy is for that group: `ScopeIdentityRaw` ends with its object id; one that is gone has a name."""
    if group is None:
        return bool(name) and name.lower() in {str(policy.get(n, "")).lower() for n in ("ScopeName", "ScopeIdentity")}
    scope = str(policy.get("ScopeIdentityRaw", "")).rpartition(";")[2].lower()
    return scope == str(group["ExternalDirectoryObjectId"]).lower()

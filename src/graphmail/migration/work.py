"""What each step does. Each may be done again after it was interrupted anywhere, and looks before it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from graphmail.access_models import DEFAULT, MAIL_ROLES, MODELS
from graphmail.errors import DeadlineExceeded, ServiceFailure, TenantError, TokenError
from graphmail.migration.progress import Progress
from graphmail.migration.standing import Standing
from graphmail.migration.steps import Route
from graphmail.resource import Values
from graphmail.resources.entra_app_role_assignment import AppRoleAssignment
from graphmail.resources.exo_application_access_info import access_results
from graphmail.resources.exo_application_access_policy import ApplicationAccessPolicy
from graphmail.resources.exo_management_role_assignment import (
    PREFIX,
    ManagementRoleAssignment,
    application_assignments,
    assignment_name,
    shown_assignment,
)
from graphmail.resources.exo_service_principal import ExchangeServicePrincipal, pointer_row
from graphmail.resources.group_reference import referred_group
from graphmail.tenant import Tenant

RBAC = "rbac"
AGAIN = "run migrate.yml again later: it goes on from here"


class Red(TenantError):
    """A step is not as it must be. `route` is the way back where the step's own does not do."""

    def __init__(self, problem: str, *, found: str = "", remedy: str = "", route: Route | None = None) -> None:
        self.route = route
        super().__init__(problem, found=found, remedy=remedy)


def is_red(error: TenantError) -> bool:
    """Whether the error decides that this step fails, and not only that nobody answered or nobody may look."""
    if isinstance(error, ServiceFailure):
        return not isinstance(error, TokenError) and error.status not in (401, 429) and error.status < 500
    # Its other kinds tell of outages, deadlines, another tenant or this machine; the plain one is a refusal of ours.
    return isinstance(error, Red) or type(error) is TenantError


@dataclass(slots=True)
class Done:
    """What came of a step; `missing` is what it still waits for, empty where it is done."""

    missing: str = ""
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)
    changed: bool = False

    def add(self, result: Values) -> None:
        self.changed |= result["changed"]
        if result["changed"]:
            self.before |= result["diff"]["before"]
            self.after |= result["diff"]["after"]


class Work:
    """One step of one customer. `params` are the module's."""

    def __init__(self, tenant: Tenant, params: Values, progress: Progress) -> None:
        self._tenant = tenant
        self._params = params
        self._progress = progress
        self._before = progress.before
        self._client_id = progress.before.client_id
        self._app = {"application": params["application"], "client_id": params.get("client_id")}

    def do(self) -> Done:
        """Take the step. Raises Red, and what the tenant's refusal raises."""
        steps: dict[str, Callable[[], Done]] = {
            "grant": self._grant,
            "test": self._test,
            "revoke": self._revoke,
            "prove": lambda: self._prove(RBAC),
            "unrestrict": self._unrestrict,
            "prove_again": lambda: self._prove(RBAC, alone=True),
            "restrict": self._restrict,
            "consent": self._consent,
            "prove_consent": lambda: self._prove(self._model_before),
            "withdraw": self._withdraw,
            "prove_before": lambda: self._prove(self._model_before),
        }
        return steps[self._progress.name]()

    @property
    def _model_before(self) -> str:
        return DEFAULT if self._before.consents else RBAC

    @property
    def _mailboxes(self) -> list[str]:
        return [*self._params["mailboxes"], self._params["outside_mailbox"]]

    def _grant(self) -> Done:
        done = Done()
        done.add(ExchangeServicePrincipal().run(self._tenant, dict(self._app)))
        # Whoever holds a credential that was there before reaches the same mailboxes by consent.
        roles = self._app | {"roles": sorted(MAIL_ROLES), "known_credentials": list(self._before.key_ids)}
        roles["group"] = self._progress.group
        done.add(ManagementRoleAssignment().run(self._tenant, roles))
        return done

    def _test(self) -> Done:
        """It proves configuration, and sees no consent: that is what makes it of use here."""
        mailboxes, outside = self._params["mailboxes"], self._params["outside_mailbox"]
        told = access_results(self._tenant, MODELS[RBAC], self._client_id, self._mailboxes)
        wrong = [f"{m}: {told[m]}" for m in mailboxes if told[m] != "Granted"]
        wrong += [f"{outside}: {told[outside]}"] if told[outside] != "Denied" else []
        return Done(f"Exchange's test to agree ({'; '.join(wrong)})" if wrong else "")

    def _revoke(self) -> Done:
        # Hours lie between the first test and this.
        if missing := self._test().missing:
            raise Red("Exchange's roles changed during the hold", found=missing)
        done = Done()
        done.add(self._no_consent())
        return done

    def _unrestrict(self) -> Done:
        if (now := Standing.of(self._tenant, self._params)) is None or now.consents:
            # Without the policy it would count for every mailbox.
            raise Red(
                "Somebody consented again in Entra",
                found=", ".join(now.consents) if now else "no app",
                route="back_from_consent",
            )
        done = Done()
        done.add(self._policy("absent"))
        return done

    def _restrict(self) -> Done:
        done = Done()
        now = Standing.of(self._tenant, self._params)
        if now and now.consents and not now.policy:
            # Somebody consented, and nothing confines it. Exchange's roles still let the members in.
            done.add(self._no_consent())
        if self._before.policy:
            done.add(self._policy("present"))
        return done

    def _no_consent(self) -> Values:
        return AppRoleAssignment().run(self._tenant, self._app | {"roles": [], "known_credentials": []})

    def _policy(self, state: str) -> Values:
        options = {"access_right": "RestrictAccess", "description": " ", "group": self._progress.group, "state": state}
        return ApplicationAccessPolicy().run(self._tenant, self._app | options)

    def _consent(self) -> Done:
        if self._before.consents:
            now = Standing.of(self._tenant, self._params)
            if now is None or not now.policy:
                raise Red("There is no policy that would confine the consent", route="back_from_policy")
        done = Done()
        # Whoever holds a credential that was there before had this consent too.
        wanted = {"roles": list(self._before.consents), "known_credentials": list(self._before.key_ids)}
        done.add(AppRoleAssignment().run(self._tenant, self._app | wanted))
        return done

    def _prove(self, model: str, *, alone: bool = False) -> Done:
        from graphmail.migration import proof

        seen = proof.look(self._tenant, self._params, model, self._client_id, alone=alone)
        wait = self._progress.wait
        over = wait is not None and self._tenant.clock.now() >= wait.until
        if not seen.missing or over:
            proof.record(self._tenant, self._params, self._progress.name, seen)
        if seen.missing and over:
            # What does not answer decides nothing: raises what Exchange answers.
            access_results(self._tenant, MODELS[model], self._client_id, self._mailboxes)
            if not seen.answered:
                raise DeadlineExceeded("Graph does not answer the proof", found=seen.missing, remedy=AGAIN)
        return Done(seen.missing)

    def _withdraw(self) -> Done:
        """Take away what was made here, and nothing else."""
        pointer = pointer_row(self._tenant, self._client_id)
        if pointer is None:
            return Done()
        done = Done()
        group = referred_group(self._tenant, self._progress.group, absent=True)
        rows = application_assignments(self._tenant, str(pointer["ObjectId"]))
        held = {str(row["Name"]): shown_assignment(row, group) for row in rows}
        ours = {assignment_name(self._params["application"], PREFIX + role) for role in MAIL_ROLES}
        made = {name for name in held if name in ours and name not in self._before.assignments}
        for name in sorted(made):
            self._tenant.exchange.remove("Remove-ManagementRoleAssignment", Identity=name)
        left = {name: shown for name, shown in held.items() if name not in made}
        if not self._before.pointer and not left:
            self._tenant.exchange.remove("Remove-ServicePrincipal", Identity=str(pointer["ObjectId"]))
        elif not self._before.pointer:
            self._tenant.warn(f"Exchange's service principal stays: {', '.join(left)} was not made here")
        before, after = {"assignments": sorted(held.values())}, {"assignments": sorted(left.values())}
        done.add({"changed": bool(made), "diff": {"before": before, "after": after}})
        return done

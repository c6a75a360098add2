"""The facts of one customer, read once and in few requests: as the admin what is configured, as the app what works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphmail.access_models import MODELS
from graphmail.customers import Customer
from graphmail.diagnosis.exchange_side import ExchangeSide
from graphmail.diagnosis.facts import Facts, MailboxFacts, Object, SignIn, Stored
from graphmail.diagnosis.looks import Looks, then
from graphmail.diagnosis.sayings import application, enabled, names, values
from graphmail.diagnosis.seen import Seen
from graphmail.diagnosis.watch import Watch
from graphmail.errors import TenantError, WrongTenant
from graphmail.graph import Graph
from graphmail.live_credential import newest_credential
from graphmail.mailflow.plane_probe import Answer, read_probe, send_probe
from graphmail.reach import Consent, consents_of
from graphmail.resources.application_reference import application_path, service_principal_path
from graphmail.tenant import ORGANIZATION, Tenant, user_path

APP_MANAGEMENT = "/policies/defaultAppManagementPolicy"
DELETED = "/directory/deletedItems/microsoft.graph.application"


Probe = Callable[[Graph, str], Answer]


class Gathering:
    """`admin` refuses every write; `app` is the same tenant for what the app itself tries."""

    def __init__(self, admin: Tenant, app: Tenant, customer: Customer, watch: Watch) -> None:
        self._admin = admin
        self._app = app
        self._customer = customer
        self._watch = watch

    def facts(self) -> Facts:
        """Look at everything. Raises nothing for what a tenant does or refuses."""
        self._looks = Looks(self._watch)
        self._watch.throttled.clear()
        stored, graph, token = self._sign_in()
        directory = self._directory(stored.got.client_id if stored.got else "")
        client_id = self._client_id(stored, directory["application"])
        exchange = ExchangeSide(self._looks, self._admin, self._customer, client_id)
        of_app, of_mailboxes = exchange.of_app(), exchange.of_mailboxes()
        mailboxes = tuple(
            MailboxFacts(address=address, users=directory[address], **seen, **self._probes(address, graph))
            for address, seen in of_mailboxes.items()
        )
        return Facts(
            now=self._admin.clock.now(),
            customer=self._customer,
            model=MODELS[self._customer.access],
            client_id=client_id,
            stored=stored,
            token=token,
            **{name: directory[name] for name in ("organization", "application", "deleted", "secrets_policy")},
            **self._principal(client_id),
            **of_app,
            mailboxes=mailboxes,
            throttled=tuple(self._watch.throttled),
        )

    def _sign_in(self) -> tuple[Seen[Stored], Graph | None, Seen[SignIn]]:
        credential = None

        def stored() -> Stored:
            nonlocal credential
            credential = newest_credential(self._app, proof=self._customer.proof_credential)
            return Stored(credential.client_id, credential.key_id, credential.expires)

        def say(found: Stored) -> str:
            return f"key {found.key_id}" + (f", expires on {found.expires:%Y-%m-%d}" if found.expires else "")

        asked = "the newest sealed credential"
        seen = self._looks.at("state", asked, stored, say)
        graph: Graph | None = None

        def sign_in() -> SignIn:
            nonlocal graph
            if credential is None:
                raise seen.error or TenantError("There is no credential")
            graph = self._app.as_mail_app(credential)
            token = graph.token(True)
            claims = token.claims
            return SignIn(token.roles, str(claims.get("tid", "")).lower())

        def roles(found: SignIn) -> str:
            return f"a token; permissions in it: {', '.join(sorted(found.roles)) or 'none'}"

        token = self._looks.at("sign-in", "POST token, as the app", sign_in, roles)
        return seen, graph if token.read else None, token

    def _directory(self, client_id: str) -> dict[str, Seen[Any]]:
        named = application_path(self._customer.app.unique_name, client_id or self._customer.app.client_id)
        paths = [
            (ORGANIZATION, "GET /organization", lambda body: names(values(body), "id")),
            (named, f"GET {named}", application),
            (DELETED, f"GET {DELETED}", lambda body: f"{len(body['value'])} deleted"),
            (APP_MANAGEMENT, f"GET {APP_MANAGEMENT}", lambda body: f"isEnabled {body.get('isEnabled')}"),
            *(
                (user_path(mailbox), f"GET /users, {mailbox}", lambda body: names(values(body), "userPrincipalName"))
                for mailbox in self._customer.mailboxes
            ),
        ]
        seen = self._looks.graph(self._admin.graph, paths)
        organization, app, deleted, policy, *users = seen
        found = {
            "organization": self._confirmed(then(organization, values)),
            "application": app,
            "deleted": then(deleted, values),
            "secrets_policy": then(policy, lambda body: body or {}),
        }
        return found | {m: then(u, values) for m, u in zip(self._customer.mailboxes, users, strict=True)}

    def _confirmed(self, organization: Seen[list[Object]]) -> Seen[list[Object]]:
        if not organization.read:
            return organization
        try:
            self._admin.confirm(organization.value)
        except WrongTenant as error:
            return Seen(organization.asked, f"{error.problem}; {error.found}", error=error)
        return organization

    def _client_id(self, stored: Seen[Stored], application: Seen[Object | None]) -> str:
        told = stored.got.client_id if stored.got else self._customer.app.client_id
        return str(told or (application.got or {}).get("appId") or "")

    def _principal(self, client_id: str) -> dict[str, Seen[Any]]:
        asked = service_principal_path(client_id)
        grants = f"GET {asked}/appRoleAssignments"
        (principal,) = self._looks.graph(self._admin.graph, [(asked, f"GET {asked}", enabled)])
        if not principal.read:
            return {"principal": principal, "consents": Seen(grants, principal.answer, error=principal.error)}

        def look() -> list[Consent]:
            return consents_of(self._admin, client_id) if principal.got else []

        consents = self._looks.at("graph", grants, look, lambda found: ", ".join(c.role for c in found) or "none")
        return {"principal": principal, "consents": consents}

    def _probes(self, address: str, graph: Graph | None) -> dict[str, Seen[Any]]:
        """All that is tried in a mailbox."""
        return {
            "read": self._probe(f"GET inbox?$select=id of {address}, as the app", read_probe, address, graph),
            "send": self._probe(
                f"POST sendMail without receivers from {address}, as the app", send_probe, address, graph
            ),
        }

    def _probe(self, asked: str, probe: Probe, address: str, graph: Graph | None) -> Seen[Answer]:
        if graph is None:
            error = TenantError("Not tried, since the app did not sign in")
            return Seen(asked, error.problem, error=error)
        signed_in = graph

        def say(answer: Answer) -> str:
            return f"{answer}: {answer.message}" if answer.message else str(answer)

        seen = self._looks.at("graph as the app", asked, lambda: probe(signed_in, address), say)
        if seen.got and (seen.got.status == 0 or seen.got.status >= 500):
            self._looks.shut("graph as the app", TenantError(f"Graph gave {seen.got} to an earlier probe"))
        return seen

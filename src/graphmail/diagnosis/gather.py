"""The facts of one customer, read once and in few requests: as the admin what is configured, as the app what works."""

from __future__ import annotations

from typing import Any

from graphmail.access_models import MODELS, Tested
from graphmail.customers import Customer
from graphmail.diagnosis.facts import Facts, MailboxFacts, Object, SignIn, Stored
from graphmail.diagnosis.looks import Looks, then
from graphmail.diagnosis.seen import Seen
from graphmail.diagnosis.watch import Watch
from graphmail.errors import TenantError, WrongTenant
from graphmail.exchange import Cmdlet, CmdletAnswer, Row
from graphmail.graph import Graph
from graphmail.live_credential import newest_credential
from graphmail.mailflow.plane_probe import Answer, read_probe, send_probe
from graphmail.reach import Consent, consents_of
from graphmail.resources.access_policies import POLICIES
from graphmail.resources.application_reference import application_path, service_principal_path
from graphmail.resources.exo_distribution_group import group_reads
from graphmail.resources.exo_management_role_assignment import application_assignments
from graphmail.resources.exo_service_principal import POINTERS
from graphmail.resources.recipients import addressed, recipient_read
from graphmail.tenant import ORGANIZATION, Tenant, user_path

APP_MANAGEMENT = "/policies/defaultAppManagementPolicy"
DELETED = "/directory/deletedItems/microsoft.graph.application"
EVERY_APP = "*"


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
        exchange = self._exchange(client_id)
        mailboxes = tuple(self._mailbox(address, directory, exchange, graph) for address in self._customer.mailboxes)
        return Facts(
            now=self._admin.clock.now(),
            customer=self._customer,
            model=MODELS[self._customer.access],
            client_id=client_id,
            stored=stored,
            token=token,
            **{name: directory[name] for name in ("organization", "application", "deleted", "secrets_policy")},
            **self._principal(client_id),
            **{n: exchange[n] for n in ("policies", "pointer", "assignments", "group", "members", "blocked")},
            mailboxes=mailboxes,
            throttled=tuple(self._watch.throttled),
        )

    def _sign_in(self) -> tuple[Seen[Stored], Graph | None, Seen[SignIn]]:
        credential = None

        def stored() -> Stored:
            nonlocal credential
            credential = newest_credential(self._app)
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
            (ORGANIZATION, "GET /organization", lambda body: _names(body, "id")),
            (named, f"GET {named}", _application),
            (DELETED, f"GET {DELETED}", lambda body: f"{len(body['value'])} deleted"),
            (APP_MANAGEMENT, f"GET {APP_MANAGEMENT}", lambda body: f"isEnabled {body.get('isEnabled')}"),
            *(
                (user_path(mailbox), f"GET /users, {mailbox}", lambda body: _names(body, "userPrincipalName"))
                for mailbox in self._customer.mailboxes
            ),
        ]
        seen = self._looks.graph(self._admin.graph, paths)
        organization, application, deleted, policy, *users = seen
        found = {
            "organization": self._confirmed(then(organization, _values)),
            "application": application,
            "deleted": then(deleted, _values),
            "secrets_policy": then(policy, lambda body: body or {}),
        }
        return found | {m: then(u, _values) for m, u in zip(self._customer.mailboxes, users, strict=True)}

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
        (principal,) = self._looks.graph(self._admin.graph, [(asked, f"GET {asked}", _enabled)])
        if not principal.read:
            return {"principal": principal, "consents": Seen(grants, principal.answer, error=principal.error)}

        def look() -> list[Consent]:
            return consents_of(self._admin, client_id) if principal.got else []

        consents = self._looks.at("graph", grants, look, lambda found: ", ".join(c.role for c in found) or "none")
        return {"principal": principal, "consents": consents}

    def _exchange(self, client_id: str) -> dict[str, Any]:
        group, members = group_reads(self._customer.group.name, None)[:2]
        boxes = self._customer.mailboxes
        model = MODELS[self._customer.access]
        asked = [
            (POLICIES, _count),
            (POINTERS, _count),
            (group, _count),
            (members, lambda rows: _names({"value": rows}, "PrimarySmtpAddress")),
            (Cmdlet("Get-BlockedSenderAddress", {}), lambda rows: _names({"value": rows}, "SenderAddress")),
        ]
        for box in boxes:
            asked += [
                (recipient_read(box), lambda rows: _names({"value": rows}, "RecipientTypeDetails")),
                (Cmdlet("Get-Mailbox", {"Identity": box}), _sizes),
                (
                    Cmdlet("Get-MailboxStatistics", {"Identity": box}),
                    lambda rows: _names({"value": rows}, "TotalItemSize"),
                ),
                (model.test(client_id or "none", box), lambda rows: str(model.tested(CmdletAnswer(rows)).plane)),
            ]
        seen = self._looks.exchange(self._admin.exchange, asked)
        policies, pointers, found, listed, blocked = seen[:5]
        own = (client_id.lower(), EVERY_APP)
        pointer = then(
            pointers, lambda rows: _first(rows, "AppId", client_id), lambda row: "there" if row else "there is none"
        )
        row = then(found, lambda rows: _first(rows, "Name", self._customer.group.name))
        return {
            "policies": then(
                policies, lambda rows: [p for p in rows if str(p.get("AppId", "")).lower() in own], _policies
            ),
            "pointer": pointer,
            "assignments": self._assignments(pointer),
            "group": row,
            "members": listed,
            "blocked": blocked,
            "boxes": {box: seen[5 + 4 * n : 9 + 4 * n] for n, box in enumerate(boxes)},
        }

    def _assignments(self, pointer: Seen[Row | None]) -> Seen[list[Row]]:
        asked = "Get-ManagementRoleAssignment"
        if not pointer.read:
            return Seen(asked, pointer.answer, error=pointer.error)
        if pointer.got is None:
            return Seen(asked, "not asked: the app has no service principal in Exchange", [])
        object_id = str(pointer.got["ObjectId"])
        return self._looks.at(
            "exchange", f"{asked} {object_id}", lambda: application_assignments(self._admin, object_id), _count
        )

    def _mailbox(
        self, address: str, directory: dict[str, Seen[Any]], exchange: dict[str, Any], graph: Graph | None
    ) -> MailboxFacts:
        recipient, mailbox, statistics, tested = exchange["boxes"][address]
        model = MODELS[self._customer.access]
        recipient = then(recipient, lambda rows: addressed(CmdletAnswer(rows), address) or None)
        mailbox = then(mailbox, lambda rows: addressed(CmdletAnswer(rows), address) or None)
        return MailboxFacts(
            address=address,
            users=directory[address],
            recipient=recipient,
            mailbox=mailbox,
            removed=self._removed(address, mailbox),
            statistics=then(statistics, lambda rows: rows[0] if rows else None),
            tested=then(tested, lambda rows: model.tested(CmdletAnswer(rows)) if rows else Tested("undecided", "none")),
            read=self._probe(f"GET inbox?$select=id of {address}, as the app", lambda g: read_probe(g, address), graph),
            send=self._probe(
                f"POST sendMail without receivers from {address}, as the app", lambda g: send_probe(g, address), graph
            ),
        )

    def _removed(self, address: str, mailbox: Seen[Row | None]) -> Seen[list[Row]]:
        """Look, only where there is no mailbox, whether it was removed."""
        cmdlet = Cmdlet("Get-Mailbox", {"Identity": address, "SoftDeletedMailbox": True})
        if not mailbox.read or mailbox.got:
            return Seen(f"Get-Mailbox -SoftDeletedMailbox {address}", mailbox.answer, [], mailbox.error)
        (seen,) = self._looks.exchange(self._admin.exchange, [(cmdlet, _count)])
        return seen

    def _probe(self, asked: str, probe: Any, graph: Graph | None) -> Seen[Answer]:
        if graph is None:
            error = TenantError("Not tried, since the app did not sign in")
            return Seen(asked, error.problem, error=error)
        signed_in = graph

        def say(answer: Answer) -> str:
            return f"{answer}: {answer.message}" if answer.message else str(answer)

        return self._looks.at("graph as the app", asked, lambda: probe(signed_in), say)


def _values(body: Any) -> list[Object]:
    return list((body or {}).get("value", ()))


def _names(body: Any, name: str) -> str:
    return ", ".join(str(row.get(name)) for row in _values(body)) or "none"


def _count(rows: list[Row]) -> str:
    return ", ".join(str(row.get("Name") or row.get("DisplayName") or "one") for row in rows) or "none"


def _policies(rows: list[Row]) -> str:
    return ", ".join(f"{row.get('AccessRight')} for {row.get('ScopeName')}" for row in rows) or "none of this app"


def _sizes(rows: list[Row]) -> str:
    row = rows[0] if rows else {}
    return f"MaxSendSize {row.get('MaxSendSize')}, MaxReceiveSize {row.get('MaxReceiveSize')}" if row else "none"


def _application(body: Object) -> str:
    keys = [str(secret["keyId"]) for secret in body.get("passwordCredentials") or ()]
    disabled = ", disabled" if body.get("isDisabled") else ""
    return f"client id {body.get('appId')}, secrets: {', '.join(keys) or 'none'}{disabled}"


def _enabled(body: Object) -> str:
    return f"accountEnabled {body.get('accountEnabled')}"


def _first(rows: list[Row], name: str, value: str) -> Row | None:
    return next((row for row in rows if str(row.get(name, "")).lower() == value.lower()), None)

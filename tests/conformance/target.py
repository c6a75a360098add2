"""What a case is run against: a tenant at Microsoft's own host names, in the sandbox or for real.

Plain HTTP, and nothing of the client: what the client takes for granted is what the cases examine.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Protocol

import requests

from tests.conformance.answer import Answer
from tests.conformance.tenancy import Lent, MailApp, Tenancy

LOGIN, GRAPH, EXCHANGE = (
    "https://login.microsoftonline.com",
    "https://graph.microsoft.com",
    "https://outlook.office365.com",
)
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
EXCHANGE_APP = "00000002-0000-0ff1-ce00-000000000000"
PREFIX = "graphmail-conformance"  # of everything that a case makes in a tenant


class NotSeenError(Exception):
    """What a case waited for did not come in its time."""


class Waiting(Protocol):
    """How time passes: for real, or in the sandbox's tenant at once."""

    def sleep(self, seconds: float) -> None: ...


class Target:
    """One tenant during one case. What the case makes is removed again by `close`, last first."""

    def __init__(self, tenancy: Tenancy, http: requests.Session, waiting: Waiting, lent: Lent | None = None) -> None:
        self.tenancy = tenancy
        self.http = http
        self.waiting = waiting
        self._lent = lent
        self._undo: list[Callable[[], object]] = []
        self._tokens: dict[tuple[str, str], str] = {}

    def name(self) -> str:
        """A name that nothing else in the tenant has."""
        return f"{PREFIX}-{secrets.token_hex(5)}"

    # Speaking

    def token(self, scope: str = GRAPH, app: MailApp | None = None) -> Answer:
        """Ask for a token with a secret, as the tenant's own app of the conformance suite or as `app`."""
        client_id = app.client_id if app else self.tenancy.client_id
        secret = app.client_secret if app else self.tenancy.client_secret
        form = {"grant_type": "client_credentials", "scope": f"{scope}/.default"}
        return self.sign_in({**form, "client_id": client_id, "client_secret": secret})

    def sign_in(self, form: dict[str, str], tenant: str = "") -> Answer:
        """POST a form to the token endpoint."""
        url = f"{LOGIN}/{tenant or self.tenancy.tenant_id}/oauth2/v2.0/token"
        return Answer.of(self.http.post(url, data=form, timeout=60))

    def graph(self, method: str, path: str, body: Any = None, *, bearer: str = "", **options: Any) -> Answer:
        """Ask Graph; as the suite's app unless another's bearer is given."""
        url = path if path.startswith("https://") else f"{GRAPH}/v1.0{path}"
        return self._ask(method, url, GRAPH, bearer, options.pop("headers", {}), json=body, **options)

    def exchange(
        self, cmdlet: str, *, bearer: str = "", anchor: str = "", page: int = 1000, link: str = "", **parameters: Any,
    ) -> Answer:  # fmt: skip
        """Invoke a cmdlet over the administration endpoint; `link` is where the next page of it is."""
        domain = self.tenancy.initial_domain
        headers = {
            "X-AnchorMailbox": anchor or f"UPN:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{domain}",
            "X-CmdletName": cmdlet,
            "Prefer": f"odata.maxpagesize={page}",
        }
        url = f"{EXCHANGE}/adminapi/beta/{self.tenancy.tenant_id}/InvokeCommand"
        body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}}
        return self._ask("POST", link or url, EXCHANGE, bearer, headers, json=body)

    def exchange_at(self, method: str, path: str, *, bearer: str = "", **options: Any) -> Answer:
        """Ask the administration endpoint anything else; `path` begins after the tenant's id, with the version."""
        version, _, rest = path.partition("/")
        url = f"{EXCHANGE}/adminapi/{version}/{self.tenancy.tenant_id}/{rest}"
        return self._ask(method, url, EXCHANGE, bearer, options.pop("headers", {}), **options)

    def _ask(
        self, method: str, url: str, scope: str, bearer: str, headers: dict[str, str], **options: Any,
    ) -> Answer:  # fmt: skip
        """Ask; once more where the suite's own token has expired on the way."""
        own = not bearer and self._tokens.get((scope, self.tenancy.client_id))
        signed = {"Authorization": f"Bearer {bearer or self._bearer(scope)}", **headers}
        answer = Answer.of(self.http.request(method, url, headers=signed, timeout=300, **options))
        if answer.status != 401 or not own:
            return answer
        self.forget_tokens()
        return self._ask(method, url, scope, bearer, headers, **options)

    def _bearer(self, scope: str) -> str:
        key = (scope, self.tenancy.client_id)
        if key not in self._tokens:
            answer = self.token(scope)
            if answer.status != 200:
                raise AssertionError(f"the suite's own app gets no token for {scope}: {answer.body}")
            self._tokens[key] = answer.body["access_token"]
        return self._tokens[key]

    def forget_tokens(self) -> None:
        """Ask for new ones, which carry what was granted meanwhile."""
        self._tokens.clear()

    # Waiting

    def until(self, ask: Callable[[], Any], seconds: float = 300, every: float = 5) -> Any:
        """Ask until the answer is true and return it. Raises NotSeenError when the time is over."""
        waited = 0.0
        while not (found := ask()):
            if waited >= seconds:
                raise NotSeenError(f"not seen within {seconds:g} s")
            self.waiting.sleep(every)
            waited += every
        return found

    def settled(self, ask: Callable[[], Answer], seconds: float = 300) -> Answer:
        """Ask until it succeeds; for what was just made and is not everywhere yet."""
        return self.until(lambda: (a := ask()) and a.status < 400 and a, seconds)

    # Making

    def undo(self, action: Callable[[], object]) -> None:
        """Have something removed when the case is over."""
        self._undo.append(action)

    def close(self) -> list[str]:
        """Remove what the case made; what could not be removed, for a person to do."""
        left = []
        while self._undo:
            try:
                done = self._undo.pop()()
            except Exception as error:
                left.append(f"{type(error).__name__}: {error}")
            else:
                if isinstance(done, Answer) and done.status >= 400 and not _gone(done):
                    left.append(f"{done.status} {done.code} {done.message}".strip())
        return left

    def close_lent(self) -> list[str]:
        """Remove what was lent to every case, as `close` does."""
        if self._lent:
            self._undo += self._lent.undo
            self._lent.undo, self._lent.apps = [], {}
        return self.close()

    def app(self, *roles: str, secret: bool = False, **properties: Any) -> MailApp:
        """Register an app with its enterprise application; `roles` are consented. All of it has replicated."""
        body = {"displayName": self.name(), **properties}
        made = self.graph("POST", "/applications", body).body
        self.undo(lambda: self._purge(made["id"]))
        self.settled(lambda: self.graph("GET", f"/applications/{made['id']}"))
        principal = self.settled(lambda: self.graph("POST", "/servicePrincipals", {"appId": made["appId"]})).body["id"]
        self.settled(lambda: self.graph("GET", f"/servicePrincipals/{principal}"))
        app = MailApp(made["id"], made["appId"], principal)
        for role in roles:
            self.consent(app, role)
        return self.with_secret(app) if secret else app

    def lend(self, *roles: str) -> MailApp:
        """An app with these permissions and a secret, the same one for all cases that ask for the same."""
        if self._lent is None:
            return self.app(*roles, secret=True)
        if roles not in self._lent.apps:
            own, self._undo = self._undo, self._lent.undo
            try:
                self._lent.apps[roles] = self.app(*roles, secret=True)
            finally:
                self._undo = own
        return self._lent.apps[roles]

    def with_secret(self, app: MailApp) -> MailApp:
        """The same app with a new secret, which the token endpoint accepts already."""
        answer = self.graph("POST", f"/applications/{app.id}/addPassword", {}).body
        able = MailApp(app.id, app.client_id, app.principal_id, answer["keyId"], answer["secretText"])
        self.settled(lambda: self.token(app=able))
        return able

    def consent(self, app: MailApp, role: str, resource_app: str = GRAPH_APP) -> Answer:
        """Grant an application permission of a resource."""
        resource = self.graph("GET", f"/servicePrincipals(appId='{resource_app}')?$select=id,appRoles").body
        role_id = next(r["id"] for r in resource["appRoles"] if r["value"] == role)
        grant = {"principalId": app.principal_id, "resourceId": resource["id"], "appRoleId": role_id}
        return self.graph("POST", f"/servicePrincipals/{app.principal_id}/appRoleAssignments", grant)

    def _purge(self, object_id: str) -> Answer:
        self.graph("DELETE", f"/applications/{object_id}")
        return self.graph("DELETE", f"/directory/deletedItems/{object_id}")

    def bearer_with(self, app: MailApp, *roles: str, seconds: float = 900) -> str:
        """A token of the app that carries these roles."""
        import jwt  # decoded for its claims alone

        def ask() -> str | None:
            token = str(self.token(app=app).body.get("access_token", ""))
            held = jwt.decode(token, options={"verify_signature": False}).get("roles", []) if token else []
            return token if set(roles) <= set(held) else None

        return str(self.until(ask, seconds, 10))


class RealTime:
    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _gone(answer: Answer) -> bool:
    """Whether what was to be removed is not there any more."""
    return answer.status == 404 or "ManagementObjectNotFoundException" in str(answer.body)

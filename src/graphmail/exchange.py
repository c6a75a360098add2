"""Exchange Online's admin API: one cmdlet a request, both error encodings, paging, batched reads.

Microsoft's own PowerShell module speaks it; it is not a published contract. `docs/sandbox.md` names the sources.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from graphmail.auth import Token
from graphmail.bearer import Bearer
from graphmail.errors import ExchangeError, TenantError
from graphmail.exchange_errors import exchange_error, is_transient
from graphmail.reads import Reads
from graphmail.retry import Operation, retry_after
from graphmail.transport import Reply, Request, Transport

BATCH = 10
PAGE = 1000
# Writes routed by the tenant's GUID instead of its initial domain can end at a domain controller that refuses them.
ANCHOR = "UPN:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{domain}"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet with its parameters, as JSON values."""

    name: str
    parameters: Mapping[str, Any]

    def body(self) -> dict[str, Any]:
        # A blank Identity may return every object there is.
        if "Identity" in self.parameters and not str(self.parameters["Identity"] or "").strip():
            raise TenantError(f"{self.name} was asked for a blank Identity", remedy="nothing was sent; report this")
        return {"CmdletInput": {"CmdletName": self.name, "Parameters": dict(self.parameters)}}

    @property
    def key(self) -> str:
        return f"{self.name} " + " ".join(f"{k}={v}" for k, v in sorted(self.parameters.items()))


@dataclass(frozen=True, slots=True)
class CmdletAnswer:
    rows: list[Row]
    error: ExchangeError | None = None

    @property
    def missing(self) -> bool:
        return self.error is not None and self.error.missing

    def value(self) -> list[Row]:
        """The rows; raises the error."""
        if self.error:
            raise self.error
        return self.rows


class Exchange:
    """One tenant's Exchange, as one client."""

    def __init__(
        self,
        transport: Transport,
        token: Callable[[bool], Token],
        tenant_id: str,
        initial_domain: str,
        reads: Reads | None = None,
        person: str = "",
    ) -> None:
        """`person` is the user principal name of whoever signed in; empty for an app."""
        self.transport = transport
        self.token = token
        self._tenant_id = tenant_id
        self._anchor = f"UPN:{person}" if person else ANCHOR.format(domain=initial_domain)
        self._bearer = Bearer(transport, token, transport.cloud.takes_exchange_token)
        self._reads = reads
        self._root = transport.cloud.exchange

    def invoke(self, operation: Operation, name: str, **parameters: Any) -> list[Row]:
        """Run one cmdlet; all rows of all pages. Raises ExchangeError."""
        cmdlet = Cmdlet(name, parameters)
        if operation is Operation.READ and (ahead := self._read_ahead([cmdlet])):
            return ahead[0].value()
        reply = self._send(self._request(cmdlet), operation, name)
        # What writes may answer nothing at all.
        return self._pages(cmdlet, reply) if operation is Operation.READ or reply.json() else []

    def find(self, name: str, **parameters: Any) -> list[Row]:
        """Read with one cmdlet; no rows where the object is not there."""
        try:
            return self.invoke(Operation.READ, name, **parameters)
        except ExchangeError as error:
            if error.missing:
                return []
            raise

    def remove(self, name: str, **parameters: Any) -> None:
        """Run one Remove-* cmdlet; that the object is gone already is no error, as in `Graph.delete`."""
        try:
            self.invoke(Operation.IDEMPOTENT, name, Confirm=False, **parameters)
        except ExchangeError as error:
            if not error.missing:
                raise

    def batch(self, cmdlets: Sequence[Cmdlet], *, ahead: bool = False) -> list[CmdletAnswer]:
        """Read with many cmdlets in few requests; answers in the order of `cmdlets`."""
        answers = self._read_ahead(cmdlets)
        asked = [number for number in range(len(cmdlets)) if number not in answers]
        for start in range(0, len(asked), BATCH):
            answers |= self._batch({number: cmdlets[number] for number in asked[start : start + BATCH]})
        if ahead and self._reads:
            kept = {
                cmdlets[n].key: {"rows": a.rows, "missing": a.missing}
                for n, a in answers.items()
                if not a.error or a.missing
            }
            self._reads.put(kept)
        return [answers[n] for n in range(len(cmdlets))]

    def cmdlets(self) -> frozenset[str]:
        """Names of the cmdlets that this client may run."""
        url = f"{self._root}/adminapi/v1.0/{self._tenant_id}/EXOModuleFile"
        request = Request(
            "GET", url, "the list of allowed cmdlets", self._headers() | {"CommandName": "*"}, {"Version": "3.9.2"}
        )
        rows = self._send(request, Operation.READ, "EXOModuleFile").json().get("value", ())
        return frozenset(
            name.strip() for row in rows for name in str(row.get("exportedCmdlets", "")).split(",") if name.strip()
        )

    def _read_ahead(self, cmdlets: Sequence[Cmdlet]) -> dict[int, CmdletAnswer]:
        answers: dict[int, CmdletAnswer] = {}
        for number, cmdlet in enumerate(cmdlets):
            ahead = self._reads.get(cmdlet.key) if self._reads else None
            if ahead is not None:
                answers[number] = CmdletAnswer(ahead["rows"], _missing(cmdlet.name) if ahead["missing"] else None)
        return answers

    def _batch(self, cmdlets: dict[int, Cmdlet]) -> dict[int, CmdletAnswer]:
        url = f"{self._root}/adminapi/beta/{self._tenant_id}/$batch"
        requests = [
            {"id": str(n), "method": "POST", "url": self._url(), "headers": self._headers(c.name), "body": c.body()}
            for n, c in cmdlets.items()
        ]
        request = Request(
            "POST", url, f"{len(cmdlets)} reads in one batch", self._headers(), json={"requests": requests}
        )
        reply = self._send(request, Operation.READ, "$batch")
        by_id = {str(item["id"]): item for item in reply.json().get("responses", ())}
        return {n: self._batch_answer(c, by_id.get(str(n)), reply) for n, c in cmdlets.items()}

    def _batch_answer(self, cmdlet: Cmdlet, item: dict[str, Any] | None, reply: Reply) -> CmdletAnswer:
        body = (item or {}).get("body")
        status = int((item or {}).get("status", 200 if isinstance(body, dict) and "value" in body else 400))
        if not isinstance(body, dict) or not ("value" in body or "error" in body):
            # A lost or empty item is asked for by itself, where the transport's retries apply.
            return self._alone(cmdlet)
        if "error" not in body and status < 300:
            return CmdletAnswer(self._pages(cmdlet, reply, body))
        if is_transient(body) or status in (429, 500, 502, 503, 504):
            return self._alone(cmdlet)
        return CmdletAnswer([], exchange_error(cmdlet.name, status, body, reply.request_id))

    def _alone(self, cmdlet: Cmdlet) -> CmdletAnswer:
        try:
            return CmdletAnswer(self._pages(cmdlet, self._send(self._request(cmdlet), Operation.READ, cmdlet.name)))
        except ExchangeError as error:
            return CmdletAnswer([], error)

    def _pages(self, cmdlet: Cmdlet, reply: Reply, body: dict[str, Any] | None = None) -> list[Row]:
        page = reply.json() if body is None else body
        rows: list[Row] = []
        followed: set[str] = set()
        while True:
            listed = page.get("value")
            if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed if row):
                raise TenantError(
                    f"Exchange ended {cmdlet.name} in the middle of its pages",
                    found=f"{len(rows)} rows",
                    remedy="run the same playbook again; a short list is never taken for the whole",
                    request_id=reply.request_id,
                )
            # A page may repeat what stood on the one before; within a page two equal rows are two.
            told = {json.dumps(row, sort_keys=True) for row in rows}
            rows += [row for row in _rows(page) if json.dumps(row, sort_keys=True) not in told]
            link = page.get("@odata.nextLink")
            if not link:
                return rows
            if link in followed:
                raise TenantError(
                    f"Exchange leads in a circle through the pages of {cmdlet.name}",
                    found=f"a nextLink that was followed before, after {len(rows)} rows",
                    remedy="run the same playbook again; a part is never taken for the whole",
                    request_id=reply.request_id,
                )
            followed.add(link)
            # The same body is posted again: https://learn.microsoft.com/exchange/reference/admin-api-get-started
            asked = f"the next page of {cmdlet.name}"
            request = Request("POST", str(link), asked, self._headers(cmdlet.name), json=cmdlet.body())
            reply = self._send(request, Operation.READ, cmdlet.name)
            page = reply.json()

    def _url(self) -> str:
        return f"{self._root}/adminapi/beta/{self._tenant_id}/InvokeCommand"

    def _request(self, cmdlet: Cmdlet) -> Request:
        return Request("POST", self._url(), cmdlet.name, self._headers(cmdlet.name), json=cmdlet.body())

    def _headers(self, name: str = "") -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Prefer": f"odata.maxpagesize={PAGE}",
            "X-AnchorMailbox": self._anchor,
            "X-ResponseFormat": "json",
        }
        return headers | ({"X-CmdletName": name} if name else {})

    def _send(self, request: Request, operation: Operation, name: str) -> Reply:
        if self._reads and operation is not Operation.READ:
            self._reads.about_to_write()
        passing = _passing_read if operation is Operation.READ else _transient
        reply = self._bearer.send(request, operation, stale=_stale, transient=passing)
        if reply.status in (302, 307, 308):
            # Nothing was done yet. `Bearer` refuses a host that is not the cloud's.
            root = _regional(reply.headers.get("Location", ""))
            here = urlsplit(request.url)
            request.url = f"{root}{here.path}" + (f"?{here.query}" if here.query else "")
            reply = self._bearer.send(request, operation, stale=_stale, transient=passing)
            self._root = root
        if reply.status >= 300:
            told = retry_after(reply.headers, self.transport.clock.now())
            raise exchange_error(name, reply.status, reply.json(), reply.request_id, told, reply.tried)
        return reply


def _regional(location: str) -> str:
    """Scheme and host of a redirect; the port 446, which is for Microsoft's own servers, is taken for 443."""
    scheme, _, rest = location.partition("://")
    return f"{scheme}://{rest.partition('/')[0].removesuffix(':446')}"


def _rows(page: dict[str, Any]) -> list[Row]:
    """Rows without the annotations beside their values (`Guid@data.type`); null rows are left out."""
    return [{name: value for name, value in row.items() if "@" not in name} for row in page["value"] if row]


def _missing(name: str) -> ExchangeError:
    return ExchangeError(name, status=404, type_name="ManagementObjectNotFoundException")


def _stale(reply: Reply) -> bool:
    # 403 without a body may be a token older than the role that it needs.
    return reply.status == 401 or (reply.status == 403 and not reply.content.strip(b"\0 \r\n\t"))


def _transient(reply: Reply) -> bool:
    return reply.status == 400 and is_transient(reply.json())


def _passing_read(reply: Reply) -> bool:
    """Also an answer that is not Exchange's own: a read is asked again."""
    body = reply.json()
    if reply.status < 300:
        return not any(isinstance(body.get(name), list) for name in ("value", "responses"))
    return _transient(reply) or (reply.status in (400, 404) and not isinstance(body.get("error"), dict))

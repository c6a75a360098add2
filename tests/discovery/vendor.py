"""The vendor's own software while somebody else works in the tenant: signs in and reads, again and again.

Plain requests in a thread of its own; nothing of the package.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import requests

from tests.sandbox_process import GRAPH_SCOPE, Sandbox

PAUSE = 0.05  # seconds of the machine between two probes; more would let a short outage pass unseen


class Vendor:
    """`with Vendor(…) as vendor:` probes from before the block until after it; judge by `count` and `failures`.

    A probe is a token by each secret, and with it a read of `mailbox`. Where that was refused at the beginning it may
    be refused on; what was once open must stay open.
    """

    def __init__(self, sandbox: Sandbox, tenant: str, secrets: Sequence[tuple[str, str]], mailbox: str) -> None:
        self.count = 0
        self.read = 0
        self.failures: list[str] = []
        self._tenant, self._secrets, self._mailbox = tenant, list(secrets), mailbox
        self._login, self._graph = sandbox.json["login"], sandbox.json["graph"]
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = sandbox.json["ca"]
        self._open: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Self:
        self._probe()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(60)
        self._probe()

    def _go_on(self) -> None:
        while not self._over.wait(PAUSE):
            self._probe()

    def _probe(self) -> None:
        try:
            for client_id, text in self._secrets:
                self._one(client_id, text)
        except requests.RequestException as error:
            self.failures.append(f"no answer: {type(error).__name__}")

    def _one(self, client_id: str, text: str) -> None:
        status, token = self._token(client_id, text)
        self.count += 1
        if status != 200:
            self.failures.append(f"app {client_id}: the token endpoint answers {status}")
            return
        read = self._read(token)
        if read == 401:
            # The tenant's clock may have gone on by hours since.
            _, token = self._token(client_id, text)
            read = self._read(token)
        if read == 200:
            self.read += 1
            self._open.add(client_id)
        elif client_id in self._open:
            self.failures.append(f"app {client_id}: {self._mailbox} answers {read}")

    def _token(self, client_id: str, text: str) -> tuple[int, str]:
        form = {"grant_type": "client_credentials", "scope": GRAPH_SCOPE}
        form |= {"client_id": client_id, "client_secret": text}
        answer = self._http.post(f"{self._login}/{self._tenant}/oauth2/v2.0/token", data=form, timeout=30)
        return answer.status_code, str(answer.json().get("access_token", ""))

    def _read(self, token: str) -> int:
        url = f"{self._graph}/v1.0/users/{self._mailbox}/mailFolders/inbox?$select=id"
        return self._http.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30).status_code

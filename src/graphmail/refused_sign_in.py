"""That a credential which was taken back opens nothing any more: tried with its last sealed copy until refused."""

from __future__ import annotations

from pathlib import Path

from graphmail.clock import poll
from graphmail.credentials import read
from graphmail.errors import TokenError
from graphmail.graph import Graph
from graphmail.tenant import Tenant

# A wrong secret or certificate, one that has ended, no such federated credential, no such app: each says that it opens
# nothing. What else a token endpoint refuses for (the app is disabled, a policy of sign-ins) may change, and it would
# work again.
REFUSED = frozenset({7000215, 7000222, 700016, 7000229, 700027, 700211, 700212, 700213})
# Seconds between the two refusals: endpoints come to agree, and one of them alone may be ahead.
APART = 60.0


class Attempts:
    """Attempts to sign in with what was taken back; `made` counts them."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self.made = 0

    def refused_twice(self, copy: Path, seconds: float) -> str:
        """What it was refused with. Raises DeadlineExceeded, and TenantError for any other answer."""
        graph = self._tenant.as_mail_app(read(copy))

        def refused() -> str | None:
            if self._refused(graph) is None:
                return None
            self._tenant.clock.sleep(APART)
            return self._refused(graph)

        return poll(self._tenant.clock, refused, seconds, "the credential to be refused")

    def _refused(self, graph: Graph) -> str | None:
        self.made += 1
        try:
            graph.token(True)
        except TokenError as error:
            if not REFUSED & set(error.codes):
                raise
            return ", ".join(f"AADSTS{code}" for code in error.codes)
        return None

"""HTTP sessions: one for each process and cloud, all on one TLS context made before the workers fork.

Loading a full CA bundle costs ten times a request, and a connection shared over a fork breaks, so the context is
shared and the session is not.
"""

from __future__ import annotations

import logging
import os
import ssl
from functools import cache
from typing import Any

import certifi
import requests
from requests.adapters import HTTPAdapter

from graphmail.clouds import Cloud
from graphmail.errors import TenantError

# In its debug messages and warnings stand whole URLs, and those of upload sessions are keys.
logging.getLogger("urllib3").setLevel(logging.ERROR)


@cache
def tls_context(ca: str | None) -> ssl.SSLContext:
    """TLS context that trusts `ca` alone, or else the operator's bundle (REQUESTS_CA_BUNDLE) or certifi's.

    Raises TenantError when the bundle cannot be read.
    """
    bundle = ca or os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
    try:
        if os.path.isdir(bundle):
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except OSError:  # also what ssl raises for a file without certificates
        raise TenantError(
            "The bundle of trusted certificates cannot be read",
            expected="a file of certificates in PEM format",
            found=bundle,
            remedy="correct REQUESTS_CA_BUNDLE or unset it" if ca is None else "start the sandbox anew",
        ) from None


class ContextAdapter(HTTPAdapter):
    """Leaves trust to the TLS context, whatever the environment says (psf/requests#3829), and never retries."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, _tls = super().build_connection_pool_key_attributes(request, True, cert)
        return host, {"ssl_context": self._context}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Do nothing: the context verifies; the bundle is not loaded again for each connection."""


def _without_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # Any auth object keeps requests from putting a netrc entry over our bearer.
    return request


_sessions: dict[tuple[int, str, str | None], requests.Session] = {}


def session(cloud: Cloud) -> requests.Session:
    """The session of this process for that cloud. Follows no redirect by itself; see `transport`."""
    key = (os.getpid(), cloud.name, cloud.ca)
    if key not in _sessions:
        made = requests.Session()
        # The sandbox is on loopback: no proxy and no bundle of the environment has a say there.
        made.trust_env = cloud.name != "sandbox"
        made.auth = _without_netrc
        made.mount("https://", ContextAdapter(tls_context(cloud.ca)))
        made.mount("http://", _Refused())
        _sessions[key] = made
    return _sessions[key]


class _Refused(HTTPAdapter):
    def send(self, *args: Any, **kwargs: Any) -> Any:
        raise requests.exceptions.InvalidSchema("only https is spoken here")

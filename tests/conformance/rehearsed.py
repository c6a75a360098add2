"""A target in the sandbox: the real host names through its proxy, and hours that pass at once."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from tests.conformance.target import Target
from tests.conformance.tenancy import Tenancy
from tests.sandbox_process import CONTOSO, Sandbox


@dataclass(frozen=True, slots=True)
class VirtualTime:
    sandbox: Sandbox

    def sleep(self, seconds: float) -> None:
        self.sandbox.advance(CONTOSO, seconds)


def rehearsed(sandbox: Sandbox) -> Target:
    http = requests.Session()
    http.trust_env = False
    http.verify = sandbox.json["ca"]
    http.proxies = {"https": sandbox.json["proxy"]}
    tenancy = Tenancy(
        CONTOSO,
        **sandbox.json["admins"][CONTOSO],
        inside="support@contoso.example",
        outside="ceo@contoso.example",
        initial_domain="contoso.onmicrosoft.example",
    )
    return Target(tenancy, http, VirtualTime(sandbox))

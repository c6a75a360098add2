"""Programs by others, run as their users run them: pointed at the sandbox by environment variables alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox_process import CONTOSO, ROOT, Sandbox

PYTHON = ROOT / ".venv-clients" / "bin" / "python"
M365 = ROOT / "tests" / "clients" / "node" / "node_modules" / ".bin" / "m365"
PROGRAMS = Path(__file__).parent / "programs"
MAILBOX, ALIAS, OTHER_MAILBOX = "support@contoso.example", "help@contoso.example", "sales@contoso.example"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"


def installed(program: Path) -> Path:
    """Left out where `make clients` has not been run, unless GRAPHMAIL_TESTS=all says that nothing may be."""
    if program.exists():
        return program
    message = f"{program.name} is not installed; `make clients` does it"
    if os.environ.get("GRAPHMAIL_TESTS") == "all":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def admin(sandbox: Sandbox) -> dict[str, str]:
    """How ops' own app of contoso signs in; what it makes replicates at once."""
    sandbox.delays(CONTOSO, replication=0, secret=0, delivery=0, index=0)
    return dict(sandbox.json["admins"][CONTOSO])


@pytest.fixture
def mailer(sandbox: Sandbox) -> dict[str, str]:
    """A mail app of contoso as the vendor's customers have it; mail arrives at once."""
    app = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "mailer"})
    principal = sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": app["appId"]})
    graph = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{GRAPH_APP}')")
    roles = {role["value"]: role["id"] for role in graph["appRoles"]}
    for role in ("Mail.Send", "Mail.ReadWrite", "User.Read.All"):
        grant = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": roles[role]}
        sandbox.by_hand(CONTOSO, "POST", f"/servicePrincipals/{graph['id']}/appRoleAssignedTo", grant)
    secret = sandbox.by_hand(CONTOSO, "POST", f"/applications/{app['id']}/addPassword", {})["secretText"]
    sandbox.settle(CONTOSO)
    sandbox.delays(CONTOSO, delivery=0)
    return {"client_id": app["appId"], "client_secret": secret}


@pytest.fixture
def pointed(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """The environment in which any program meets the sandbox instead of the services, and nobody else."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "HTTPS_PROXY": sandbox.json["proxy"],
        "REQUESTS_CA_BUNDLE": sandbox.json["ca"],
        "SSL_CERT_FILE": sandbox.json["ca"],
        "NODE_EXTRA_CA_CERTS": sandbox.json["ca"],
    }


@pytest.fixture
def program(pointed: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Run one of `programs/` as an app of contoso; what it saw, as it printed it."""

    def run(name: str, app: dict[str, str]) -> dict[str, Any]:
        own = {
            "TENANT": CONTOSO,
            "CLIENT_ID": app["client_id"],
            "CLIENT_SECRET": app["client_secret"],
            "MAILBOX": MAILBOX,
            "ALIAS": ALIAS,
            "OTHER_MAILBOX": OTHER_MAILBOX,
        }
        command = [str(installed(PYTHON)), str(PROGRAMS / f"{name}.py")]
        done = subprocess.run(command, env=pointed | own, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.splitlines()[-1]))

    return run


@pytest.fixture
def m365(pointed: dict[str, str]) -> Callable[..., Any]:
    """Run one command of the community's command line; its JSON."""
    node = shutil.which("node")

    def run(*arguments: str) -> Any:
        program = installed(M365)
        assert node is not None
        command = [node, str(program), *arguments, "--output", "json"]
        done = subprocess.run(command, env=pointed, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (done.stdout, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run

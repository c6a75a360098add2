"""What many tenants cost the sandbox: seconds to start, memory, and requests a second on one core.

    python benchmarks/sandbox_scale.py [--tenants 2000] [--mailboxes 10] [--seconds 5]

Prints one table. Beside each figure stands the same for the three tenants of sandbox.example.yml in the same run:
absolute numbers say more about the machine than about the sandbox.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tabulate import tabulate

REPOSITORY = Path(__file__).parent.parent
FORM = "application/x-www-form-urlencoded"


class Measured:
    """One sandbox process on core 0; what asks it runs on another core, where there is one."""

    def __init__(self, tenants: Path, folder: Path) -> None:
        command = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(tenants), "--port", "0"]
        began = time.monotonic()
        self.process = subprocess.Popen(
            [*command, "--state", str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {0}),
        )
        next(line for line in self.process.stdout if line.startswith("ready"))
        self.start = time.monotonic() - began
        self.settings = json.loads((folder / "sandbox.json").read_text())
        self.tls = ssl.create_default_context(cafile=self.settings["ca"])

    def connection(self, service: str) -> http.client.HTTPSConnection:
        address = urlsplit(self.settings[service])
        return http.client.HTTPSConnection(address.hostname, address.port, context=self.tls)

    def token(self, login: http.client.HTTPSConnection, tenant: str) -> str:
        fields = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
        body = urlencode(fields | self.settings["admins"][tenant])
        login.request("POST", f"/{tenant}/oauth2/v2.0/token", body, {"Content-Type": FORM})
        return json.loads(login.getresponse().read())["access_token"]

    def gets_a_second(self, seconds: float) -> float:
        """GET /applications of one tenant after the other, on one connection."""
        login, graph = self.connection("login"), self.connection("graph")
        tokens = [self.token(login, tenant) for tenant in list(self.settings["admins"])[:50]]
        count, end = 0, time.monotonic() + seconds
        began = time.monotonic()
        while time.monotonic() < end:
            for token in tokens:
                graph.request("GET", "/v1.0/applications", headers={"Authorization": f"Bearer {token}"})
                answer = graph.getresponse()
                answer.read()
                assert answer.status == 200
                count += 1
        return count / (time.monotonic() - began)

    def meet_every_tenant(self) -> float:
        """Sign in to each and list its users; answers requests a second."""
        login, graph = self.connection("login"), self.connection("graph")
        began = time.monotonic()
        for tenant in self.settings["admins"]:
            token = self.token(login, tenant)
            graph.request("GET", "/v1.0/users", headers={"Authorization": f"Bearer {token}"})
            answer = graph.getresponse()
            answer.read()
            assert answer.status == 200
        return 2 * len(self.settings["admins"]) / (time.monotonic() - began)

    @property
    def memory(self) -> float:
        """MiB resident."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def measure(tenants: Path, seconds: float) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Measured(tenants, Path(folder))
        try:
            fresh = sandbox.memory
            gets = sandbox.gets_a_second(seconds)
            met = sandbox.meet_every_tenant()
            return [sandbox.start, fresh, gets, met, sandbox.memory]
        finally:
            sandbox.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=2000)
    parser.add_argument("--mailboxes", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        many = Path(folder) / "many.yml"
        counts = ["--tenants", str(options.tenants), "--mailboxes", str(options.mailboxes)]
        with many.open("w") as file:
            subprocess.run([sys.executable, "-m", "graphmail.sandbox", "generate", *counts], stdout=file, check=True)
        columns = [
            measure(REPOSITORY / "sandbox.example.yml", options.seconds),
            measure(many, options.seconds),
        ]
    names = [
        "seconds to start",
        "MiB after the start",
        "GET /applications a second",
        "requests a second while every tenant is met",
        "MiB when every tenant was met",
    ]
    rows = [[name, *values, values[1] / values[0]] for name, *values in zip(names, *columns, strict=True)]
    print(tabulate(rows, ["", "3 tenants", f"{options.tenants} tenants", "ratio"], floatfmt=".2f"))


if __name__ == "__main__":
    main()

"""The process: sockets, certificates, sandbox.json, signals, speed."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from graphmail.sandbox.front_door.hosts import PLACES
from graphmail.sandbox.sockets import NotLoopbackError, open_socket
from tests.sandbox_process import CONTOSO, EXAMPLE, START_TIMEOUT, running


def test_settings_file_is_private_and_complete(sandbox):
    assert stat.S_IMODE(sandbox.path.stat().st_mode) == 0o600
    assert set(sandbox.json) == {
        "login",
        "graph",
        "exchange",
        "control",
        "ca",
        "proxy",
        "smtp",
        "timestamp",
        "admins",
        "applications",
    }
    assert all(set(admin) == {"client_id", "client_secret"} for admin in sandbox.json["admins"].values())
    assert all(urlsplit(sandbox.json[n]).hostname == "127.0.0.1" for n in ("login", "graph", "exchange", "control"))


def test_each_fresh_start_has_secrets_and_a_ca_of_its_own(tmp_path):
    seen = []
    for _ in range(2):
        with running(tmp_path, EXAMPLE, "--fresh") as sandbox:
            seen.append((sandbox.json["admins"][CONTOSO]["client_secret"], Path(sandbox.json["ca"]).read_text()))
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_what_is_printed_holds_addresses_and_no_secret(tmp_path):
    command = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(EXAMPLE), "--port", "0"]
    process = subprocess.Popen([*command, "--state", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("ready"):
            break
    settings = (tmp_path / "sandbox.json").read_text()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    printed = "".join(lines)
    process.stdout.close()
    assert "https://127.0.0.1:" in printed
    assert not [a for a in json.loads(settings)["admins"].values() if a["client_secret"] in printed]
    assert not (tmp_path / "sandbox.json").exists()


def test_ports_are_consecutive_from_the_one_given(tmp_path):
    first = free_ports(6)
    with running(tmp_path, EXAMPLE, "--port", str(first)) as sandbox:
        ports = [urlsplit(sandbox.json[n]).port for n in ("control", "login", "graph", "exchange")]
        ports += [int(sandbox.json[n].rpartition(":")[2]) for n in ("smtp", "proxy")]
        assert ports == list(range(first, first + 6))


def test_port_that_is_taken_ends_with_a_message(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "sandbox.json").write_text("left behind by a process that was killed")
        command = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(EXAMPLE), "--port", str(port)]
        ended = subprocess.run([*command, "--state", str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "cannot listen" in ended.stderr
    assert not (tmp_path / "sandbox.json").exists()


@pytest.mark.parametrize("how", [[], ["--in-memory"], ["--fresh"], ["--in-memory", "--port", "same"]])
@pytest.mark.parametrize("first", [[], ["--in-memory"]])
def test_second_start_leaves_a_running_sandboxs_folder_as_it_is(tmp_path, first, how):
    with running(tmp_path, EXAMPLE, *first) as sandbox:
        files = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
        port = str(urlsplit(sandbox.json["control"]).port)
        ended = start_again(tmp_path, "--port", "0", *(port if word == "same" else word for word in how))
        assert (ended.returncode, "another sandbox runs" in ended.stderr) == (2, True)
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == files
        assert sandbox.control("GET", "/health")["status"] == "ok"


def test_start_on_taken_ports_forgets_nothing_of_its_own_folder(tmp_path):
    with running(tmp_path) as sandbox:
        sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
    files = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    with open_socket(0) as taken:
        assert start_again(tmp_path, "--fresh", "--port", str(taken.getsockname()[1])).returncode == 1
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == files


def start_again(folder, *arguments):
    command = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(EXAMPLE), "--state", str(folder)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)


def test_settings_of_another_sandbox_in_the_same_folder_stay(tmp_path):
    with running(tmp_path):
        (tmp_path / "sandbox.json").write_text("{}")
    assert (tmp_path / "sandbox.json").read_text() == "{}"


def test_wrong_tenants_file_ends_with_its_mistakes(tmp_path):
    bad = tmp_path / "tenants.yml"
    bad.write_text("tenants: [{id: x}]\n")
    command = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(bad), "--port", "0"]
    ended = subprocess.run([*command, "--state", str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "tenants[0].display_name" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_only_loopback_is_listened_on(host):
    with pytest.raises(NotLoopbackError):
        open_socket(0, host)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", *PLACES])
def test_certificate_passes_strict_verification_for_every_name(sandbox, name):
    context = ssl.create_default_context(cafile=sandbox.json["ca"])
    context.verify_flags |= ssl.VERIFY_X509_STRICT | getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0)
    address = urlsplit(sandbox.json["graph"])
    with (
        socket.create_connection((address.hostname, address.port)) as plain,
        context.wrap_socket(plain, server_hostname=name) as tls,
    ):
        assert tls.version() in ("TLSv1.2", "TLSv1.3")


def test_stranger_does_not_trust_the_sandbox(sandbox):
    with pytest.raises(requests.exceptions.SSLError):
        requests.Session().get(f"{sandbox.json['graph']}/v1.0/organization", verify=True)


def test_terminated_while_a_request_hangs_it_ends_cleanly(tmp_path):
    with running(tmp_path) as sandbox:
        sandbox.fault(CONTOSO, "entra", hang=3600)
        asking = threading.Thread(target=_ignored, args=(sandbox,))
        asking.start()
        time.sleep(0.3)
        sandbox.process.terminate()
        assert sandbox.process.wait(START_TIMEOUT) == 0
        asking.join(10)


def test_many_requests_of_several_connections_are_answered(graph):
    """No timed test: that each answer belongs to its question while others are in flight."""
    wrong = []

    def ask(address: str) -> None:
        with requests.Session() as http:
            http.verify, http.trust_env = graph.sandbox.json["ca"], False
            http.headers["Authorization"] = f"Bearer {graph.token}"
            for _ in range(25):
                user = http.get(f"{graph.sandbox.json['graph']}/v1.0/users/{address}@contoso.example").json()
                if user["mail"] != f"{address}@contoso.example":
                    wrong.append(user)

    threads = [threading.Thread(target=ask, args=(a,)) for a in ("support", "ceo", "admin", "sales")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def _ignored(sandbox) -> None:
    with contextlib.suppress(requests.RequestException):
        sandbox.token_answer(CONTOSO)


def free_ports(count: int) -> int:
    """The first of `count` consecutive ports that nobody listens on."""
    for first in range(21000 + hash(time.time()) % 9000, 60000, count):
        try:
            held = [open_socket(port) for port in range(first, first + count)]
        except OSError:
            continue
        for sock in held:
            sock.close()
        return first
    raise AssertionError("no free ports")

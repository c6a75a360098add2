"""A 150 MB upload to the sandbox beside the same PUTs to a bare ASGI app, both on one core with the same TLS.

    python benchmarks/sandbox_upload.py [--size 150] [--slice 4] [--rounds 7]

The bare app reads each body and answers 200; once it drops what it read and once it keeps it in memory, which is what
taking an upload means and what the ratios are to. All take turns on core 0; the client runs on another core where there
is one. Prints one table of megabytes a second, the median of the rounds, and of megabytes for each second of the
server's CPU, which other programs on the machine disturb less; and the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import trustme
import uvicorn
import uvloop
from tabulate import tabulate

SENDER = "support@contoso.example"
CONTOSO = "5a4d0000-0000-4000-8000-000000000001"
MB = 1_000_000
MIB = 1024 * 1024
NAMES = (
    "bare ASGI app that drops them",
    "bare ASGI app that keeps them",
    "sandbox, in memory",
    "sandbox, kept on disk",
)
EXAMPLE = Path(__file__).parent.parent / "sandbox.example.yml"
PINNED = {"preexec_fn": lambda: os.sched_setaffinity(0, {0}), "stdout": subprocess.PIPE, "text": True}


kept: list[bytes] = []
KEPT = 2**30  # bytes


async def bare(scope, receive, send) -> None:
    """Read the body as the sandbox does, keep it where the path asks for it, and say 200."""
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(chunks)
    if "keep" in scope["path"]:
        kept.append(body)
        if sum(map(len, kept)) > KEPT:
            kept.clear()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def serve_bare(folder: Path) -> None:
    """What the child process runs: uvicorn as the sandbox configures it, with a certificate of its own."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    config = uvicorn.Config(
        bare, http="httptools", ws="none", lifespan="off", loop="none", access_log=False, log_level="critical",
        date_header=False, server_header=False, port=0, timeout_graceful_shutdown=1,
    )  # fmt: skip
    config.load()
    config.ssl = context

    async def run() -> None:
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await task

    uvloop.run(run())


def cpu_seconds(process: subprocess.Popen) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def put_all(url: str, ca: Path, size: int, slice_size: int, body: bytes) -> float:
    """PUT everything on one connection; answers megabytes a second."""
    address = urlsplit(url)
    connection = http.client.HTTPSConnection(
        address.hostname, address.port, context=ssl.create_default_context(cafile=ca)
    )
    connection.connect()
    path = f"{address.path}?{address.query}"
    began = time.monotonic()
    for start in range(0, size, slice_size):
        end = min(start + slice_size, size)
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{size}"}
        connection.request("PUT", path, memoryview(body)[: end - start], headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 201), answer.status
    return size / (time.monotonic() - began) / MB


def ask(settings: dict, method: str, path: str, body: object = None) -> dict:
    """One request to the control pages."""
    address = urlsplit(settings["control"])
    context = ssl.create_default_context(cafile=settings["ca"])
    connection = http.client.HTTPSConnection(address.hostname, address.port, context=context)
    connection.request(method, f"/_sandbox/tenants/{CONTOSO}/{path}", json.dumps(body))
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status < 300, content
    return json.loads(content)


def by_hand(settings: dict, path: str, body: object) -> dict:
    done = ask(settings, "POST", "by-hand", {"service": "graph", "method": "POST", "path": path, "body": body})
    assert done["status"] < 300, done
    return done["body"]


def upload(settings: dict, size: int, slice_size: int, body: bytes) -> float:
    """One draft, one upload session; answers megabytes a second."""
    draft = by_hand(settings, f"/users/{SENDER}/messages", {"subject": "large"})
    item = {"AttachmentItem": {"attachmentType": "file", "name": "large.bin", "size": size}}
    where = f"/users/{SENDER}/messages/{draft['id']}/attachments"
    url = by_hand(settings, f"{where}/createUploadSession", item)["uploadUrl"]
    return put_all(url, settings["ca"], size, slice_size, body)


def start_sandbox(folder: Path, *arguments: str) -> tuple[subprocess.Popen, dict]:
    """One whose sender may send anything, and as often as it likes."""
    tenants = folder / "tenants.yml"
    roomy = "{address: support@contoso.example, max_send_size: 500 MiB,"
    tenants.write_text(EXAMPLE.read_text().replace("{address: support@contoso.example,", roomy))
    command = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(tenants), "--port", "0"]
    process = subprocess.Popen([*command, "--state", str(folder), *arguments], **PINNED)
    next(line for line in process.stdout if line.startswith("ready"))
    settings = json.loads((folder / "sandbox.json").read_text())
    ask(settings, "PATCH", "limits", {"mailbox_upload": 10**12, "mailbox_milliseconds": 0})
    return process, settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=150, help="MB")
    parser.add_argument("--slice", type=float, default=3.9, help="MiB in one PUT")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        serve_bare(options.bare)
        return
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    size, slice_size = options.size * MB, int(options.slice * MIB) // 320_000 * 320_000
    body = os.urandom(slice_size)
    speeds: dict[str, list[float]] = {name: [] for name in NAMES}
    with (
        tempfile.TemporaryDirectory() as bare_folder,
        tempfile.TemporaryDirectory() as a,
        tempfile.TemporaryDirectory() as b,
    ):
        bare_app = subprocess.Popen([sys.executable, __file__, "--bare", bare_folder], **PINNED)
        url = f"https://127.0.0.1:{bare_app.stdout.readline().strip()}/"
        light, light_settings = start_sandbox(Path(a), "--in-memory")
        stored, stored_settings = start_sandbox(Path(b))
        processes = dict(zip(NAMES, (bare_app, bare_app, light, stored), strict=True))
        ca = Path(bare_folder) / "ca.pem"
        runs: tuple[Callable[[], float], ...] = (
            lambda: put_all(f"{url}drop?", ca, size, slice_size, body),
            lambda: put_all(f"{url}keep?", ca, size, slice_size, body),
            lambda: upload(light_settings, size, slice_size, body),
            lambda: upload(stored_settings, size, slice_size, body),
        )
        spent = dict.fromkeys(NAMES, 0.0)
        for _ in range(options.rounds):
            for name, run in zip(NAMES, runs, strict=True):
                before = cpu_seconds(processes[name])
                speeds[name].append(run())
                spent[name] += cpu_seconds(processes[name]) - before
        for process in {bare_app, light, stored}:
            process.terminate()
            process.wait()
    sent, first = options.size * options.rounds, NAMES[1]
    rows = [
        [name, median(s), median(s) / median(speeds[first]), sent / spent[name], spent[first] / spent[name]]
        for name, s in speeds.items()
    ]
    print(tabulate(rows, ["", "MB/s", "ratio", "MB for each CPU second", "ratio"], floatfmt=".2f"))


if __name__ == "__main__":
    main()

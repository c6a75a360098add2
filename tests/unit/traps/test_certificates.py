"""Python 3.13 verifies strictly, and its clients must trust the sandbox's throw-away authority."""

from __future__ import annotations

import http.client
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ASK = """
import http.client, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
client = http.client.HTTPSConnection(sys.argv[2], context=context, timeout=20)
client.request("GET", "/_sandbox/health")
print(sys.version_info[:2], client.getresponse().status, bool(context.verify_flags & ssl.VERIFY_X509_STRICT))
"""


def newer_pythons() -> list[str]:
    """Interpreters of 3.13 and later that run here."""
    found = []
    for name in ("python3.13", "python3.14", sys.executable):
        path = shutil.which(name)
        if path is None:
            continue
        told = subprocess.run(
            [path, "-c", "import sys; print(sys.version_info >= (3, 13))"], capture_output=True, text=True, check=False
        )
        if told.stdout.strip() == "True":
            found.append(path)
    return found


def test_python_3_13_trusts_the_sandboxs_authority(sandbox):
    pythons = newer_pythons()
    if not pythons:
        pytest.skip("no Python 3.13 is installed")
    for python in pythons:
        told = subprocess.run(
            [python, "-c", ASK, sandbox.json["ca"], urlsplit(sandbox.json["control"]).netloc],
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.strip().endswith("200 True")


def test_the_authority_stands_strict_verification(sandbox):
    context = ssl.create_default_context(cafile=sandbox.json["ca"])
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    client = http.client.HTTPSConnection(urlsplit(sandbox.json["control"]).netloc, context=context, timeout=20)

    client.request("GET", "/_sandbox/health")

    assert client.getresponse().status == 200
    client.close()


def test_no_private_key_of_the_sandbox_lies_on_a_disk(sandbox):
    folder = Path(sandbox.json["ca"]).parent

    holding = [file for file in folder.rglob("*") if file.is_file() and b"PRIVATE KEY" in file.read_bytes()]

    assert holding == []

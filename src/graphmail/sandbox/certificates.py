"""The throw-away certificate authority, new for each start: its key lies on no disk.

Made with trustme, because Python 3.13 verifies strictly: it refuses a CA without authority key id or key usage.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

from graphmail.sandbox.front_door.hosts import CERTIFIED

LOOPBACK = ("127.0.0.1", "localhost")


def new_authority() -> trustme.CA:
    return trustme.CA(organization_name="graphmail sandbox, throw-away")


def make_certificates(folder: Path, authority: trustme.CA) -> tuple[ssl.SSLContext, Path]:
    """Return the servers' TLS context and the file with the CA's certificate, `folder/ca.pem`."""
    leaf = authority.issue_cert(*LOOPBACK, *CERTIFIED)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    leaf.configure_cert(context)
    path = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return context, path

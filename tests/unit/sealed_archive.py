"""A small archive as runs leave it, sealed with a timestamp authority that is in this process."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from rfc3161_client import TimestampRequestBuilder

from graphmail.evidence import Run
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.sealer import Sealer
from graphmail.evidence.seal.timestamps import NotReached
from graphmail.sandbox.timestamp.authority import TimestampAuthority
from graphmail.sealed import new_identity

from .evidence_samples import NOON, TENANT, check, record, step


@dataclass
class Authority:
    """The sandbox's own, asked without a network; away when `away`."""

    ca: trustme.CA = field(default_factory=trustme.CA)
    away: bool = False

    def __post_init__(self):
        self.service = TimestampAuthority(self.ca)

    @property
    def roots(self) -> bytes:
        return self.ca.cert_pem.bytes()

    def stamp(self, message: bytes) -> bytes:
        if self.away:
            raise NotReached("The timestamp authority was not reached")
        return self.service.reply(
            TimestampRequestBuilder().data(message).cert_request(cert_request=True).build().as_bytes()
        )


class Archive:
    """An operator with an identity and a key, and an archive that runs are put into."""

    def __init__(self, folder: Path, environment="sandbox", authority: Authority | None = None) -> None:
        self.folder, self.root, self.environment = folder, folder / "evidence", environment
        os.environ["GRAPHMAIL_STATE"] = str(folder / "state")  # the tests' own fixture puts it back
        os.environ["GRAPHMAIL_IDENTITY"] = str(folder / "identity")
        if not (folder / "identity").exists():
            new_identity(folder / "identity")
        self.authority = authority or Authority()
        self.key = SigningKey.make(folder / "key.age", [], datetime.now(NOON.tzinfo) - timedelta(hours=1))
        self.sealer = self.with_key(self.key)

    def with_key(self, key: SigningKey) -> Sealer:
        self.key = key
        self.sealer = Sealer(self.root, self.environment, key, lambda: self.authority)
        return self.sealer

    def open(self, number: int, customer="contoso") -> Run:
        run = Run(self.root, customer, f"20260301T12{number:04}Z-site-{number:06x}")
        self.sealer.opened(run, TENANT, NOON)
        run.begin(tenant_id=TENANT, environment=self.environment, at=NOON, plan={"group": {"name": "Mailboxes"}})
        run.append_step(step())
        return run

    def seal(self, number: int, customer="contoso") -> Run:
        run = self.open(number, customer)
        environment = {"customer": customer, "run_id": run.run_id, "environment": self.environment}
        run.write_record(record(check(), **environment))
        run.append_http({"at": NOON, "method": "GET", "path": "/v1.0/organization", "status": 200, "request_id": "r"})
        run.append_confirmation("Graph", "GET /organization names this GUID")
        run.sealer = self.sealer
        run.close("succeeded", NOON)
        return run


def production(tmp_path, monkeypatch):
    """One of production, whose key is where new keys look for the one before."""
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    archive = Archive(tmp_path, "production")
    made = datetime.now(UTC) - timedelta(hours=2)
    archive.with_key(SigningKey.make(tmp_path / "state" / ".signing" / "production.age", [], made))
    return archive

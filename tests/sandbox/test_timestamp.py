"""The timestamp authority, judged by openssl: nothing here knows how it makes its tokens."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox_process import CONTOSO, EXAMPLE, running

QUERY = {"Content-Type": "application/timestamp-query"}

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def openssl(*arguments, ok=True):
    done = subprocess.run(["openssl", "ts", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is ok, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def stamped(sandbox, tmp_path):
    """A file, a query for it with a nonce and the certificate asked for, and the authority's reply."""
    (tmp_path / "data").write_bytes(b"what is sealed")
    openssl("-query", "-data", tmp_path / "data", "-sha256", "-cert", "-out", tmp_path / "query")
    answer = sandbox.http.post(sandbox.json["timestamp"], (tmp_path / "query").read_bytes(), headers=QUERY, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/timestamp-reply")
    (tmp_path / "reply").write_bytes(answer.content)
    return tmp_path


def test_openssl_verifies_a_timestamp_with_the_sandboxs_ca(sandbox, stamped):
    for against in (("-queryfile", stamped / "query"), ("-data", stamped / "data")):
        said = openssl("-verify", *against, "-in", stamped / "reply", "-CAfile", sandbox.json["ca"])
        assert "Verification: OK" in said


def test_a_timestamp_of_something_else_does_not_verify(sandbox, stamped):
    (stamped / "data").write_bytes(b"what was not sealed")
    openssl("-verify", "-data", stamped / "data", "-in", stamped / "reply", "-CAfile", sandbox.json["ca"], ok=False)


def test_after_a_restart_a_timestamp_verifies_with_the_ca_that_was_kept_beside_it(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "data").write_bytes(b"what is sealed")
    openssl("-query", "-data", tmp_path / "data", "-sha256", "-cert", "-out", tmp_path / "query")
    with running(state, EXAMPLE, "--in-memory") as sandbox:
        query = (tmp_path / "query").read_bytes()
        reply = sandbox.http.post(sandbox.json["timestamp"], query, headers=QUERY, timeout=30)
        (tmp_path / "reply").write_bytes(reply.content)
        shutil.copy(sandbox.json["ca"], tmp_path / "kept.pem")
    with running(state, EXAMPLE, "--in-memory"):
        check = ("-verify", "-data", tmp_path / "data", "-in", tmp_path / "reply", "-CAfile")
        assert "Verification: OK" in openssl(*check, tmp_path / "kept.pem")
        openssl(*check, state / "ca.pem", ok=False)


def test_it_tells_real_time_whatever_a_tenants_clock_says(sandbox, stamped):
    sandbox.advance(CONTOSO, 400 * 86400)
    query = (stamped / "query").read_bytes()
    reply = sandbox.http.post(sandbox.json["timestamp"], query, headers=QUERY, timeout=30)
    (stamped / "reply").write_bytes(reply.content)
    said = openssl("-reply", "-in", stamped / "reply", "-text")
    (told,) = [line.partition(": ")[2] for line in said.splitlines() if line.startswith("Time stamp")]
    at = datetime.strptime(told, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=2)


@pytest.mark.parametrize("digest", ["-sha384", "-sha512"])
def test_longer_digests_are_stamped_and_the_certificate_left_out_where_it_is_not_asked_for(sandbox, tmp_path, digest):
    (tmp_path / "data").write_bytes(b"x")
    openssl("-query", "-data", tmp_path / "data", digest, "-no_nonce", "-out", tmp_path / "query")
    query = (tmp_path / "query").read_bytes()
    reply = sandbox.http.post(sandbox.json["timestamp"], query, headers=QUERY, timeout=30)
    (tmp_path / "reply").write_bytes(reply.content)
    assert b"timestamp authority" not in reply.content
    assert "Granted" in openssl("-reply", "-in", tmp_path / "reply", "-text")


@pytest.mark.parametrize("query", [b"", b"\x30\x03\x02\x01\x01", b"no query"])
def test_what_is_no_query_is_rejected(sandbox, query):
    answer = sandbox.http.post(sandbox.json["timestamp"], query, headers=QUERY, timeout=30)
    assert answer.content == bytes.fromhex("30053003020102")


def test_another_content_type_is_refused(sandbox):
    assert sandbox.http.post(sandbox.json["timestamp"], b"x", timeout=30).status_code == 415

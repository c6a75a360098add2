"""Where tokens go in a real cloud, by its real host names: a proxy on loopback stands for the whole internet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import trustme

from graphmail import sessions
from graphmail.clouds import NATIONAL
from graphmail.errors import GraphError, TenantError, Unreachable
from graphmail.retry import Operation
from tests.tls_server import Proxy, TlsServer, answer, authority_file, listening, proxying
from tests.unit.conftest import Service

REGIONAL = "eurprd01.outlook.office365.com"
EVIL = ["evil.example", "outlook.office365.com.evil.example", "eviloutlook.office365.com"]
HOSTS = ("graph.microsoft.com", "outlook.office365.com", REGIONAL, "outlook.office.com", *EVIL)


@dataclass(slots=True)
class Internet:
    """One server that answers to every name, also to evil ones, and the client of the global cloud in front of it."""

    service: Service
    server: TlsServer
    proxy: Proxy

    @property
    def hosts(self) -> list[str]:
        return [request.host for request in self.server.received]

    def bearers(self) -> list[tuple[str, str | None]]:
        return [(request.host, request.headers.get("authorization")) for request in self.server.received]


@pytest.fixture
def internet(authority: trustme.CA, tmp_path, monkeypatch) -> Iterator[Internet]:
    with listening(authority, *HOSTS) as server, proxying(**{h.replace(".", "_"): server.port for h in HOSTS}) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setattr(sessions, "_sessions", {})
        cloud = replace(NATIONAL["global"], ca=authority_file(authority, tmp_path))
        yield Internet(Service(server, cloud), server, proxy)


def test_exchange_is_asked_again_at_the_regional_host_it_names(internet):
    internet.server.then(
        answer(302, None, Location=f"https://{REGIONAL}:446/adminapi/beta/other"),
        answer(200, {"value": [{"Name": "a"}]}),
        answer(200, {"value": []}),
    )

    assert internet.service.exchange.invoke(Operation.KEYED_CREATE, "New-Thing", Name="a") == [{"Name": "a"}]

    first, second = internet.server.received
    assert (first.host, second.host) == ("outlook.office365.com", REGIONAL)
    assert (first.method, first.target, first.body) == (second.method, second.target, second.body)
    assert internet.bearers()[1] == (REGIONAL, "Bearer token-1")


def test_what_follows_goes_to_the_regional_host_at_once(internet):
    exchange = internet.service.exchange
    link = f"https://{REGIONAL}/adminapi/beta/next"
    internet.server.then(
        answer(302, None, Location=f"https://{REGIONAL}/"),
        answer(200, {"value": [{"Name": "a"}], "@odata.nextLink": link}),
        answer(200, {"value": [{"Name": "b"}]}),
        answer(200, {"value": []}),
    )

    assert len(exchange.find("Get-Thing", Identity="x")) == 2
    assert exchange.find("Get-Thing", Identity="y") == []
    assert internet.hosts == ["outlook.office365.com", REGIONAL, REGIONAL, REGIONAL]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "https://evil.example:446/",
        "http://eurprd01.outlook.office365.com/",
        "https://outlook.office365.com.evil.example/",
        "https://eviloutlook.office365.com/",
        "https://evil.example\\.outlook.office365.com/",
        "https://evil.example#.outlook.office365.com/",
        "https://outlook.office365.com@evil.example/",
        "https://graph.microsoft.com/",
        "/adminapi/elsewhere",
        "",
    ],
)
def test_exchange_cannot_send_its_token_elsewhere(internet, location):
    exchange = internet.service.exchange
    internet.server.then(answer(302, None, Location=location), answer(200, {"value": []}), answer(200, {"value": []}))

    with pytest.raises(TenantError, match="would carry a token to a host that is not the chosen cloud's"):
        exchange.find("Get-Thing", Identity="x")

    assert set(internet.proxy.asked) == {"outlook.office365.com"}
    # A refused redirect leaves no trace: the next call goes where it should.
    assert exchange.find("Get-Thing", Identity="x") == []


@pytest.mark.parametrize("host", [*EVIL, "outlook.office365.com", REGIONAL])
def test_graphs_token_goes_to_graph_alone(internet, host):
    internet.server.then(
        answer(200, {"value": [1], "@odata.nextLink": f"https://{host}/v1.0/users?$skiptoken=x"}),
        answer(200, {"value": [2]}),
    )

    with pytest.raises(TenantError, match=f"Expected: a host of cloud global. Found: {host}"):
        list(internet.service.graph.list_all("/users"))

    assert internet.hosts == ["graph.microsoft.com"]


def test_graph_redirects_are_not_followed(internet):
    internet.server.then(answer(302, None, Location="https://evil.example/"), answer(200, {"value": []}))

    with pytest.raises(GraphError, match="Graph answered 302"):
        internet.service.graph.get("/users")

    assert internet.proxy.asked == ["graph.microsoft.com"]


@pytest.mark.parametrize("host", ["outlook.office.com", "graph.microsoft.com", REGIONAL])
def test_uploads_go_where_the_cloud_keeps_them_and_carry_no_token(internet, host):
    internet.server.then(answer(201, {}))

    internet.service.graph.upload(f"https://{host}/upload?authtoken=key", b"abc", 0, 3)

    assert internet.bearers() == [(host, None)]


@pytest.mark.parametrize(
    "url", ["https://evil.example/upload?authtoken=key", "http://outlook.office.com/?authtoken=key"]
)
def test_uploads_go_nowhere_else(internet, url):
    for send in (
        lambda: internet.service.graph.upload(url, b"abc", 0, 3),
        lambda: internet.service.graph.cancel_upload(url),
    ):
        with pytest.raises(TenantError) as caught:
            send()
        assert "authtoken" not in str(caught.value)
    assert internet.proxy.asked == []


def test_a_netrc_entry_does_not_replace_the_token(internet, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine graph.microsoft.com login somebody password else\ndefault login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    internet.server.then(answer(200, {"id": "x"}), answer(201, {}))

    internet.service.graph.get("/organization")
    internet.service.graph.upload("https://outlook.office.com/upload", b"abc", 0, 3)

    assert internet.bearers() == [("graph.microsoft.com", "Bearer token-1"), ("outlook.office.com", None)]


def test_a_bundle_of_the_operators_own_is_trusted(internet, tmp_path, authority, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", internet.service.cloud.ca)
    sessions.tls_context.cache_clear()
    internet.server.then(answer(200, {"id": "x"}))

    try:
        assert internet.service.moved(ca=None).graph.get("/organization") == {"id": "x"}
    finally:
        sessions.tls_context.cache_clear()


def test_without_it_the_publicly_trusted_authorities_are(internet, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)

    with pytest.raises(Unreachable, match="the certificate is not trusted"):
        internet.service.moved(ca=None).graph.get("/organization")

    assert internet.server.received == []


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff" * 100])
def test_a_bundle_that_cannot_be_read_is_named(internet, tmp_path, monkeypatch, content):
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    sessions.tls_context.cache_clear()

    with pytest.raises(TenantError, match=f"Found: {path}. To do: correct REQUESTS_CA_BUNDLE or unset it"):
        internet.service.moved(ca=None).graph.get("/organization")

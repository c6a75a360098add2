"""Clients that know nothing of the sandbox: through it as HTTPS proxy, or with its port in place of the real hosts."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

import pytest
import requests

from graphmail.sandbox.front_door.hosts import CLOUDS, PLACES
from tests.sandbox_process import CONTOSO, GRAPH_SCOPE, Sandbox

LOGIN, GRAPH, EXCHANGE = (
    "https://login.microsoftonline.com",
    "https://graph.microsoft.com",
    "https://outlook.office365.com",
)
CONFIGURATION = f"/{CONTOSO}/v2.0/.well-known/openid-configuration"


@pytest.fixture
def proxied(sandbox: Sandbox) -> requests.Session:
    http = requests.Session()
    http.trust_env = False
    http.verify = sandbox.json["ca"]
    http.proxies = {"https": sandbox.json["proxy"], "http": sandbox.json["proxy"]}
    return http


def port_of(sandbox: Sandbox) -> int:
    return int(sandbox.json["proxy"].rpartition(":")[2])


@contextlib.contextmanager
def tls_to(sandbox: Sandbox, host: str) -> Iterator[ssl.SSLSocket]:
    """Speak TLS to the port as if name resolution had led there."""
    context = ssl.create_default_context(cafile=sandbox.json["ca"])
    with (
        socket.create_connection(("127.0.0.1", port_of(sandbox)), 10) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        yield secured


def get(secured: ssl.SSLSocket, host: str, path: str) -> bytes:
    secured.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    return b"".join(iter(lambda: secured.recv(65536), b""))


def token(http: requests.Session, sandbox: Sandbox, scope: str = GRAPH_SCOPE) -> str:
    form = {"grant_type": "client_credentials", "scope": scope, **sandbox.json["admins"][CONTOSO]}
    answer = http.post(f"{LOGIN}/{CONTOSO}/oauth2/v2.0/token", data=form, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def test_answers_name_the_host_that_was_asked(proxied, sandbox):
    found = proxied.get(LOGIN + CONFIGURATION, timeout=30).json()
    assert found["token_endpoint"] == f"{LOGIN}/{CONTOSO}/oauth2/v2.0/token"
    bearer = {"Authorization": f"Bearer {token(proxied, sandbox)}"}
    listed = proxied.get(f"{GRAPH}/v1.0/users?$top=1", headers=bearer, timeout=30).json()
    assert listed["@odata.nextLink"].startswith(f"{GRAPH}/v1.0/users?")
    assert proxied.get(listed["@odata.nextLink"], headers=bearer, timeout=30).status_code == 200


def test_exchange_administration_answers_at_its_own_host(proxied, sandbox):
    bearer = {"Authorization": f"Bearer {token(proxied, sandbox, f'{EXCHANGE}/.default')}"}
    body = {"CmdletInput": {"CmdletName": "Get-OrganizationConfig", "Parameters": {}}}
    for host in (EXCHANGE, "https://outlook.office.com", "https://eurprd01.outlook.office365.com"):
        answer = proxied.post(f"{host}/adminapi/beta/{CONTOSO}/InvokeCommand", json=body, headers=bearer, timeout=30)
        assert answer.json()["value"][0]["Name"] == "contoso.onmicrosoft.example", host


def test_exchange_sends_on_to_a_regional_host_of_its_cloud(proxied, sandbox):
    sandbox.control("PATCH", f"/tenants/{CONTOSO}/exchange", {"redirect": True})
    bearer = {"Authorization": f"Bearer {token(proxied, sandbox, f'{EXCHANGE}/.default')}"}
    body = {"CmdletInput": {"CmdletName": "Get-OrganizationConfig", "Parameters": {}}}
    url = f"{EXCHANGE}/adminapi/beta/{CONTOSO}/InvokeCommand"
    sent_on = proxied.post(url, json=body, headers=bearer, timeout=30, allow_redirects=False)
    there = sent_on.headers["Location"]
    assert (sent_on.status_code, there) == (302, url.replace("outlook.", "eurprd01.outlook."))
    assert proxied.post(there, json=body, headers=bearer, timeout=30).status_code == 200


def test_name_resolution_may_lead_to_the_port_instead_of_a_proxy(sandbox):
    with tls_to(sandbox, "login.microsoftonline.com") as secured:
        answer = get(secured, "login.microsoftonline.com", CONFIGURATION)
    assert answer.startswith(b"HTTP/1.1 200")
    assert f"{LOGIN}/{CONTOSO}/oauth2/v2.0/token".encode() in answer


@pytest.mark.parametrize("host", sorted(PLACES))
def test_every_host_has_a_certificate_and_an_answer_of_its_own(sandbox, host):
    with tls_to(sandbox, host) as secured:
        answer = get(secured, host, "/nothing/there")
    assert not answer.startswith(b"HTTP/1.1 421"), answer


@pytest.mark.parametrize(
    "target", ["example.com:443", "graph.microsoft.com:80", "graph.microsoft.com.evil.example:443"]
)
def test_proxy_refuses_any_other_host_and_notes_it(proxied, sandbox, target):
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        proxied.get(f"https://{target}/", timeout=30)
    noted = sandbox.control("GET", "/requests")["requests"][-1]
    assert (noted["service"], noted["path"], noted["status"]) == ("proxy", target, 403)


@pytest.mark.parametrize(
    ("request_line", "kept"),
    [
        ("GET http://login.example/token?client_secret=CANARY&code=CANARY", "login.example"),
        ("POST http://someone:CANARY@login.example:8080/CANARY#CANARY", "login.example:8080"),
        ("CONNECT someone:CANARY@login.example:443", "login.example:443"),
        ("GET /CANARY?code=CANARY", ""),
        ("GET http://login.example\\CANARY/", ""),
    ],
)
def test_proxy_keeps_and_tells_only_host_and_port_of_what_it_refuses(sandbox, request_line, kept):
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), 10) as client:
        client.sendall(f"{request_line} HTTP/1.1\r\nHost: login.example\r\nContent-Length: 0\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    noted = sandbox.control("GET", "/requests")["requests"][-1]
    assert (noted["status"], noted["path"], "CANARY" in str(noted)) == (403, kept, False)
    assert answer.startswith(b"HTTP/1.1 403")
    assert b"CANARY" not in answer


def test_proxy_carries_nothing_that_is_not_encrypted(proxied):
    answer = proxied.get("http://graph.microsoft.com/v1.0/users", timeout=30)
    assert answer.status_code == 403
    assert "answers for these hosts alone" in answer.text


def test_tls_does_not_begin_for_a_name_that_is_not_emulated(sandbox):
    # In the handshake itself: were there one, the certificate would be found not to be for this name.
    with pytest.raises(ssl.SSLError) as refused, tls_to(sandbox, "example.com"):
        pass
    assert not isinstance(refused.value, ssl.SSLCertVerificationError)


def test_host_header_of_a_stranger_is_misdirected(sandbox):
    with tls_to(sandbox, "graph.microsoft.com") as secured:
        assert get(secured, "example.com", "/").startswith(b"HTTP/1.1 421")


@pytest.mark.parametrize("first", [b"", b"\x00\xff\xfe\r\n\r\n", b"CONNECT\r\n\r\n", b"GET " + b"x" * 40_000])
def test_garbage_ends_that_connection_alone(proxied, sandbox, first):
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), 10) as stranger:
        stranger.settimeout(10)
        # It may be refused before all of it is sent.
        with contextlib.suppress(OSError):
            stranger.sendall(first)
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(4096):
                pass
    assert proxied.get(LOGIN + CONFIGURATION, timeout=30).status_code == 200


def test_upload_urls_lie_at_outlook_as_the_real_ones_do(proxied, sandbox):
    app = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "mailer"})
    principal = sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": app["appId"]})
    graph = sandbox.by_hand(CONTOSO, "GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    for role in ("e2a3a72e-5f79-4c64-b1b1-878b674786c9", "b633e1c5-b582-4048-a93e-9f11b44c7e96"):
        grant = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": role}
        sandbox.by_hand(CONTOSO, "POST", f"/servicePrincipals/{graph['id']}/appRoleAssignedTo", grant)
    secret = sandbox.by_hand(CONTOSO, "POST", f"/applications/{app['id']}/addPassword", {})["secretText"]
    sandbox.settle(CONTOSO)
    form = {
        "grant_type": "client_credentials",
        "scope": GRAPH_SCOPE,
        "client_id": app["appId"],
        "client_secret": secret,
    }
    bearer = proxied.post(f"{LOGIN}/{CONTOSO}/oauth2/v2.0/token", data=form, timeout=30).json()["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    box = f"{GRAPH}/v1.0/users/support@contoso.example/messages"
    draft = proxied.post(box, json={"subject": "large"}, headers=headers, timeout=30).json()
    size = 4 * 1024 * 1024
    item = {"AttachmentItem": {"attachmentType": "file", "name": "a.bin", "size": size}}
    opened = proxied.post(
        f"{box}/{draft['id']}/attachments/createUploadSession", json=item, headers=headers, timeout=30
    )
    url = opened.json()["uploadUrl"]
    assert url.startswith("https://outlook.office.com/")
    half = size // 2
    for start in (0, half):
        span = {"Content-Range": f"bytes {start}-{start + half - 1}/{size}"}
        answer = proxied.put(url, data=b"x" * half, headers=span, timeout=30)
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith("https://outlook.office.com/")


def test_clouds_share_no_host_but_the_american_login():
    hosts = [h for cloud in CLOUDS for h in {*cloud.login, cloud.graph, cloud.exchange}]
    assert {h for h in hosts if hosts.count(h) > 1} == {"login.microsoftonline.us", "login.usgovcloudapi.net"}


def test_service_that_a_drill_has_shut_is_refused_through_the_proxy_and_by_name(proxied, sandbox):
    drill = {"name": "connection_refused", "service": "graph", "parameters": {"seconds": 600}}
    sandbox.control("POST", f"/tenants/{CONTOSO}/drills", drill, 201)
    with pytest.raises(requests.exceptions.ProxyError, match="502"):
        proxied.get(f"{GRAPH}/v1.0/organization", timeout=30)
    with pytest.raises(ssl.SSLError), tls_to(sandbox, "graph.microsoft.com"):
        pass
    assert proxied.get(f"{LOGIN}{CONFIGURATION}", timeout=30).status_code == 200
    sandbox.advance(CONTOSO, 601)
    assert proxied.get(f"{GRAPH}/v1.0/organization", timeout=30).status_code == 401

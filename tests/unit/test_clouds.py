import json

import pytest
import requests
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from graphmail.clouds import NATIONAL, cloud
from graphmail.errors import TenantError

GLOBAL = NATIONAL["global"]
SERVICES = {
    "login": "https://127.0.0.1:1",
    "graph": "https://127.0.0.1:2",
    "exchange": "https://127.0.0.1:3",
    "control": "https://127.0.0.1:4",
    "ca": "/ca.pem",
}

# Written as no parser of URLs should be asked to understand them.
FOREIGN = [
    "http://graph.microsoft.com/v1.0",
    "http://outlook.office365.com/x",
    "https://graph.microsoft.com.evil.example/v1.0",
    "https://evil.example/graph.microsoft.com",
    "https://graph.microsoft.com@evil.example/v1.0",
    "https://graph.microsoft.com:pass@evil.example/v1.0",
    "https://graph.microsoft.com:8443/v1.0",
    "https://graph.microsoft.com\\@evil.example/v1.0",
    "https://evil.example\\.outlook.office365.com/x",
    "https://evil.example\t.outlook.office365.com/x",
    "https://evil.example\n.outlook.office365.com/x",
    "https://evil.example .outlook.office365.com/x",
    "https://evil.example#.outlook.office365.com/x",
    "https://evil.example?.outlook.office365.com/x",
    "https://evil.example/.outlook.office365.com/x",
    "https://eviloutlook.office365.com/x",
    "https://outlook.office365.com.evil.example/x",
    "https://x.outlook.office365.com:4430/x",
    "https://x.outlook.office365.com:99999/x",
    "https://[::1/x",
    "//graph.microsoft.com/v1.0",
    "graph.microsoft.com",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_a_token_and_an_upload_go_to_no_foreign_url(url):
    assert not GLOBAL.takes_graph_token(url)
    assert not GLOBAL.takes_exchange_token(url)
    assert not GLOBAL.takes_upload(url)


@pytest.mark.parametrize(
    ("url", "graph", "exchange", "upload"),
    [
        ("https://graph.microsoft.com/v1.0/users?$skiptoken=a b\\c", True, False, True),
        ("https://graph.microsoft.com:443/v1.0", True, False, True),
        ("https://Graph.Microsoft.com", True, False, True),
        ("https://outlook.office365.com/adminapi", False, True, True),
        ("https://eurpr01.outlook.office365.com/adminapi", False, True, True),
        ("https://eurpr01.outlook.office365.com:443/adminapi", False, True, True),
        ("https://a.b.outlook.office365.com?x", False, True, True),
        ("https://outlook.office.com/api/v2.0/upload?authtoken=x", False, False, True),
        ("https://x.outlook.office.com/upload", False, False, False),
        ("https://login.microsoftonline.com/x", False, False, False),
        ("https://graph.microsoft.us/v1.0", False, False, False),
    ],
)
def test_each_token_goes_to_its_own_service_and_exchange_has_regions(url, graph, exchange, upload):
    told = (GLOBAL.takes_graph_token(url), GLOBAL.takes_exchange_token(url), GLOBAL.takes_upload(url))
    assert told == (graph, exchange, upload)


@pytest.mark.parametrize("name", NATIONAL)
def test_no_national_cloud_takes_anothers_hosts(name):
    own = NATIONAL[name]
    for other in NATIONAL.values():
        regional = other.exchange.replace("https://", "https://region.")
        same = other is own
        assert own.takes_graph_token(f"{other.graph}/v1.0") is same
        assert own.takes_exchange_token(f"{other.exchange}/adminapi") is same
        assert own.takes_exchange_token(regional) is same
        assert own.takes_upload(f"{other.graph}/upload") is same


AUTHORITY = st.text(st.sampled_from("aA.-@:/\\?#[]%\t\n 0149"), max_size=12)


@given(before=AUTHORITY, middle=st.sampled_from(["", "graph.microsoft.com", ".outlook.office365.com"]), after=AUTHORITY)
@example(before="evil.example\\", middle=".outlook.office365.com", after="/")
def test_what_is_taken_is_taken_for_the_host_that_is_then_contacted(before, middle, after):
    url = f"https://{before}{middle}{after}"
    if not (GLOBAL.takes_graph_token(url) or GLOBAL.takes_exchange_token(url)):
        return
    try:
        contacted = parse_url(requests.Request("GET", url).prepare().url).host
    except (requests.exceptions.RequestException, HTTPError):
        return
    assert contacted == "graph.microsoft.com" or contacted.endswith("outlook.office365.com")
    assert "@" not in contacted


def test_there_is_no_other_cloud():
    with pytest.raises(TenantError, match=r"There is no cloud 'germany'.*global, gcc_high, dod, china, sandbox"):
        cloud("germany")


class TestSandbox:
    def test_is_found_by_its_file(self, sandbox):
        found = cloud("sandbox")

        assert found.graph == sandbox.json["graph"]
        assert found.graph_audience == GLOBAL.graph_audience
        assert found.exchange_audience == GLOBAL.exchange_audience

    def test_takes_tokens_at_its_own_ports_only(self, sandbox):
        found = cloud("sandbox")

        assert found.takes_graph_token(f"{found.graph}/v1.0")
        assert not found.takes_graph_token(f"{found.exchange}/v1.0")
        assert not found.takes_exchange_token("https://x.outlook.office365.com/")
        assert not found.takes_graph_token("https://graph.microsoft.com/v1.0")
        assert not found.takes_upload("https://outlook.office.com/upload")

    def test_where_none_runs_the_remedy_is_told(self, monkeypatch):
        monkeypatch.delenv("GRAPHMAIL_SANDBOX", raising=False)

        with pytest.raises(TenantError, match=r"GRAPHMAIL_SANDBOX is not set\. To do: start it with `make sandbox`"):
            cloud("sandbox")

    @pytest.mark.parametrize(
        "content", [None, "", "[]", "{}", '{"login": 1}', "{", json.dumps(SERVICES | {"ca": None})]
    )
    def test_a_file_that_describes_none_is_named(self, monkeypatch, tmp_path, content):
        path = tmp_path / "sandbox.json"
        if content is not None:
            path.write_text(content)
        monkeypatch.setenv("GRAPHMAIL_SANDBOX", str(path))

        with pytest.raises(TenantError, match=f"{path} is not a readable sandbox.json"):
            cloud("sandbox")

    @pytest.mark.parametrize("service", ["login", "graph", "exchange", "control"])
    @pytest.mark.parametrize(
        "url", ["https://graph.microsoft.com", "https://10.0.0.1:1", "https://127.0.0.1.evil.example"]
    )
    def test_an_endpoint_that_is_not_on_loopback_is_refused(self, monkeypatch, tmp_path, service, url):
        path = tmp_path / "sandbox.json"
        path.write_text(json.dumps(SERVICES | {service: url}))
        monkeypatch.setenv("GRAPHMAIL_SANDBOX", str(path))

        with pytest.raises(TenantError, match=f"The sandbox's {service} endpoint is not on loopback"):
            cloud("sandbox")

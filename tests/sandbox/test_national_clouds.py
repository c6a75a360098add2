"""A tenant of a national cloud answers at that cloud's hosts, with that cloud's audiences, and nowhere else."""

from __future__ import annotations

import pytest
import requests
import yaml

from graphmail.sandbox.front_door.hosts import CLOUDS
from tests.sandbox.signed_in import JWT_BEARER, KeyPair, assertion_claims
from tests.sandbox_process import CONTOSO, EXAMPLE, Sandbox, running

NATIONAL = {cloud.name: cloud for cloud in CLOUDS}


@pytest.fixture(scope="module", params=sorted(NATIONAL))
def world(request, tmp_path_factory):
    """Contoso in one of the clouds: the sandbox, a client behind its proxy, and the cloud."""
    content = yaml.safe_load(EXAMPLE.read_text())
    content["tenants"] = content["tenants"][:1]
    content["tenants"][0]["cloud"] = request.param
    folder = tmp_path_factory.mktemp("cloud")
    (folder / "tenants.yml").write_text(yaml.safe_dump(content))
    with running(folder, folder / "tenants.yml", "--in-memory") as sandbox:
        http = requests.Session()
        http.trust_env = False
        http.verify, http.proxies = sandbox.json["ca"], {"https": sandbox.json["proxy"]}
        yield sandbox, http, NATIONAL[request.param]


def token(sandbox: Sandbox, http: requests.Session, login: str, resource: str) -> requests.Response:
    form = {"grant_type": "client_credentials", "scope": f"https://{resource}/.default"}
    url = f"https://{login}/{CONTOSO}/oauth2/v2.0/token"
    return http.post(url, data={**form, **sandbox.json["admins"][CONTOSO]}, timeout=30)


def test_signs_in_and_works_at_its_own_hosts(world):
    sandbox, http, cloud = world
    for login in cloud.login:
        bearer = token(sandbox, http, login, cloud.graph).json()["access_token"]
        url = f"https://{cloud.graph}/v1.0/organization"
        assert http.get(url, headers={"Authorization": f"Bearer {bearer}"}, timeout=30).status_code == 200
    bearer = token(sandbox, http, cloud.login[0], cloud.exchange).json()["access_token"]
    url = f"https://{cloud.exchange}/adminapi/beta/{CONTOSO}/InvokeCommand"
    body = {"CmdletInput": {"CmdletName": "Get-OrganizationConfig", "Parameters": {}}}
    assert http.post(url, json=body, headers={"Authorization": f"Bearer {bearer}"}, timeout=30).status_code == 200


def test_discovery_names_the_clouds_graph(world):
    _, http, cloud = world
    url = f"https://{cloud.login[0]}/{CONTOSO}/v2.0/.well-known/openid-configuration"
    assert http.get(url, timeout=30).json()["msgraph_host"] == cloud.graph


def test_is_refused_at_the_hosts_of_another_cloud(world):
    sandbox, http, cloud = world
    for other in NATIONAL.values():
        if set(other.login) & set(cloud.login):
            continue
        refused = token(sandbox, http, other.login[0], cloud.graph)
        assert (refused.status_code, refused.json()["error_codes"]) == (400, [900382])


def test_tokens_are_not_minted_for_another_clouds_resources_and_are_refused_there(world):
    sandbox, http, cloud = world
    bearer = token(sandbox, http, cloud.login[0], cloud.graph).json()["access_token"]
    for other in NATIONAL.values():
        if other is cloud:
            continue
        assert token(sandbox, http, cloud.login[0], other.graph).json()["error_codes"] == [500011]
        url = f"https://{other.graph}/v1.0/organization"
        assert http.get(url, headers={"Authorization": f"Bearer {bearer}"}, timeout=30).status_code == 401


def test_an_assertion_is_for_a_login_host_of_its_own_cloud(world):
    sandbox, http, cloud = world
    key = KeyPair()
    app = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app", "keyCredentials": [key.credential]})
    sandbox.by_hand(CONTOSO, "POST", "/servicePrincipals", {"appId": app["appId"]})
    sandbox.settle(CONTOSO)

    def taken(host: str) -> bool:
        audience = f"https://{host}/{CONTOSO}/oauth2/v2.0/token"
        assertion = key.sign(assertion_claims(sandbox, CONTOSO, app["appId"], aud=audience))
        form = {"grant_type": "client_credentials", "scope": f"https://{cloud.graph}/.default"}
        form |= {"client_id": app["appId"], "client_assertion_type": JWT_BEARER, "client_assertion": assertion}
        url = f"https://{cloud.login[0]}/{CONTOSO}/oauth2/v2.0/token"
        answer = http.post(url, data=form, timeout=30)
        assert answer.status_code == 200 or answer.json()["error_codes"] == [700023]
        return answer.status_code == 200

    hosts = {host for each in NATIONAL.values() for host in each.login}
    assert {host for host in hosts if taken(host)} == set(cloud.login)


def test_instance_discovery_tells_the_hosts_that_answer(world):
    _, http, cloud = world
    asked = {"api-version": "1.1", "authorization_endpoint": f"https://{cloud.login[-1]}/{CONTOSO}/oauth2/authorize"}
    told = http.get(f"https://{cloud.login[0]}/common/discovery/instance", params=asked, timeout=30).json()["metadata"]
    assert {tuple(one["aliases"]) for one in told} == {each.login for each in NATIONAL.values()}
    assert all({one["preferred_network"], one["preferred_cache"]} <= set(one["aliases"]) for one in told)

"""What directory requests cost, as their headers say."""

from __future__ import annotations

import pytest

ROLES = ("Directory.Read.All", "Application.ReadWrite.All", "Organization.Read.All")


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("/applications", "2"),
        ("/applications?$select=id", "1"),
        ("/applications?$select=id&$top=5", "1"),
        ("/servicePrincipals", "1"),
        ("/users", "2"),
        ("/subscribedSkus", "3"),
        ("/organization", "1"),
    ],
)
def test_answer_says_what_the_request_cost(contoso, path, units):
    answer = contoso.graph("GET", path, roles=ROLES)
    assert answer.status_code == 200
    assert answer.headers["x-ms-resource-unit"] == units


def test_mail_requests_cost_no_units(contoso):
    answer = contoso.graph("GET", "/users/support@contoso.example/mailFolders/inbox")
    assert "x-ms-resource-unit" not in answer.headers


def test_limit_warns_before_it_refuses(contoso):
    contoso.tenant.limits.directory_units = 5
    seen = [contoso.graph("GET", "/applications", roles=ROLES) for _ in range(4)]
    assert [a.status_code for a in seen] == [200, 200, 200, 429]
    assert [a.headers.get("x-ms-throttle-limit-percentage") for a in seen] == [None, "0.80", "1.20", "1.60"]
    assert seen[3].json()["error"]["code"] == "TooManyRequests"
    assert seen[3].headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    contoso.advance(int(seen[3].headers["Retry-After"]))
    assert contoso.graph("GET", "/applications", roles=ROLES).status_code == 200

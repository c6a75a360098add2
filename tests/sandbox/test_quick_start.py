"""The first steps in docs/sandbox.md, as somebody would take them who only wants to send a mail."""

from __future__ import annotations

import re

from tests.sandbox_in_process import Sockets, mail
from tests.sandbox_process import ROOT

TENANT = "5a4d0000-0000-4000-8000-000000000001"


def test_mail_app_of_the_quick_start_sends_with_the_secret_that_is_shown(tmp_path):
    document = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(tenants:.*?)```", document, re.DOTALL)
    assert found
    (tmp_path / "mail.yml").write_text(found[1])
    sandbox = Sockets(tmp_path / "state", tmp_path / "mail.yml")
    app = sandbox.addresses["applications"][TENANT][0]
    form = {
        "grant_type": "client_credentials",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = sandbox.http.post(f"{sandbox.addresses['login']}/{TENANT}/oauth2/v2.0/token", data=form, timeout=30)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    url = f"{sandbox.addresses['graph']}/v1.0/users/support@contoso.example/sendMail"
    sent = sandbox.http.post(url, json=mail("ceo@contoso.example"), headers=headers, timeout=30)
    assert sent.status_code == 202
    box = f"{sandbox.addresses['control']}/_sandbox/tenants/contoso.example/mailboxes/ceo@contoso.example"
    inbox = sandbox.http.get(box, timeout=30).json()["folders"]["inbox"]
    assert [m["subject"] for m in inbox] == ["hello"]

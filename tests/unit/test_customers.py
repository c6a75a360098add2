"""The loader as a whole: what it returns, and that it tells every mistake, in the right line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from graphmail.customers import InventoryError, load
from graphmail.customers.table import field_table
from graphmail.errors import TenantError

from .inventory_samples import CONTOSO, VENDOR, entry, inventory, mistakes, places, write

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    """Neither sandbox, state nor identity: an inventory needs none of them."""
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_SANDBOX", "GRAPHMAIL_IDENTITY"):
        monkeypatch.delenv(name, raising=False)


def test_example_inventory_parses_with_nothing_running():
    customers = load(ROOT / "inventory.example.yml").customers

    assert list(customers) == ["contoso", "fabrikam", "litware"]
    assert customers["contoso"].credential.lifetime.count == 24
    assert Path(customers["fabrikam"].app.logo) == ROOT / "files/placeholder-logo.png"
    assert len(customers["fabrikam"].group.owners) == 2
    assert customers["litware"].app.client_id == "5a4d0000-0003-4000-8000-00000000a001"
    assert customers["litware"].app.known_credentials == ["5a4d0000-0003-4000-8000-00000000b001"]
    assert customers["litware"].group.extra_members == "remove"


def test_field_table_in_the_documentation_is_the_schema():
    documented = (ROOT / "docs/inventory.md").read_text().split("<!-- fields -->\n")[1].split("<!-- /fields -->")[0]

    assert documented == field_table()


def test_connection_is_the_tenant_option(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "st"))
    path = inventory(tmp_path, {"contoso": entry()}, operators=[VENDOR])
    contoso = load(path).customers["contoso"]

    assert contoso.connection(path) == {
        "customer": "contoso",
        "tenant_id": "5a4d0000-0000-4000-8000-000000000001",
        "initial_domain": "contoso.onmicrosoft.example",
        "cloud": "sandbox",
        "admin": {"kind": "client_secret", "sealed": f"{tmp_path}/st/contoso/admin.age"},
        "known_mailbox": "support@contoso.example",
        "operators": [VENDOR],
    }
    assert contoso.connection(path, tmp_path / "other")["admin"]["sealed"] == f"{tmp_path}/other/contoso/admin.age"


def test_admins_sealed_file_is_relative_to_the_inventory(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    path = inventory(tmp_path, {"contoso": entry(admin={"sealed": "keys/contoso.age"})})
    monkeypatch.chdir(tmp_path / "elsewhere")

    sealed = load(Path("../inventory.yml")).customers["contoso"].connection(path)["admin"]["sealed"]

    assert sealed == f"{tmp_path}/keys/contoso.age"


def test_variables_are_plain_data_with_defaults_filled_in(tmp_path):
    variables = load(inventory(tmp_path, {"contoso": entry()})).customers["contoso"].variables()

    assert json.loads(json.dumps(variables)) == variables
    assert variables["app"] == {
        "display_name": "Kundo Mail",
        "unique_name": "kundo-mail",
        "client_id": None,
        "logo": None,
        "notes": None,
        "on_offboard": "keep_deleted",
        "known_credentials": [],
    }
    assert variables["access"] == "application_access_policy"
    assert variables["credential"] == {
        "kind": "secret",
        "on_policy": "stop",
        "federated": None,
        "lifetime": "24 months",
        "keep": False,
        "rotate_before": "60 days",
        "grace": "7 days",
        "critical_before": "14 days",
        "proof_lifetime": "2 days",
    }
    assert variables["probe"]["large_mail_size"] == 10 * 1024 * 1024
    assert variables["probe"]["max_wait"] == 7200
    assert "name" not in variables
    assert "operators" not in variables


def test_defaults_lie_under_each_entry_and_lists_are_replaced(tmp_path):
    defaults = {"labels": ["pilot", "early"], "credential": {"lifetime": "90 days"}, "access": "rbac"}
    own = entry(labels=["late"], credential={"proof_lifetime": "1 day"})

    contoso = load(inventory(tmp_path, {"contoso": own}, defaults=defaults)).customers["contoso"]

    assert contoso.labels == ["late"]
    assert (str(contoso.credential.lifetime), str(contoso.credential.proof_lifetime)) == ("90 days", "1 day")
    assert contoso.access == "rbac"


def test_every_mistake_is_told_at_once_with_its_line(tmp_path):
    text = (
        CONTOSO.replace("mailboxes: [s", "mailboxs: [s")
        .replace("cloud: sandbox", "cloud: sandbx")
        .replace("-000000000001", "-1")
    )

    found = mistakes(write(tmp_path, text))

    assert [(m.line, m.customer, m.field) for m in found] == [
        (2, "contoso", "mailboxes"),
        (3, "contoso", "tenant_id"),
        (5, "contoso", "cloud"),
        (7, "contoso", "mailboxs"),
    ]


def test_message_names_file_line_customer_field_finding_and_what_is_allowed(tmp_path):
    path = write(tmp_path, CONTOSO.replace("cloud: sandbox", "cloud: globl"))

    with pytest.raises(InventoryError) as caught:
        load(path)

    assert isinstance(caught.value, TenantError)
    line = next(line for line in str(caught.value).splitlines() if "cloud" in line)
    assert f"{path}:5: customer contoso, field cloud: " in line
    assert "'globl'" in line
    assert "did you mean `global`?" in line
    assert "`global`, `gcc_high`, `dod`, `china`, `sandbox`" in line


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("mailboxs", "mailboxes"), ("outside_mailbx", "outside_mailbox"), ("tenantid", "tenant_id")],
)
def test_misspelt_field_names_the_nearest(tmp_path, wrong, right):
    (mistake,) = mistakes(inventory(tmp_path, {"contoso": {**entry(), wrong: "x"}}))

    assert mistake.field == wrong
    assert f"did you mean `{right}`?" in mistake.problem


def test_misspelt_field_of_a_section_names_that_sections_fields(tmp_path):
    (mistake,) = mistakes(inventory(tmp_path, {"contoso": entry(app={"display_nam": "x"})}))

    assert mistake.field == "app.display_nam"
    assert "`display_name`" in mistake.problem
    assert "`tenant_id`" not in mistake.allowed


def test_wrong_default_is_one_mistake_in_the_defaults_line(tmp_path):
    text = (
        "defaults:\n  access: rbacs\n" + CONTOSO + CONTOSO.replace("contoso", "fabrikam").replace("001\n", "002\n")[11:]
    )

    (mistake,) = mistakes(write(tmp_path, text))

    assert (mistake.line, mistake.customer, mistake.field) == (2, "", "defaults.access")


@pytest.mark.parametrize("field", ["tenant_id", "mailboxes", "outside_mailbox", "initial_domain"])
def test_what_is_a_customers_own_is_no_default(tmp_path, field):
    own = entry()

    assert places(inventory(tmp_path, {"contoso": own}, defaults={field: own[field]})) == [("", f"defaults.{field}")]


def test_value_of_an_unknown_field_is_not_shown_since_it_may_be_a_secret(tmp_path):
    secret = "Zk9-canary-8842"
    (mistake,) = mistakes(inventory(tmp_path, {"contoso": entry(client_secret=secret)}))

    assert secret not in str(mistake)
    assert "graphmail.credentials seal" in mistake.allowed


def test_private_key_among_the_operators_is_not_shown(tmp_path):
    private = "AGE-SECRET-KEY-1CANARY8842"
    (mistake,) = mistakes(inventory(tmp_path, {"contoso": entry()}, operators=[private]))

    assert mistake.field == "operators[0]"
    assert "CANARY" not in str(mistake)


def test_values_stay_as_written(tmp_path):
    template = "{{ lookup('pipe', 'id') }}"

    contoso = load(inventory(tmp_path, {"contoso": entry(app={"display_name": template})})).customers["contoso"]

    assert contoso.variables()["app"]["display_name"] == template


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(field=st.sampled_from([*entry(), "app", "admin", "credential", "probe", "labels"]), value=anything)
def test_no_value_of_any_shape_brings_anything_but_a_mistake(tmp_path_factory, field, value):
    path = tmp_path_factory.getbasetemp() / "any.yml"
    path.write_text(yaml.safe_dump({"defaults": value, "customers": {"contoso": entry(**{field: value})}}))

    mistakes(path)


def check(path):
    command = [sys.executable, "-m", "graphmail.customers", "check", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_check_of_a_file_that_is_not_there_says_how_to_begin(tmp_path):
    told = check(tmp_path / "inventory.yml")
    assert told.returncode == 1
    assert "mistake" not in told.stderr
    assert "cp inventory.example.yml" in told.stderr


def test_check_counts_customers(tmp_path):
    told = check(inventory(tmp_path, {"contoso": entry(credential={"kind": "certificate"})}))
    assert told.returncode == 0
    assert told.stdout == "1 customer, no mistake: contoso\n"

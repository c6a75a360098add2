"""The inventory plugin, through the real ansible-inventory and ansible-playbook."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .inventory_samples import CONTOSO, entry, inventory, write

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.playbook


@pytest.fixture
def ansible(tmp_path):
    """Run an Ansible program in an empty folder, with neither sandbox nor state."""

    def run(program: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRAPHMAIL_", "ANSIBLE_"))}
        kept |= {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(tmp_path / ".ansible")}
        kept |= {"ANSIBLE_CALLBACKS_ENABLED": "default"}  # an inventory leaves no evidence
        return subprocess.run(
            [Path(sys.executable).parent / program, *map(str, arguments)],
            env=kept | environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def listed(ansible, path: Path) -> dict:
    result = ansible("ansible-inventory", "-i", path, "--list")
    assert result.returncode == 0, result.stderr
    # So --list writes a string that is data and no template.
    return json.loads(result.stdout, object_hook=lambda found: found.get("__ansible_unsafe", found))


def playbook(folder: Path, task: str) -> Path:
    path = folder / "play.yml"
    path.write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n    - {task}\n")
    return path


def test_example_gives_a_host_for_each_customer_and_groups_by_cloud_access_and_label(ansible):
    found = listed(ansible, ROOT / "inventory.example.yml")
    hosts = {name: sorted(group.get("hosts", [])) for name, group in found.items() if name != "_meta"}

    assert hosts["customers"] == hosts["sandbox"] == hosts["application_access_policy"]
    assert hosts["customers"] == ["contoso", "fabrikam", "litware"]
    assert hosts["pilot"] == ["contoso", "litware"]
    assert hosts["public_sector"] == ["litware"]
    # ansible-inventory leaves empty groups out of the list itself, but not out of its parent.
    assert {"global", "gcc_high", "dod", "china", "rbac"} <= set(found["all"]["children"])


def test_host_has_the_connection_the_entry_and_this_interpreter(ansible, tmp_path):
    found = listed(ansible, ROOT / "inventory.example.yml")["_meta"]["hostvars"]["litware"]

    ours = {"tenant", "tenant_by_administrator", "customer", "sealing"}
    assert set(found) == {"ansible_connection", "ansible_python_interpreter", *ours}
    assert found["ansible_connection"] == "local"
    assert Path(found["ansible_python_interpreter"]).samefile(sys.executable)
    assert found["tenant"]["tenant_id"] == "5a4d0000-0000-4000-8000-000000000003"
    assert found["tenant"]["admin"]["sealed"] == f"{tmp_path}/state/litware/admin.age"
    assert found["customer"]["mailboxes"] == ["registrator@litware.example", "medborgare@litware.example"]


@pytest.mark.parametrize(
    "text",
    [
        CONTOSO.replace("mailboxes", "mailboxs"),
        CONTOSO.replace("cloud: sandbox", "cloud: [sandbox"),
        "operators: []\ncustmers:\n  contoso: {}\n",
        "customers:\n  contoso:\n",
        '{"customers": {"contoso": {}}}',
    ],
    ids=["misspelt field", "broken YAML", "misspelt customers", "empty entry", "JSON"],
)
def test_bad_inventory_ends_with_our_message_and_exit_status_1(ansible, tmp_path, text):
    result = ansible("ansible-inventory", "-i", write(tmp_path, text), "--list")

    assert result.returncode == 1
    assert re.search(r"The inventory has \d+ mistakes?; nothing was contacted", result.stderr)
    assert f"{tmp_path}/inventory.yml:" in result.stderr
    assert result.stdout == ""


def test_bad_inventory_stops_a_playbook_before_any_host(ansible, tmp_path):
    marker = tmp_path / "ran"
    play = playbook(tmp_path, f"ansible.builtin.file: {{path: {marker}, state: touch}}")
    good = inventory(tmp_path, {"contoso": entry()}).rename(tmp_path / "good.yml")
    bad = write(tmp_path, CONTOSO.replace("sandbox", "sandbx"))

    result = ansible("ansible-playbook", "-i", good, "-i", bad, play)

    assert result.returncode == 1
    assert "did you mean `sandbox`?" in result.stderr
    assert not marker.exists()


def test_misspelt_limit_ends_with_an_exit_status_that_is_not_0(ansible, tmp_path):
    play = playbook(tmp_path, "ansible.builtin.debug: {msg: hello}")

    result = ansible("ansible-playbook", "-i", ROOT / "inventory.example.yml", play, "--limit", "contoso,fabrikm")

    assert result.returncode == 1
    assert "fabrikm" in result.stderr
    assert "hello" not in result.stdout


@pytest.mark.parametrize(
    ("limit", "hosts"),
    [("pilot:!rbac", ["contoso", "litware"]), ("sandbox:&retail", ["fabrikam"]), ("rbac:&pilot", [])],
)
def test_limit_takes_groups_that_may_be_empty(ansible, limit, hosts):
    result = ansible("ansible", "-i", ROOT / "inventory.example.yml", limit, "--list-hosts")

    assert result.returncode == 0, result.stderr
    assert re.findall(r"^    (\S+)$", result.stdout, re.MULTILINE) == hosts


def test_value_that_looks_like_a_template_is_never_executed(ansible, tmp_path):
    marker = tmp_path / "executed"
    hostile = f"{{{{ lookup('pipe', 'touch {marker}') }}}}"
    path = inventory(tmp_path, {"contoso": entry(app={"display_name": hostile[:64], "notes": hostile})})
    play = playbook(tmp_path, 'ansible.builtin.debug: {msg: "{{ customer.app.notes }} {{ customer | to_json }}"}')

    result = ansible("ansible-playbook", "-i", path, play)

    assert result.returncode == 0, result.stdout + result.stderr
    assert f"touch {marker}" in result.stdout
    assert not marker.exists()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("host_vars/contoso.yml", "tenant: {}\n"),
        ("host_vars/contoso.yaml", "other: 1\ncustomer: {}\n"),
        ("host_vars/contoso/mail.yml", "mailboxes: [x]\n"),
        ("host_vars/contoso.json", '{"tenant": {}}'),
        ("group_vars/customers.yml", "tenant: {}\n"),
        ("group_vars/all.yml", "customer: {}\n"),
        ("group_vars/sandbox.yml", "outside_mailbox: x\n"),
        ("group_vars/all.yml", "$ANSIBLE_VAULT;1.1;AES256\n3132\n"),
        ("plays/host_vars/contoso.yml", "tenant: {}\n"),
        ("plays/group_vars/customers.yml", "tenant: {}\n"),
    ],
)
def test_variable_file_that_would_override_the_inventory_is_refused(ansible, tmp_path, file, text):
    path = inventory(tmp_path, {"contoso": entry()})
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text)
    (tmp_path / "plays").mkdir(exist_ok=True)

    result = ansible(
        "ansible-playbook", "-i", path, playbook(tmp_path / "plays", "ansible.builtin.debug: {msg: hello}")
    )

    assert result.returncode == 1
    assert f"{tmp_path / file}:" in result.stderr
    assert "hello" not in result.stdout


def test_variable_file_with_other_names_is_left_alone(ansible, tmp_path):
    path = inventory(tmp_path, {"contoso": entry()})
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text("greeting: hello\n")

    assert listed(ansible, path)["_meta"]["hostvars"]["contoso"]["greeting"] == "hello"


@pytest.mark.parametrize("name", ["tenant", "customer", "sealing"])
def test_extra_variable_that_would_override_the_inventory_is_refused(ansible, tmp_path, name):
    path = inventory(tmp_path, {"contoso": entry()})
    play = playbook(tmp_path, "ansible.builtin.debug: {msg: hello}")

    result = ansible("ansible-playbook", "-i", path, play, "-e", f"{name}=contoso")

    assert result.returncode == 1
    assert "--limit" in result.stderr


def test_other_inventories_are_left_to_the_other_plugins(ansible, tmp_path):
    path = tmp_path / "hosts.yml"
    path.write_text("web:\n  hosts:\n    a.example.com: {port: 1}\n")

    assert listed(ansible, path)["web"]["hosts"] == ["a.example.com"]
    assert ansible("ansible", "-i", "localhost,", "all", "--list-hosts").returncode == 0


def test_missing_package_is_told_and_no_other_plugin_takes_the_file(ansible, tmp_path):
    (tmp_path / "stub/graphmail").mkdir(parents=True)
    (tmp_path / "stub/graphmail/__init__.py").write_text("")

    result = ansible("ansible-inventory", "-i", ROOT / "inventory.example.yml", "--list", PYTHONPATH=f"{tmp_path}/stub")

    assert result.returncode == 1
    assert "The package graphmail cannot be imported" in result.stderr


def test_documentation_is_complete(ansible):
    result = ansible("ansible-doc", "-t", "inventory", "customers", "--json")

    documented = json.loads(result.stdout)["customers"]
    assert set(documented["doc"]["options"]) == {"operators", "evidence", "defaults", "customers"}
    assert "contoso" in documented["examples"]


def test_example_in_the_documentation_is_an_inventory(ansible, tmp_path):
    documented = json.loads(ansible("ansible-doc", "-t", "inventory", "customers", "--json").stdout)["customers"]

    assert listed(ansible, write(tmp_path, documented["examples"]))["rbac"]["hosts"] == ["contoso"]


@pytest.mark.parametrize("arguments", [(), ("-i", "inventory.yml")], ids=["none given", "not made yet"])
def test_without_an_inventory_it_says_how_to_make_one(ansible, tmp_path, arguments):
    path = playbook(tmp_path, "ansible.builtin.debug: {}")
    result = ansible("ansible-playbook", *arguments, path)
    assert result.returncode == 1
    assert "cp inventory.example.yml inventory.yml" in " ".join((result.stdout + result.stderr).split())

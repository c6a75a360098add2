"""What a second onboard.yml costs: CPU and wall seconds for each task beside debug tasks of the same run; requests.

    python benchmarks/second_run.py [--customers 40]

Prints one table. Everything is a ratio within one run: absolute seconds say more about the machine than about us.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from tabulate import tabulate

from graphmail.rehearsal import Rehearsal

REPOSITORY = Path(__file__).parent.parent
DEBUG = {"ansible.builtin.debug": {"msg": "{{ customer.app.display_name }}"}}


def world(number: int) -> tuple[dict, dict]:
    """Tenants file and inventory with that many customers of three mailboxes each."""
    tenants, customers = [], {}
    for n in range(1, number + 1):
        name, tenant = f"customer{n}", f"5a4d0000-0000-4000-8000-{n:012x}"
        domain = f"{name}.example"
        people = ["support", "orders", "info", "ceo", "admin"]
        tenants.append(
            {
                "id": tenant,
                "display_name": name.title(),
                "initial_domain": f"{name}.onmicrosoft.example",
                "domains": [domain],
                "users": [{"address": f"{p}@{domain}", "name": f"{name} {p}"} for p in people],
            }
        )
        customers[name] = {
            "tenant_id": tenant,
            "initial_domain": f"{name}.onmicrosoft.example",
            "cloud": "sandbox",
            "group": {
                "name": "Kundo Mail mailboxes",
                "address": f"kundo-mailboxes@{domain}",
                "owners": [f"admin@{domain}"],
            },
            "mailboxes": [f"{p}@{domain}" for p in people[:3]],
            "outside_mailbox": f"ceo@{domain}",
            "handover": {"recipients": ["age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0"]},
        }
    return {"tenants": tenants}, {"operators": [], "customers": customers}


def play(rehearsal: Rehearsal, folder: Path, playbook: Path) -> list[dict]:
    """Run it; what the cpu callback wrote for each play."""
    told = folder / "cpu.jsonl"
    told.unlink(missing_ok=True)
    environment = (
        os.environ
        | rehearsal.environment
        | {
            "BENCHMARK_CPU": str(told),
            "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": f"{REPOSITORY}/plugins/callback:{REPOSITORY}/benchmarks/callback_plugins",
            "GRAPHMAIL_EVIDENCE": str(folder / "evidence"),
        }
    )
    program = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(rehearsal.inventory), str(playbook)]
    ran = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stdout[-3000:] + ran.stderr[-2000:])
    return [json.loads(line) for line in told.read_text().splitlines()]


def together(plays: list[dict]) -> dict:
    """One row of the plays of a playbook."""
    return {"play": plays[-1]["play"]} | {name: sum(row[name] for row in plays) for name in ("tasks", "cpu", "wall")}


def sandbox_cpu(rehearsal: Rehearsal) -> float:
    fields = Path(f"/proc/{rehearsal.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def requests_sent(folder: Path, customers: int) -> list[float]:
    """Requests for each customer, by run: lines of http.jsonl in each run's evidence, oldest run first."""
    counts: dict[str, int] = {}
    for log in (folder / "evidence").glob("*/*/bag/data/http.jsonl"):
        run = log.parents[2].name
        counts[run] = counts.get(run, 0) + len(log.read_text().splitlines())
    return [counts[run] / customers for run in sorted(counts)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=40)
    number = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tenants, inventory = world(number)
        (folder / "tenants.yml").write_text(yaml.safe_dump(tenants))
        (folder / "inventory.yml").write_text(yaml.safe_dump(inventory))
        with Rehearsal(folder, folder / "tenants.yml", folder / "inventory.yml") as rehearsal:
            first = together(play(rehearsal, folder, REPOSITORY / "playbooks" / "onboard.yml"))
            each = first["tasks"] // number
            debug = {"name": "debug", "hosts": "customers", "gather_facts": False, "strategy": "ansible.builtin.free"}
            both = [
                debug | {"tasks": [DEBUG] * each},
                {"import_playbook": str(REPOSITORY / "playbooks" / "onboard.yml")},
            ]
            (folder / "both.yml").write_text(yaml.safe_dump(both, sort_keys=False))
            before = sandbox_cpu(rehearsal)
            plain, *onboard = play(rehearsal, folder, folder / "both.yml")
            second = together(onboard)
            share = sandbox_cpu(rehearsal) - before
        sent = requests_sent(folder, number)
    rows = [
        [row["play"], row["tasks"], row["cpu"], 1000 * row["cpu"] / row["tasks"], 1000 * row["wall"] / row["tasks"]]
        for row in (plain, second)
    ]
    print(tabulate(rows, ["play", "tasks", "CPU s", "CPU ms/task", "wall ms/task"], floatfmt=".1f"))
    ratio = second["cpu"] / plain["cpu"]
    print(f"\nratio of CPU, onboard to debug: {ratio:.2f}; aim: at most 2, beside the sandbox's own share")
    print(f"the sandbox's own share (a process of its own, not in the figures above): {share:.1f} s")
    print(f"requests for each customer: first run {sent[0]:.1f}, second run {sent[-1]:.1f}; aim: at most 12")


if __name__ == "__main__":
    main()

"""Names of people, wherever a run writes them: as a field's one value, before an address, with a dot, in a page."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graphmail.evidence.personal.people import People

from .evidence_samples import NOON, check, record, step
from .sealed_archive import production
from .test_personal_evidence import opened

NOW = datetime.now(UTC)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    return production(tmp_path, monkeypatch)


def naming(run, name: str) -> list[str]:
    return sorted(path.name for path in run.data.rglob("*") if path.is_file() and name.encode() in path.read_bytes())


@pytest.mark.parametrize("field", ["managed_by", "owner", "added_members", "removed_members", "member"])
@pytest.mark.parametrize("listed", [True, False])
def test_a_name_goes_from_a_field_that_holds_people_be_it_a_list_or_not(archive, field, listed):
    run = opened(archive)
    run.append_step(step(before={field: ["Cecilia Ek"] if listed else "Cecilia Ek"}, after={}))
    run.close("succeeded", NOON)
    assert naming(run, "Cecilia Ek") == []
    assert "Cecilia Ek" in run.readable("report.html")


@pytest.mark.parametrize(
    "written",
    [
        'from "Cecilia Ek" <cecilia@contoso.example>',
        "from 'Ek, Cecilia' <cecilia@contoso.example>",
        "it was from Cecilia Ek <cecilia@contoso.example>",
        "from &#34;Cecilia Ek&#34; &lt;cecilia@contoso.example&gt;",
        "from =?utf-8?Q?Cecilia_Ek?= <cecilia@contoso.example>",
    ],
)
def test_a_name_that_stands_before_its_address_goes_with_it(archive, written):
    run = opened(archive)
    run.write_record(
        record(check(observed=written), customer="contoso", run_id=run.run_id, environment="production"),
    )
    run.append_step(step(message="Cecilia Ek cannot send"))
    run.close("succeeded", NOON)
    assert naming(run, "Cecilia") == (
        [] if "," not in written and "=" not in written else ["report.html", "steps.jsonl"]
    )


@pytest.mark.parametrize("alias", ["anna.svensson", "asvensson"])
def test_an_alias_in_small_letters_goes_from_the_page_too(archive, alias):
    run = opened(archive)
    run.append_step(step(before={"owners": [alias, "x"]}, after={"owners": ["x"]}))
    run.append_step(step(before={"owners": []}, after={"owners": ["yz", alias]}, message=f"owners: x, {alias}"))
    run.close("succeeded", NOON)
    assert naming(run, alias) == []
    assert f"owners: <s>{alias}, x</s>" in run.readable("report.html")


def test_a_word_with_a_dot_goes_from_a_sentence():
    people = People.of({}, ['{"owners": ["anna.svensson", "anna"]}'])
    assert (people.capitals, people.words) == ({"anna.svensson"}, {"anna"})


@pytest.mark.parametrize(
    "text",
    ["for <anna@contoso.example>", "Mailbox <anna@contoso.example>", "the mailbox of whom <anna@contoso.example>"],
)
def test_words_of_a_sentence_are_no_name_before_an_address(text):
    people = People.of({}, [f'{{"observed": "{text}"}}'])
    assert (people.names, people.capitals, people.words) == (set(), set(), set())


def test_the_tenants_first_domain_is_no_name():
    plan = {"initial_domain": "contoso.onmicrosoft.example"}
    people = People.of(plan, ['{"name": "contoso.onmicrosoft.example", "mail": "anna@contoso.example"}'])
    assert people.capitals == set()

"""Names of people, wherever a run writes them: as a field's one value, before an address, with a dot, in a page."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from graphmail.evidence.personal.finding import Finder
from graphmail.evidence.personal.people import People
from graphmail.evidence.personal.placeholders import PLACEHOLDER, Placeholders, put_back
from graphmail.evidence.personal.text import replaced

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


CHINESE = {
    "members": [
        {"display_name": "王伟", "primary_smtp_address": "wang.wei@contoso.example"},
        {"display_name": "Bo", "primary_smtp_address": "bo@contoso.example"},
        {"given_name": "小明", "last_name": "Hildegardsson", "mail": "w@contoso.example"},
    ],
    "owners": ["李娜", "Jo", "Å"],
}


def test_names_of_one_or_two_characters_go_too(archive):
    run = opened(archive)
    run.append_step(step(after=CHINESE, message='delivered to "王伟" <wang.wei@contoso.example>; 李娜的邮箱'))
    run.write_record(
        record(
            check(observed='from "欧阳" <o@x.example>'), customer="contoso", run_id=run.run_id, environment="production"
        )
    )
    run.append_step(step(message="欧阳 cannot send"))
    run.close("succeeded", NOON)
    for name in ("王伟", "李娜", "小明", "Hildegardsson", "欧阳", '"Bo"', '"Jo"', '"Å"'):
        assert naming(run, name) == [], name
    for path in run.data.rglob("*.json"):
        json.loads(path.read_bytes())
    assert "passed" in {told.verdict for told in run.records()}
    assert "李娜的邮箱" in run.readable("steps.jsonl")


@pytest.mark.parametrize(
    "written",
    [
        "王小明的邮箱",
        "给王小明发送",
        "王小明",
        "ask王小明now",
        r"\u7ed9\u738b\u5c0f\u660e\u53d1",
        "%E7%BB%99%E7%8E%8B%E5%B0%8F%E6%98%8E",
        "김민수의",
    ],
)
def test_a_name_in_a_script_without_spaces_goes_from_within_a_sentence(written):
    people, placeholders = People.of({}, ['{"owners": ["王小明", "김민수"]}']), Placeholders(b"secret")
    out = replaced(written, Finder(people, placeholders).spans, json=False)
    assert "[name-" in out
    assert not any(part in out for part in ("小明", "민수", r"\u5c0f", "%E5%B0%8F"))
    assert put_back(out, placeholders.known) == written


def test_a_short_name_of_ascii_letters_goes_where_it_stands_by_itself_and_from_no_other_word():
    people, placeholders = People.of({}, ['{"owners": ["Bo", "id", "王"]}']), Placeholders(b"secret")
    given = {"id": "Bo", "told": "Bo Bobo RoBo id王 identity", "members": ["Bo", "id", "王"], "王国": "outcome"}
    text = json.dumps(given, ensure_ascii=False)
    out = json.loads(replaced(text, Finder(people, placeholders).spans, json=True))
    assert list(out) == list(given)
    assert (out["told"], out["王国"]) == (given["told"], "outcome")
    assert all(PLACEHOLDER.fullmatch(one) for one in (out["id"], *out["members"]))


def test_a_groups_name_stays_whole_although_a_members_is_in_it():
    plan = {"group": {"name": "客服邮箱"}, "app": {"display_name": "Kundo 客服"}}
    people, placeholders = People.of(plan, ['{"members": ["客服", "王 伟"]}']), Placeholders(b"secret")
    text = "客服邮箱, Kundo 客服, 客服邮箱_1, 客服的 王 伟"
    out = replaced(text, Finder(people, placeholders).spans, json=False)
    assert out.startswith("客服邮箱, Kundo 客服, 客服邮箱_1, [name-")
    assert out.count("[name-") == 2
    assert put_back(out, placeholders.known) == text


def test_a_word_of_latin_letters_is_not_cut_by_a_name_with_others_at_its_end():
    people = People.of({}, ['{"owners": ["Anna王"]}'])
    out = replaced("JoAnna王 Anna王国", Finder(people, Placeholders(b"secret")).spans, json=False)
    assert out.startswith("JoAnna王 [name-")

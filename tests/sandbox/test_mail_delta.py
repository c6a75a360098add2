"""Delta queries: what they tell, what their tokens keep, how tokens end."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox_in_process import mail

USER = "/users/support@contoso.example"
DELTA = f"{USER}/mailFolders/inbox/messages/delta"
Mirror = dict[str, dict[str, Any]]


def make(tenancy: Any, folder: str = "inbox", **properties: Any) -> str:
    return str(tenancy.got("POST", f"{USER}/mailFolders/{folder}/messages", 201, json=properties)["id"])


def follow(tenancy: Any, path: str, mirror: Mirror, **options: Any) -> tuple[str, list[dict[str, Any]]]:
    """Go through one round; answers its deltaLink and everything it told."""
    told: list[dict[str, Any]] = []
    while True:
        page = tenancy.got("GET", path, **options)
        assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
        told += page["value"]
        for item in page["value"]:
            if "@removed" in item:
                mirror.pop(item["id"], None)
            else:
                mirror[item["id"]] = item
        path = page.get("@odata.nextLink") or page["@odata.deltaLink"]
        options.pop("params", None)  # they are in the link
        if "@odata.deltaLink" in page:
            return path, told


def test_first_round_tells_all_in_pages_and_the_next_only_changes(contoso):
    ids = [make(contoso, subject=str(i)) for i in range(5)]
    mirror: Mirror = {}
    link, told = follow(contoso, DELTA, mirror, headers={"Prefer": "odata.maxpagesize=2"})
    assert (len(told), set(mirror)) == (5, set(ids))
    contoso.got("PATCH", f"{USER}/messages/{ids[0]}", json={"isRead": False})
    contoso.got("DELETE", f"{USER}/messages/{ids[1]}", 204)
    new = make(contoso)
    link, told = follow(contoso, link, mirror)
    assert {t["id"] for t in told} == {ids[0], ids[1], new}
    assert next(t for t in told if t["id"] == ids[1]) == {
        "@odata.type": "#microsoft.graph.message", "id": ids[1], "@removed": {"reason": "deleted"},
    }  # fmt: skip
    assert follow(contoso, link, mirror)[1] == []


def test_options_are_kept_in_the_tokens(contoso):
    for i in range(4):
        make(contoso, subject=str(i), body={"contentType": "text", "content": "x"})
    params = {"$select": "subject", "$top": "2"}
    first = contoso.got("GET", DELTA, params=params)
    second = contoso.got("GET", first["@odata.nextLink"])
    assert "select" not in first["@odata.nextLink"]
    make(contoso, subject="new")
    third = contoso.got("GET", second["@odata.deltaLink"])
    for page, count in ((first, 2), (second, 2), (third, 1)):
        assert len(page["value"]) == count
        assert all(set(i) == {"@odata.type", "@odata.etag", "id", "subject"} for i in page["value"])


def test_only_mail_since_a_time_is_followed(contoso):
    make(contoso, subject="old")
    contoso.advance(3600)
    since = contoso.tenant.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    new = make(contoso, subject="new")
    mirror: Mirror = {}
    params = {"$filter": f"receivedDateTime ge {since}", "$orderby": "receivedDateTime desc"}
    follow(contoso, DELTA, mirror, params=params)
    assert set(mirror) == {new}


@pytest.mark.parametrize(
    "option",
    [
        {"$filter": "isRead eq true"},
        {"$filter": "receivedDateTime lt 2026-01-01T00:00:00Z"},
        {"$orderby": "subject"},
        {"$search": '"x"'},
        {"$skip": "1"},
        {"$count": "true"},
        {"changeType": "moved"},
    ],
)
def test_other_options_are_400(contoso, option):
    contoso.refused(400, "ErrorInvalidUrlQuery", "GET", DELTA, params=option)


@pytest.mark.parametrize(("kind", "count"), [("created", 1), ("updated", 1), ("deleted", 1)])
def test_kind_of_change_is_chosen_for_later_rounds(contoso, kind, count):
    changed, gone = make(contoso), make(contoso)
    link, told = follow(contoso, DELTA, {}, params={"changeType": kind})
    assert len(told) == 2
    contoso.got("PATCH", f"{USER}/messages/{changed}", json={"subject": "x"})
    contoso.got("DELETE", f"{USER}/messages/{gone}", 204)
    new = make(contoso)
    told = follow(contoso, link, {})[1]
    assert [t["id"] for t in told] == [{"created": new, "updated": changed, "deleted": gone}[kind]]


def test_expired_token_is_410_and_says_where_to_begin_anew(contoso):
    link, _ = follow(contoso, DELTA, {})
    contoso.advance(contoso.tenant.limits.delta_token + 1)
    answer = contoso.graph("GET", link)
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "syncStateNotFound")
    assert follow(contoso, answer.headers["Location"], {})[1] == []


def test_token_of_another_folder_or_process_is_gone_and_a_malformed_one_400(contoso):
    link, _ = follow(contoso, DELTA, {})
    token = parse_qs(urlsplit(link).query)["$deltatoken"][0]
    contoso.refused(410, "syncStateNotFound", "GET", f"{USER}/mailFolders/drafts/messages/delta?$deltatoken={token}")
    contoso.refused(410, "syncStateNotFound", "GET", f"{DELTA}?$deltatoken={'A' * 32}")
    contoso.refused(400, "ErrorInvalidUrlQuery", "GET", f"{DELTA}?$deltatoken=1")


def test_mail_is_told_when_it_arrives_and_not_before(contoso):
    link, _ = follow(contoso, DELTA, {})
    contoso.got("POST", "/users/ceo@contoso.example/sendMail", 202, json=mail("support@contoso.example"))
    link, told = follow(contoso, link, {})
    assert told == []
    contoso.advance(4)
    assert [t["subject"] for t in follow(contoso, link, {})[1]] == ["hello"]


def test_delta_works_with_parentheses_and_readbasic_without_bodies(contoso):
    make(contoso, body={"contentType": "text", "content": "secret"})
    page = contoso.got("GET", f"{DELTA}()", roles=("Mail.ReadBasic.All",))
    assert "body" not in page["value"][0]


def test_folders_have_a_delta_of_their_own(contoso):
    mirror: Mirror = {}
    link, _ = follow(contoso, f"{USER}/mailFolders/delta", mirror, headers={"Prefer": "odata.maxpagesize=3"})
    assert "Inbox" in {f["displayName"] for f in mirror.values()}
    made = contoso.got("POST", f"{USER}/mailFolders", 201, json={"displayName": "x"})["id"]
    make(contoso, made)
    link, told = follow(contoso, link, mirror)
    assert [(t["@odata.type"], t["totalItemCount"]) for t in told] == [("#microsoft.graph.mailFolder", 1)]
    contoso.got("POST", f"{USER}/mailFolders/{made}/permanentDelete", 204)
    assert [t["@removed"] for t in follow(contoso, link, mirror)[1]] == [{"reason": "deleted"}]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["make", "change", "out", "back", "delete", "send", "advance", "sync", "replay", "half"]),
        st.integers(0, 5),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, size=st.integers(1, 3), immutable=st.booleans())
def test_any_changes_told_by_delta_give_the_folders_content(contoso, steps, size, immutable):
    contoso.recipient("support@contoso.example").mailbox.messages.clear()
    contoso.tenant.limits.messages_per_minute = 10_000
    prefer = f"odata.maxpagesize={size}" + (', IdType="ImmutableId"' if immutable else "")
    options = {"headers": {"Prefer": prefer}}
    mirror: Mirror = {}
    link, _ = follow(contoso, DELTA, mirror, **options)
    states = [(link, dict(mirror))]

    def held(folder: str, number: int) -> str | None:
        found = contoso.got("GET", f"{USER}/mailFolders/{folder}/messages?$select=id&$top=1000")["value"]
        return f"{USER}/messages/{found[number % len(found)]['id']}" if found else None

    for step, number in [*steps, ("advance", 0), ("sync", 0)]:
        inside, outside = held("inbox", number), held("archive", number)
        if step == "make":
            make(contoso, subject=str(number))
        elif step == "change" and inside:
            contoso.got("PATCH", inside, json={"subject": f"changed {number}"})
        elif step == "out" and inside:
            contoso.got("POST", f"{inside}/move", 201, json={"destinationId": "archive"})
        elif step == "back" and outside:
            contoso.got("POST", f"{outside}/move", 201, json={"destinationId": "inbox"})
        elif step == "delete" and inside:
            contoso.got("DELETE", inside, 204)
        elif step == "send":
            contoso.got("POST", "/users/ceo@contoso.example/sendMail", 202, json=mail("support@contoso.example"))
        elif step == "advance":
            contoso.advance(4)
        elif step == "half":  # a round that nobody reads to its end
            contoso.got("GET", states[-1][0], **options)
        elif step in ("sync", "replay"):
            link, known = states[-1] if step == "sync" else states[number % len(states)]
            mirror = dict(known)
            link, _ = follow(contoso, link, mirror, **options)
            states.append((link, dict(mirror)))
    shown = contoso.got("GET", f"{USER}/mailFolders/inbox/messages?$top=1000", **options)["value"]
    assert {i: m["subject"] for i, m in mirror.items()} == {m["id"]: m["subject"] for m in shown}

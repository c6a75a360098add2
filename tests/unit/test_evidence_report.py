from __future__ import annotations

from html.parser import HTMLParser

from .evidence_samples import NOON, RUN_ID, begun, check, record, step

HOSTILE = '<script>alert(1)</script><img src="//192.0.2.1/x" onerror=alert(1)>'


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def _page(run, outcome="succeeded", why=""):
    return _Page(run.close(outcome, NOON, why).read_text())


def test_a_reader_sees_customer_tenant_outcome_and_checks(tmp_path):
    run = begun(tmp_path, environment="production")
    run.append_step(step(before=None, after={"displayName": "Kundo Mail"}))
    run.append_step(step(task="Read the group", outcome="ok"))
    run.write_record(record(check(observed="202 after 2 s"), environment="production"))
    text = _page(run).text
    for expected in ("contoso", "5a4d0000-0000-4000-8000-000000000001", RUN_ID, "202 after 2 s", "Mail goes out"):
        assert expected in text
    assert "Register the app" in text
    assert "Kundo Mail" in text
    assert "Read the group" not in text
    assert "1 changed, 1 ok" in text
    assert "SANDBOX" not in text


def test_every_page_of_the_sandbox_says_so(tmp_path):
    assert "SANDBOX" in _page(begun(tmp_path)).text


def test_one_sandbox_record_is_enough_to_mark_the_page(tmp_path):
    run = begun(tmp_path, environment="production")
    run.write_record(record(check()))
    assert "SANDBOX" in _page(run).text


def test_a_failed_run_says_why(tmp_path):
    text = _page(begun(tmp_path), "failed", "The group's name is taken by a contact.").text
    assert "failed . This run stopped at an error" in text
    assert "The group's name is taken by a contact." in text
    assert "This run made no checks." in text


def test_hostile_text_stays_text(tmp_path):
    run = begun(tmp_path)
    run.write_record(record(check("failed", observed=HOSTILE, claim=HOSTILE)))
    run.append_step(step(task=HOSTILE, message=HOSTILE, after={HOSTILE: HOSTILE}))
    page = _page(run, "failed", HOSTILE)
    assert page.tags.isdisjoint({"script", "img", "link", "iframe"})
    assert HOSTILE in page.text


def test_the_page_loads_nothing(tmp_path):
    page = _page(begun(tmp_path))
    assert not {name for name, _value in page.attributes} & {"src", "href"}


def test_a_half_line_of_a_dead_process_does_not_stop_closing(tmp_path):
    run = begun(tmp_path)
    run.append_step(step())
    with open(run.data / "steps.jsonl", "a") as file:
        file.write('{"at": "2026')
    assert "a line of the log is damaged" in _page(run, "failed").text


def test_a_damaged_record_does_not_stop_closing_and_is_told(tmp_path):
    run = begun(tmp_path)
    run.write_record(record(check())).write_text("{}")
    assert "verify_send.json is not a record" in _page(run, "failed").text

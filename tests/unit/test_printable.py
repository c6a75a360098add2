"""Foreign text and paths, as they may stand in a message and in the evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmail.path_template import path_template
from graphmail.printable import printable

GUID = "5a4d0000-0000-4000-8000-0000000000ab"
OPAQUE = "AAMkAGI2NGVhZTVlLTI1OGMtNDI4Mi1hMWEzLWY5"


@given(st.text())
def test_any_text_is_one_short_line_that_forges_nothing(text):
    shown = printable(text)

    assert len(shown) <= 300
    assert not set(shown) & set("\n\r\t\x1b\x7f\x9b\u2028\u2029\u202a\u202e\u2066\u2069")
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Å ä ö – “quoted” €", "Å ä ö – “quoted” €"),
        ("line\r\nforged line", "line forged line"),
        ("\x1b[31mred", "[31mred"),
        ("abc\u202egpj.exe", "abc gpj.exe"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_what_stands_there(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://graph.microsoft.com/v1.0/users/a@b.example/messages?$search=x", "/v1.0/users/{user}/messages"),
        (f"https://h/users/a%40b.example/messages/{OPAQUE}/attachments", "/users/{user}/messages/{id}/attachments"),
        (f"https://h/applications/{GUID}/addPassword", "/applications/{id}/addPassword"),
        ("https://h/v1.0/applications(uniqueName='kundo-mail')", "/v1.0/applications(uniqueName='{key}')"),
        (f"https://h/Users('a@b')/Sessions('{OPAQUE}')?authtoken=x", "/Users('{key}')/Sessions('{key}')"),
        ("/users/a@b.example?$select=id", "/users/{user}"),
        (f"https://h/adminapi/beta/{GUID.upper()}/InvokeCommand", "/adminapi/beta/{id}/InvokeCommand"),
    ],
)
def test_a_path_shows_the_operation_and_nobody(url, path):
    assert path_template(url) == path

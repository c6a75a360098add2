"""The table of what the client takes for granted is whole, and speaks of what is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conformance.cases.all import CASES
from tests.conformance.depends import DEPENDS, UNPROVOKED

CLIENT = Path(__file__).parents[2] / "src" / "graphmail"
# How the services spell codes of errors. Our own classes of errors are no strings in the code.
CODE = re.compile(
    r"\b(Error[A-Z][A-Za-z]{5,}|[A-Z]\w+Exception|\w+NotAvailableFailure|\w+AsPerAppPolicy|Request_\w+|Directory_\w+"
    r"|NoBackingApplicationObject)\b"
)
SENTENCE = re.compile(r"\s")


SIGNS = [(where, sign) for table in (DEPENDS, UNPROVOKED) for where, signs in table.items() for sign in signs]


@pytest.mark.parametrize(("where", "sign"), SIGNS)
def test_what_is_depended_on_stands_in_the_code(where: str, sign: str) -> None:
    assert sign in (CLIENT / where).read_text(encoding="utf-8")


def test_what_is_depended_on_has_a_case() -> None:
    assert {case for signs in DEPENDS.values() for case in signs.values()} <= {case.name for case in CASES}


def test_every_code_that_the_client_tells_apart_is_in_a_table() -> None:
    signs = " ".join(sign for _where, sign in SIGNS)
    assert {code for code in _named() if code not in signs} == set()


def _named() -> set[str]:
    """Codes of services in the client's strings; whole sentences, and so docstrings, are for people."""
    found: set[str] = set()
    for path in sorted(CLIENT.rglob("*.py")):
        if "sandbox" in path.relative_to(CLIENT).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and not SENTENCE.search(node.value):
                found |= set(CODE.findall(node.value))
    return found

"""The HTML twin of an executed notebook: it is in the bag, shows what was found, and nothing in it can act."""

from __future__ import annotations

import base64
import re
import subprocess
import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from graphmail.evidence.bag import check as check_bag

from .evidence_samples import NOON, begun
from .hostile_notebook import PNG, hostile_notebook, keep


def twin(run, name="verify_access"):
    run.close("succeeded", NOON)
    return (run.data / "notebooks" / f"{name}.html").read_text()


def shown(run, *cells):
    keep(run, notebook=new_notebook(cells=list(cells)))
    return twin(run)


def test_every_notebook_has_a_twin_in_the_bag_and_the_report_leads_to_both(tmp_path):
    run = begun(tmp_path)
    for _ in range(2):
        keep(run)
    keep(run, "own_check")
    run.close("succeeded", NOON)
    names = {path.name for path in (run.data / "notebooks").iterdir()}
    assert names == {
        f"{n}.{kind}" for n in ("verify_access", "verify_access-2", "own_check") for kind in ("ipynb", "html")
    }
    check_bag(run.bag)
    report = (run.data / "report.html").read_text()
    for name in names:
        assert f'href="notebooks/{name}"' in report


def test_nothing_in_it_can_run_or_load_or_dress_up(tmp_path):
    run = begun(tmp_path)
    keep(run)
    page = twin(run)
    main = page.split("<main>")[1].split("</main>")[0]
    for tag in re.findall(r"<[^>]*>", main):
        assert not re.match(
            r"</?(script|iframe|object|embed|style|link|meta|base|form|input|svg|math|noscript)\b", tag
        ), tag
        assert not re.search(r"\son\w+\s*=|\sstyle\s*=|\sid\s*=|javascript:|elsewhere", tag), tag
        assert "verdict" not in tag, tag
    assert page.count("</main>") == page.count("</body>") == 1
    assert "after the end" in main
    assert "default-src 'none'" in page


def test_tables_and_charts_and_text_are_shown(tmp_path):
    run = begun(tmp_path)
    keep(run)
    page = twin(run)
    assert "<td>PASSED</td>" in page
    assert f'src="data:image/png;base64,{PNG}"' in page
    assert "data:image/svg" not in page, "in base64 nobody's name could be taken out of it"
    assert "What was found</h1>" in page
    assert 'href="https://learn.microsoft.com/"' in page
    assert "(an output that cannot be shown here" in page
    assert '<span class="ansi-red-fg">red</span>' in page


def test_text_that_looks_like_html_is_told_as_text(tmp_path):
    page = shown(begun(tmp_path), new_code_cell("", outputs=[new_output("stream", name="stdout", text="<b>a & b</b>")]))
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;" in page


def test_a_picture_pasted_into_a_cell_is_left_out(tmp_path):
    cell = new_markdown_cell(
        "![x](attachment:x.svg)", attachments={"x.svg": {"image/svg+xml": "<svg onload=alert(1)>"}}
    )
    assert "onload" not in shown(begun(tmp_path), cell)


@pytest.mark.parametrize("left", [b"", b"{", b'{"cells": [', b"\xff\xfe", b"[]", b'{"nbformat": 99, "cells": []}'])
def test_what_a_killed_run_left_of_a_notebook_does_not_keep_it_open(tmp_path, left):
    run = begun(tmp_path)
    run.notebook_path("verify_send").write_bytes(left)
    assert "cannot be shown" in twin(run, "verify_send")
    assert run.closed


def test_the_sandbox_is_told_in_it(tmp_path):
    for environment in ("sandbox", "production"):
        run = begun(tmp_path / environment, environment=environment)
        keep(run, notebook=hostile_notebook())
        assert (environment == "sandbox") == ("SANDBOX" in twin(run))


def test_a_run_without_notebooks_does_not_load_the_converter():
    program = """
import sys, tempfile
from tests.unit.evidence_samples import NOON, begun
begun(tempfile.mkdtemp()).close("succeeded", NOON)
assert "graphmail.evidence.twins" in sys.modules
assert not [name for name in sys.modules if name.startswith(("nbconvert", "nbformat"))]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_svg_is_in_no_form_shown_since_text_in_base64_would_keep_its_names(tmp_path):
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><text>anna@contoso.example</text></svg>"
    url = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    outputs = [
        new_output("display_data", data={"image/svg+xml": svg}),
        new_output("display_data", data={"text/html": f"<p>before</p><img src='{url}'>"}),
    ]
    page = shown(begun(tmp_path), new_code_cell("", outputs=outputs))
    assert "before" in page
    assert "base64" not in page.split("<main>")[1]
    assert "(an output that cannot be shown here" in page

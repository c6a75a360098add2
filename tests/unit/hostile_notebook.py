"""An executed notebook in whose outputs somebody's mail tried everything that HTML can do."""

from __future__ import annotations

import base64
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

MARK = "document.title='owned'"
ELSEWHERE = "https://elsewhere.example"
# One pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SVG = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20" onload="{MARK}"><script>{MARK}</script>'
    f'<image href="{ELSEWHERE}/svg.png" width="9" height="9"/><rect width="60" height="20" fill="green"/></svg>'
)
HOSTILE = [
    f"<script>{MARK}</script>",
    f'<script src="{ELSEWHERE}/a.js"></script>',
    f'<img src=x onerror="{MARK}">',
    f'<img src="{ELSEWHERE}/pixel.png" alt="pixel">',
    f'<img src="data:text/html;base64,{base64.b64encode(b"<script>1</script>").decode()}">',
    f'<a href="javascript:{MARK}">click me</a>',
    f'<iframe src="{ELSEWHERE}/frame"></iframe><object data="{ELSEWHERE}/o"></object><embed src="{ELSEWHERE}/e">',
    f'<style>@import url("{ELSEWHERE}/s.css"); body {{ display: none }}</style>',
    f'<link rel="stylesheet" href="{ELSEWHERE}/l.css"><meta http-equiv="refresh" content="0;url={ELSEWHERE}/r">',
    f'<base href="{ELSEWHERE}/"><form action="{ELSEWHERE}/f"><input name="password" autofocus onfocus="{MARK}"></form>',
    f'<svg onload="{MARK}"><a xlink:href="javascript:{MARK}"><text>x</text></a></svg>',
    f'<p style="background: url({ELSEWHERE}/b.png)" class="verdict passed" id="top">dressed up</p>',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={MARK}&gt;">',
    f'<noscript><p title="</noscript><img src=x onerror={MARK}>"></noscript>',
    "</div></main></body></html><p>after the end",
]


def hostile_notebook() -> Any:
    outputs = [new_output("display_data", data={"text/html": text, "text/plain": text}) for text in HOSTILE]
    outputs += [new_output("stream", name="stdout", text=text) for text in HOSTILE]
    outputs += [
        new_output("display_data", data={"application/javascript": MARK, "text/plain": "a script"}),
        new_output("display_data", data={"application/javascript": MARK}),
        new_output("display_data", data={"image/svg+xml": SVG}),
        new_output("display_data", data={"image/png": PNG}, metadata={"image/png": {"alt": '"><script>1</script>'}}),
        new_output("display_data", data={"text/html": "<table><tr><th>verdict</th><td>PASSED</td></tr></table>"}),
        new_output(
            "display_data", data={"text/latex": f"$\\href{{javascript:{MARK}}}{{x}}$", "text/markdown": HOSTILE[0]}
        ),
        new_output("error", ename=HOSTILE[0], evalue=HOSTILE[2], traceback=[HOSTILE[0], "\x1b[31mred\x1b[0m"]),
    ]
    cells = [
        new_markdown_cell("# What was found\n\nA paragraph with `code`.\n\n" + "\n\n".join(HOSTILE)),
        new_markdown_cell(
            f"![pixel]({ELSEWHERE}/md.png) [click](javascript:{MARK}) [docs](https://learn.microsoft.com/)"
        ),
        new_code_cell("print('<script>1</script>')", outputs=outputs, execution_count=1),
    ]
    return new_notebook(cells=cells)


def keep(run: Any, name: str = "verify_access", notebook: Any = None) -> None:
    """Put it among the run's executed notebooks."""
    nbformat.write(notebook or hostile_notebook(), run.notebook_path(name))

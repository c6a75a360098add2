"""The HTML twin of each executed notebook: for whoever has no Jupyter, or has the archive alone, years later.

One file without script, frame or network: charts are in it as pictures, and what outputs hold of other people's mail is
parsed and cleaned before it gets in.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import nh3

from graphmail.evidence.files import write_over
from graphmail.evidence.report import templates
from graphmail.evidence.run import Run

# Of the forms in which an output may be there, the one that is shown: the first of these.
_SHOWN = ("text/html", "image/png", "image/jpeg", "text/plain")
# No SVG: it is text that may name people, and in base64 nothing can be taken out of it.
_PICTURES = {"image/png", "image/jpeg"}
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*\Z")
_TABLE = {"table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "colgroup", "col"}
_TEXT = {
    "a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "ul",
}  # fmt: skip
# What the converter itself puts on its elements; the page's own, such as a verdict's, are nobody else's to wear.
_CLASS = re.compile(
    r"(cell|text_cell|code_cell|rendered|rendered_html|text_cell_render|input|inner_cell|input_area|"
    r"output|output_[a-z_]+|prompt|input_prompt|highlight|hl-\w+|ansi-[\w-]+|[a-z][a-z0-9]?)\Z"
)
_ATTRIBUTES = {"img": {"src", "alt"}, "a": {"href"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}


def write_twins(run: Run) -> None:
    """Beside every notebook of a run that has none yet. Raises nothing for what a notebook holds: its twin says so."""
    for notebook in sorted((run.data / "notebooks").glob("*.ipynb")):
        twin = notebook.with_suffix(".html")
        if twin.exists():
            continue
        try:
            body, problem = _body(_read(notebook)), ""
        except Exception as error:  # half a notebook of a run that was killed must not keep the run open
            body, problem = "", type(error).__name__
        page = templates().get_template("notebook.html.j2")
        text = page.render(run=run, about=run.about(), name=notebook.stem, body=body, problem=problem)
        write_over(twin, text.encode())


def _read(notebook: Path) -> Any:
    # These libraries take a second to load, and only a run with notebooks needs them.
    import nbformat

    return nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]


def _body(notebook: Any) -> str:
    for cell in notebook.cells:
        # A picture pasted into a cell is nothing that a run made; the converter would put it in unread.
        cell.pop("attachments", None)
        for output in cell.get("outputs", ()):
            if "data" in output:
                output["data"] = _safe(output["data"], output.get("metadata") or {})
    made, _resources = _exporter().from_notebook_node(notebook)
    return _cleaned(made, {"*": {"class"}, **_ATTRIBUTES})


def _safe(data: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The one form that is shown, cleaned. What it wears, such as the colours of a verdict, is not taken over."""
    form = next((form for form in _SHOWN if data.get(form)), None)
    if form is None:
        return {"text/plain": "(an output that cannot be shown here; the notebook has it)"}
    content = data[form]
    if form in _PICTURES:
        alt = str((metadata.get(form) or {}).get("alt") or metadata.get("alt") or "chart")
        # In an `img` nothing of a picture can run or load.
        return {
            "text/html": f'<p><img src="data:{form};base64,{str(content).strip()}" alt="{nh3.clean_text(alt)}"></p>'
        }
    return {form: _cleaned(str(content), _ATTRIBUTES) if form == "text/html" else content}


def _cleaned(html: str, attributes: dict[str, set[str]]) -> str:
    return nh3.clean(
        html,
        tags=_TEXT | _TABLE,
        attributes=attributes,
        attribute_filter=_attribute,
        url_schemes={"https", "data"},
        link_rel="noopener noreferrer",
    )


def _attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src":
        return value if _PICTURE.match(value) else None
    if attribute == "class":
        return " ".join(name for name in value.split() if _CLASS.match(name)) or None
    if tag == "a" and attribute == "href":
        return value if value.startswith(("https://", "#")) else None
    return value


@cache
def _exporter() -> Any:
    from nbconvert.exporters.html import HTMLExporter
    from traitlets.config import Config

    config = Config()
    config.NbConvertBase.display_data_priority = ["text/html", "text/plain"]
    return HTMLExporter(config=config, template_name="basic", exclude_anchor_links=True)  # type: ignore[no-untyped-call]

"""What a notebook shows: tables with every text escaped, and plots as PNG.

No address stands in a plot: from a picture it could not be taken out when the evidence is closed.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.getipython import get_ipython
from IPython.display import Image, display
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from tabulate import tabulate

from graphmail.evidence import RECORD_TYPE, Check, Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def check_table(checks: Iterable[Check]) -> str:
    """The checks as an HTML table; tabulate's `html` escapes what it shows."""
    rows = [
        [check.verdict.upper(), check.claim, check.expected, check.observed, f"{check.seconds:.1f} s"]
        for check in checks
    ]
    head = ["verdict", "claim", "expected", "observed", "took"]
    return str(tabulate(rows, head, tablefmt="html", disable_numparse=True))


def tell_record(path: Path, record: Record) -> None:
    """Say where the record is, to the reader and to whoever executes the notebook."""
    if get_ipython() is None:
        return  # no notebook
    text = f"{record.verdict.upper()}. Record: {path}"
    display({"text/plain": text, RECORD_TYPE: {"path": str(path)}}, raw=True)  # type: ignore[no-untyped-call]


def by_row(values: Mapping[str, float], names: Iterable[str]) -> dict[str, float]:
    """The values, called by the row of the table in which `names` has each of them."""
    return {f"row {row}": values[name] for row, name in enumerate(names, 1) if name in values}


def bars(values: Mapping[str, float], title: str, unit: str) -> Image:
    """One horizontal bar for each value, with its number."""
    figure, axes = _figure(0.6 + 0.4 * max(len(values), 1), title)
    drawn = axes.barh([_plain(name) for name in values], list(values.values()), color="#4c72b0")
    axes.bar_label(drawn, fmt=f"%.1f {unit}", padding=4)
    axes.set_xlabel(unit)
    axes.set_xlim(0, max(1.0, *values.values(), 0.0) * 1.2)
    axes.invert_yaxis()
    return _png(figure, title)


def steps(values: Sequence[float], title: str, x_label: str, y_label: str) -> Image:
    """Values in their order."""
    figure, axes = _figure(2.6, title)
    axes.plot(range(1, len(values) + 1), values, marker="o", color="#4c72b0")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return _png(figure, title)


def _figure(height: float, title: str) -> tuple[Figure, Axes]:
    # Without pyplot there is no state between cells, and no backend that depends on where the kernel runs.
    figure = Figure(figsize=(8, height + 0.8), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    return figure, axes


def _plain(text: str) -> str:
    # A dollar sign would start a formula.
    return text.replace("$", r"\$")


def _png(figure: Figure, title: str) -> Image:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return Image(picture.getvalue(), format="png", alt=title)  # type: ignore[no-untyped-call]

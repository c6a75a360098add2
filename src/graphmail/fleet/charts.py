"""The charts of the fleet report as SVG: the same bytes for the same numbers, nothing to load, nothing to run.

Colours are of the palette by Okabe and Ito, which people of every colour vision tell apart, and no colour says anything
that a shape or a word does not say too.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from graphmail.expiry import Expiry, Status
from graphmail.fleet.delays import Distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, VERMILION, GREY, INK = "#0072b2", "#e69f00", "#d55e00", "#8a8f98", "#1b1f24"
_STATUS: dict[Status, tuple[str, str, str]] = {
    "ok": (BLUE, "o", "in time"),
    "due": (ORANGE, "^", "due"),
    "critical": (VERMILION, "D", "critical"),
    "expired": (INK, "X", "ended"),
}
# More lines than this nobody reads, and no page of paper takes: those that end first are shown, and the text says so.
ENDS_SHOWN = 25

_SECONDS = {
    0.1: "0.1 s", 0.2: "0.2 s", 0.5: "0.5 s", 1: "1 s", 2: "2 s", 5: "5 s", 10: "10 s", 20: "20 s", 30: "30 s",
    60: "1 min", 120: "2 min", 300: "5 min", 600: "10 min", 1200: "20 min", 1800: "30 min", 3600: "1 h", 7200: "2 h",
    4 * 3600: "4 h", 8 * 3600: "8 h", 86400: "1 day", 2 * 86400: "2 days", 7 * 86400: "7 days",
}  # fmt: skip
# Shorter axes would make a matter of seconds look like one of hours.
_SPAN = 20.0
_WIDTH = 9.0  # inches


def spread(found: Sequence[Distribution], name: str, *, log_time: bool) -> str:
    """A row of dots for each distribution, with a box from its first to its third quarter and a line at its median."""
    drawn = [distribution for distribution in found if distribution.values]
    figure, axes = _figure(0.9 + 0.62 * len(drawn))
    for row, distribution in enumerate(drawn):
        _dots(axes, row, distribution.values)
    labels = [f"{distribution.about.title}  (n={len(distribution.values)})" for distribution in drawn]
    axes.set_yticks(range(len(drawn)), labels)
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    if log_time:
        _time_axis(axes, [value for distribution in drawn for value in distribution.values])
    else:
        axes.set_xlim(left=0)
        axes.set_xlabel(drawn[0].about.unit)
    return _svg(figure, name)


def _dots(axes: Axes, row: int, values: Sequence[float]) -> None:
    if len(values) > 3:
        axes.boxplot(
            [list(values)],
            positions=[row],
            orientation="horizontal",
            widths=0.62,
            showfliers=False,
            manage_ticks=False,
            patch_artist=True,
            boxprops={"facecolor": "#dceaf5", "edgecolor": GREY},
            whiskerprops={"color": GREY},
            capprops={"color": GREY},
            medianprops={"color": INK, "linewidth": 2},
        )
    # Dots that would hide each other step aside, always in the same way.
    ordered = sorted(values)
    aside = [row + 0.2 * ((number * 7) % 5 - 2) / 2 for number in range(len(ordered))]
    size = 26 if len(values) < 100 else 9
    axes.scatter(ordered, aside, s=size, color=BLUE, alpha=0.65, linewidths=0, zorder=3)


def _time_axis(axes: Axes, values: Sequence[float]) -> None:
    axes.set_xscale("log")
    low, high = max(min(values), 0.05) / 1.5, max(values) * 1.5
    if high / low < _SPAN:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(_SPAN), middle * math.sqrt(_SPAN)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator(_ticks(low, high)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _position: _SECONDS.get(value, f"{value:g} s")))
    axes.xaxis.set_minor_locator(NullLocator())


def _ticks(low: float, high: float) -> list[float]:
    """Round times, not so close that their names run into each other."""
    ticks: list[float] = []
    for seconds in _SECONDS:
        if low <= seconds <= high and (not ticks or math.log(seconds / ticks[-1]) > math.log(high / low) / 12):
            ticks.append(seconds)
    return ticks


def ends(expiries: Sequence[Expiry], now: datetime, name: str) -> str:
    """When each credential ends: a line from now, or to now where it has ended; first those that end first."""
    shown = first_ends(expiries)
    figure, axes = _figure(1.1 + 0.24 * len(shown))
    here = float(date2num(now))  # type: ignore[no-untyped-call]
    used: dict[Status, None] = {}
    for row, expiry in enumerate(shown):
        status, end = expiry.status(now), float(date2num(expiry.expires))  # type: ignore[no-untyped-call]
        colour, marker, _word = _STATUS[status]
        used[status] = None
        axes.hlines(row, min(here, end), max(here, end), color=colour, linewidth=1.5, alpha=0.5)
        axes.plot([end], [row], marker, color=colour, markersize=7)
    for status in used:
        colour, marker, word = _STATUS[status]
        axes.plot([], [], marker, color=colour, label=word)
    axes.axvline(here, color=INK, linewidth=1)
    axes.set_yticks(range(len(shown)), [f"{expiry.customer}, {expiry.whose}" for expiry in shown], fontsize=8)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    locator = AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.margins(x=0.03)
    figure.legend(loc="outside upper right", ncols=len(used), frameon=False, fontsize=9)
    return _svg(figure, name)


def first_ends(expiries: Sequence[Expiry]) -> list[Expiry]:
    """Those that the chart shows."""
    known = [(expiry.expires, expiry.customer, expiry.whose, expiry) for expiry in expiries if expiry.expires]
    return [entry[-1] for entry in sorted(known, key=lambda entry: entry[:3])][:ENDS_SHOWN]


def _figure(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH, max(height, 1.6)), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#d0d7de", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: Figure, name: str) -> str:
    """One `<svg>` element that may stand in a page beside others: `name` keeps their ids apart."""
    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(drawn, format="svg", transparent=True, metadata=dict.fromkeys(_METADATA))
    root = ElementTree.fromstring(drawn.getvalue())  # noqa: S314 - made right here
    for parent in list(root.iter()):
        for child in list(parent):
            # A style element would be of the whole page; what it says, the root says as well.
            if child.tag in (f"{{{_SVG}}}style", f"{{{_SVG}}}metadata"):
                parent.remove(child)
    _own_ids(root, name)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.attrib |= {"style": "stroke-linejoin: round; stroke-linecap: butt", "aria-hidden": "true"}
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")


_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_METADATA = ("Date", "Creator", "Format", "Type")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def _own_ids(root: ElementTree.Element, name: str) -> None:
    """Take away ids that nothing refers to, which are the same in every chart, and give the others its name."""
    link = f"{{{_XLINK}}}href"
    used = {element.attrib[link][1:] for element in root.iter() if link in element.attrib}
    used |= {hit for element in root.iter() for value in element.attrib.values() for hit in _REFERENCE.findall(value)}
    for element in root.iter():
        if (own := element.attrib.pop("id", None)) in used:
            element.attrib["id"] = f"{name}-{own}"
        for key, value in list(element.attrib.items()):
            element.attrib[key] = f"#{name}-{value[1:]}" if key == link else _REFERENCE.sub(rf"url(#{name}-\1)", value)

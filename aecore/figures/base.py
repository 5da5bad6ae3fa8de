"""What every plotly figure is made of: axes on the page's colours, lines, levels, ticks and words for the alt text.

What is not finite is a gap.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from aecore.figures.palette import class_colour, class_marker

# As legible on a white page as on a dark one.
GREY = "#8c8c8c"


def empty_figure(x: str, y: str) -> go.Figure:
    """An empty figure with titled axes that takes its text colour from the page."""
    # Colours in the template, not in the layout, give way to the page's theme; legible on both where there is none.
    axis = {"gridcolor": "rgba(140, 140, 140, 0.3)", "zerolinecolor": GREY, "linecolor": GREY}
    clear = "rgba(0, 0, 0, 0)"
    layout = {"font": {"color": GREY}, "paper_bgcolor": clear, "plot_bgcolor": clear, "xaxis": axis, "yaxis": axis}
    return go.Figure(
        layout={
            "template": go.layout.Template(layout=layout),
            "height": 340,
            "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
            "xaxis": {"title": {"text": x}, "automargin": True},
            "yaxis": {"title": {"text": y}, "automargin": True},
            # Above the axes: beside them it would take half a phone's width.
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": {"text": ""}},
            "showlegend": True,
            "bargap": 0.15,
        }
    )


def describe(figure: go.Figure, what: str, found: Sequence[str]) -> go.Figure:
    """``figure`` with its alt text: a sentence for ``what`` it shows, and one for what is ``found``, part by part."""
    figure.layout.meta = {"alt": f"{what}. {'; '.join(found)}." if found else f"{what}."}
    return figure


def add_line(
    figure: go.Figure, index: int, name: str, y: np.ndarray, x: np.ndarray | None = None, dashed: bool = False
) -> None:
    """A line with markers through ``y`` at ``x``, else at 1, 2, 3, ...; colour and marker tell it from the others."""
    figure.add_scatter(
        x=np.arange(1, len(y) + 1) if x is None else x,
        y=y,
        name=name,
        mode="lines+markers",
        line={"color": class_colour(index), "width": 2.5, "dash": "dash" if dashed else "solid"},
        marker={"symbol": class_marker(index), "size": 7 if len(y) <= 20 else 3},
        hovertemplate="%{x}: %{y:.4g}",
    )


def add_level(figure: go.Figure, level: float, name: str, end: int) -> None:
    """A dashed line at ``level`` from 1 to ``end``."""
    line = {"color": GREY, "width": 2, "dash": "dash"}
    figure.add_scatter(x=[1, end], y=[level, level], name=name, mode="lines", line=line, hoverinfo="skip")


def name_rows(figure: go.Figure, names: Sequence[str], height: int) -> None:
    """Names down the y axis, one for each of the rows 0, 1, 2, ..., which are ``height`` pixels high.

    Rows are numbers, because plotly would put two of one name in one place.
    """
    labels = ["<br>".join(textwrap.wrap(name, 16)) for name in names]
    rows = max(len(names), 1)
    figure.update_yaxes(tickvals=np.arange(len(names)), ticktext=labels, range=[rows - 0.5, -0.5])
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_layout(height=110 + height * rows)


def finite(values: Sequence[float]) -> np.ndarray:
    """``values`` as floats, with nan, which is drawn as a gap, for what is missing or infinite."""
    found = np.array(values, float)
    found[~np.isfinite(found)] = np.nan
    return found


def log_ticks(lowest: float, highest: float) -> list[float]:
    """Powers of ten that reach from ``lowest`` to ``highest``, and where those are few, 2 and 5 times them."""
    first, last = int(np.floor(np.log10(lowest))), int(np.ceil(np.log10(highest)))
    steps = (1, 2, 5) if last - first <= 2 else (1,)
    return [step * 10.0**power for power in range(first, last + 1) for step in steps]


def number(value: float) -> str:
    """``value`` for an alt text, to about three digits: a power of ten is hard to listen to."""
    if not np.isfinite(value):
        return "no finite value"
    return f"{value:,.0f}" if 100 <= abs(value) < 1e6 else f"{value:.3g}"


def from_to(values: np.ndarray, unit: str = "") -> str:
    """The first and the last of the finite ``values`` in words, for an alt text."""
    kept = values[np.isfinite(values)]
    if len(kept) > 1:
        return f"from {number(kept[0])} to {number(kept[-1])}{unit}"
    return f"{number(kept[0])}{unit}" if len(kept) else "no finite value"


def some(count: int, noun: str) -> str:
    """``3 models``, ``1 model``."""
    return f"{count} {noun}{'s' * (count != 1)}"

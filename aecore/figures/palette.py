"""One palette for every figure: ten colours and a marker shape for each class.

The colours were found by farthest-point search in Oklab, on the worst of four kinds of sight (normal, and
Machado's protan, deutan and tritan simulation), among those that stand out on a white and on a near-black page;
the darkest were then lifted a little. Ten hues alone cannot be told apart safely, so a marker shape goes with
each: the pairs closest to a colour-blind eye (blue and plum, orchid and violet) never share a shape.
"""

from __future__ import annotations

CLASS_COLOURS: tuple[str, ...] = (
    "#0078b4",  # blue
    "#f09600",  # orange
    "#4bc387",  # green
    "#f03c2d",  # vermilion
    "#d25aff",  # orchid
    "#8c8c8c",  # grey
    "#8a5378",  # plum
    "#b4a5e1",  # lavender
    "#c00000",  # dark red
    "#7a2cff",  # violet
)

# Plotly's own names, so that a chart and a canvas draw the same marker.
MARKERS: tuple[str, ...] = ("circle", "square", "triangle-up", "diamond")


def class_colour(index: int) -> str:
    """The colour of class ``index``; after ten classes the colours come again, with another marker."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]


def class_marker(index: int) -> str:
    """The marker of class ``index``, shifted at each round through the colours so that no pair repeats early."""
    return MARKERS[(index + index // len(CLASS_COLOURS)) % len(MARKERS)]

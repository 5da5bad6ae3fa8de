"""The network of a model, drawn: layers as wide as they are, and one image on its way through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import numpy as np

from aecore.figures.palette import class_colour
from aecore.ui.browser.drawing import Drawing


@dataclass(frozen=True)
class Column:
    """One column of the drawing: a picture, units of a layer, its maps, or the code.

    ``array`` names what fills it, ``size`` is how many numbers it stands for, ``label`` stands under it and ``title``
    is said of it when it is pointed at. ``units`` are the numbers of the units drawn, from 0, and ``stage`` that of the
    layer among all, -1 where there is none.
    """

    kind: Literal["picture", "units", "maps", "code"]
    array: str
    size: int
    label: str
    title: str
    stage: int = -1
    units: Sequence[int] = ()
    # What stands before the column, as a sign: "dice", "mask", "label", ...
    signs: Sequence[str] = field(default=())


def network_drawing(
    run: str,
    columns: Sequence[Column],
    arrays: Mapping[str, np.ndarray],
    *,
    first_frame: int,
    said: Sequence[str],
    steps: Sequence[int],
    plays: bool = False,
) -> Drawing:
    """The columns from left to right in F frames; ``said`` tells the loss of each, after so many ``steps``.

    Where it ``plays``, a drawing that is one step later than the one before goes through the stages of that step.

    Of ``arrays`` pictures are uint8 [1 or F, H, W], units and code float32 [F, U], maps uint8 [F, M, h, w];
    ``gradients`` [F, S] are drawn under the columns of their stages, ``filters`` and ``strokes`` uint8 [F, K, h, w]
    beside the first and the last layer, and ``weights<stage>`` [F, out, in] as lines. A click on a unit says which.
    """
    for column in columns:
        if column.array not in arrays:
            raise ValueError(f"{column.array} is drawn and not given")
    header = {
        "run": run,
        "first": int(first_frame),
        "frames": len(steps),
        "columns": [asdict(column) for column in columns],
        "said": list(said),
        "steps": [int(step) for step in steps],
        "plays": plays,
        "colours": {"on": class_colour(1), "off": class_colour(0), "code": class_colour(3)},
    }
    return Drawing("network", header, dict(arrays))

"""The slider that moves all other views of a run inside the browser."""

from __future__ import annotations

from collections.abc import Sequence

from aecore.ui.browser.drawing import Drawing, live


def scrubber_drawing(
    run: str, moments: Sequence[str], *, name: str = "Moment of the run", start: int | None = None
) -> Drawing:
    """A slider over the frames of ``run``, one label each, that moves the other views inside the browser.

    It stands at frame ``start`` until somebody moves it, by default at the last.
    """
    return Drawing("scrubber", {"run": run, "moments": list(moments), "name": name, "start": start})


scrubber = live(scrubber_drawing)

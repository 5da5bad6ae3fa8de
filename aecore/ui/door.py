"""How an exhibit is drawn: what stands beside the losses of a run and below them, and what is said about these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aecore.exhibit import Exhibit
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot


class Door:
    """Draws what an exhibit shows; this one draws its losses alone. A member of ``aecore.ui.exhibits``.

    It is named as its exhibit. Each picture is drawn under ``name``, which the scrubber goes by, with keys that begin
    with ``prefix``; what moves follows the feed.
    """

    def about_loss(self, shown: Exhibit) -> str:
        """What is said of the loss after its unit."""
        return ""

    def about_floors(self, shown: Exhibit) -> str:
        """What the dashed lines beside the losses are."""
        return ""

    def beside(self, run: Run, snapshot: Snapshot, name: str, prefix: str) -> None:
        """What stands to the right of the losses."""

    def below(self, run: Run, snapshot: Snapshot, name: str, prefix: str) -> None:
        """What stands below them, over the whole width."""

"""What is drawn of runs while they move: drawn again when a state changes or an answer has come, else by the feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.ui import engine, feed
from aecore.ui.browser import Drawing, progress_drawing, pulse, pulse_drawing

if TYPE_CHECKING:
    from aecore.runs.answers import Answer
    from aecore.runs.pool import Seat
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot

    Seats = Mapping[Any, Seat]

# The answers that what is being drawn waits for, each with the run that it is asked of.
AWAITED = "answers-awaited"


def _phases(snapshots: Iterable[Snapshot]) -> list[str]:
    """The states, of which two are one: runs that share the cores take turns, and pages are the same all the while."""
    return ["in training" if snapshot.active else snapshot.state for snapshot in snapshots]


def stage(key: str, look: Callable[[], Seats], draw: Callable[[Seats], None]) -> None:
    """Draws the seats that ``look`` finds; again when an answer has come, and with the whole page at another state.

    Nothing here looks again by a clock: the browser would go on asking for what may no longer have a place on the page.
    """
    found = [look()]
    drawn_for = _phases(seat.snapshot for seat in found[0].values())

    @st.fragment
    @engine.goes_first()
    def redrawn() -> None:
        seats = found.pop() if found else look()
        st.session_state[AWAITED] = []
        draw(seats)
        snapshots = [seat.snapshot for seat in seats.values()]
        if _phases(snapshots) != drawn_for or "pool-refusal" in st.session_state:
            st.rerun()
        watch(f"{key}-pulse", [seat.run for seat in seats.values()], snapshots)

    redrawn()


def watch(key: str, runs: list[Run], snapshots: list[Snapshot]) -> None:
    """Runs the script anew as soon as a run's state changes or an awaited answer has come."""
    awaited = st.session_state.pop(AWAITED, [])
    if not awaited and all(snapshot.at_rest for snapshot in snapshots):
        pulse(pulse_drawing(_now(snapshots, [])), key=key)
        return
    runs, snapshots = [*runs, *(run for run, _ in awaited)], [*snapshots, *(run.snapshot for run, _ in awaited)]
    answers = tuple(answer for _, answer in awaited)
    # Some may have come since: what is on the page was drawn without them all the same.
    drawn_for = pulse_drawing(_now(snapshots, [False] * len(answers)))
    pulse(feed.pushed(drawn_for, _pulse, runs, snapshots, answers), key=key)
    for run, answer in awaited:
        answer.future.add_done_callback(lambda _, run=run: feed.HUB.touch(run))


def _pulse(snapshots: tuple[Snapshot, ...], answers: tuple[Answer, ...]) -> Drawing:
    return pulse_drawing(_now(snapshots, [answer.done() for answer in answers]))


def _now(snapshots: Sequence[Snapshot], come: Sequence[bool]) -> str:
    said = [f"{phase} {snapshot.message}" for phase, snapshot in zip(_phases(snapshots), snapshots, strict=True)]
    return "; ".join([*said, *(f"answered {one}" for one in come)])


def awaiting(run: Run, answer: Answer, meanwhile: str) -> None:
    """Says what is being found out, and how far it is where that is known."""
    st.session_state.setdefault(AWAITED, []).append((run, answer))
    if answer.share is None:
        st.info(meanwhile)
    else:
        feed.follow(_found, [run], [run.snapshot], answer, meanwhile, key=f"finding-{id(answer)}", moving=True)


@feed.ticks
def _found(_: tuple[Snapshot, ...], answer: Answer, meanwhile: str) -> Drawing:
    share = answer.share or 0.0
    return progress_drawing(share, f"{meanwhile} {share:.0%}")

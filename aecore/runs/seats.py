"""Who sits at which run, and whose it is. No threads and no lock: who shares a Seats among threads holds one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from aecore.runs.run import Run
from aecore.runs.snapshot import Snapshot
from aecore.runs.spec import Spec

# Seconds after a look in which a visitor counts as looking.
PRESENT = 5.0


@dataclass
class Seat:
    """One visitor's place at one run. ``joined``: has pressed Train here or followed a link; else sees it untrained."""

    visitor: str
    run: Run
    joined: bool = False
    own: bool = False
    # A patient seat counts as looking for ever, and its run waits while anybody else's trains.
    patient: bool = False
    seen: float = 0.0
    # The run before a reset, to go back to, and whether it was the visitor's own.
    before: tuple[Run, bool] | None = None

    @property
    def snapshot(self) -> Snapshot:
        return self.run.snapshot if self.joined else self.run.snapshot.at_start()

    def looks(self, within: float) -> bool:
        return self.patient or time.monotonic() - self.seen < within


# What becomes of a seat that is to have its run for itself: the run is its own already, is taken from those who share
# it, is replaced by a fresh one, or by a copy of it.
Way = Literal["own", "taken", "fresh", "copied"]


def way_to_own(seat: Seat, others: Sequence[Seat]) -> Way:
    """How a seat gets a run that is the visitor's alone, ``others`` being all other seats at its run."""
    if seat.own:
        return "own"
    snapshot = seat.run.snapshot
    if not seat.joined and snapshot.step > 0:
        # Others have gone ahead of what this visitor sees, which is the untrained state.
        return "fresh"
    if not any(other.joined for other in others):
        return "taken"
    return "copied" if snapshot.prepared else "fresh"


class Seats:
    """Every visitor's seats, and the runs that equal specs share.

    ``begin(spec, kept)`` makes a run and has it prepared: as the store has ``kept`` it, or fresh. ``connected`` tells
    of a visitor whether they may yet come back to a seat not looked at for long.
    """

    def __init__(self, begin: Callable[[Spec, bool], Run], connected: Callable[[str], bool]):
        self._begin, self._connected = begin, connected
        self._seats: dict[tuple[str, str], Seat] = {}
        self.shared: dict[str, Run] = {}

    def __iter__(self) -> Iterator[Seat]:
        # At once, so that it holds without a lock too.
        return iter(list(self._seats.values()))

    def at(self, visitor: str, spec: Spec) -> Seat:
        """The visitor's seat at ``spec``, a new one at the shared run if they have none; counts as a look."""
        key = (visitor, spec.id)
        if key not in self._seats:
            self._seats[key] = Seat(visitor, self.shared_run(spec))
        seat = self._seats[key]
        seat.seen = time.monotonic()
        return seat

    def shared_run(self, spec: Spec) -> Run:
        """The run that equal specs share, after a failure a new one."""
        run = self.shared.get(spec.id)
        if run is None or run.snapshot.broken:
            run = self.shared[spec.id] = self._begin(spec, True)
        return run

    def leave(self, visitor: str, ids: set[str]) -> list[Run]:
        """Gives up the visitor's seats at runs not in ``ids``, but patient ones; their runs."""
        left = [k for k, seat in self._seats.items() if k[0] == visitor and k[1] not in ids and not seat.patient]
        runs = [self._seats.pop(key).run for key in left]
        for run in runs:
            # Who comes back finds it as it was left.
            if run.snapshot.step:
                self.shared.setdefault(run.id, run)
        return runs

    def make_own(self, seat: Seat) -> Way:
        """The seat's run becomes the visitor's alone. Where it is to be ``copied``, it is still the shared one."""
        others = [other for other in self if other.run is seat.run and other is not seat]
        way = way_to_own(seat, others)
        if way == "fresh":
            seat.run = self._begin(seat.run.spec, False)
        if way == "taken":
            # Who only looks at it goes on looking at a shared one.
            self.shared.pop(seat.run.id, None)
            for other in others:
                other.run = self.shared_run(seat.run.spec)
        if way != "own":
            seat.own = seat.joined = True
        return way

    def reset(self, seat: Seat) -> Run:
        """Puts the seat at a fresh run of its spec; the run that it was at."""
        old = seat.run
        seat.before = (old, seat.own)
        seat.run = self._begin(old.spec, False)
        seat.own, seat.joined = True, False
        return old

    def undo_reset(self, seat: Seat) -> None:
        """Puts the seat back at the run it was at before a reset."""
        if seat.before is not None:
            seat.run, seat.own = seat.before
            seat.before, seat.joined = None, True

    def retry(self, seat: Seat) -> None:
        """Puts the seat at the shared run of its spec again, after a failure a new one."""
        seat.run, seat.own = self.shared_run(seat.run.spec), False

    def others_of(self, seat: Seat) -> set[Run]:
        """The other runs that the seat's visitor has joined."""
        return {other.run for other in self if other.visitor == seat.visitor and other.joined} - {seat.run}

    def lookers(self, run: Run, within: float = PRESENT) -> list[Seat]:
        """The seats at ``run`` that were looked at within so many seconds."""
        return [seat for seat in self if seat.run is run and seat.looks(within)]

    def present(self, run: Run, within: float) -> list[Seat]:
        """Those seats, and those whose visitor's page is open and watches the run."""
        return [seat for seat in self if seat.run is run and self._is_at(seat, within)]

    def patient(self, run: Run) -> bool:
        """Whether only patient seats look at the run now."""
        seats = self.present(run, PRESENT)
        return bool(seats) and all(seat.patient for seat in seats)

    def _is_at(self, seat: Seat, within: float) -> bool:
        return seat.looks(within) or (seat.run.watchers > 0 and self._connected(seat.visitor))

    def forget(self, within: float, most: int) -> set[str]:
        """Lets go of seats that nobody came back to, and of idle runs nobody sits at, ``most`` of which are kept.

        The visitors that are left.
        """
        self._seats = {
            key: seat
            for key, seat in self._seats.items()
            if seat.looks(within) or seat.run.snapshot.moving or self._connected(seat.visitor)
        }
        taken = {seat.run for seat in self}
        idle = [run for run in self.shared.values() if run not in taken and not run.snapshot.moving]
        spare = len(self.shared) - most
        for index, run in enumerate(idle):
            if index < spare or not run.snapshot.step:
                del self.shared[run.id]
        return {visitor for visitor, _ in self._seats}

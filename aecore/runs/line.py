"""Who trains next. No threads and no lock: who shares a Line among threads holds one."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from aecore.runs.run import Run

# A visitor, and the run that is trained for them.
Job = tuple[str, Run]


class Line:
    """Jobs that wait for one of ``workers``, and those at work: whose turn was longest ago is next.

    ``patient`` tells of a run whether it waits while anybody else's trains.
    """

    def __init__(self, workers: int, patient: Callable[[Run], bool]):
        self.workers, self._patient = workers, patient
        self.waiting: list[Job] = []
        self.working: list[Job] = []
        # By visitor, when they were last served.
        self._served: dict[str, int] = {}
        self._clock = itertools.count(1)

    def join(self, job: Job) -> None:
        """The job waits from now on, unless its run waits or is at work already."""
        if all(job[1] is not run for _, run in self.waiting + self.working):
            self.waiting.append(job)

    def leave(self, run: Run) -> None:
        """The run no longer waits."""
        self.waiting = [job for job in self.waiting if job[1] is not run]

    def next(self) -> Job | None:
        """The job whose turn it is, at work from now on; None where no worker is free or nobody's turn has come."""
        ready = [job for job in self.waiting if not self.gives_way(job)]
        if not ready or len(self.working) >= self.workers:
            return None
        job = min(ready, key=self._turn_of)
        self.waiting.remove(job)
        self.working.append(job)
        self._served[job[0]] = next(self._clock)
        return job

    def free(self, job: Job) -> None:
        """The job's worker is free again, whether or not it was before."""
        self.working = [other for other in self.working if other is not job]

    def place(self, run: Run) -> int:
        """How many wait before the run, and itself: 1 is next; 0 if it does not wait."""
        waiting = [waits for _, waits in sorted(self.waiting, key=self._turn_of)]
        return waiting.index(run) + 1 if run in waiting else 0

    def gives_way(self, job: Job) -> bool:
        """Whether the job's run is patient, while one that is not waits or is at work."""
        return self._patient(job[1]) and any(not self._patient(run) for _, run in self.waiting + self.working)

    def forget(self, visitors: set[str]) -> None:
        """Remembers of ``visitors`` alone when they were last served."""
        self._served = {visitor: turn for visitor, turn in self._served.items() if visitor in visitors}

    def _turn_of(self, job: Job) -> int:
        """Whose turn was longest ago is next; among equals, who asked first."""
        return self._served.get(job[0], 0)

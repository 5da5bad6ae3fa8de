"""Questions to runs whose answers take too long for a page, each asked once however often it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import torch

from aecore.runs.run import Run

T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """The promise of what ``question`` finds out; the one that was asked first, of those that are equal."""

    question: Callable[[Run], T]
    future: Future[T]

    def done(self) -> bool:
        return self.future.done()

    def result(self) -> T:
        return self.future.result()

    @property
    def share(self) -> float | None:
        """How far it is, from 0 to 1, where the question tells."""
        return getattr(self.question, "share", None)


# Answers kept for each run: pages ask a few at once, and some answers are some megabytes.
MOST_KEPT = 32


class Answers:
    """Equal questions about a run at the same step are answered once, by ``executor``; answers live with the run.

    Of many, those that nobody asked for longest go; none that is still being found.
    """

    def __init__(self, executor: Executor):
        self._executor = executor
        self._kept: WeakKeyDictionary[Run, dict[tuple[Callable, int | None], Answer]] = WeakKeyDictionary()

    def ask(self, run: Run, question: Callable[[Run], T], of_data: bool = False) -> Answer[T]:
        """The answer; one ``of_data`` alone stays the same however far the run is."""
        answers = self._kept.setdefault(run, {})
        key = (question, None if of_data else run.view.step)
        found = answers.pop(key, None) or Answer(question, self._executor.submit(_alone, question, run))
        answers[key] = found
        done = [old for old, answer in answers.items() if answer.done()]
        for old in done[: max(0, len(answers) - MOST_KEPT)]:
            del answers[old]
        return found


def _alone(question: Callable[[Run], T], run: Run) -> T:
    torch.set_num_threads(1)
    return question(run)

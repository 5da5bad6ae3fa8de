"""Questions to runs whose answers take too long for a page, each asked once however often it is drawn."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from aecore.dataset import SourceError
from aecore.libraries import loaded
from aecore.runs.errands import send
from aecore.runs.run import Run
from aecore.runs.trained import Trained
from aecore.settings import SettingsError
from aecore.threads import limit_torch

logger = logging.getLogger(__name__)

T = TypeVar("T")


class AnswerError(RuntimeError):
    """A question has no answer; one sentence that says why and what to do."""


# Called with how far a question is, from 0 to 1.
Report = Callable[[float], None]


def silent(share: float) -> None:
    """A Report that nobody hears."""


class Reporting(ABC):
    """A question that takes so long that it reports how far it is."""

    @abstractmethod
    def __call__(self, trained: Trained, report: Report = silent) -> object: ...


# What questions compute with: packages that import parts of themselves from each other.
LIBRARIES = ("scipy.spatial", "sklearn.metrics", "sklearn.manifold", "sklearn.cluster", "sklearn.mixture")


@dataclass(eq=False)
class Answer(Generic[T]):
    """The promise of what ``question`` finds out."""

    question: Callable[[Trained], T]
    # Not an executor's own, which may never come to an end.
    future: Future[T] = field(default_factory=Future)
    # How far it is, from 0 to 1; None where the question does not report.
    share: float | None = None

    def __post_init__(self):
        if isinstance(self.question, Reporting):
            self.share = 0.0

    def done(self) -> bool:
        return self.future.done()

    def result(self) -> T:
        """What was found out, waited for; AnswerError where the question failed or was lost."""
        return self.future.result()

    def find(self, trained: Trained) -> None:
        """Asks, and keeps the promise whatever comes of it."""
        limit_torch()
        try:
            for name in LIBRARIES:
                loaded(name)
            found = self._found(trained)
        except (SettingsError, SourceError) as error:
            self.fail(str(error))
        except Exception:  # noqa: BLE001
            logger.exception("a question to run %s failed", trained.id)
            self.fail("this could not be computed because of an error in the app (see the server's log)")
        else:
            self.future.set_result(found)

    def _found(self, trained: Trained) -> T:
        if isinstance(self.question, Reporting):
            return self.question(trained, self._report)
        return self.question(trained)

    def _report(self, share: float) -> None:
        self.share = share

    def lose(self, why: str) -> None:
        """Keeps the promise with a sentence: the question is lost, ``why`` in a few words."""
        self.fail(f"this could not be computed ({why})")

    def fail(self, sentence: str) -> None:
        self.future.set_exception(AnswerError(sentence))


# Answers kept for each run: pages ask a few at once, and some answers are some megabytes.
MOST_KEPT = 32


class Answers:
    """Equal questions about a run at the same step are answered once, by ``executor``; answers live with the run.

    Of many, those that nobody asked for longest go; none that is still being found.
    """

    def __init__(self, executor: Executor):
        self._executor = executor
        self._kept: WeakKeyDictionary[Run, dict[tuple[Callable, int | None], Answer]] = WeakKeyDictionary()

    def ask(self, run: Run, question: Callable[[Trained], T], of_data: bool = False) -> Answer[T]:
        """The answer; one ``of_data`` alone stays the same however far the run is."""
        answers = self._kept.setdefault(run, {})
        key = (question, None if of_data else run.snapshot.step)
        found = answers.pop(key, None)
        if found is None:
            found = Answer(question)
            send(self._executor, found.find, run.trained, found.lose)
        answers[key] = found
        done = [old for old, answer in answers.items() if answer.done()]
        for old in done[: max(0, len(answers) - MOST_KEPT)]:
            del answers[old]
        return found

    def forget(self, run: Run, answer: Answer) -> None:
        """Lets go of an answer, so that its question is asked anew."""
        answers = self._kept.get(run, {})
        for key in [key for key, kept in answers.items() if kept is answer]:
            del answers[key]

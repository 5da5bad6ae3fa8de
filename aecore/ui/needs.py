"""What a tab needs of what it is opened with; pickers and tabs ask the same needs, and each says what is lacking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from aecore.runs.trained import Trained
    from aecore.settings import Settings


# What stands for no member of a registry.
NONE = "none"


class Need:
    """Something that a tab asks of a choice's members, or of a run whose data is there; this one asks nothing."""

    # Whose members are asked.
    choice: ClassVar[str] = "variant"

    def lack(self, member: type) -> str:
        """What a member of the choice lacks, to be read after its title: "has no posterior"; nothing where it fits."""
        return ""

    def missing(self, run: Trained, settings: Settings) -> str:
        """What ``run`` lacks for a tab's ``settings``, and what to choose instead, in one sentence; or nothing."""
        return ""


class Encodes(Need):
    """A code of every image, and an image of every code."""

    def lack(self, member: type) -> str:
        from aecore.autoencoder import Autoencoder

        return "" if issubclass(member, Autoencoder) else "does not encode images"


class Posterior(Need):
    """A distribution over codes for every image."""

    def lack(self, member: type) -> str:
        from aecore.variational import HasPosterior

        return "" if issubclass(member, HasPosterior) else "has no distribution over codes"


class Likelihood(Need):
    """A probability of every image."""

    def lack(self, member: type) -> str:
        from aecore.questions.scores import lack

        return lack(member)


class Pictures(Need):
    """Images large enough to be drawn in by hand."""

    choice = "data"

    def lack(self, member: type) -> str:
        return "" if member.pictures else "has no images to draw on"

    def missing(self, run: Trained, settings: Settings) -> str:
        from aecore.dataset import FEWEST_PIXELS

        height, width = run.data.shape
        if min(height, width) >= FEWEST_PIXELS:
            return ""
        return (
            f"Images of {height} x {width} pixels are too small to draw on: choose a data set whose images have at "
            f"least {FEWEST_PIXELS} x {FEWEST_PIXELS}."
        )


@dataclass(frozen=True)
class Numbered(Need):
    """Images of the numbers that some settings give."""

    names: tuple[str, ...]

    def missing(self, run: Trained, settings: Settings) -> str:
        images = len(run.data.test) + len(run.data.train)
        beyond = [name for name in self.names if getattr(settings, name) >= images]
        if not beyond:
            return ""
        return f"There are {images:,} images here: {' and '.join(beyond)} can be 0 to {images - 1:,}."


class OrNone(Mapping[str, type]):
    """The members of ``registry`` that lack nothing of ``need``, by name, and after them ``NONE``."""

    def __init__(self, registry: Mapping[str, type], need: Need):
        self._registry, self._need = registry, need
        # Kept for as long as the registry has the same names: every page asks, of every tab.
        self._fits = cache(self._fitting)

    def __getitem__(self, name: str) -> type:
        return _Nothing if name == NONE else self._registry[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fits(tuple(self._registry)))

    def __len__(self) -> int:
        return len(self._fits(tuple(self._registry)))

    def _fitting(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return (*(name for name in names if not self._need.lack(self._registry[name])), NONE)


class _Nothing:
    title = "nothing"


@dataclass(frozen=True)
class Lack:
    """What a picked member lacks: a sentence, and the ``fit`` of its ``choice`` that is proposed instead, or None."""

    choice: str
    said: str
    fit: str | None


def fitting(needs: Sequence[Need], choice: str, registry: Mapping[str, type], names: Sequence[str]) -> dict[str, str]:
    """What each of the members ``names`` of a choice's ``registry`` lacks, nothing where it fits."""
    asked = [need for need in needs if need.choice == choice]
    if not asked:
        return dict.fromkeys(names, "")
    return {name: next(filter(None, (need.lack(registry[name]) for need in asked)), "") for name in names}


def lacking(needs: Sequence[Need], picked: Mapping[str, Any], usual: Mapping[str, str]) -> Lack | None:
    """The first thing that is lacking in what is ``picked`` by choice, known before anything is trained; or None.

    What is proposed instead is the ``usual`` member of the choice, where that fits.
    """
    from aecore.runs.choices import CHOICES, offered

    for choice, (registry, default, _) in CHOICES.items():
        if choice not in picked:
            continue
        found = fitting(needs, choice, registry, offered(choice, picked))
        # What a tab is about need not be among what is offered.
        if lack := found.get(picked[choice]):
            fits = [name for name, other in found.items() if not other]
            fit = next((name for name in (usual.get(choice), default, *fits) if name in fits), None)
            instead = f"; choose another, such as {registry[fit].title}" if fit else ""
            return Lack(choice, f"The {registry.noun} {registry[picked[choice]].title} {lack}{instead}.", fit)
    return None


def missing(needs: Sequence[Need], run: Trained, settings: Settings) -> str:
    """The first thing that a run whose data is there lacks for a tab's ``settings``, in one sentence; or nothing."""
    return next(filter(None, (need.missing(run, settings) for need in needs)), "")

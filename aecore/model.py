"""What training knows of a model: the examples it learns, its loss, and who moves which of its weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from aecore.architecture import Architecture
from aecore.examples import Examples
from aecore.settings import Settings


@dataclass(frozen=True)
class Term:
    """One part of a loss: ``value``, a mean over examples, is plotted; ``weight * value`` is optimised.

    ``estimated`` marks one whose value is an estimate that need not keep the bounds of what it estimates, such as 0.
    ``over`` how many of the batch's examples it is the mean, where not over all: those whose label is known.
    """

    value: Tensor
    weight: float
    unit: str
    estimated: bool = False
    over: int | None = None


@dataclass(frozen=True)
class Objective:
    """What one player of a variant minimises: the sum of its weighted terms."""

    player: str
    terms: Mapping[str, Term]

    @property
    def loss(self) -> Tensor:
        return sum(term.weight * term.value for term in self.terms.values())


class Model(nn.Module, ABC):
    """Something to be trained; a final subclass in ``aecore.variants`` says what.

    It is made of ``settings``, what it is told of its training data (``facts``) and a generator for its first weights,
    and by keyword of an ``architecture`` and a ``corruption`` where it takes one.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    # The loss as LaTeX, in lines short enough for a phone, what its letters mean, and where it comes from.
    formula: ClassVar[str]
    letters: ClassVar[str]
    source: ClassVar[str]
    # The letters that settings give, each with how its value is written: ``{"β": "{beta}"}``.
    set_letters: ClassVar[Mapping[str, str]] = {}
    # Where each term that is trained stands in the formula, by the name of the term, ``layer_*`` for all such: a term
    # that is trained in silence would make the formula false.
    stands: ClassVar[Mapping[str, str]] = {}
    # What it learns from.
    learns: ClassVar[type[Examples]]
    # Whether it is given a corruption to damage its inputs with.
    corrupts: ClassVar[bool] = False
    # Whether it learns from labels too.
    needs_labels: ClassVar[bool] = False
    # Who moves its weights, where there is one such player.
    player: ClassVar[str] = "model"

    class Settings(Settings):
        pass

    settings: Settings

    @classmethod
    def takes(cls, architecture: type[Architecture]) -> bool:
        """Whether it can be made of ``architecture``; one that takes none is made of nothing but its settings."""
        return False

    @abstractmethod
    def terms(self, batch: Any, done: float, rng: torch.Generator) -> dict[str, Term]:
        """The loss of a batch, by name, the one that it is held against floors by first.

        ``done`` is the share of training that is over, from 0 to 1; chance comes from ``rng``.
        """

    def phase(self, done: float) -> str:
        """What training is about when ``done`` of it is over, in plain words, where there are phases; else nothing."""
        return ""

    def objectives(self, batch: Any, done: float, rng: torch.Generator) -> Iterator[Objective]:
        """One objective a player, in the order they move; each is stepped before the next is asked for."""
        yield Objective(self.player, self.terms(batch, done, rng))

    def players(self) -> dict[str, list[nn.Parameter]]:
        """The parameters that each player moves."""
        return {self.player: list(self.parameters())}

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @property
    def most_loss(self) -> float:
        """The loss of a batch beyond which training has exploded; explosions pass any bound in a few steps."""
        return 1e6

    def check(self, data: Examples) -> None:
        """ValueError, in one sentence, for data it cannot learn from or be measured on."""
        if not isinstance(data, self.learns):
            raise ValueError(f"{self.title} learns from {self.learns.many}, got {data.many}")
        if not len(data):
            raise ValueError(f"there must be at least one {data.one}, got none")

    def remark(self) -> str:
        """One sentence where the settings, though allowed, defeat the purpose; else nothing."""
        return ""

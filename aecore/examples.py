"""What is learned from, whatever it is: rows that are counted, checked and made a batch.

Images are one kind of examples, in ``aecore.dataset``; a kind is a class below ``Examples``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    import torch


class ExampleFacts(ABC):
    """What a model is told of its training data before it is made; kept beside its weights."""

    @abstractmethod
    def kept(self) -> dict[str, Any]:
        """What ``again`` needs, as JSON takes it; what is among the model's weights may be left out."""

    @classmethod
    @abstractmethod
    def again(cls, kept: Mapping[str, Any]) -> ExampleFacts:
        """Facts that make a model of the same shape as those that were ``kept``; KeyError or TypeError for others."""


class Examples(ABC):
    """Rows to learn from; read-only, because visitors share them."""

    # The name of the exhibit that is watched while a model learns them, and of the door that draws it.
    kind: ClassVar[str]
    # What one and many of them are called: "nats per image", "4,500 images to go".
    one: ClassVar[str]
    many: ClassVar[str]
    facts_class: ClassVar[type[ExampleFacts]]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def batch(self, rows: np.ndarray, device: torch.device) -> Any:
        """The examples ``rows`` as the ``terms`` of a model that learns them take a batch."""

    @abstractmethod
    def facts(self, classes: int) -> ExampleFacts:
        """What a model is told of them, who are of so many ``classes``; 0 where there is no such thing."""

    @abstractmethod
    def check_beside(self, heldout: Examples, classes: int) -> None:
        """ValueError, in one sentence, where ``heldout`` cannot be the held-out part of the same data set."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """The memory that they take."""

"""A data set, in a part to train on and a fixed held-out part; and its usual examples: images in [0, 1] with labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field, create_model

from aecore import arrays
from aecore.examples import ExampleFacts, Examples
from aecore.settings import Settings

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# What a model is made for: it may keep something of each class for each other one.
MOST_CLASSES = 1_000

# That a data set may have to train on.
MOST_IMAGES = 60_000

# A source calls it with the bytes (or rows) done and in all; it may raise to give up.
Report = Callable[[int, int], None]


# Of a side of an image that a hand can draw in.
FEWEST_PIXELS = 8


class SourceError(RuntimeError):
    """A data set could not be had; one sentence that says which, why, and what to do."""


@dataclass(frozen=True)
class Batch:
    """``images`` [B, 1, H, W] in [0, 1] and ``labels`` [B], -1 where not known."""

    images: Tensor
    labels: Tensor

    def labelled(self) -> Batch:
        """Those of the images whose labels are known, which may be none."""
        known = self.labels >= 0
        return self if bool(known.all()) else Batch(self.images[known], self.labels[known])


@dataclass(frozen=True, eq=False)
class Facts(ExampleFacts):
    """What a model is told of its training data: ``mean`` [H, W], the mean image, and how many images and classes."""

    mean: np.ndarray
    images: int = 1
    classes: int = 10

    def __post_init__(self):
        arrays.matrix(self.mean, "mean", ("H", "W"))
        if not 1 <= self.classes <= MOST_CLASSES:
            raise ValueError(f"classes must be from 1 to {MOST_CLASSES:,}, got {self.classes:,}: merge the rare ones")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self.mean.shape

    def kept(self) -> dict[str, Any]:
        """The mean image itself is among the weights."""
        return {"shape": list(self.shape), "images": self.images, "classes": self.classes}

    @classmethod
    def again(cls, kept: Mapping[str, Any]) -> Facts:
        return cls(np.zeros(kept["shape"], np.float32), kept["images"], kept["classes"])


@dataclass(frozen=True, eq=False)
class Split(Examples):
    """``images`` [N, H, W] float32 in [0, 1] and ``labels`` [N] int64, read-only: visitors share them.

    A label that is not known is -1. ``factors`` [N, F] int64, where an image was made from known ones: the value of
    each, counted from 0.
    """

    kind: ClassVar[str] = "images"
    one: ClassVar[str] = "image"
    many: ClassVar[str] = "images"
    facts_class: ClassVar[type[ExampleFacts]] = Facts

    images: np.ndarray
    labels: np.ndarray
    factors: np.ndarray | None = None

    def __post_init__(self):
        if self.images.ndim != 3 or self.images.dtype != np.float32:
            raise ValueError(f"images must be float32 [N, H, W], got {self.images.dtype} {list(self.images.shape)}")
        if self.labels.shape != self.images.shape[:1] or self.labels.dtype != np.int64:
            raise ValueError(f"labels must be int64 [N], got {self.labels.dtype} {list(self.labels.shape)}")
        known = self.factors
        if known is not None and (known.ndim != 2 or len(known) != len(self.images) or known.dtype != np.int64):
            raise ValueError(f"factors must be int64 [N, F], got {known.dtype} {list(known.shape)}")
        arrays.finite(self.images, "images")
        arrays.labels(self.labels, len(self.images), unknown=True)
        for array in (self.images, self.labels, known):
            if array is not None:
                array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def span(self) -> tuple[float, float]:
        """The least and the largest value of any pixel."""
        return arrays.span(self.images)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self.images.shape[1:]

    @property
    def nbytes(self) -> int:
        return self.images.nbytes + self.labels.nbytes

    def batch(self, rows: np.ndarray, device: torch.device) -> Batch:
        import torch

        # Picking rows copies: torch will not wrap the read-only arrays that visitors share.
        images, labels = torch.from_numpy(self.images[rows]), torch.from_numpy(self.labels[rows])
        return Batch(images[:, None].to(device), labels.to(device))

    def labelled(self) -> Split:
        """Those of the images whose labels are known, in their order."""
        known = self.labels >= 0
        if known.all():
            return self
        return Split(self.images[known], self.labels[known], None if self.factors is None else self.factors[known])

    def with_labels(self, count: int) -> Split:
        """The same images, but with the labels of ``count`` of them alone, the first of each class in turn."""
        if count >= len(self):
            return self
        told = first_of_each(self.labels, count)[:count]
        labels = np.full_like(self.labels, arrays.UNKNOWN)
        labels[told] = self.labels[told]
        return Split(self.images, labels, self.factors)

    def facts(self, classes: int) -> Facts:
        return Facts(self.images.mean(0), len(self), classes)

    def check_beside(self, heldout: Split, classes: int) -> None:
        for part, name in ((self, "train"), (heldout, "test")):
            arrays.labels(part.labels, len(part), classes, f"{name}.labels", unknown=True)
        arrays.shaped(heldout.images, "test.images", ("N", *self.shape), "both parts need images of one shape")


@dataclass(frozen=True, eq=False)
class Dataset:
    """``train`` is learned from, ``test`` is held out from all training; classes are named in label order.

    ``factor_names`` name the columns of both parts' factors; none where these are not known.
    """

    name: str
    train: Examples
    test: Examples
    class_names: tuple[str, ...] = ()
    factor_names: tuple[str, ...] = ()

    def __post_init__(self):
        self.train.check_beside(self.test, len(self.class_names))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self.train.shape

    @property
    def facts(self) -> ExampleFacts:
        return self.train.facts(len(self.class_names))

    def with_labels(self, count: int) -> Dataset:
        """The same images, of which only ``count`` to train on have labels."""
        return replace(self, train=self.train.with_labels(count))


class Source(ABC):
    """One data set: its title, its settings, and how to load it. A member of ``aecore.sources``.

    One of something else than images says so in ``gives``, and has settings of its own.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    gives: ClassVar[type[Examples]] = Split
    # Whether its images are pictures, of FEWEST_PIXELS a side or more, and not the coordinates of points.
    pictures: ClassVar[bool] = True
    # Whether a first load may need the network.
    downloads: ClassVar[bool] = False

    class Settings(Settings):
        images: int = Field(100, ge=100, le=MOST_IMAGES, description="Training images; held-out images come on top.")

    def __init__(self, settings: Source.Settings):
        self.settings = settings

    @abstractmethod
    def load(self, report: Report) -> Dataset:
        """The data set, the first ``settings.images`` (balanced over classes where it can be) to train on.

        Raises SourceError, in one sentence, when it cannot be had.
        """


@cache
def with_labelled(settings: type[Settings]) -> type[Settings]:
    """The settings of a data set for models that learn from labels: ``labelled`` says how many labels they are told."""
    told = Field(
        MOST_IMAGES,
        ge=1,
        le=MOST_IMAGES,
        description="Training images with a known label, balanced over the classes; the rest are used unlabelled. "
        "More than there are means all.",
        json_schema_extra={"later": True, "log": True},
    )
    made = create_model(settings.__name__, __base__=settings, __module__=settings.__module__, labelled=(int, told))
    # No module has the class: what is pickled says what it is made of.
    made.__reduce__ = lambda self: (_with_labelled, (settings, self.model_dump()))
    return made


def _with_labelled(settings: type[Settings], values: dict[str, object]) -> Settings:
    return with_labelled(settings)(**values)


def split(images: np.ndarray, labels: np.ndarray, factors: np.ndarray | None = None) -> Split:
    """A Split of ``images`` [N, H, W] of any number type, already in [0, 1], ``labels`` [N] and ``factors`` [N, F].

    ValueError, in one sentence, for arrays of another shape, range or type.
    """
    images = arrays.pixels(images)
    known = None if factors is None else arrays.matrix(factors, "factors", (len(images), "F"))
    return Split(
        np.ascontiguousarray(images, np.float32),
        np.ascontiguousarray(arrays.labels(labels, len(images), unknown=True)),
        None if known is None else np.ascontiguousarray(known, np.int64),
    )


def first_of_each(labels: np.ndarray, count: int) -> np.ndarray:
    """Indices of the first ``count`` rows of each class, dealt in turn: 0, 1, ..., 9, 0, 1, ...

    Any prefix of the result is then as balanced over classes as it can be.
    """
    rows = [np.flatnonzero(labels == c)[:count] for c in np.unique(labels)]
    dealt = [np.stack([np.arange(len(r)), np.full(len(r), c), r]) for c, r in enumerate(rows)]
    turns = np.concatenate(dealt, axis=1)
    return turns[2][np.lexsort((turns[1], turns[0]))]

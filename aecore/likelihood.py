"""How a reconstruction is scored: how far it is from its image, summed over pixels, one number an image.

Letters: B images, P pixels of an image.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import Tensor, nn

from aecore.registry import Registry


class Likelihood(nn.Module, ABC):
    """p(x | z) over images, given the decoder's raw outputs of the same shape. A member of ``aecore.likelihoods``."""

    # What it is called as a loss, and as a density.
    title: ClassVar[str]
    density: ClassVar[str]
    unit: ClassVar[str]
    # Whether the loss of a very good model can be negative, as that of a density can.
    below_zero: ClassVar[bool] = False
    # Whether it reads pixels as probabilities, so that they must lie in [0, 1].
    in_unit_interval: ClassVar[bool] = False
    # Whether the image that is shown minimises it where that minimises the squared error, so that PCA does for a
    # linear decoder.
    squares: ClassVar[bool] = False
    # What makes the image that is shown of raw outputs, where the browser can do it: the logistic function, or cutting
    # off what lies outside [0, 1].
    output: ClassVar[Literal["sigmoid", "clip"] | None] = None

    @abstractmethod
    def loss(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Tensor:
        """[B] loss of each image, summed over pixels, in ``unit``; -log p(x | z) but for ``constant``.

        ``counted``, of the shape of ``images``, weighs each pixel in the sum; without it all count once.
        """

    @abstractmethod
    def mean(self, outputs: Tensor) -> Tensor:
        """E[x | z], the image that is shown, of the shape of ``outputs``."""

    @abstractmethod
    def outputs_for(self, mean: Tensor) -> Tensor:
        """The raw outputs whose ``mean`` is the given image: where a decoder's bias starts."""

    def constant(self, pixels: int) -> float:
        """-log p(x | z) - loss, in nats an image of ``pixels`` pixels."""
        return 0.0

    def fitted(self, outputs: Tensor, images: Tensor) -> Likelihood:
        """This likelihood with its own parameters, if it has any, at their best for the given outputs."""
        return self


def weighed_sum(losses: Tensor, counted: Tensor | None) -> Tensor:
    """[B] the sum over pixels of losses [B, ...], each weighed by ``counted`` where it is given."""
    return (losses if counted is None else losses * counted).flatten(1).sum(1)


# Named here, where a model's settings can ask for one; the members are imported when they are asked for.
likelihoods: Registry[type[Likelihood]] = Registry("aecore.likelihoods", "aecore.likelihood.Likelihood", "likelihood")

"""What some autoencoders can do beyond encoding and decoding: asked for with ``isinstance``, never guessed.

``HasPosterior`` is in ``aecore.variational``. Letters as in ``aecore.autoencoder``, C classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from aecore.variational import Posterior


class Classifier(ABC):
    """Capability: says which class an image is of."""

    @abstractmethod
    def classify(self, images: Tensor) -> Tensor:
        """[B] the class, from 0 to C - 1, of images [B, 1, H, W]."""


class Conditional(ABC):
    """Capability: decodes a code as an image of a given class. ``decode`` alone averages over the classes."""

    @abstractmethod
    def decode_as(self, codes: Tensor, labels: Tensor) -> Tensor:
        """[B, 1, H, W] raw outputs for codes [B, L] as images of the classes ``labels`` [B]."""

    def posterior_as(self, images: Tensor, labels: Tensor) -> Posterior:
        """q(z | x, y) of images [B, 1, H, W] of the classes ``labels`` [B], for one that has a posterior."""
        raise NotImplementedError

    def losses_as(self, codes: Tensor, images: Tensor, labels: Tensor) -> Tensor:
        """[B] how far codes [B, L], decoded as of the classes ``labels`` [B], are from images [B, 1, H, W]."""
        return self.likelihood.loss(self.decode_as(codes, labels), images)

    def beside_codes(self) -> Tensor | None:
        """[C, K] for each class the numbers that come after a code, where ``decode_as`` adds nothing else; or None."""
        return None


class Spread(ABC):
    """Capability: says by how much it expects each pixel of what it decodes to be off."""

    @abstractmethod
    def sigma(self, codes: Tensor) -> Tensor:
        """[B, 1, H, W] the standard deviation of each pixel around what codes [B, L] decode to."""


class AssumesLaplace:
    """Capability: pays lambda for the size of every activation, none of which is below 0: a Laplace prior on them."""

    # The setting that is lambda.
    rate: ClassVar[str]


class Ordered:
    """Capability: code dimensions sorted by importance, so that the first few make a shorter code."""

    def truncate(self, codes: Tensor, count: int) -> Tensor:
        """[B, L] the codes with all but their first ``count`` numbers set to 0."""
        kept = codes.clone()
        kept[:, count:] = 0
        return kept


class FindsAxes:
    """Capability: made of one matrix down and one up, it has PCA's own axes at its optimum, not only their span."""

    # Why, in a sentence with its source, and the likelihood that it takes.
    why_axes: ClassVar[str]
    likelihood_of_axes: ClassVar[str] = "gaussian"


class StepsBack:
    """Capability: its reconstruction moves an image back to the data, along the gradient of their log density.

    Alain and Bengio (2014), What regularized auto-encoders learn from the data-generating distribution, JMLR 15,
    theorem 1: for small noise, or for a small penalty on the derivatives of the reconstruction.
    """


class FillsIn(ABC):
    """Capability: rebuilds a whole image from a part of it."""

    @abstractmethod
    def hide(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """[B, 1, H, W] what training lets be seen of images: 1 where a pixel is seen, 0 where it is hidden."""

    @abstractmethod
    def encode_seen(self, images: Tensor, seen: Tensor) -> Tensor:
        """[B, L] codes of images [B, 1, H, W] of which only ``seen`` is used; hidden pixels change nothing."""


@dataclass(frozen=True)
class Squash:
    """f(steepness * e + shift) for each number e by itself, f the logistic function or max(0, .) ("relu")."""

    function: Literal["sigmoid", "relu"]
    steepness: float = 1.0
    shift: float = 0.0

    def inside(self, features: Tensor) -> Tensor:
        """What the function is given, of the shape of ``features``."""
        return self.steepness * features + self.shift

    def __call__(self, features: Tensor) -> Tensor:
        return {"sigmoid": torch.sigmoid, "relu": F.relu}[self.function](self.inside(features))


class Squashes(ABC):
    """Capability: its code is what the encoder puts out, each number squashed by itself."""

    @property
    @abstractmethod
    def squash(self) -> Squash:
        """How each number is squashed."""


class Quantises(ABC):
    """Capability: its code is one entry of a codebook after another, the nearest to each vector of a grid, by rows."""

    # [K, D] the entries.
    codebook: Tensor

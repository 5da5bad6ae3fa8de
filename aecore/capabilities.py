"""What some autoencoders can do beyond encoding and decoding: asked for with ``isinstance``, never guessed.

``HasPosterior`` is in ``aecore.variational``. Letters as in ``aecore.autoencoder``, C classes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor


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

    def beside_codes(self) -> Tensor | None:
        """[C, K] for each class the numbers that come after a code, where ``decode_as`` adds nothing else; or None."""
        return None


class Ordered:
    """Capability: code numbers sorted by importance, so that the first few make a shorter code."""

    def truncate(self, codes: Tensor, count: int) -> Tensor:
        """[B, L] the codes with all but their first ``count`` numbers set to 0."""
        kept = codes.clone()
        kept[:, count:] = 0
        return kept


class FillsIn(ABC):
    """Capability: rebuilds a whole image from a part of it."""

    @abstractmethod
    def hide(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """[B, 1, H, W] what training lets be seen of images: 1 where a pixel is seen, 0 where it is hidden."""

    @abstractmethod
    def encode_seen(self, images: Tensor, seen: Tensor) -> Tensor:
        """[B, L] codes of images [B, 1, H, W] of which only ``seen`` is used; hidden pixels change nothing."""

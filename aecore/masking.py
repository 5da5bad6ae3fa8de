"""Autoencoders that rebuild a whole image from a part of it.

Letters as in ``aecore.autoencoder``; P pixels of an image, x~ an image of which a part is hidden.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture
from aecore.autoencoder import Autoencoder, full_precision
from aecore.capabilities import FillsIn
from aecore.dataset import Batch, Facts
from aecore.likelihood import likelihoods
from aecore.model import Term
from aecore.settings import Among

# What a hidden pixel is shown as, to people and to nobody else.
GREY = 0.5


class Masking(Autoencoder, FillsIn):
    """Trained to rebuild images of which ``hide`` hides a part; its code of a whole image is that of all seen."""

    regularised = True

    class Settings(Autoencoder.Settings):
        latent: int = Field(
            32,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )

    def encode(self, images: Tensor) -> Tensor:
        return self.encode_seen(images, torch.ones_like(images))

    def encode_seen(self, images: Tensor, seen: Tensor) -> Tensor:
        return full_precision(self.encoder(self.shown(images, seen)))

    def shown(self, images: Tensor, seen: Tensor) -> Tensor:
        """[B, 1, H, W] images less the mean image, as the encoder is given them: 0, the mean, where hidden."""
        return torch.where(seen > 0, images - self.mean, 0)

    def attempt(self, images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        seen = self.hide(images, rng)
        return torch.where(seen > 0, images, GREY), self.decode(self.encode_seen(images, seen))

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        seen = self.hide(batch.images, rng)
        outputs = self.decode(self.encode_seen(batch.images, seen))
        hidden = self.fit(outputs, batch.images, 1 - seen)
        return {"reconstruction": self.fit(outputs, batch.images), "hidden": Term(hidden.value, 0.0, hidden.unit)}


class Scattered(Masking):
    """Hides squares all over the image, each with the same probability, anew for every image and step."""

    # Height and width of a square, in pixels.
    side: int = 1

    class Settings(Masking.Settings):
        hidden_share: float = Field(
            0.5,
            ge=0.05,
            le=0.95,
            description="Share of hidden pixels, chosen anew for every image and step.",
            json_schema_extra={"common": True},
        )

    def hide(self, images: Tensor, rng: torch.Generator) -> Tensor:
        count, _, height, width = images.shape
        grid = (count, 1, -(-height // self.side), -(-width // self.side))
        seen = torch.rand(grid, generator=rng, device=images.device) >= self.settings.hidden_share
        whole = seen.repeat_interleave(self.side, 2).repeat_interleave(self.side, 3)
        return whole[:, :, :height, :width].to(images.dtype)

    def shown(self, images: Tensor, seen: Tensor) -> Tensor:
        """[B, 1, H, W] images less the mean image, over the share of their pixels that is seen; 0 where hidden.

        As in dropout, sums over pixels are then on average those of the whole image. Without it an encoder trained on
        parts takes a whole image for a louder one: on mnist-5k 18.9 of held-out squared error in place of 13.6.
        """
        share = seen.mean((1, 2, 3), keepdim=True).clamp_min(1 / self.mean.numel())
        return super().shown(images, seen) / share


class MaskedLinear(Scattered):
    """A linear decoder, D(z) = B z + b, and one of several ways from the pixels that are seen to the code."""

    class Settings(Scattered.Settings):
        likelihood: Annotated[str, Among(likelihoods, lambda likelihood: likelihood.squares)] = Field(
            "gaussian",
            description="How a reconstruction is scored, where the code is found by squared error.",
        )

    @classmethod
    def takes(cls, architecture: type[Architecture]) -> bool:
        return architecture.one_matrix


class FittedLinear(MaskedLinear):
    """Has no encoder: a code is fitted to the pixels that are seen, by means of the decoder's own matrix."""

    def networks(self, architecture: Architecture, facts: Facts, rng: torch.Generator) -> tuple[nn.Module, nn.Module]:
        # It has no matrix either that a decoder could be tied to, which the architecture then refuses.
        encoder = nn.Identity()
        return encoder, architecture.decoder(self.latent, rng, encoder)

    def encode_seen(self, images: Tensor, seen: Tensor) -> Tensor:
        # Fitting takes differences of nearly equal numbers, for which bf16 has too few digits.
        with torch.autocast(images.device.type, enabled=False):
            values = torch.where(seen > 0, images - self.output_bias, 0)
            return self.fitted(self.matrix(), values.flatten(1), seen.flatten(1))

    def matrix(self) -> Tensor:
        """[P, L] the decoder's matrix B: what it makes of each code dimension alone."""
        return self.decoder(torch.eye(self.latent).to(self.output_bias)).flatten(1).T

    @abstractmethod
    def fitted(self, matrix: Tensor, values: Tensor, seen: Tensor) -> Tensor:
        """[B, L] codes z for which ``matrix`` [P, L] times z is near ``values`` [B, P], where ``seen`` [B, P] is 1.

        ``values`` are 0 where ``seen`` is.
        """

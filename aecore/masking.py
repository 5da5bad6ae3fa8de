"""Autoencoders that rebuild a whole image from a part of it. Letters as in ``aecore.autoencoder``."""

from __future__ import annotations

import torch
from torch import Tensor

from aecore.autoencoder import Autoencoder, Batch, Term
from aecore.capabilities import FillsIn

# What a hidden pixel is shown as, to people and to nobody else.
GREY = 0.5


class Masking(Autoencoder, FillsIn):
    """Trained to rebuild images of which ``hide`` hides a part; its code of a whole image is that of all seen."""

    regularised = True

    def encode(self, images: Tensor) -> Tensor:
        return self.encode_seen(images, torch.ones_like(images))

    def attempt(self, images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        seen = self.hide(images, rng)
        return torch.where(seen > 0, images, GREY), self.decode(self.encode_seen(images, seen))

    def terms(self, batch: Batch, progress: float, rng: torch.Generator) -> dict[str, Term]:
        seen = self.hide(batch.images, rng)
        outputs = self.decode(self.encode_seen(batch.images, seen))
        hidden = self.fit(outputs, batch.images, 1 - seen)
        return {"reconstruction": self.fit(outputs, batch.images), "hidden": Term(hidden.value, 0.0, hidden.unit)}

"""Autoencoders that are shown damaged images and must give back the clean ones."""

from __future__ import annotations

import zlib

import torch
from pydantic import Field
from torch import Tensor

from aecore.autoencoder import Deterministic
from aecore.dataset import Batch
from aecore.model import Term


class Restoring(Deterministic):
    """Trained on the loss between a clean image and what it makes of it damaged (Vincent et al. 2008, section 2.3)."""

    formula = r"\min_{E, D}\; \mathbb{E}_{\tilde x \sim q(\tilde x \mid x)}\; \ell\big(x,\, D(E(\tilde x))\big)"
    letters = (
        "x: an image; x̃: the image damaged, anew each time unless the damage is fixed; E: the encoder; D: the "
        "decoder; "
        "ℓ: the loss of one image."
    )
    set_letters = {**Deterministic.set_letters, "x̃": "{corruption}, level {level}"}
    stands = {"reconstruction": r"\ell\big(x,\, D(E(\tilde x))\big)"}
    corrupts = True
    regularised = True

    class Settings(Deterministic.Settings):
        fresh: bool = Field(
            True,
            description="Damage every image anew each time it is seen: damage that never changes can be memorised.",
        )

    def inputs(self, images: Tensor, rng: torch.Generator) -> Tensor:
        if self.settings.fresh:
            return super().inputs(images, rng)
        return torch.cat([self.corruption.damage(image[None], _own_chance(image)) for image in images])

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        codes = self.encode(self.inputs(batch.images, rng))
        return {"reconstruction": self.reconstruction(codes, batch.images)}


def _own_chance(image: Tensor) -> torch.Generator:
    """Chance that depends on the image alone."""
    seed = zlib.crc32(image.cpu().numpy().tobytes())
    return torch.Generator(image.device).manual_seed(seed)

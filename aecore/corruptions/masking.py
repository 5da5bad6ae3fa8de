import torch
from pydantic import Field
from torch import Tensor

from aecore.corruption import Corruption, uniform


class Masking(Corruption):
    """Each pixel is set to 0 with probability ``level`` (Vincent et al. 2008, section 2.3)."""

    title = "Masking"
    summary = "Sets a random share of the pixels to black."

    class Settings(Corruption.Settings):
        level: float = Field(
            0.5,
            ge=0,
            le=1,
            description="Share of the pixels that are set to 0.",
            json_schema_extra={"common": True},
        )

    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        return images * (uniform(images, rng) >= self.settings.level)

import torch
from pydantic import Field
from torch import Tensor

from aecore.corruption import Corruption, uniform


class SaltPepper(Corruption):
    """Each pixel is replaced with probability ``level``, by 0 or 1 at equal odds (Vincent et al. 2010, section 3.3)."""

    title = "Salt and pepper"
    summary = "Sets a random share of the pixels to black or to white."

    class Settings(Corruption.Settings):
        level: float = Field(
            0.3,
            ge=0,
            le=1,
            description="Share of the pixels that are set to 0 or 1, half of them to each.",
            json_schema_extra={"common": True},
        )

    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        draw, level = uniform(images, rng), self.settings.level
        # One draw decides both: below level/2 pepper, from there to level salt.
        salted = torch.where(draw < level, torch.ones_like(images), images)
        return torch.where(draw < level / 2, torch.zeros_like(images), salted)

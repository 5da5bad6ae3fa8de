import torch
from pydantic import Field
from torch import Tensor

from aecore.corruption import Corruption


class Gaussian(Corruption):
    """x~ = x + level * eps, eps ~ N(0, I) (Vincent et al. 2010, section 3.3). Not clipped."""

    title = "Gaussian noise"
    summary = "Adds independent normal noise to every pixel; values may leave [0, 1]."
    bounded = False

    class Settings(Corruption.Settings):
        level: float = Field(
            0.5,
            ge=0,
            le=2,
            description="Standard deviation of the noise, in grey levels from 0 (black) to 1 (white).",
            json_schema_extra={"common": True},
        )

    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        noise = torch.randn(images.shape, generator=rng, device=images.device)
        return images + self.settings.level * noise

import torch
from pydantic import Field
from torch import Tensor

from aecore.corruption import Corruption


class Blur(Corruption):
    """x~ = G_H x G_W, G_n = exp(-level^2/2 D^T D), D taking the differences of neighbours among n pixels in a line.

    The discrete Gaussian (Lindeberg 1990): its variance is level^2 square pixels at any level, where that of a sampled
    Gaussian falls short below half a pixel. It is reflected at the edges, so an image keeps its sum.
    """

    title = "Gaussian blur"
    summary = "Spreads every pixel over its neighbours; nothing is random."
    chance = False

    class Settings(Corruption.Settings):
        level: float = Field(
            1.5,
            ge=0,
            le=5,
            description="Standard deviation of the Gaussian, in pixels.",
            json_schema_extra={"common": True},
        )

    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        down, across = (_spread(side, self.settings.level).to(images) for side in images.shape[2:])
        # Products are among what autocast rounds to bf16, three digits.
        with torch.autocast(images.device.type, enabled=False):
            return (down @ images @ across).clamp(0, 1)


def _spread(side: int, level: float) -> Tensor:
    """[n, n] float64, symmetric: how much of each of ``side`` pixels in a line goes to each of them."""
    differences = torch.eye(side, dtype=torch.float64).diff(dim=0)
    return torch.matrix_exp(-(level**2) / 2 * differences.T @ differences)

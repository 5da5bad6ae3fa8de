import torch
from pydantic import Field
from torch import Tensor

from aecore.corruption import Corruption

# Creases on an image, and how many pixels of its shorter side bring one more.
CREASES, FURTHER = 2, 100
# In pixels, of any image: what is cut from a page is creased as the page is. The standard deviation of a crease's
# profile, how fast the shadow beside it fades, and how much that hides at its darkest.
SHARP, SOFT, SHADE = 0.8, 4.0, 0.4
# Creases are this dark at least, or this bright: worn to the bare paper, or dirty.
DARK, BRIGHT = 0.2, 0.8


class Folds(Corruption):
    """x~ = (1 - level a) x + level a v, where a is how much of a pixel creases hide and v the grey that hides it.

    Crease k, through a random point and at a random angle, hides h_k = exp(-d_k^2 / 2 SHARP^2) of a pixel at distance
    d_k, and its black shadow, on one side, s_k = SHADE exp(-d_k / SOFT). With all of them as u_j, of greys v_j,
    a = 1 - prod_j (1 - u_j) and v = sum_j u_j v_j / sum_j u_j.
    """

    title = "Folds"
    summary = "Adds dark or bright creases to each image, each with a soft shadow beside it."

    class Settings(Corruption.Settings):
        level: float = Field(
            0.7,
            ge=0,
            le=1,
            description="Share of a pixel that a crease hides at its middle.",
            json_schema_extra={"common": True},
        )

    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        hidden, grey = _creases(images, rng)
        return torch.lerp(images, grey, self.settings.level * hidden)


def _creases(images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """[B, 1, H, W] how much of each pixel all creases hide, and the grey they have together."""
    height, width = images.shape[2:]
    rows, columns = (torch.arange(side, device=images.device) + 0.5 for side in (height, width))
    count = CREASES + min(height, width) // FURTHER
    draws = torch.rand(count, 4, len(images), 1, 1, 1, generator=rng, device=images.device)
    seen, weight, weighted = torch.ones_like(images), torch.zeros_like(images), torch.zeros_like(images)
    for top, left, turn, shade in draws:
        # All the way round, so that the shadow is on either side.
        sin, cos = (2 * torch.pi * turn).sin(), (2 * torch.pi * turn).cos()
        away = cos * (columns - left * width) + sin * (rows[:, None] - top * height)
        crease = (-(away / SHARP).square() / 2).exp()
        shadow = SHADE * (away > 0) * (-away.clamp_min(0) / SOFT).exp()
        grey = torch.where(shade < 0.5, 2 * shade * DARK, 1 - 2 * (1 - shade) * (1 - BRIGHT))
        seen = seen * (1 - crease) * (1 - shadow)
        weight, weighted = weight + crease + shadow, weighted + crease * grey
    # Far from all of them there is neither weight nor anything hidden.
    return 1 - seen, weighted / weight.clamp_min(1e-6)

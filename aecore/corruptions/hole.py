import torch
from pydantic import Field
from torch import Tensor

from aecore.corruption import Corruption


class Hole(Corruption):
    """x~ = (1 - h) x, h being 1 in a square and 0 around it: cutout (DeVries and Taylor 2017), but always inside.

    With the same chance, the hole of a lower ``level`` lies inside that of a higher one.
    """

    title = "Hole"
    summary = "Cuts a black square out of each image, at a random place."

    class Settings(Corruption.Settings):
        level: float = Field(
            0.5,
            ge=0,
            le=1,
            description="Side of the square, as a share of the image's shorter side.",
            json_schema_extra={"common": True},
        )

    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        height, width = images.shape[2:]
        side = round(self.settings.level * min(height, width))
        top, left = torch.rand(2, len(images), 1, 1, 1, generator=rng, device=images.device)
        rows, columns = _within(top, side, height), _within(left, side, width)
        return images.masked_fill(rows.mT & columns, 0)


def _within(draw: Tensor, side: int, whole: int) -> Tensor:
    """[B, 1, 1, ``whole``] which pixels lie in the ``side`` of them that ``draw`` [B, 1, 1, 1], in [0, 1), picks."""
    start = (draw * (whole - side + 1)).floor()
    pixels = torch.arange(whole, device=draw.device)
    return (pixels >= start) & (pixels < start + side)

import torch
from pydantic import Field
from torch import Tensor

from aecore.corruption import Corruption

# Half the length and half the breadth of each blot and each pen stroke, before all of an image's grow alike.
BLOTS = [(0.3, 0.2), (0.2, 0.15), (0.15, 0.1)]
STROKES = [(1.2, 0.03), (1.2, 0.03)]
# How much a stain hides at its middle, and the outer share of it in which it fades.
OPACITY, SOFT = 0.8, 0.6


class Stains(Corruption):
    """x~ = (1 - a) x + a v, where a is how much of a pixel is hidden and v the grey that hides it.

    Stain k, at a random place, has the field f_k = q_k^-2 of the squared distance q_k in units of its half axes. With
    f = sum_k f_k, a = OPACITY clip((1 - sqrt(theta / f)) / SOFT, 0, 1) and v = sum_k f_k v_k / f, so neighbours run
    into each other. theta is, image by image, what f exceeds at ``level`` of the pixels: for one stain, an ellipse.
    """

    title = "Stains and strokes"
    summary = "Covers a share of each image with soft blots and thin pen strokes, black to white."

    class Settings(Corruption.Settings):
        level: float = Field(
            0.3,
            ge=0,
            le=1,
            description="Share of the pixels that are stained, faintly near a stain's edge.",
            json_schema_extra={"common": True},
        )

    def damage(self, images: Tensor, rng: torch.Generator) -> Tensor:
        field, grey = _stains(images, rng)
        flat = field.flatten(1)
        pixels = flat.shape[1]
        rank = pixels - round(self.settings.level * (pixels - 1))
        theta = flat.kthvalue(rank, dim=1).values[:, None, None, None]
        hidden = OPACITY * ((1 - (theta / field).sqrt()) / SOFT).clamp(0, 1)
        return torch.lerp(images, grey, hidden)


def _stains(images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """[B, 1, H, W] the field of each image's stains, and the grey they have together."""
    height, width = images.shape[2:]
    rows, columns = (torch.arange(side, device=images.device) + 0.5 for side in (height, width))
    forms = BLOTS + STROKES
    draws = torch.rand(len(forms), 5, len(images), 1, 1, 1, generator=rng, device=images.device)
    field, weighted = torch.zeros_like(images), torch.zeros_like(images)
    for (length, breadth), (top, left, turn, size, grey) in zip(forms, draws, strict=True):
        down, right = rows[:, None] - top * height, columns - left * width
        scale = (0.5 + size) * max(height, width)
        cos, sin = (torch.pi * turn).cos() / scale, (torch.pi * turn).sin() / scale
        # Scaled while it is small, [B, 1, H, 1] and [B, 1, 1, W], then spread over the image.
        along = (cos / length) * right + (sin / length) * down
        aside = (cos / breadth) * down - (sin / breadth) * right
        # A pixel at the very middle gets a field too, not infinity.
        own = (along.square() + aside.square() + 1e-3).square().reciprocal()
        field += own
        weighted += own * grey
    return field, weighted / field

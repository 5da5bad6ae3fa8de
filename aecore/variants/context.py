from dataclasses import replace

import torch
from pydantic import Field
from torch import Tensor

from aecore.architecture import Architecture
from aecore.dataset import Batch, Facts
from aecore.masking import Masking
from aecore.model import Term
from aecore.settings import SettingsError


class Context(Masking):
    """min over D, E of E[loss(x, D(E(x~))) + w loss on the hole], x~ the image x without a rectangular hole.

    Pathak et al. 2016, equation 1, which counts the hole alone; the whole image counts too here, since the code is to
    stand for all of it, and their adversarial loss (equation 2) is left out.
    """

    title = "Context encoder"
    summary = "Cuts a rectangle out of each image and learns to paint it in from its surroundings."
    formula = (
        r"\begin{aligned}\min_{E, D}\;& \ell(x, \hat x) + w\, \ell(h \odot x,\, h \odot \hat x)\\"
        r"& \hat x = D\big(E((1 - h) \odot x + h \odot \bar x)\big)\end{aligned}"
    )
    letters = (
        "x: an image; h: 1 in the hole and 0 around it; x̄: the mean image; E: the encoder; D: the decoder; "
        "x̂: what it paints; ℓ: the loss of one image; w: the extra weight of the hole."
    )
    set_letters = {**Masking.set_letters, "h": "{hole_height} × {hole_width} of the image", "w": "{hole_weight}"}
    stands = {"reconstruction": r"\ell(x, \hat x)", "hole": r"\ell(h \odot x,\, h \odot \hat x)"}
    source = (
        "Pathak, Krähenbühl, Donahue, Darrell and Efros (2016), Context encoders: feature learning by inpainting,"
        " CVPR, equation 1"
    )

    class Settings(Masking.Settings):
        hole_height: float = Field(
            0.4,
            ge=0.05,
            le=1,
            description="Height of the hole, as a share of the image height.",
            json_schema_extra={"common": True},
        )
        hole_width: float = Field(
            0.4,
            ge=0.05,
            le=1,
            description="Width of the hole, as a share of the image width.",
            json_schema_extra={"common": True},
        )
        moving: bool = Field(
            True,
            description="Cut the hole at a new random place for every image and step, not always at the same one.",
            json_schema_extra={"common": True},
        )
        hole_top: float = Field(
            0.3, ge=0, le=1, description="Top edge of the hole, as a share of the height from the top; if not moving."
        )
        hole_left: float = Field(
            0.3, ge=0, le=1, description="Left edge of the hole, as a share of the width from the left; if not moving."
        )
        hole_weight: float = Field(
            0.5, ge=0, le=100, description="Weight of the loss inside the hole, added to that of the whole image."
        )

    def __init__(self, settings: Settings, architecture: Architecture, facts: Facts, rng, corruption=None):
        super().__init__(settings, architecture, facts, rng, corruption)
        if not settings.moving:
            _check_inside("hole_top", settings.hole_top, "hole_height", settings.hole_height)
            _check_inside("hole_left", settings.hole_left, "hole_width", settings.hole_width)

    def hide(self, images: Tensor, rng: torch.Generator) -> Tensor:
        height, width = self.shape
        rows = self._cut(len(images), height, self.settings.hole_height, self.settings.hole_top, rng)
        columns = self._cut(len(images), width, self.settings.hole_width, self.settings.hole_left, rng)
        return 1 - (rows[:, None, :, None] & columns[:, None, None, :]).to(images.dtype)

    def _cut(self, count: int, size: int, share: float, start: float, rng: torch.Generator) -> Tensor:
        """[count, size] which of the pixels along one side of each image the hole takes; at least one."""
        if self.settings.moving:
            length = max(1, round(share * size))
            first = torch.randint(size - length + 1, (count, 1), generator=rng, device=rng.device)
        else:
            begin = min(round(start * size), size - 1)
            # From edge to edge, so that a hole from the middle to the bottom leaves no line at the bottom.
            length = max(1, round((start + share) * size) - begin)
            first = torch.full((count, 1), begin, device=rng.device)
        place = torch.arange(size, device=rng.device) - first
        return (place >= 0) & (place < length)

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        terms = super().terms(batch, done, rng)
        return {
            "reconstruction": terms["reconstruction"],
            "hole": replace(terms["hidden"], weight=self.settings.hole_weight),
        }

    def remark(self) -> str:
        if self.settings.hole_height < 1 or self.settings.hole_width < 1:
            return ""
        return (
            "A hole as large as the image leaves nothing to paint it from: every image becomes the mean image. "
            "Choose a smaller hole_height or hole_width."
        )


def _check_inside(place: str, start: float, size: str, length: float) -> None:
    if start + length > 1 + 1e-9:
        raise SettingsError(
            f"{place} must be at most {1 - length:g} where {size} is {length:g}, or the hole extends beyond the "
            f"image, got {start:g}; lower {place} or {size}"
        )

"""What the views of damaged images share: a denoiser to begin with, and what it is tested with."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aecore.corruptions import corruptions
from aecore.settings import Settings
from aecore.ui import sections

DENOISING = sections.WholeSpec(variant="denoising")
Damage = Literal[tuple(corruptions)]


class Tested(Settings):
    """The damage of held-out images, which need not be that of training."""

    damage: Damage = Field("gaussian", description="What held-out images are damaged with; training has its own.")

import torch
from pydantic import Field
from torch import Tensor

from aecore.autoencoder import Deterministic
from aecore.capabilities import FindsAxes, Ordered
from aecore.dataset import Batch
from aecore.model import Term


class Nested(Deterministic, Ordered, FindsAxes):
    """E over b of loss(x, D(E(x)_1, ..., E(x)_b, 0, ..., 0)), b drawn for each image (Rippel et al. 2014).

    b is uniform from 1 to L. The paper draws it from a geometric distribution, which hardly ever trains the last
    numbers of a long code; with linear maps and squared error both have PCA, in its order, as their optimum.
    """

    title = "Nested dropout"
    summary = "Orders its code by importance: any first few dimensions must suffice to rebuild the image."
    formula = (
        r"\begin{aligned}\min_{E, D}\;& \mathbb{E}_{b}\; \ell\big(x,\, D(z_1, \ldots, z_b, 0, \ldots, 0)\big)\\"
        r"z &= E(x), \quad b \sim \mathcal{U}\{1, \ldots, m\}\end{aligned}"
    )
    letters = (
        "x: an image; E: the encoder; D: the decoder; z: the code; m: its dimensions; b: how many of them are "
        "kept, drawn anew for each image at each step; U: all equally likely; ℓ: the loss of one image."
    )
    set_letters = {**Deterministic.set_letters, "m": "{latent}"}
    stands = {"truncated": r"\ell\big(x,\, D(z_1, \ldots, z_b, 0, \ldots, 0)\big)"}
    source = "Rippel, Gelbart and Adams (2014), Learning ordered representations with nested dropout, ICML"

    why_axes = (
        "Each dimension must add to those before it: at the optimum the first column is the first component, and so on."
    )

    class Settings(Deterministic.Settings):
        latent: int = Field(
            16,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        codes = self.encode(batch.images)
        truncated = self.reconstruction(_cut_anywhere(codes, rng), batch.images)
        # Only watched: the whole code is one of the lengths that are trained.
        with torch.no_grad():
            whole = self.reconstruction(codes, batch.images)
        return {"reconstruction": Term(whole.value, 0.0, whole.unit), "truncated": truncated}


def _cut_anywhere(codes: Tensor, rng: torch.Generator) -> Tensor:
    """[B, L] codes of which all but the first b numbers are set to 0, b uniform from 1 to L for each image."""
    images, length = codes.shape
    kept = torch.randint(1, length + 1, (images, 1), generator=rng, device=codes.device)
    return codes * (torch.arange(length, device=codes.device) < kept)

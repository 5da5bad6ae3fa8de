from pydantic import Field

from aecore.capabilities import StepsBack
from aecore.restoring import Restoring


class Denoising(Restoring, StepsBack):
    """min over D, E of E[loss(x, D(E(x~)))], x~ a freshly damaged x (Vincent et al. 2008, section 2.3)."""

    title = "Denoising autoencoder"
    summary = "Learns to restore the clean image from a damaged one; by default the damage is new each time."
    source = (
        "Vincent, Larochelle, Bengio and Manzagol (2008), Extracting and composing robust features with denoising"
        " autoencoders, ICML, section 2.3"
    )

    class Settings(Restoring.Settings):
        latent: int = Field(
            64,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )

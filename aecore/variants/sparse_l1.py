import torch
from pydantic import Field
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.capabilities import AssumesLaplace, Squash, Squashes
from aecore.dataset import Batch
from aecore.model import Term

# Added to every activation before it is cut off at 0, so that all units begin on: one that is off for all images
# has no gradient and stays off.
START = 0.05
# The share of training over which the penalty's weight grows from 0. In full from the first step it switches every
# unit off before the decoder has found a use for any.
WARMUP = 0.5


class SparseL1(Autoencoder, Squashes, AssumesLaplace):
    """loss(x, D(a)) + lambda sum_i |a_i|, a = max(0, E(x)): a Laplace prior on the activations a.

    Olshausen and Field 1996; for autoencoders Goodfellow, Bengio and Courville 2016, section 14.2.1.
    """

    title = "Sparse autoencoder (L1)"
    summary = "Has many code dimensions but pays for the size of each, so that few are active for any one image."
    formula = (
        r"\begin{aligned}\min_{E, D}\;& \ell\big(x,\, D(a)\big) + \lambda \sum_i |a_i|\\"
        r"a &= \max\big(0,\, E(x)\big)\end{aligned}"
    )
    letters = (
        "x: an image; a: its code, the activations; E: the encoder; D: the decoder; ℓ: the loss of one image; "
        "λ: the weight of the penalty, which grows from 0 over the first half of training."
    )
    set_letters = {**Autoencoder.set_letters, "λ": "{sparsity}"}
    stands = {"reconstruction": r"\ell\big(x,\, D(a)\big)", "l1": r"\sum_i |a_i|"}
    source = (
        "Olshausen and Field (1996), Emergence of simple-cell receptive field properties by learning a sparse "
        "code for natural images, Nature 381; Goodfellow, Bengio and Courville (2016), Deep learning, MIT Press, "
        "section 14.2.1"
    )
    regularised = True
    rate = "sparsity"

    class Settings(Autoencoder.Settings):
        latent: int = Field(
            1024,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )
        sparsity: float = Field(
            0.1,
            ge=1e-4,
            le=10,
            description="Weight of the penalty, which grows from 0 over the first half of training. In long training "
            "large decoder weights make up for small activations; weight decay limits this.",
            json_schema_extra={"penalty": True, "common": True, "log": True},
        )

    squash = Squash("relu", shift=START)

    def encode(self, images: Tensor) -> Tensor:
        return self.squash(self.features(images))

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        codes = self.encode(batch.images)
        warm = min(1.0, done / WARMUP)
        return {
            "reconstruction": self.reconstruction(codes, batch.images),
            "l1": Term(codes.abs().sum(1).mean(), warm * self.settings.sparsity, "activation"),
        }

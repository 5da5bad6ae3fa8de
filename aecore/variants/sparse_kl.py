import math

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.capabilities import Squash, Squashes
from aecore.dataset import Batch
from aecore.model import Term

# How much steeper than the plain one the logistic function is: it then has slope 1 where it is steepest. Much flatter,
# it would give all images nearly the same code, since an untrained encoder puts out small numbers.
STEEPNESS = 4.0


class SparseKL(Autoencoder, Squashes):
    """loss(x, D(a)) + lambda sum_j KL(rho || rho^_j), rho^_j the mean of a_j over a batch, KL between Bernoullis.

    a = s(4 E(x) + logit rho), s the logistic function. Ng 2011, lecture notes of CS294A, section 3.
    """

    title = "Sparse autoencoder (KL)"
    summary = "Each code dimension lies between 0 and 1 and should be active for only a few of the images."
    formula = (
        r"\begin{aligned}\min_{E, D}\;& \ell\big(x,\, D(a)\big) + \lambda \sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j)\\"
        r"a &= \sigma\big(4\, E(x) + \log \tfrac{\rho}{1 - \rho}\big)\\"
        r"\mathrm{KL}(\rho \,\|\, \hat\rho_j) &= \rho \log \tfrac{\rho}{\hat\rho_j}"
        r" + (1 - \rho) \log \tfrac{1 - \rho}{1 - \hat\rho_j}\end{aligned}"
    )
    letters = (
        "x: an image; a: its code; E: the encoder; D: the decoder; σ: the logistic function; ℓ: the loss of one image; "
        "ρ̂ⱼ: the mean of code dimension j over a batch; ρ: what it should be; λ: the weight of the penalty."
    )
    set_letters = {**Autoencoder.set_letters, "ρ": "{rho}", "λ": "{sparsity}"}
    stands = {
        "reconstruction": r"\ell\big(x,\, D(a)\big)",
        "kl_sparsity": r"\sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j)",
    }
    source = "Ng (2011), Sparse autoencoder, lecture notes of CS294A, Stanford, section 3"
    regularised = True

    class Settings(Autoencoder.Settings):
        latent: int = Field(
            1024,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )
        rho: float = Field(
            0.05,
            ge=0.001,
            le=0.999,
            description="Target mean of each code dimension over the images.",
            json_schema_extra={"common": True},
        )
        sparsity: float = Field(
            0.2,
            ge=1e-4,
            le=10,
            description="Weight of the penalty, which constrains only the mean: if too large, every dimension is "
            "slightly active for all images.",
            json_schema_extra={"penalty": True, "common": True, "log": True},
        )

    @property
    def squash(self) -> Squash:
        # All units start near rho: pulled there from 1/2, they arrive before any image differs from another.
        return Squash("sigmoid", STEEPNESS, math.log(self.settings.rho / (1 - self.settings.rho)))

    def encode(self, images: Tensor) -> Tensor:
        return self.squash(self.features(images))

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        logits = self.squash.inside(self.features(batch.images))
        codes = torch.sigmoid(logits)
        penalty = kl_from_share(self.settings.rho, logits).sum()
        return {
            "reconstruction": self.reconstruction(codes, batch.images),
            "kl_sparsity": Term(penalty, self.settings.sparsity, "nats"),
            "mean_activation": Term(codes.mean(), 0.0, "activation"),
        }


def kl_from_share(rho: float, logits: Tensor) -> Tensor:
    """[L] KL(rho || rho^) between Bernoullis, in nats, rho^ [L] the mean of the logistic function of logits [B, L].

    From logarithms of sums, so that it is finite, and has a gradient, where all of a column is 0 or all is 1.
    """
    log_on, log_off = (F.logsigmoid(side).logsumexp(0) - math.log(len(logits)) for side in (logits, -logits))
    return rho * (math.log(rho) - log_on) + (1 - rho) * (math.log(1 - rho) - log_off)

import math
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture, layer
from aecore.autoencoder import full_precision
from aecore.dataset import Batch, Facts
from aecore.model import Term
from aecore.variational import HIGHEST_LOG_VARIANCE, Variational

# Hidden units between a code and its sigma.
HIDDEN = 32
# No sigma below one of 256 grey steps: a density of what is stored in such steps has no use for less.
LOWEST_LOG_VARIANCE = 2 * math.log(1 / 256)


class VAESigma(Variational):
    """-ELBO with p(x | z) = N(mu(z), sigma(z)^2 I): one sigma an image, a function of its code.

    Kingma and Welling 2014, appendix C.2, with one sigma for all pixels in place of one for each.
    """

    title = "VAE with its own sigma"
    summary = "A VAE whose decoder also predicts, for each code, how large its error will be."
    formula = (
        r"\begin{aligned}\min_{q, \mu, \sigma}\;& \mathbb{E}_{q(z \mid x)}\Big[\tfrac{\|x - \mu(z)\|^2}{2 \sigma(z)^2}"
        r" + \tfrac{d}{2} \log 2 \pi \sigma(z)^2\Big]\\"
        r"&+ \mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)\end{aligned}"
    )
    letters = (
        "x: an image of d pixels; z: its code; q: the encoder, a normal distribution for each image; μ: the decoded "
        "image; σ: the expected error of a pixel, one value per code; N(0, I): the standard normal."
    )
    stands = {
        "reconstruction": r"\tfrac{\|x - \mu(z)\|^2}{2 \sigma(z)^2} + \tfrac{d}{2} \log 2 \pi \sigma(z)^2",
        "kl": r"\mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)",
    }
    source = "Kingma and Welling (2014), Auto-encoding variational Bayes, ICLR, appendix C.2"

    class Settings(Variational.Settings):
        likelihood: Literal["gaussian-learned"] = Field(
            "gaussian-learned",
            description="How a reconstruction is scored: a normal density whose variance is learned, here one for "
            "each code.",
        )

    def __init__(self, settings: Settings, architecture: Architecture, facts: Facts, rng, corruption=None):
        super().__init__(settings, architecture, facts, rng, corruption)
        # It adds to the likelihood's own log-variance, which is the level that all codes share.
        self.deviation = nn.Sequential(
            layer(nn.Linear, self.latent, HIDDEN, rng=rng), nn.SiLU(), layer(nn.Linear, HIDDEN, 1, rng=rng, bias=False)
        )

    def log_variance(self, codes: Tensor) -> Tensor:
        """[B] log sigma(z)^2 of codes [B, L], bent to stay between its lowest and its highest value."""
        raw = self.likelihood.log_variance + full_precision(self.deviation(codes))[:, 0]
        raised = LOWEST_LOG_VARIANCE + F.softplus(raw - LOWEST_LOG_VARIANCE)
        return HIGHEST_LOG_VARIANCE - F.softplus(HIGHEST_LOG_VARIANCE - raised)

    def losses(self, codes: Tensor, images: Tensor) -> Tensor:
        """[B] -log N(images; mu(z), sigma(z)^2 I), constants too."""
        log_variance = self.log_variance(codes)
        squared = (self.decode(codes) - images).square().flatten(1).sum(1)
        density = squared / log_variance.exp() + self.mean.numel() * (log_variance + math.log(2 * math.pi))
        return density / 2

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        posterior = self.posterior(batch.images)
        return self.bound(posterior, posterior.sample(rng), batch.images, 1.0)

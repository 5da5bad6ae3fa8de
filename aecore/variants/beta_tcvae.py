import math

import torch
from pydantic import Field
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from aecore.architecture import Architecture
from aecore.dataset import Batch, Facts
from aecore.model import Term
from aecore.variational import Posterior, Variational

# The most images that q(z) is estimated from at once: time and memory grow with their square.
GROUP = 128


class BetaTCVAE(Variational):
    """-ELBO + (beta - 1) TC(q(z)): equation 4 of Chen et al. 2018 with alpha = gamma = 1.

    q(z) is estimated from a batch without bias, by their minibatch stratified sampling (appendix C); with the weighted
    sampling of their equation 3 the total correlation would come out too large by about (L - 1) log N.
    """

    title = "Beta-TCVAE"
    summary = "A VAE with an extra penalty on dependence between code dimensions alone."
    formula = (
        r"\begin{aligned}\min_{q, p}\;& \mathbb{E}_{q(z \mid x)}\big[-\log p(x \mid z)\big]\\"
        r"&+ \mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)\\"
        r"&+ (\beta - 1)\, \mathrm{TC}\\"
        r"\mathrm{TC} ={}& \mathbb{E}_{q(z)}\Big[\log q(z) - \textstyle\sum_j \log q(z_j)\Big]\end{aligned}"
    )
    letters = (
        "x: an image; z: its code; z_j: one dimension of it; q: the encoder; q(z): the codes of all images together; "
        "p: the decoder; N(0, I): the standard normal; TC: the total correlation, 0 where code dimensions are "
        "independent; β: its total weight, of which the KL term already holds 1; both weights grow from 0 over the "
        "warm-up."
    )
    set_letters = {**Variational.set_letters, "β": "{beta}"}
    stands = {
        "reconstruction": r"-\log p(x \mid z)",
        "kl": r"\mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)",
        "total_correlation": r"(\beta - 1)\, \mathrm{TC}",
    }
    source = (
        "Chen, Li, Grosse and Duvenaud (2018), Isolating sources of disentanglement in variational autoencoders, "
        "NeurIPS, equation 4 and appendix C"
    )

    class Settings(Variational.Settings):
        latent: int = Field(
            10,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )
        beta: float = Field(
            1.5,
            ge=1,
            le=100,
            description="Weight of the total correlation, which measures dependence between code dimensions; 1 is a "
            "VAE.",
            json_schema_extra={"penalty": True, "common": True},
        )
        warmup: float = Field(
            1.0,
            ge=0,
            le=1,
            description="Share of training over which the weights of the KL term and the total correlation grow from "
            "0, so that fewer code dimensions go unused.",
        )

    def __init__(self, settings: Settings, architecture: Architecture, facts: Facts, rng, corruption=None):
        super().__init__(settings, architecture, facts, rng, corruption)
        self.images = facts.images

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        posterior = self.posterior(batch.images)
        codes = posterior.sample(rng)
        warm = min(1.0, done / self.settings.warmup) if self.settings.warmup else 1.0
        own, joint, single = log_densities(codes, posterior, self.images)
        prior = -(codes.square() + math.log(2 * math.pi)).sum(1) / 2
        return self.bound(posterior, codes, batch.images, warm) | {
            "total_correlation": Term((joint - single).mean(), warm * (self.settings.beta - 1), "nats", True),
            # The other two parts that the KL term is the sum of (their equation 2).
            "index_code_mi": Term((own - joint).mean().detach(), 0.0, "nats", True),
            "dimension_kl": Term((single - prior).mean().detach(), 0.0, "nats", True),
        }


def log_densities(codes: Tensor, posterior: Posterior, images: int) -> tuple[Tensor, Tensor, Tensor]:
    """[B] log q(z | x), log q(z) and sum_j log q(z_j) of codes [B, L], one drawn for each image of a batch.

    q(z) is the mean of q(z | x) over all N ``images``, estimated in each group of the batch from that group alone.
    """
    count = -(-len(codes) // GROUP)
    groups = zip(*(t.chunk(count) for t in (codes, posterior.mean, posterior.log_variance)), strict=True)
    if count == 1:
        return _densities(*next(groups), images)
    # What the backward pass needs is computed again for one group at a time: that bounds memory.
    again = {"use_reentrant": False, "preserve_rng_state": False}
    found = [checkpoint(_densities, *group, images, **again) for group in groups]
    own, joint, single = (torch.cat(pieces) for pieces in zip(*found, strict=True))
    return own, joint, single


def _densities(codes: Tensor, means: Tensor, log_variances: Tensor, images: int) -> tuple[Tensor, Tensor, Tensor]:
    """``log_densities`` of a group: a code's own image is one of N, the group's others stand for the N - 1 others."""
    count = len(codes)
    images = max(images, count)
    # A group of one has no others.
    others = (images - 1) / images / max(count - 1, 1)
    weights = torch.full((count, count), others, device=codes.device).fill_diagonal_(1 / images).log()
    squared = ((codes[:, None] - means) * (-log_variances / 2).exp()).square()
    logs = -(squared + log_variances + math.log(2 * math.pi)) / 2  # [B, B, L]: each code under each image.
    joint = logs.sum(2)
    return joint.diagonal(), (joint + weights).logsumexp(1), (logs + weights[:, :, None]).logsumexp(1).sum(1)

import math

import torch
from pydantic import Field
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from aecore.dataset import Batch
from aecore.model import Term
from aecore.variational import Variational

# Images decoded at once, which bounds memory.
AT_ONCE = 2048


class IWAE(Variational):
    """-E[log 1/k sum_i p(x, z_i) / q(z_i | x)] over k codes z_i drawn from q(z | x) (Burda et al. 2016, section 3).

    ``bound`` is at least -log p(x), but for the likelihood's constant, as every loss here; the larger k, the closer.
    """

    title = "Importance-weighted autoencoder"
    summary = "A VAE that samples several codes per image and weights the better ones more: a tighter bound."
    formula = (
        r"\begin{aligned}\min_{q, p}\;& -\mathbb{E}_{z_1, \dots, z_k}\Big[\log \frac{1}{k} \sum_{i=1}^{k} w_i\Big]\\"
        r"w_i ={}& p(x \mid z_i)\, p(z_i) \,/\, q(z_i \mid x)\end{aligned}"
    )
    letters = (
        "x: an image; z_i: one of k codes sampled for it; q: the encoder, a normal distribution for each image; "
        "p(x | z): the decoder; p(z): the standard normal; w_i: the weight of a code; k: how many are sampled."
    )
    set_letters = {"p(x | z)": "{likelihood.density}", "k": "{samples}"}
    stands = {"bound": r"-\mathbb{E}_{z_1, \dots, z_k}\Big[\log \frac{1}{k} \sum_{i=1}^{k} w_i\Big]"}
    source = "Burda, Grosse and Salakhutdinov (2016), Importance weighted autoencoders, ICLR, section 3"

    class Settings(Variational.Settings):
        samples: int = Field(
            5,
            ge=1,
            le=50,
            description="Codes sampled per image; 1 is the VAE, and training time grows with it.",
            json_schema_extra={"common": True},
        )

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        posterior = self.posterior(batch.images)
        codes, log_ratios = posterior.draws(self.settings.samples, rng)
        losses = self._losses(codes, batch.images)
        log_weights = -losses - log_ratios
        bound = math.log(len(codes)) - log_weights.logsumexp(0).mean()
        return {
            "bound": Term(bound, 1.0, "nats"),
            "reconstruction": Term(losses.mean().detach(), 0.0, self.likelihood.unit),
            "kl": Term(posterior.kl().sum(1).mean().detach(), 0.0, "nats"),
        }

    def _losses(self, codes: Tensor, images: Tensor) -> Tensor:
        """[k, B] how far the decoded codes [k, B, L] are from the images [B, 1, H, W]."""
        parts = codes.split(max(1, AT_ONCE // len(images)))
        if len(parts) == 1:
            return self._losses_of_part(codes, images)
        # What the backward pass needs is computed again for one part at a time.
        again = {"use_reentrant": False, "preserve_rng_state": False}
        return torch.cat([checkpoint(self._losses_of_part, part, images, **again) for part in parts])

    def _losses_of_part(self, codes: Tensor, images: Tensor) -> Tensor:
        many = images.repeat(len(codes), 1, 1, 1)
        return self.losses(codes.flatten(0, 1), many).unflatten(0, codes.shape[:2])

import torch
from pydantic import Field

from aecore.capabilities import FindsAxes
from aecore.dataset import Batch
from aecore.model import Term
from aecore.variational import Variational


class VAE(Variational, FindsAxes):
    """-ELBO = E_q[-log p(x | z)] + beta KL(q(z | x) || N(0, I)), one code drawn an image.

    beta = 1: Kingma and Welling 2014, equation 10; other values: Higgins et al. 2017, equation 4.
    """

    title = "Variational autoencoder"
    summary = "Maps each image to a small cloud of codes near a standard normal, from which new codes are sampled."
    formula = (
        r"\begin{aligned}\min_{q, p}\;& \mathbb{E}_{q(z \mid x)}\big[-\log p(x \mid z)\big]\\"
        r"&+ \beta\, \mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)\end{aligned}"
    )
    letters = (
        "x: an image; z: its code; q: the encoder, a normal distribution for each image; p: the decoder; "
        "β: the weight of the second term, which a warm-up lets grow from 0; N(0, I): the standard normal, which codes "
        "are kept near."
    )
    set_letters = {**Variational.set_letters, "β": "{beta}"}
    stands = {
        "reconstruction": r"\mathbb{E}_{q(z \mid x)}\big[-\log p(x \mid z)\big]",
        "kl": r"\mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)",
    }
    source = (
        "Kingma and Welling (2014), Auto-encoding variational Bayes, ICLR, equation 10; with beta, Higgins et al."
        " (2017), beta-VAE: learning basic visual concepts with a constrained variational framework, ICLR, "
        "equation 4"
    )

    why_axes = (
        "At the optimum of a linear VAE the axes are PCA's (Lucas et al. 2019); the KL term favours them only "
        "slightly, so they emerge after the span."
    )
    likelihood_of_axes = "gaussian-learned"

    class Settings(Variational.Settings):
        beta: float = Field(
            1.0,
            ge=0,
            le=100,
            description="Weight of the KL term; 1 is the VAE of Kingma and Welling.",
            json_schema_extra={"penalty": True, "common": True},
        )
        warmup: float = Field(
            0.0, ge=0, le=1, description="Share of training over which the KL term's weight grows from 0 to beta."
        )

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        posterior = self.posterior(self.inputs(batch.images, rng))
        warm = min(1.0, done / self.settings.warmup) if self.settings.warmup else 1.0
        return self.bound(posterior, posterior.sample(rng), batch.images, warm * self.settings.beta)

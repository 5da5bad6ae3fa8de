from collections.abc import Iterator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture, layer
from aecore.autoencoder import full_precision
from aecore.dataset import Batch, Facts
from aecore.model import Objective, Term
from aecore.variational import Variational

# Units in each of the opponent's two hidden layers; the paper's six of 1,000 serve far larger data.
HIDDEN = 128


class FactorVAE(Variational):
    """-ELBO + gamma TC(q(z)), the total correlation estimated by an opponent (Kim and Mnih 2018, equations 2 and 3).

    The opponent learns to tell codes from codes whose numbers were shuffled among images, each on its own.
    """

    title = "FactorVAE"
    summary = "A VAE with a discriminator that penalises dependence between code dimensions."
    formula = (
        r"\begin{aligned}\min_{q, p}\;& \mathbb{E}_{q(z \mid x)}\big[-\log p(x \mid z)\big]"
        r" + \mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)\\"
        r"&+ \gamma\, \mathbb{E}_{q(z)}\Big[\log \tfrac{D(z)}{1 - D(z)}\Big]\\"
        r"\max_{D}\;& \mathbb{E}_{q(z)} \log D(z) + \mathbb{E}_{\bar q(z)} \log\big(1 - D(z)\big)\end{aligned}"
    )
    letters = (
        "x: an image; z: its code; q: the encoder; p: the decoder; N(0, I): the standard normal; D: the "
        "discriminator, which guesses whether a code is real; q̄: codes with each dimension taken from another "
        "image; γ: the weight of the total correlation."
    )
    set_letters = {**Variational.set_letters, "γ": "{gamma}"}
    stands = {
        "reconstruction": r"-\log p(x \mid z)",
        "kl": r"\mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)",
        "total_correlation": r"\mathbb{E}_{q(z)}\Big[\log \tfrac{D(z)}{1 - D(z)}\Big]",
        "opponent": r"\mathbb{E}_{q(z)} \log D(z) + \mathbb{E}_{\bar q(z)} \log\big(1 - D(z)\big)",
    }
    source = "Kim and Mnih (2018), Disentangling by factorising, ICML, equations 2 and 3, algorithm 2"

    class Settings(Variational.Settings):
        gamma: float = Field(
            6.0,
            ge=0,
            le=100,
            description="Weight of the total correlation: how much dependence between code dimensions costs.",
            json_schema_extra={"penalty": True, "common": True},
        )

    def __init__(self, settings: Settings, architecture: Architecture, facts: Facts, rng, corruption=None):
        super().__init__(settings, architecture, facts, rng, corruption)
        self.opponent = nn.Sequential(
            layer(nn.Linear, self.latent, HIDDEN, rng=rng),
            nn.SiLU(),
            layer(nn.Linear, HIDDEN, HIDDEN, rng=rng),
            nn.SiLU(),
            layer(nn.Linear, HIDDEN, 1, rng=rng),
        )

    def players(self) -> dict[str, list[nn.Parameter]]:
        theirs = list(self.opponent.parameters())
        ours = [p for name, p in self.named_parameters() if not name.startswith("opponent.")]
        return {"autoencoder": ours, "opponent": theirs}

    def objectives(self, batch: Batch, done: float, rng: torch.Generator) -> Iterator[Objective]:
        yield Objective("autoencoder", self.terms(batch, done, rng))
        yield Objective("opponent", {"opponent": self._opponent_term(batch, rng)})

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        posterior = self.posterior(batch.images)
        codes = posterior.sample(rng)
        # The opponent's logit is log D - log(1 - D), the density ratio that the total correlation averages.
        correlation = Term(full_precision(self.opponent(codes)).mean(), self.settings.gamma, "nats", True)
        return self.bound(posterior, codes, batch.images, 1.0) | {"total_correlation": correlation}

    def _opponent_term(self, batch: Batch, rng: torch.Generator) -> Term:
        """Cross-entropy of telling joint codes from shuffled ones, each made of one half of the batch."""
        with torch.no_grad():
            joint, other = self.posterior(batch.images).sample(rng).tensor_split(2)
        logits = full_precision(self.opponent(torch.cat([joint, _shuffle_columns(other, rng)])))
        truth = torch.zeros_like(logits)
        truth[: len(joint)] = 1
        return Term(F.binary_cross_entropy_with_logits(logits, truth), 1.0, "nats")


def _shuffle_columns(codes: Tensor, rng: torch.Generator) -> Tensor:
    """[B, L] codes with each column permuted on its own (algorithm 1)."""
    order = torch.rand(codes.shape, generator=rng, device=codes.device).argsort(dim=0)
    return codes.gather(0, order)

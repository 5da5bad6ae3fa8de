import torch
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture
from aecore.capabilities import Classifier, Conditional
from aecore.dataset import Batch, Facts
from aecore.model import Term
from aecore.variational import Posterior, Variational


class CVAE(Variational, Conditional, Classifier):
    """-log p(x | y) <= E_q[-log p(x | z, y)] + KL(q(z | x, y) || N(0, I)), label y given to encoder and decoder.

    Kingma et al. 2014, equation 6; Sohn, Lee and Yan 2015. Bayes' rule turns it round: with as many images of each
    class, p(y | x) grows with p(x | y), so the label whose bound is best is the guess.
    """

    title = "Conditional VAE"
    summary = (
        "A VAE that is told the class, so its code only stores the style; it classifies by the class that fits best."
    )
    formula = (
        r"\begin{aligned}\min_{q, p}\;& \mathbb{E}_{q(z \mid x, y)}\big[-\log p(x \mid z, y)\big]\\"
        r"&+ \mathrm{KL}\big(q(z \mid x, y) \,\|\, \mathcal{N}(0, I)\big)\end{aligned}"
    )
    letters = (
        "x: an image; y: its label; z: its code; q: the encoder, which sees image and label; p: the decoder, which "
        "sees code and label; N(0, I): the standard normal, which codes of every class are kept near."
    )
    stands = {
        "reconstruction": r"\mathbb{E}_{q(z \mid x, y)}\big[-\log p(x \mid z, y)\big]",
        "kl": r"\mathrm{KL}\big(q(z \mid x, y) \,\|\, \mathcal{N}(0, I)\big)",
    }
    source = (
        "Kingma, Rezende, Mohamed and Welling (2014), Semi-supervised learning with deep generative models, NIPS,"
        " equation 6; Sohn, Lee and Yan (2015), Learning structured output representation using deep conditional "
        "generative models, NIPS"
    )
    needs_labels = True

    class Settings(Variational.Settings):
        latent: int = Field(
            8,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )

    def networks(self, architecture: Architecture, facts: Facts, rng: torch.Generator) -> tuple[nn.Module, nn.Module]:
        # What a label adds to the image and beside the code. From 0 on: an untrained decoder has no favourite class.
        self.label_images = nn.Parameter(torch.zeros(facts.classes, 1, *self.shape))
        self.label_codes = nn.Parameter(torch.zeros(facts.classes, facts.classes))
        encoder = architecture.encoder(self.latent * self.numbers_per_code, rng)
        # The decoder takes the label beside the code, so no matrix of the encoder is its own turned round.
        return encoder, architecture.decoder(self.latent + facts.classes, rng, nn.Identity())

    def posterior_as(self, images: Tensor, labels: Tensor) -> Posterior:
        """q(z | x, y) of images [B, 1, H, W] with labels [B]."""
        return super().posterior(images + self.label_images[labels])

    def posterior(self, images: Tensor) -> Posterior:
        return self.posterior_as(images, self.classify(images))

    def decode_as(self, codes: Tensor, labels: Tensor) -> Tensor:
        return super().decode(torch.cat([codes, self.label_codes[labels]], 1))

    def beside_codes(self) -> Tensor:
        return self.label_codes

    def decode(self, codes: Tensor) -> Tensor:
        images = [self.likelihood.mean(self.decode_as(codes, labels)) for labels in self._each_label(codes)]
        return self.likelihood.outputs_for(torch.stack(images).mean(0))

    def rebuild(self, images: Tensor) -> Tensor:
        labels = self.classify(images)
        return self.decode_as(self.posterior_as(images, labels).mean, labels)

    @torch.no_grad()
    def classify(self, images: Tensor) -> Tensor:
        return torch.stack([self._loss_as(images, labels) for labels in self._each_label(images)]).argmin(0)

    def _loss_as(self, images: Tensor, labels: Tensor) -> Tensor:
        """[B] the two terms of the bound, at the posterior's mean, for images taken for ``labels`` [B]."""
        posterior = self.posterior_as(images, labels)
        return self.losses_as(posterior.mean, images, labels) + posterior.kl().sum(1)

    def _each_label(self, rows: Tensor) -> list[Tensor]:
        """For each class, [B] its label for every one of B rows."""
        return [torch.full(rows.shape[:1], c, device=rows.device) for c in range(len(self.label_codes))]

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        batch = batch.labelled()
        posterior = self.posterior_as(batch.images, batch.labels)
        losses = self.losses_as(posterior.sample(rng), batch.images, batch.labels)
        return {
            "reconstruction": self._told(losses, self.likelihood.unit),
            "kl": self._told(posterior.kl().sum(1), "nats"),
        }

    def _told(self, losses: Tensor, unit: str) -> Term:
        """The mean of losses [B] of the images whose labels are known; 0 where there are none."""
        return Term(losses.mean() if len(losses) else losses.sum(), 1.0, unit, over=len(losses))

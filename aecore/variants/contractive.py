import torch
from pydantic import Field
from torch import Tensor

from aecore.architecture import Architecture
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Squash, Squashes, StepsBack
from aecore.dataset import Batch, Facts
from aecore.model import Term

# How much steeper than the plain one the logistic function is: it then has slope 1 where it is steepest, and passes
# on the small numbers that an untrained encoder puts out as they are.
STEEPNESS = 4.0


class Contractive(Autoencoder, Squashes, StepsBack):
    """loss(x, D(a)) + lambda ||da/dx||_F^2, a = s(4 E(x)), s the logistic function (Rifai et al. 2011).

    The norm is exact where the encoder is one matrix; else it is estimated from one random direction an image, which
    costs one more pass through the encoder and its gradient, however long the code.
    """

    title = "Contractive autoencoder"
    summary = "Penalises codes that change when the image changes a little."
    formula = (
        r"\begin{aligned}\min_{E, D}\;& \ell\big(x,\, D(a)\big)"
        r" + \lambda\, \Big\| \frac{\partial a}{\partial x} \Big\|_F^2\\"
        r"a &= \sigma\big(4\, E(x)\big)\end{aligned}"
    )
    letters = (
        "x: an image; a: its code; E: the encoder; D: the decoder; σ: the logistic function; ℓ: the loss of one image; "
        "∂a/∂x: the Jacobian, how each code dimension changes with each pixel; ‖·‖F²: the sum of its squared entries; "
        "λ: the weight of the penalty."
    )
    set_letters = {**Autoencoder.set_letters, "λ": "{contraction}"}
    stands = {
        "reconstruction": r"\ell\big(x,\, D(a)\big)",
        "contraction": r"\Big\| \frac{\partial a}{\partial x} \Big\|_F^2",
    }
    source = (
        "Rifai, Vincent, Muller, Glorot and Bengio (2011), Contractive auto-encoders: explicit invariance during "
        "feature extraction, ICML"
    )
    regularised = True

    class Settings(Autoencoder.Settings):
        latent: int = Field(
            64,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )
        contraction: float = Field(
            0.5,
            ge=1e-4,
            le=100,
            description="Weight of the penalty. Shrinking all codes also lowers it, and large decoder weights make up "
            "for that; tied weights, as in the paper, limit this.",
            json_schema_extra={"penalty": True, "common": True, "log": True},
        )

    def __init__(self, settings: Settings, architecture: Architecture, facts: Facts, rng, corruption=None):
        super().__init__(settings, architecture, facts, rng, corruption)
        self.one_matrix = architecture.one_matrix

    squash = Squash("sigmoid", STEEPNESS)

    def encode(self, images: Tensor) -> Tensor:
        return self.squash(self.features(images))

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        codes, sizes = self._exact(batch.images) if self.one_matrix else self._estimate(batch.images, rng)
        return {
            "reconstruction": self.reconstruction(codes, batch.images),
            "contraction": Term(sizes.mean(), self.settings.contraction, "squared slope"),
        }

    def _exact(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Codes [B, L], and [B] their Jacobians' squared norm: sum_j (4 a_j (1 - a_j))^2 ||W_j||^2."""
        codes = self.encode(images)
        (weight,) = (w for w in self.encoder.parameters() if w.ndim == 2)
        return codes, ((STEEPNESS * codes * (1 - codes)).square() * weight.square().sum(1)).sum(1)

    def _estimate(self, images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Codes [B, L], and [B] a draw whose mean is their Jacobians' squared norm: ||v^T J||^2, v random signs.

        Not ||J u||^2 by torch.func.jvp, whose nesting is counted for all threads together: runs would mix.
        """
        learning = torch.is_grad_enabled()
        with torch.enable_grad():
            images = images.detach().requires_grad_()
            codes = self.encode(images)
            signs = torch.randint(0, 2, codes.shape, generator=rng, device=codes.device) * 2.0 - 1
            (slopes,) = torch.autograd.grad(codes, images, signs, create_graph=learning)
        return codes, slopes.square().flatten(1).sum(1)

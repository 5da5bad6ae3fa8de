import torch
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture
from aecore.autoencoder import full_precision
from aecore.dataset import Facts
from aecore.masking import Scattered


class Masked(Scattered):
    """min over D, E of E[loss(x, D(E(x~)))], x~ the image x with a random part hidden (He et al. 2022, section 3).

    He et al. count hidden pixels alone; here all count, since the code is to stand for the whole image. A hidden pixel
    enters as the mean image has it; flags mark it in a channel of their own (Iizuka et al. 2017, section 3.2).
    """

    title = "Masked autoencoder"
    summary = "Sees a random part of each image and must rebuild all of it, so it learns which pixels go together."
    formula = (
        r"\begin{aligned}\min_{E, D}\;& \mathbb{E}_{m}\; \ell\big(x,\, D(E(\tilde x))\big)\\"
        r"& \tilde x = \tfrac{1}{p}\, m \odot (x - \bar x)\end{aligned}"
    )
    letters = (
        "x: an image; m: 1 where a pixel is seen and 0 where it is hidden, drawn anew each time; p: the share of the "
        "pixels that is seen; x̄: the mean image; x̃: what the encoder is given; E: the encoder; D: the decoder; "
        "ℓ: the loss of one image."
    )
    set_letters = {**Scattered.set_letters, "p": "1 − {hidden_share}"}
    stands = {"reconstruction": r"\ell\big(x,\, D(E(\tilde x))\big)"}
    source = (
        "He, Chen, Xie, Li, Dollár and Girshick (2022), Masked autoencoders are scalable vision learners, CVPR, "
        "section 3; flags as in Iizuka, Simo-Serra and Ishikawa (2017), Globally and locally consistent image "
        "completion, ACM Transactions on Graphics 36, section 3.2"
    )

    class Settings(Scattered.Settings):
        patch: int = Field(
            1,
            ge=1,
            le=14,
            description="Side of the hidden squares, in pixels; 1 hides single pixels.",
            json_schema_extra={"common": True},
        )
        flags: bool = Field(
            False,
            description="Give the encoder a second channel that marks the hidden pixels, so it need not guess which "
            "they are.",
        )

    @property
    def side(self) -> int:
        return self.settings.patch

    def networks(self, architecture: Architecture, facts: Facts, rng: torch.Generator) -> tuple[nn.Module, nn.Module]:
        encoder = architecture.encoder(self.latent, rng, channels=2 if self.settings.flags else 1)
        return encoder, architecture.decoder(self.latent, rng, encoder)

    def encode_seen(self, images: Tensor, seen: Tensor) -> Tensor:
        if not self.settings.flags:
            return super().encode_seen(images, seen)
        return full_precision(self.encoder(torch.cat([self.shown(images, seen), 1 - seen], dim=1)))

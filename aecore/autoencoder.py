"""An autoencoder: images to codes and back, and the loss it is trained by.

Letters: B images of H x W pixels, L code dimensions, N any number of images.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from aecore import arrays
from aecore.architecture import Architecture
from aecore.capabilities import Conditional
from aecore.corruption import Corruption
from aecore.dataset import Facts, Split
from aecore.likelihood import likelihoods
from aecore.model import Model, Term
from aecore.settings import Among, Settings, SettingsError

# Loss per pixel beyond which training has exploded: an untrained model is below 1.
MOST_PER_PIXEL = 1e4


class Autoencoder(Model):
    """Encoder, decoder and reconstruction term; a final subclass in ``aecore.variants`` says what is trained.

    The encoder sees images less the training data's mean image, and the decoder's output starts at it:
    without that, Adam ends far from PCA's subspace even where it is the optimum.
    """

    set_letters: ClassVar[Mapping[str, str]] = {"ℓ": "{likelihood.title}"}
    learns = Split
    player = "autoencoder"
    # Whether something but a small code keeps it from copying its input.
    regularised: ClassVar[bool] = False
    # Whether it rebuilds images of other sizes than those it was made for.
    any_size: ClassVar[bool] = False
    # What the encoder puts out for each code dimension: the number itself, or the parameters of its distribution.
    numbers_per_code: ClassVar[int] = 1

    class Settings(Settings):
        latent: int = Field(
            2,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )
        likelihood: Annotated[str, Among(likelihoods)] = Field(
            "bernoulli", description="How a reconstruction is scored."
        )

    def __init__(
        self,
        settings: Autoencoder.Settings,
        architecture: Architecture,
        facts: Facts,
        rng: torch.Generator,
        corruption: Corruption | None = None,
    ):
        super().__init__()
        if self.corrupts != (corruption is not None):
            rule = "needs a corruption" if self.corrupts else "takes no corruption"
            raise SettingsError(f"{self.title} {rule}, got {corruption}")
        self.settings, self.shape, self.corruption = settings, architecture.shape, corruption
        self.latent: int = settings.latent
        # How many classes it was told of.
        self.classes = facts.classes
        self.likelihood = likelihoods[settings.likelihood]()
        centre = torch.tensor(facts.mean, dtype=torch.float32).reshape(1, 1, *self.shape)
        self.register_buffer("mean", centre)
        # A copy: outputs_for may give the mean itself, and the bias is trained where the mean must stay.
        self.output_bias = nn.Parameter(self.likelihood.outputs_for(centre).clone())
        self.encoder, self.decoder = self.networks(architecture, facts, rng)

    @classmethod
    def takes(cls, architecture: type[Architecture]) -> bool:
        return True

    def networks(self, architecture: Architecture, facts: Facts, rng: torch.Generator) -> tuple[nn.Module, nn.Module]:
        """Encoder and decoder; a variant that gives them more than images and codes overrides it."""
        encoder = architecture.encoder(self.latent * self.numbers_per_code, rng)
        return encoder, architecture.decoder(self.latent, rng, encoder)

    @abstractmethod
    def encode(self, images: Tensor) -> Tensor:
        """[B, L] the codes of images [B, 1, H, W]: for a distribution over codes, its mean."""

    @property
    def stored_numbers(self) -> int:
        """How many numbers it takes to store a code: PCA with as many is what it has to beat."""
        return self.latent

    @property
    def device(self) -> torch.device:
        return self.mean.device

    @property
    def most_loss(self) -> float:
        return MOST_PER_PIXEL * self.mean.numel()

    def features(self, images: Tensor) -> Tensor:
        """[B, L * numbers_per_code] what the encoder puts out for images [B, 1, H, W]."""
        return full_precision(self.encoder(images - self.mean))

    def decode(self, codes: Tensor) -> Tensor:
        """[B, 1, H, W] raw outputs (logits for Bernoulli) for codes [B, L]."""
        return self.decoder(self.placed(codes)) + self.output_bias

    def placed(self, codes: Tensor) -> Tensor:
        """[B, ...] the numbers of codes [B, L] where the decoder takes them; they are moved and not changed."""
        return codes

    def rebuild(self, images: Tensor) -> Tensor:
        """[B, 1, H, W] raw outputs of the reconstruction of images [B, 1, H, W]."""
        return self.decode(self.encode(images))

    def attempt(self, images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Inputs as in training, which are ``images`` itself where nothing is done to them, and their raw outputs."""
        given = self.inputs(images, rng)
        return given, self.rebuild(given)

    def reconstruction(self, codes: Tensor, images: Tensor) -> Term:
        """The reconstruction term: how far the decoded codes are from the images."""
        return Term(self.losses(codes, images).mean(), 1.0, self.likelihood.unit)

    def losses(self, codes: Tensor, images: Tensor) -> Tensor:
        """[B] how far the decoded codes [B, L] are from the images, each from its own."""
        return self.likelihood.loss(self.decode(codes), images)

    def fit(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Term:
        """How far raw outputs are from the images, as a term of weight 1; ``counted`` weighs each pixel."""
        return Term(self.likelihood.loss(outputs, images, counted).mean(), 1.0, self.likelihood.unit)

    def inputs(self, images: Tensor, rng: torch.Generator) -> Tensor:
        """What the encoder is given while training: the images, damaged where the variant has a corruption."""
        return images if self.corruption is None else self.corruption.damage(images, rng)

    # For people with arrays: numpy in, numpy out, no gradients, float32 whatever training used. What is not as it is
    # said here is refused with a ValueError of one sentence, by aecore.arrays.

    def embed(self, images: np.ndarray) -> np.ndarray:
        """[N, L] float32 codes of images [N, H, W]; the posterior mean where there is a posterior."""
        return self._in_parts(lambda part: self.encode(part[:, None]), arrays.images(images, self.shape))

    def generate(self, codes: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """[N, H, W] float32 images in [0, 1] decoded from codes [N, L].

        A conditional model decodes them as images of the classes ``labels`` [N]; without, as their mean over classes.
        """
        codes = arrays.codes(codes, self.latent)
        if labels is None:
            return self._in_parts(lambda part: self._picture(self.decode(part)), codes)
        if not isinstance(self, Conditional):
            raise ValueError(f"{self.title} takes no classes: leave labels out")
        labels = arrays.labels(labels, len(codes), self.classes)
        return self._in_parts(lambda part, own: self._picture(self.decode_as(part, own.long())), codes, labels)

    def reconstruct(self, images: np.ndarray) -> np.ndarray:
        """[N, H, W] float32 reconstructions, in [0, 1], of images [N, H, W]."""
        images = arrays.images(images, None if self.any_size else self.shape)
        return self._in_parts(lambda part: self._picture(self.rebuild(part[:, None])), images)

    def check(self, data: Split) -> None:
        """ValueError, in one sentence, for data it cannot learn from or be measured on.

        So are images of another shape, none at all, values outside [0, 1] where the likelihood needs probabilities,
        and for models that go by labels a class they were not told of.
        """
        super().check(data)
        shape = ("N", *self.shape)
        arrays.shaped(data.images, "images", shape, f"this model is of images of {shape[1]} x {shape[2]} pixels")
        low, high = data.span
        if self.likelihood.in_unit_interval and (low < -arrays.HAIR or high > 1 + arrays.HAIR):
            raise ValueError(
                f"images must be from 0 to 1 where they are scored by cross-entropy, got {low:g} to {high:g}: "
                "scale them, or choose the likelihood gaussian"
            )
        if self.needs_labels:
            arrays.labels(data.labels, len(data), self.classes, unknown=True)
            if (data.labels < 0).all():
                raise ValueError(f"{self.title} learns from labels, but no {data.one} has a known label")

    def remark(self) -> str:
        """One sentence where the settings, though allowed, defeat the purpose; else nothing."""
        pixels = self.mean.numel()
        if self.regularised or self.latent < pixels:
            return ""
        return (
            f"A code of {self.latent:,} dimensions is no bottleneck for {pixels:,} pixels: nothing keeps this model "
            f"from "
            "learning to copy, which a low loss would hide. Choose a smaller code, or a variant with a penalty."
        )

    def _picture(self, outputs: Tensor) -> Tensor:
        return self.likelihood.mean(outputs)[:, 0].clamp(0, 1)

    @torch.no_grad()
    def _in_parts(self, compute: Callable[..., Tensor], *rows: np.ndarray, size: int = 1000) -> np.ndarray:
        device, made = self.device, []
        for i in range(0, max(len(rows[0]), 1), size):
            # np.array copies: torch will not wrap the read-only arrays that visitors share.
            parts = (torch.from_numpy(np.array(each[i : i + size], np.float32)).to(device) for each in rows)
            made.append(compute(*parts))
        return torch.cat(made).float().cpu().numpy()


def full_precision(values: Tensor) -> Tensor:
    """``values`` out of autocast's bf16, whose three digits are too few for a distribution's parameters."""
    return values.float() if values.dtype == torch.bfloat16 else values


class Deterministic(Autoencoder):
    """An autoencoder whose encoder puts out the code itself."""

    def encode(self, images: Tensor) -> Tensor:
        return self.features(images)

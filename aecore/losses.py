"""How far a reconstruction is from its image: sums over pixels, one number an image.

Letters: B images, P pixels of an image, L numbers of a code.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Likelihood(nn.Module, ABC):
    """p(x | z) over images, given the decoder's raw outputs of the same shape."""

    # What it is called as a loss, and as a density.
    title: ClassVar[str]
    density: ClassVar[str]
    unit: ClassVar[str]
    # Whether the loss of a very good model can be negative, as that of a density can.
    below_zero: ClassVar[bool] = False
    # Whether it reads pixels as probabilities, so that they must lie in [0, 1].
    in_unit_interval: ClassVar[bool] = False

    @abstractmethod
    def loss(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Tensor:
        """[B] loss of each image, summed over pixels, in ``unit``; -log p(x | z) but for ``constant``.

        ``counted``, of the shape of ``images``, weighs each pixel in the sum; without it all count once.
        """

    @abstractmethod
    def mean(self, outputs: Tensor) -> Tensor:
        """E[x | z], the image that is shown, of the shape of ``outputs``."""

    @abstractmethod
    def outputs_for(self, mean: Tensor) -> Tensor:
        """The raw outputs whose ``mean`` is the given image: where a decoder's bias starts."""

    def constant(self, pixels: int) -> float:
        """-log p(x | z) - loss, in nats an image of ``pixels`` pixels."""
        return 0.0

    def fitted(self, outputs: Tensor, images: Tensor) -> Likelihood:
        """This likelihood with its own parameters, if it has any, at their best for the given outputs."""
        return self


class Bernoulli(Likelihood):
    """Cross-entropy on logits: -sum_p x_p log s(o_p) + (1 - x_p) log s(-o_p), s the logistic function.

    Grey pixels in [0, 1] are read as probabilities, so it has a floor above 0: the images' own entropy.
    """

    title, density = "cross-entropy", "Bernoulli"
    unit = "nats"
    in_unit_interval = True

    def loss(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Tensor:
        if counted is None:
            return _CrossEntropy.apply(outputs.flatten(1), images.flatten(1))
        return _weighed_sum(F.softplus(outputs.float()) - outputs * images, counted)

    def mean(self, outputs: Tensor) -> Tensor:
        return torch.sigmoid(outputs)

    def outputs_for(self, mean: Tensor) -> Tensor:
        # A pixel that is never inked has mean 0, whose logit is minus infinity: stop at 1 in 1,000.
        return torch.logit(mean, eps=1e-3)


class _CrossEntropy(torch.autograd.Function):
    """sum_p softplus(o_p) - x_p o_p with its gradient s(o) - x in one piece: a step has no larger tensors."""

    @staticmethod
    def forward(ctx, outputs: Tensor, images: Tensor) -> Tensor:
        ctx.save_for_backward(outputs, images)
        # A dot product is among what autocast rounds to bf16, three digits of a loss that is plotted.
        with torch.autocast(outputs.device.type, enabled=False):
            return F.softplus(outputs).sum(1) - torch.linalg.vecdot(outputs, images)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        outputs, images = ctx.saved_tensors
        return torch.sigmoid(outputs).sub_(images).mul_(gradient[:, None]), None


class Gaussian(Likelihood):
    """Squared error, sum_p (x_p - o_p)^2: -log N(x; o, I / 2) but for the constant P/2 log pi."""

    title, density = "squared error", "normal, variance 1/2"
    unit = "squared error"

    def loss(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Tensor:
        return _weighed_sum((outputs - images).square(), counted)

    def mean(self, outputs: Tensor) -> Tensor:
        return outputs

    def outputs_for(self, mean: Tensor) -> Tensor:
        return mean

    def constant(self, pixels: int) -> float:
        return pixels / 2 * math.log(math.pi)


class GaussianLearned(Likelihood):
    """-log N(x; o, v I), the one variance v learned with the rest (Lucas et al. 2019; Rybkin et al. 2021)."""

    title, density = "−log of a normal density of learned variance", "normal, learned variance"
    unit = "nats"
    below_zero = True

    def __init__(self):
        super().__init__()
        self.log_variance = nn.Parameter(torch.tensor(-2.0))

    def loss(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Tensor:
        squared = _weighed_sum((outputs - images).square(), counted)
        pixels = images[0].numel() if counted is None else counted.flatten(1).sum(1)
        return (squared / self.log_variance.exp() + pixels * (self.log_variance + math.log(2 * math.pi))) / 2

    def mean(self, outputs: Tensor) -> Tensor:
        return outputs

    def outputs_for(self, mean: Tensor) -> Tensor:
        return mean

    def fitted(self, outputs: Tensor, images: Tensor) -> GaussianLearned:
        best = GaussianLearned()
        best.log_variance.data = (outputs - images).square().mean().log()
        return best


def _weighed_sum(losses: Tensor, counted: Tensor | None) -> Tensor:
    """[B] the sum over pixels of losses [B, ...], each weighed by ``counted`` where it is given."""
    return (losses if counted is None else losses * counted).flatten(1).sum(1)


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "gaussian-learned": GaussianLearned,
}


def kl_from_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """[B, L] KL(N(mean, exp(log_variance)) || N(0, 1)) of each code number, in nats; sum over L for an image.

    Kingma and Welling 2014, appendix B: (sigma^2 + mu^2 - 1 - log sigma^2) / 2.
    """
    return (log_variance.exp() + mean.square() - 1 - log_variance) / 2

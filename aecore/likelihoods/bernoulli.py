"""Pixels as probabilities of ink."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aecore.likelihood import Likelihood, weighed_sum


class Bernoulli(Likelihood):
    """Cross-entropy on logits: -sum_p x_p log s(o_p) + (1 - x_p) log s(-o_p), s the logistic function.

    Grey pixels in [0, 1] are read as probabilities, so it has a floor above 0: the images' own entropy.
    """

    title, density = "cross-entropy", "Bernoulli"
    unit = "nats"
    in_unit_interval = True
    output = "sigmoid"

    def loss(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Tensor:
        if counted is None:
            return _CrossEntropy.apply(outputs.flatten(1), images.flatten(1))
        return weighed_sum(F.softplus(outputs.float()) - outputs * images, counted)

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

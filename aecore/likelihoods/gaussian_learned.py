"""A normal density whose variance is learned with the rest."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from aecore.likelihood import Likelihood, weighed_sum


class GaussianLearned(Likelihood):
    """-log N(x; o, v I), the one variance v learned with the rest (Lucas et al. 2019; Rybkin et al. 2021)."""

    title, density = "−log of a normal density of learned variance", "normal, learned variance"
    unit = "nats"
    below_zero = True
    squares = True
    output = "clip"

    def __init__(self):
        super().__init__()
        self.log_variance = nn.Parameter(torch.tensor(-2.0))

    def loss(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Tensor:
        squared = weighed_sum((outputs - images).square(), counted)
        pixels = images.shape[1:].numel() if counted is None else counted.flatten(1).sum(1)
        return (squared / self.log_variance.exp() + pixels * (self.log_variance + math.log(2 * math.pi))) / 2

    def mean(self, outputs: Tensor) -> Tensor:
        return outputs

    def outputs_for(self, mean: Tensor) -> Tensor:
        return mean

    def fitted(self, outputs: Tensor, images: Tensor) -> GaussianLearned:
        best = GaussianLearned()
        best.log_variance.data = (outputs - images).square().mean().log()
        return best

"""Squared error."""

from __future__ import annotations

import math

from torch import Tensor

from aecore.likelihood import Likelihood, weighed_sum


class Gaussian(Likelihood):
    """Squared error, sum_p (x_p - o_p)^2: -log N(x; o, I / 2) but for the constant P/2 log pi."""

    title, density = "squared error", "normal, variance 1/2"
    unit = "squared error"
    squares = True
    output = "clip"

    def loss(self, outputs: Tensor, images: Tensor, counted: Tensor | None = None) -> Tensor:
        return weighed_sum((outputs - images).square(), counted)

    def mean(self, outputs: Tensor) -> Tensor:
        return outputs

    def outputs_for(self, mean: Tensor) -> Tensor:
        return mean

    def constant(self, pixels: int) -> float:
        return pixels / 2 * math.log(math.pi)

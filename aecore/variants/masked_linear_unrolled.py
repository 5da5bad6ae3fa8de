from collections.abc import Iterator
from itertools import islice

import torch
from pydantic import Field
from torch import Tensor

from aecore.masking import FittedLinear


class MaskedLinearUnrolled(FittedLinear):
    """z_0 = 0, z_{t+1} = z_t + eta B^T (x~ - B~ z_t) for T steps, and D(z) = B z + b.

    Gradient descent on the squared error of what is seen (Landweber 1951), unrolled into T layers that share B
    (Gregor and LeCun 2010, without their thresholds). After T steps the part of the least-squares code along
    a singular direction s of B~ is there by 1 - (1 - eta s^2)^T.
    """

    title = "Masked linear, a few steps of descent"
    summary = "Starts at code 0 and takes a few gradient steps towards what fits the visible pixels."
    formula = (
        r"\begin{aligned}\min_{B, b}\;& \mathbb{E}_{m}\, \|x - B z_T - b\|^2\\"
        r"& z_0 = 0\\"
        r"& z_{t+1} = z_t + \eta B^\top \big(m \odot (x - b - B z_t)\big)\end{aligned}"
    )
    letters = (
        "x: an image; m: 1 where a pixel is seen and 0 where it is hidden, drawn anew each time; z: the code; T: "
        "how many steps it takes; η: the step size; B, b: the decoder; b starts as the mean image."
    )
    set_letters = {
        "m": "1 with probability 1 − {hidden_share}",
        "T": "{iterations}",
        "η": "{step_size} / (the largest singular value of B)²",
    }
    stands = {"reconstruction": r"\|x - B z_T - b\|^2"}
    source = (
        "Landweber (1951), An iteration formula for Fredholm integral equations of the first kind, American "
        "Journal of Mathematics 73; unrolled as in Gregor and LeCun (2010), Learning fast approximations of "
        "sparse coding, ICML"
    )

    class Settings(FittedLinear.Settings):
        iterations: int = Field(
            5,
            ge=1,
            le=200,
            description="Gradient steps from code 0; more come closer to least squares.",
            json_schema_extra={"common": True, "log": True},
        )
        step_size: float = Field(
            1.0,
            ge=0.01,
            le=1.95,
            description="Step size, in units of 1 over the square of the decoder's largest singular value: steps "
            "overshoot above 1 and would diverge from 2 on.",
        )

    def fitted(self, matrix: Tensor, values: Tensor, seen: Tensor) -> Tensor:
        return next(islice(self.path(matrix, values, seen), self.settings.iterations, None))

    def path(self, matrix: Tensor, values: Tensor, seen: Tensor) -> Iterator[Tensor]:
        """The codes [B, L] z_0, z_1, z_2, ... without end, of which ``fitted`` returns z_T."""
        step, codes = self.step(matrix), values.new_zeros(len(values), self.latent)
        while True:
            yield codes
            codes = codes + step * (values - seen * (codes @ matrix.T)) @ matrix

    def step(self, matrix: Tensor) -> Tensor:
        """Eta, at which the steps converge whatever the matrix and whatever is hidden: hiding only shrinks it."""
        return self.settings.step_size / torch.linalg.matrix_norm(matrix, 2).square().clamp_min(1e-12)

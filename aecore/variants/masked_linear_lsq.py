import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from aecore.masking import FittedLinear

# What is added to the diagonal of B~^T B~, as a share of its trace and at the least. Where fewer pixels are seen than
# a code has numbers, it picks the shortest of the many codes that fit; elsewhere it is too small to matter.
RIDGE, LEAST = 1e-6, 1e-12
# Numbers in the systems that are solved at once.
MOST_AT_ONCE = 2**22


class MaskedLinearLsq(FittedLinear):
    """z = (B~^T B~)^-1 B~^T x~, least squares on the rows of B that are seen, and D(z) = B z + b.

    The E-step of EM for principal components where values are missing (Roweis 1998); B is learned by gradient.
    """

    title = "Masked linear, least squares"
    summary = "Finds the code that best fits the visible pixels; one matrix decodes it, and there is no encoder."
    formula = (
        r"\begin{aligned}\min_{B, b}\;& \mathbb{E}_{m}\, \|x - B z - b\|^2\\"
        r"& z = (\tilde B^\top \tilde B)^{-1} \tilde B^\top \tilde x\\"
        r"& \tilde B = \mathrm{diag}(m)\, B,\;\; \tilde x = m \odot (x - b)\end{aligned}"
    )
    letters = (
        "x: an image; m: 1 where a pixel is seen and 0 where it is hidden, drawn anew each time; x̃: what is seen of "
        "x; "
        "B̃: the rows of B for the visible pixels; z: the code; B, b: the decoder; b starts as the mean image."
    )
    set_letters = {"m": "1 with probability 1 − {hidden_share}"}
    stands = {"reconstruction": r"\|x - B z - b\|^2"}
    source = "Roweis (1998), EM algorithms for PCA and SPCA, NIPS 10: the E-step with missing values"

    def fitted(self, matrix: Tensor, values: Tensor, seen: Tensor) -> Tensor:
        pixels, latent = matrix.shape
        rows = max(1, MOST_AT_ONCE // (latent * (latent + pixels)))
        if len(values) <= rows:
            return least_squares(matrix, values, seen)
        # In parts, solved once more in the backward pass: kept, the systems of long codes would fill the memory.
        parts = zip(values.split(rows), seen.split(rows), strict=True)
        return torch.cat(
            [checkpoint(least_squares, matrix, *part, use_reentrant=False, preserve_rng_state=False) for part in parts]
        )


def least_squares(matrix: Tensor, values: Tensor, seen: Tensor) -> Tensor:
    """[B, L] codes z of least |values - seen * (matrix z)|^2, for ``matrix`` [P, L], ``values`` and ``seen`` [B, P]."""
    ridge = (RIDGE * (seen @ matrix.square().sum(1)) + LEAST)[:, None]
    with torch.no_grad():
        gram = ((matrix.T * seen[:, None]) @ matrix).double()  # [B, L, L]
        gram.diagonal(dim1=1, dim2=2).add_(ridge)
        # The variant that does not raise: weights that exploded are for the training loop to report.
        factor = torch.linalg.cholesky_ex(gram).L
        codes = _solve(factor, values @ matrix)
    # What is 0 at the solution, as a function of the matrix: one Newton step from the solution leaves it where it is,
    # and gives it the derivative of the implicit function theorem without one through the factorisation.
    slope = (values - seen * (codes @ matrix.T)) @ matrix - ridge * codes
    return codes + _solve(factor, slope)


def _solve(factor: Tensor, right: Tensor) -> Tensor:
    """[B, L] solutions of (factor factor^T) z = right, for ``factor`` [B, L, L] and ``right`` [B, L]."""
    return torch.cholesky_solve(right[:, :, None].to(factor.dtype), factor)[:, :, 0].to(right.dtype)

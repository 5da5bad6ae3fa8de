import torch

from aecore.autoencoder import Deterministic
from aecore.dataset import Batch
from aecore.model import Term


class Plain(Deterministic):
    """min over D, E of the mean over x of loss(x, D(E(x))): a bottleneck and nothing else."""

    title = "Plain autoencoder"
    summary = "Squeezes each image into a code and learns to rebuild it, with no other objective."
    formula = r"\min_{E, D}\; \frac{1}{n} \sum_{i=1}^{n} \ell\big(x_i,\, D(E(x_i))\big)"
    letters = "x: an image; E: the encoder; D: the decoder; n: the number of images; ℓ: the loss of one image."
    stands = {"reconstruction": r"\ell\big(x_i,\, D(E(x_i))\big)"}
    source = (
        "Rumelhart, Hinton and Williams (1986), Learning internal representations by error propagation, Parallel "
        "Distributed Processing 1; Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with "
        "neural networks, Science 313"
    )

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        return {"reconstruction": self.reconstruction(self.encode(batch.images), batch.images)}

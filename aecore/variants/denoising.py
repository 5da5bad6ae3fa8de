import torch

from aecore.autoencoder import Batch, Deterministic, Term


class Denoising(Deterministic):
    """min over D, E of E[loss(x, D(E(x~)))], x~ a freshly damaged x (Vincent et al. 2008, equation 4)."""

    title = "Denoising autoencoder"
    summary = "Is shown a damaged image and must give back the clean one; the damage is fresh at every batch."
    formula = r"\min_{E, D}\; \mathbb{E}_{\tilde x \sim q(\tilde x \mid x)}\; \ell\big(x,\, D(E(\tilde x))\big)"
    letters = (
        "x: an image; x̃: the image damaged, anew each time; E: the encoder; D: the decoder; ℓ: the loss of one image."
    )
    source = "Vincent, Larochelle, Bengio and Manzagol 2008, equation 4"
    corrupts = True
    regularised = True

    def terms(self, batch: Batch, progress: float, rng: torch.Generator) -> dict[str, Term]:
        codes = self.encode(self.inputs(batch.images, rng))
        return {"reconstruction": self.reconstruction(codes, batch.images)}

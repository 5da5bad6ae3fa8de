from contextlib import nullcontext

import torch
from pydantic import Field
from torch import Tensor

from aecore.architecture import Architecture, Layered
from aecore.autoencoder import Deterministic, full_precision
from aecore.dataset import Batch, Facts
from aecore.model import Term


class Stacked(Deterministic):
    """One i after another, min over D_i, E_i of |h_i - D_i(E_i(h_i))|^2, h_{i+1} = E_i(h_i); then of loss(x, D(E(x))).

    h_1 is the image x, where the loss is the likelihood's.
    Bengio et al. 2007; Hinton and Salakhutdinov 2006, figure 1, with autoencoders for their Boltzmann
    machines.
    """

    title = "Stacked autoencoder"
    summary = "Trained layer by layer, each rebuilding the output of the one before; then all together."
    formula = (
        r"\begin{aligned}i = 1, 2, \dots:\;& \min_{E_i, D_i}\;"
        r" \tfrac{1}{n} \textstyle\sum_x \ell\big(h_i,\, D_i(E_i(h_i))\big)\\"
        r"& h_1 = x, \quad h_{i+1} = E_i(h_i)\\"
        r"\text{then}:\;& \min_{E, D}\; \tfrac{1}{n} \textstyle\sum_x \ell\big(x,\, D(E(x))\big)\end{aligned}"
    )
    letters = (
        "x: an image; n: the number of images; Eᵢ: layer i of the encoder; Dᵢ: the decoder's layer that undoes it; "
        "hᵢ: the input of layer i; E, D: all layers together; ℓ: the loss of one image, squared error where i > 1."
    )
    stands = {"layer_*": r"\ell\big(h_i,\, D_i(E_i(h_i))\big)", "reconstruction": r"\ell\big(x,\, D(E(x))\big)"}
    source = (
        "Hinton and Salakhutdinov (2006), Reducing the dimensionality of data with neural networks, Science 313; "
        "Bengio, Lamblin, Popovici and Larochelle (2007), Greedy layer-wise training of deep networks, NIPS 19"
    )

    class Settings(Deterministic.Settings):
        pretraining: float = Field(
            0.5,
            ge=0,
            le=0.9,
            description="Share of training spent on one layer after another, before all train together.",
            json_schema_extra={"common": True},
        )

    def __init__(self, settings: Settings, architecture: Architecture, facts: Facts, rng, corruption=None):
        super().__init__(settings, architecture, facts, rng, corruption)
        # Parts of encoder and decoder, which own them.
        self.stages = architecture.stages(self.encoder, self.decoder)

    @classmethod
    def takes(cls, architecture: type[Architecture]) -> bool:
        return issubclass(architecture, Layered)

    def phase(self, done: float) -> str:
        trained = self._trained(done)
        return "fine-tuning" if trained is None else f"pretraining layer {trained} of {len(self.stages)}"

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        """``reconstruction`` and each layer's own loss, ``layer_1`` and so on: only what is trained has a gradient."""
        trained = self._trained(done)
        given = [batch.images - self.mean]
        for number, (down, _) in enumerate(self.stages, 1):
            with _gradient(trained in (number, None)):
                given.append(down(given[-1]))
        found = {}
        for number, (_, up) in enumerate(self.stages, 1):
            with _gradient(trained == number):
                value, unit = self._loss_of_layer(number, up(given[number]), given[number - 1], batch.images)
            found[f"layer_{number}"] = Term(value, float(trained == number), unit)
        with _gradient(trained is None):
            whole = self.reconstruction(full_precision(given[-1]), batch.images)
        return {"reconstruction": Term(whole.value, float(trained is None), whole.unit)} | found

    def _trained(self, done: float) -> int | None:
        """The number, from 1, of the layer that is trained at ``done``; None where it is all of them."""
        share = self.settings.pretraining
        return int(done / share * len(self.stages)) + 1 if done < share else None

    def _loss_of_layer(self, number: int, rebuilt: Tensor, given: Tensor, images: Tensor) -> tuple[Tensor, str]:
        """What a layer loses of what it was given, mean over images; of the images themselves by the likelihood."""
        if number == 1:
            term = self.fit(rebuilt + self.output_bias, images)
            return term.value, term.unit
        errors = full_precision(rebuilt) - full_precision(given)
        return errors.square().flatten(1).sum(1).mean(), "squared error"


def _gradient(wanted: bool):
    """Without gradients, unless they are wanted; with them only where they are on anyway."""
    return nullcontext() if wanted else torch.no_grad()

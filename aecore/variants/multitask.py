import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture, layer
from aecore.autoencoder import Deterministic, full_precision
from aecore.capabilities import Classifier
from aecore.dataset import Batch, Facts
from aecore.model import Term


class Multitask(Deterministic, Classifier):
    """min over D, E, W of the mean of loss(x, D(E(x))) - w log softmax_y(W E(x)): two tasks, one code.

    The supervised autoencoder of Le, Patterson and White 2018, with cross-entropy for the label.
    """

    title = "Multi-task autoencoder"
    summary = "One code serves two tasks: rebuilding the image and predicting its class."
    formula = (
        r"\begin{aligned}\min_{E, D, W}\;& \ell\big(x,\, D(z)\big) - w \log \mathrm{softmax}(W z)_y\\"
        r"&\text{with } z = E(x)\end{aligned}"
    )
    letters = (
        "x: an image; y: its label; z: its code; E: the encoder; D: the decoder; ℓ: the loss of one image; "
        "W: a matrix (with a bias) that gives each class a score; w: the weight of the label's cross-entropy."
    )
    set_letters = {**Deterministic.set_letters, "w": "{label_weight}"}
    stands = {"reconstruction": r"\ell\big(x,\, D(z)\big)", "label": r"\log \mathrm{softmax}(W z)_y"}
    source = (
        "Caruana (1997), Multitask learning, Machine Learning 28; for autoencoders, Le, Patterson and White "
        "(2018), Supervised autoencoders: improving generalization performance with unsupervised regularizers, "
        "NeurIPS"
    )
    needs_labels = True

    class Settings(Deterministic.Settings):
        latent: int = Field(
            16,
            ge=1,
            le=1024,
            description="Code size: dimensions of a code.",
            json_schema_extra={"common": True, "log": True},
        )
        label_weight: float = Field(
            20.0,
            ge=0,
            le=1000,
            description="Weight of the label's cross-entropy; at 0 the code learns nothing from labels.",
            json_schema_extra={"penalty": True, "common": True},
        )

    def __init__(self, settings: Settings, architecture: Architecture, facts: Facts, rng, corruption=None):
        super().__init__(settings, architecture, facts, rng, corruption)
        self.head = layer(nn.Linear, self.latent, facts.classes, rng=rng)

    def classify(self, images: Tensor) -> Tensor:
        return self.head(self.encode(images)).argmax(1)

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        codes = self.encode(batch.images)
        known = batch.labels >= 0
        told = int(known.sum())
        # Where all are known nothing is picked out, which would take time at every step.
        scores, labels = (codes, batch.labels) if told == len(known) else (codes[known], batch.labels[known])
        label = F.cross_entropy(full_precision(self.head(scores)), labels, reduction="mean" if told else "sum")
        return {
            "reconstruction": self.reconstruction(codes, batch.images),
            "label": Term(label, self.settings.label_weight, "nats", over=told),
        }

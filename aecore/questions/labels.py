"""Which class explains an image best, of a model that is told one. Letters: C classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from aecore.figures.grey import grey
from aecore.measures.classes import generate_as, losses_as, posterior_as
from aecore.questions.latent import image_of
from aecore.runs.trained import Trained


@dataclass(frozen=True)
class Labels:
    """``image`` [H, W] uint8 of class ``label``, and for each class what the model makes of it as one of that class.

    ``costs`` [C] are the two terms of -ELBO in the model's own unit, at the posterior's mean, by which it also
    classifies; ``probabilities`` [C] are P(y | x) by Bayes' rule, all classes being as likely before, were each cost
    -log p(x | y); ``pictures`` [C, H, W] uint8 the reconstructions. ``right`` is the share of all held-out images that
    it takes for their own class.
    """

    image: np.ndarray
    label: int
    costs: np.ndarray
    probabilities: np.ndarray
    pictures: np.ndarray
    right: float


@dataclass(frozen=True)
class AskLabels:
    """Asks for the Labels of image number ``image``, held-out ones first."""

    image: int

    @torch.no_grad()
    def __call__(self, trained: Trained) -> Labels:
        model, test = trained.model, trained.data.test
        chosen, label = image_of(trained, self.image)
        classes = np.arange(len(trained.data.class_names))
        copies = np.repeat(chosen, len(classes), axis=0)
        posterior = posterior_as(model, copies, classes)
        shown = torch.from_numpy(copies)[:, None].to(model.device)
        told = torch.from_numpy(classes).to(model.device)
        costs = losses_as(model, posterior.mean, shown, told) + posterior.kl().sum(1)
        return Labels(
            grey(chosen[0]),
            int(label[0]),
            costs.cpu().numpy(),
            torch.softmax(-costs.double(), 0).cpu().numpy(),
            grey(generate_as(model, posterior.mean.cpu().numpy(), classes)),
            _right(model, test),
        )


def _right(model, test) -> float:
    found = [
        model.classify(torch.from_numpy(part.copy())[:, None].to(model.device)).cpu().numpy()
        for part in np.array_split(test.images, -(-len(test) // 1000))
    ]
    return float((np.concatenate(found) == test.labels).mean())

"""Which class explains an image best, of a model that is told one. Letters: C classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from aecore.figures.grey import grey
from aecore.measures.classes import embed_as, generate_as, losses_as, posterior_as
from aecore.questions.latent import image_of
from aecore.runs.trained import Trained

# Held-out images whose error a drawing's is held against.
MOST = 1_000
# The label of what nobody knows the class of.
UNKNOWN = -1


@dataclass(frozen=True)
class Labels:
    """``image`` [H, W] uint8 of class ``label``, and for each class what the model makes of it as one of that class.

    ``costs`` [C] are the two terms of -ELBO in the model's own unit, at the posterior's mean, by which it also
    classifies; ``probabilities`` [C] are P(y | x) by Bayes' rule, all classes being as likely before, were each cost
    -log p(x | y); ``pictures`` [C, H, W] uint8 the reconstructions and ``codes`` [C, L] their codes. ``label`` is -1 of
    an image of which nobody knows the class.
    """

    image: np.ndarray
    label: int
    costs: np.ndarray
    probabilities: np.ndarray
    pictures: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True)
class AskLabels:
    """Asks for the Labels of image number ``image``, held-out ones first."""

    image: int

    def __call__(self, trained: Trained) -> Labels:
        chosen, label = image_of(trained, self.image)
        return explained(trained, chosen[0], int(label[0]))


@torch.no_grad()
def explained(trained: Trained, image: np.ndarray, label: int = UNKNOWN) -> Labels:
    """The Labels of ``image`` [H, W], from 0 to 1."""
    model, classes = trained.model, np.arange(len(trained.data.class_names))
    copies = np.repeat(image[None], len(classes), axis=0)
    posterior = posterior_as(model, copies, classes)
    shown = torch.from_numpy(copies)[:, None].to(model.device)
    told = torch.from_numpy(classes).to(model.device)
    costs = losses_as(model, posterior.mean, shown, told) + posterior.kl().sum(1)
    codes = posterior.mean.cpu().numpy()
    return Labels(
        grey(image),
        label,
        costs.cpu().numpy(),
        torch.softmax(-costs.double(), 0).cpu().numpy(),
        grey(generate_as(model, codes, classes)),
        codes,
    )


@dataclass(frozen=True)
class Right:
    """The ``share`` of all held-out images that a model takes for their own class, and squared ``errors`` [N] of some.

    They are told their own class, and their errors are summed over pixels.
    """

    share: float
    errors: np.ndarray


@torch.no_grad()
def right(trained: Trained) -> Right:
    """How well a model that is told classes knows them, and how well it rebuilds images that are told theirs."""
    model, test = trained.model, trained.data.test
    found = [
        model.classify(torch.from_numpy(part.copy())[:, None].to(model.device)).cpu().numpy()
        for part in np.array_split(test.images, -(-len(test) // 1000))
    ]
    images, labels = test.images[:MOST], test.labels[:MOST]
    rebuilt = generate_as(model, embed_as(model, images, labels), labels)
    return Right(float((np.concatenate(found) == test.labels).mean()), np.square(rebuilt - images).sum((1, 2)))

"""How well a model does on images it may or may not have seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from aecore import arrays
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Classifier
from aecore.dataset import Batch, Dataset, Split
from aecore.examples import Examples
from aecore.figures.floor import Floor
from aecore.likelihood import Likelihood
from aecore.measures.pca import PCA
from aecore.model import Model, Term
from aecore.training import generator
from aecore.variational import HasPosterior


def _batches(model: Model, data: Examples, size: int = 1000) -> Iterator[tuple[int, Any]]:
    """Parts of ``data``, how many examples each and its batch; ValueError where the model cannot take them."""
    model.check(data)
    for first in range(0, len(data), size):
        rows = np.arange(first, min(first + size, len(data)))
        yield len(rows), data.batch(rows, model.device)


@torch.no_grad()
def mean_terms(model: Model, data: Examples, seed: int = 0) -> dict[str, float]:
    """Every raw loss term as its mean over the examples of ``data``; one draw of chance, from ``seed``."""
    totals: dict[str, float] = {}
    seen: dict[str, int] = {}
    for index, (count, batch) in enumerate(_batches(model, data)):
        rng = generator(seed, "evaluation", index, device=model.device)
        for name, term in model.terms(batch, 1.0, rng).items():
            over = count if term.over is None else term.over
            totals[name] = totals.get(name, 0.0) + float(term.value) * over
            seen[name] = seen.get(name, 0) + over
    return {name: total / max(seen[name], 1) for name, total in totals.items()}


@torch.no_grad()
def accuracy(model: Classifier, split: Split) -> float:
    """The share of the images of ``split``, of those with a label, that ``model`` takes for what it says."""
    split = split.labelled()
    right = sum(int((model.classify(batch.images) == batch.labels).sum()) for _, batch in _batches(model, split))
    return right / len(split)


@torch.no_grad()
def squared_error(model: Autoencoder, split: Split, codes: np.ndarray | None = None) -> float:
    """Squared error of the shown reconstruction, summed over pixels, mean over the images of ``split``.

    Where reconstructions are decoded codes and nothing else, known ``codes`` [N, L] save encoding.
    """
    if codes is not None:
        codes = arrays.matrix(codes, "codes", (len(split), model.latent), holes=True)
    total, made = 0.0, 0
    for _, batch in _batches(model, split):
        if codes is None:
            outputs = model.rebuild(batch.images)
        else:
            outputs = model.decode(torch.from_numpy(codes[made : made + len(batch.images)]).to(model.device))
        left = model.likelihood.mean(outputs).clamp(0, 1).sub_(batch.images).flatten()
        total += float(left.dot(left))
        made += len(batch.images)
    return total / len(split)


def elbo(model: Autoencoder, split: Split, seed: int = 0) -> float:
    """Evidence lower bound in nats an image, mean over ``split``, one code drawn an image.

    Grey pixels under ``bernoulli`` are read as probabilities, so values compare only among themselves.
    TypeError for a model without a posterior.
    """
    if not isinstance(model, HasPosterior):
        raise TypeError(f"{model.title} has no posterior, so no evidence bound; ask for squared_error")
    return _bound(model, mean_terms(model, split, seed))


def _bound(model: Autoencoder, terms: dict[str, float]) -> float:
    height, width = model.shape
    return -(model.negative_elbo(terms) + model.likelihood.constant(height * width))


def metrics(model: Autoencoder, data: Dataset) -> dict[str, float]:
    """Figures of a trained model by name, ``heldout_`` or ``train_`` saying on which images.

    Terms are in their own unit an image, ``squared_error`` is summed over pixels, ``elbo`` is in nats an image.
    """
    found: dict[str, float] = {}
    for prefix, split in (("heldout", data.test), ("train", data.train)):
        terms = mean_terms(model, split)
        found |= {f"{prefix}_{name}": value for name, value in terms.items()}
        found[f"{prefix}_squared_error"] = squared_error(model, split)
        height, width = model.shape
        found[f"{prefix}_squared_error_per_pixel"] = found[f"{prefix}_squared_error"] / (height * width)
        if isinstance(model, HasPosterior):
            found[f"{prefix}_elbo"] = _bound(model, terms)
        if isinstance(model, Classifier):
            found[f"{prefix}_accuracy"] = accuracy(model, split)
    return found


@torch.no_grad()
def term_weights(model: Autoencoder) -> dict[str, float]:
    """The weight of each loss term that ``model`` itself minimises at the end of training, by name; no zeros."""
    return {name: term.weight for name, term in _some_terms(model).items() if term.weight}


def _some_terms(model: Autoencoder) -> dict[str, Term]:
    """The terms at the end of training, of one image: for their weights and units."""
    device = model.device
    batch = Batch(model.mean, torch.zeros(1, dtype=torch.int64, device=device))
    return model.terms(batch, 1.0, generator(0, "units", device=device))


@torch.no_grad()
def term_units(model: Model, data: Examples) -> dict[str, str]:
    """The unit of every loss term of a model that learns such ``data``, by name, in the model's order."""
    batch, rng = data.batch(np.arange(1), model.device), generator(0, "units", device=model.device)
    return {name: _unit(term, data.one) for name, term in model.terms(batch, 1.0, rng).items()}


@torch.no_grad()
def metric_units(model: Autoencoder) -> dict[str, str]:
    """The unit of every metric, by its name without ``heldout_`` or ``train_``."""
    return {name: _unit(term, "image") for name, term in _some_terms(model).items()} | {
        "elbo": "nats per image",
        "accuracy": "share of images",
        "squared_error": "squared error per image, summed over pixels",
        "squared_error_per_pixel": "squared error per pixel",
    }


@torch.no_grad()
def mean_image_scores(model: Autoencoder, data: Dataset) -> dict[str, tuple[float, float]]:
    """Reconstruction loss and squared error of always answering with the training data's mean image, by split.

    Means over the images of ``heldout`` and ``train``, the loss by the likelihood of ``model``; one that has parameters
    gets those that fit the training images best.
    """
    mean = model.mean
    few = next(_batches(model, data.train))[1].images
    likelihood = type(model.likelihood)().to(mean.device).fitted(model.likelihood.outputs_for(mean), few)
    outputs, found = likelihood.outputs_for(mean), {}
    for split, images in (("heldout", data.test), ("train", data.train)):
        loss = squared = 0.0
        for _, batch in _batches(model, images):
            loss += float(likelihood.loss(outputs.expand_as(batch.images), batch.images).sum())
            squared += float((mean - batch.images).square().sum())
        found[split] = (loss / len(images), squared / len(images))
    return found


def _unit(term: Term, one: str) -> str:
    return f"{term.unit} per {one}{', estimated' if term.estimated else ''}"


@torch.no_grad()
def floors(
    likelihood: Likelihood, pca: PCA, images: np.ndarray, numbers: int, given: np.ndarray | None = None
) -> tuple[Floor, ...]:
    """The reconstruction loss on ``images`` [N, H, W] of the mean image, and of PCA with as many ``numbers``.

    Where a model is ``given`` damaged ones [N, H, W] in place of them, so is PCA, whose components are those of clean
    images. Pixels that PCA puts outside [0, 1] are clipped first where the likelihood needs probabilities.
    """
    truth = torch.from_numpy(np.array(images.reshape(len(images), -1)))
    found = []
    for title, guess in _guesses(pca, images, numbers, given).items():
        outputs = likelihood.outputs_for(torch.from_numpy(np.array(guess)))
        found.append(Floor(title, float(likelihood.fitted(outputs, truth).loss(outputs, truth).mean())))
    return tuple(found)


def squared_floors(pca: PCA, images: np.ndarray, numbers: int) -> tuple[Floor, ...]:
    """The same in ``squared_error``, which is that of pictures: all pixels clipped to [0, 1]."""
    rows = images.reshape(len(images), -1)
    return tuple(
        Floor(title, float(np.square(guess.clip(0, 1) - rows).sum(1).mean()))
        for title, guess in _guesses(pca, images, numbers).items()
    )


def _guesses(pca: PCA, images: np.ndarray, numbers: int, given: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """What the mean image and PCA make of ``images``, or of what is ``given`` for them, [N, P] each by its title."""
    rows = (images if given is None else given).reshape(len(images), -1)
    of = "" if given is None else " of the images as given"
    guesses = {"mean image": np.broadcast_to(pca.mean, rows.shape)}
    if numbers < rows.shape[1]:
        guesses[f"PCA{of}, {numbers} component{'s' * (numbers != 1)}"] = pca.reconstruct(rows, numbers)
    return guesses

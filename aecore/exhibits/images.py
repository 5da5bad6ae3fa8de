"""What is shown of a run beside its losses: which images, where their codes lie, what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from aecore.autoencoder import Autoencoder
from aecore.capabilities import FillsIn, Spread
from aecore.dataset import Dataset, Split, first_of_each
from aecore.exhibit import Exhibit, Moment
from aecore.figures.floor import Floor
from aecore.figures.grey import grey
from aecore.measures import network
from aecore.measures.activity import activity
from aecore.measures.network import Network
from aecore.measures.pca import PCA, pca_of
from aecore.measures.quality import floors, mean_terms, metric_units, metrics, squared_error, squared_floors
from aecore.measures.stages import watching
from aecore.measures.subspace import Subspace, compare_spans, decoder_columns
from aecore.runs.spec import Spec
from aecore.runs.verdict import fits, verdict
from aecore.training import generator

# How the parts of a Subspace, what runs through a network, and pictures of sigma are called among what a moment shows.
SUBSPACE, NETWORK = "subspace.", "network."
SIGMAS = "sigmas"
# Of what has values between 0 and 1 no standard deviation is larger: what a picture of sigma shows as white.
WHITE_SIGMA = 0.5
# Held-out images that are scored while training: enough for a curve, few enough to take 20 ms. Of more, all are scored
# when training is over.
MOST_SCORED = 2000
# Of these, the images on the map: where codes are long, as many as have so many numbers together, but so many at least.
MOST_NUMBERS, LEAST_ON_MAP = 2**19, 100
ROW = 10
# Codes of more numbers get their two main directions from so many followed at once, so many times.
LONG_CODE, BLOCK, ROUNDS = 100, 16, 8
# Code sizes of which a linear decoder is compared with PCA at each look: it takes 5 ms at 30, 40 ms at 100.
MOST_COMPARED = 100
# Images of two and three pixels are points in the plane and in space, which can be seen whole. In the plane what
# becomes of any place is shown, on a lattice of so many places a side.
PLANE, SPACE, LATTICE = 2, 3, 21
# Half-widths of the map's axes. They never shrink, and are so few that a run meets one or two once its codes have
# spread: points move and axes do not. Points have left an axis that they pass by more than a tenth.
HALF_WIDTHS = (0.5, 5.0, *(factor * 10.0**power for power in range(1, 7) for factor in (1.5, 5.0)))
SLACK = 1.1


@dataclass(frozen=True)
class Images(Exhibit):
    """The held-out images that every moment of a run is shown on.

    ``scored`` are those that held-out losses and squared errors are taken on, which is all of them where these are few,
    and ``looked_at`` the M of them on the map; ``originals`` and ``inputs`` [R, H, W] uint8 the row of examples as they
    are and as the encoder sees them, where the variant damages or hides something.

    A moment shows ``places`` [M, 2] float32, the codes on the map, ``half_width``, how far its axes reach, and
    ``pictures`` [R, H, W] uint8, the reconstructions; where a linear decoder is compared with PCA, each part of the
    Subspace as ``subspace.<part>``; ``sigmas`` [R, H, W] uint8, where a decoder says by how much it expects to be off,
    white from 0.5 on; as ``network.<name>`` what runs through the ``network`` for each image of the row;
    and where images are points ``rebuilt`` [Q, P] float32, what becomes of ``probed``.
    """

    figures = {
        "squared_error": "squared error per image, summed over pixels",
        "units_on": "code dimensions active per image",
        "units_dead": "code dimensions never active",
    }

    scored: Split
    looked_at: Split
    originals: np.ndarray
    inputs: np.ndarray | None
    floors: tuple[Floor, ...]
    # The same in squared error, by which all variants can be compared.
    squared_floors: tuple[Floor, ...]
    units: Mapping[str, str]
    below_zero: bool
    class_names: tuple[str, ...]
    network: Network
    row: Tensor
    seed: int
    # [k, P] the components of PCA that a decoder of one matrix is compared with, where there is one.
    components: np.ndarray | None = None
    # [Q, 1, P] the points whose reconstructions each moment remembers, where images are points.
    probed: np.ndarray | None = None

    @classmethod
    def prepare(cls, spec: Spec, data: Dataset, model: Autoencoder) -> Images:
        scored = _first(data.test, MOST_SCORED)
        most = max(LEAST_ON_MAP, MOST_NUMBERS // model.latent)
        looked_at = _first(scored, most) if most < len(scored) else scored
        first = first_of_each(looked_at.labels, -(-ROW // len(data.class_names)))[:ROW]
        originals, pca, seed = looked_at.images[first], pca_of(data), spec.training.seed
        row = torch.from_numpy(originals.copy())[:, None].to(model.device)
        given, _ = _attempt(model, row, seed)
        likelihood = type(model.likelihood)()
        as_given = _as_given(model, data.test, seed)
        return cls(
            scored,
            looked_at,
            grey(originals),
            grey(given[:, 0].cpu().numpy()) if given is not row else None,
            floors(likelihood, pca, data.test.images, model.stored_numbers, as_given),
            squared_floors(pca, data.test.images, model.stored_numbers),
            metric_units(model),
            likelihood.below_zero,
            data.class_names,
            network.network_of(model),
            row,
            seed,
            _components(spec.member("architecture").one_matrix, pca, model),
            _probed(looked_at.images),
        )

    @torch.no_grad()
    def look(self, model: Autoencoder, now: Moment, before: Moment | None, scores: bool = True) -> Moment:
        """After ``before`` the map does not turn nor its axes shrink.

        Without ``scores`` it takes a quarter of the time.
        """
        codes = model.embed(self.looked_at.images)
        with watching(model) as seen:
            pictures = model.likelihood.mean(_attempt(model, self.row, self.seed)[1])[:, 0]
        places = _places(codes, before.shown["places"] if before else None)
        shown = {
            "places": places,
            "half_width": np.float64(half_width(places, float(before.shown["half_width"]) if before else 0.0)),
            "pictures": grey(pictures.cpu().numpy()),
        }
        shown |= {f"{NETWORK}{name}": array for name, array in network.shown(self.network, model, seen).items()}
        if isinstance(model, Spread):
            shown[SIGMAS] = grey(model.sigma(model.encode(self.row))[:, 0].cpu().numpy() / WHITE_SIGMA)
        if self.components is not None:
            found = compare_spans(decoder_columns(model), self.components, model.shape)
            shown |= {f"{SUBSPACE}{part.name}": getattr(found, part.name) for part in fields(Subspace)}
        if self.probed is not None:
            shown["rebuilt"] = model.reconstruct(self.probed).reshape(len(self.probed), -1)
        if not scores:
            return replace(now, shown=shown)
        return replace(now, shown=shown, heldout=mean_terms(model, self.scored), figures=_figures(model, self, codes))

    def metrics(self, model: Autoencoder, data: Dataset) -> dict[str, float]:
        return metrics(model, data)

    def verdict(self, model: Autoencoder, data: Dataset, metrics: Mapping[str, float], spec: Spec, steps: int) -> str:
        return verdict(fits(model, data, metrics), model.likelihood.unit, steps, spec)


def subspace_of(moment: Moment) -> Subspace | None:
    """How close a linear decoder was to PCA; None where nothing was compared."""
    parts = {name.removeprefix(SUBSPACE): a for name, a in moment.shown.items() if name.startswith(SUBSPACE)}
    return Subspace(**parts) if parts else None


@torch.no_grad()
def _as_given(model: Autoencoder, split: Split, seed: int) -> np.ndarray | None:
    """[M, H, W] the images as a model is given them in training, hidden pixels at their mean; None if as they are."""
    whole = torch.from_numpy(split.images.copy())[:, None].to(model.device)
    rng = generator(seed, "as given", device=whole.device)
    if isinstance(model, FillsIn):
        given = torch.where(model.hide(whole, rng) > 0, whole, model.mean)
    else:
        given = model.inputs(whole, rng)
    return None if given is whole else given[:, 0].cpu().numpy()


def _first(split: Split, most: int) -> Split:
    """The first images of each class, ``most`` in all, in the order of ``split``."""
    chosen = np.sort(first_of_each(split.labels, len(split))[:most])
    return Split(split.images[chosen], split.labels[chosen])


def _components(one_matrix: bool, pca: PCA, model: Autoencoder) -> np.ndarray | None:
    """PCA's first components, as many as the code has numbers, where theory lets a decoder find them."""
    if not (one_matrix and model.likelihood.squares) or model.latent > min(MOST_COMPARED, pca.rank):
        return None
    return pca.components[: model.latent]


def _probed(images: np.ndarray) -> np.ndarray | None:
    if images[0].size == PLANE:
        middles = (np.arange(LATTICE, dtype=np.float32) + 0.5) / LATTICE
        return np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, *images[0].shape)
    return images if images[0].size == SPACE else None


@torch.no_grad()
def _attempt(model: Autoencoder, row: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Inputs and raw outputs for images [R, 1, H, W], the same damage at every look."""
    return model.attempt(row, generator(seed, "exhibit", device=model.device))


def _figures(model: Autoencoder, shown: Images, codes: np.ndarray) -> dict[str, float]:
    """The figures of a model, ``codes`` being those of the images on the map."""
    found = activity(codes)
    # Where a reconstruction is no more than the decoded code, the codes are there already.
    known = codes if shown.scored is shown.looked_at and type(model).rebuild is Autoencoder.rebuild else None
    return {
        "squared_error": squared_error(model, shown.scored, known),
        "units_on": float(found.on_per_image.mean()),
        "units_dead": float(found.dead),
    }


def _places(codes: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """[M, 2] where codes [M, L] lie on the map: themselves, or their two main directions turned to fit ``before``."""
    if codes.shape[1] == 2 or not np.isfinite(codes).all():
        return codes[:, :2] if codes.shape[1] >= 2 else np.repeat(codes, 2, axis=1)
    if codes.shape[1] == 1:
        return np.concatenate([codes, np.zeros_like(codes)], axis=1)
    # Exploding codes would overflow the products below before the loss is found to have exploded.
    centred = np.clip(codes, -1e6, 1e6).astype(np.float64)
    centred -= centred.mean(0)
    flat = centred @ _main_directions(centred)
    if before is not None:
        # Principal axes flip and swap between two looks; the orthogonal Procrustes turn undoes that.
        left, _, right = np.linalg.svd(flat.T @ before)
        flat = flat @ (left @ right)
    return np.ascontiguousarray(flat, np.float32)


def _main_directions(centred: np.ndarray) -> np.ndarray:
    """[L, 2] the two directions in which centred rows [M, L] spread most, the larger first.

    Of a long code by block power iteration (Halko, Martinsson and Tropp 2011, algorithm 4.4): all L directions would
    take longer than the steps between two looks. By torch, whose threads are one: numpy's wait for each other where
    the cores are busy.
    """
    rows = torch.from_numpy(centred)
    if rows.shape[1] <= LONG_CODE:
        return torch.linalg.eigh(rows.T @ rows)[1].numpy()[:, :-3:-1]
    basis = rows[:: max(1, len(rows) // BLOCK)][:BLOCK].T
    for _ in range(ROUNDS):
        basis = torch.linalg.qr(rows.T @ (rows @ basis))[0]
    seen = rows @ basis
    return (basis @ torch.linalg.eigh(seen.T @ seen)[1]).numpy()[:, :-3:-1]


def half_width(places: np.ndarray, before: float = 0.0) -> float:
    """Half the side of a square around 0 that holds nearly all ``places`` [N, 2].

    It stays what it was ``before`` until they have left that. The first one of all is a close-up where they lie close
    together, as the codes of an untrained model do.
    """
    reach = float(np.nanquantile(np.abs(places), 0.99)) if np.isfinite(places).any() else 0.0
    if before and reach <= SLACK * before:
        return before
    if not before and 0 < reach < HALF_WIDTHS[0]:
        power = 10.0 ** np.floor(np.log10(reach))
        return float(next(factor * power for factor in (1, 1.5, 2, 3, 5, 10) if factor * power >= reach))
    return next((w for w in HALF_WIDTHS if w >= reach), HALF_WIDTHS[-1])

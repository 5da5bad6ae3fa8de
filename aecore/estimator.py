"""The autoencoder as a scikit-learn estimator: rows in, codes out, and back."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, validate_data
from torch import Tensor

from aecore.architectures import architectures
from aecore.dataset import Facts, Source, Split
from aecore.events import Diverged, EpochEnded, Stepped
from aecore.measures.quality import elbo
from aecore.runs.spec import Spec, knobs_of
from aecore.settings import SettingsError, knobs, shorten
from aecore.training import Progress, Training, train
from aecore.variants import variants
from aecore.variational import HasPosterior

_DEFAULT = {knob.name: knob.default for knob in knobs(Training)}
# Settings that have a keyword of their own.
_KEYWORDS = ("variant", "architecture", "latent", *_DEFAULT)
# What a Spec says of its data set, which here is replaced by the rows given to fit.
_OF_DATA = ("data", *(knob.name for knob in knobs(Source.Settings)))
# How far from [0, 1] still counts as in it: a scaler to that range overshoots by rounding.
_HAIR = 1e-6
# Rows that go through the model at once.
_ROWS = 1000


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """An autoencoder of rows [n, d] of any real features, for pipelines and searches of scikit-learn.

    Letters: n rows of d features, L numbers of a code.

    variant, architecture, latent, epochs, batch_size, learning_rate, weight_decay, seed, precision: as everywhere in
        aecore (``python -m aecore reference``); equal seeds on equal data give equal results.
    likelihood: how a reconstruction is scored; ``auto`` is ``bernoulli`` where all values lie in [0, 1], else
        ``gaussian``. Choose one where scores are compared: those of two likelihoods cannot be.
    image_shape: (height, width) of the image that a row is, for architectures that look at neighbours.
    settings: every further setting by name: ``{"beta": 4.0, "width": 128, "corruption": "masking", "level": 0.3}``.

    Bernoulli takes values as they are. The other likelihoods see each feature less its mean, and all of them divided
    by one number, the root of the mean variance: so the units of the data do not matter, the directions of largest
    variance still do, as in PCA (put a StandardScaler in front where they should not), and a corruption counts in that
    unit, 0 being the mean. Everything that comes out is in the units of the data again.

    Learned: ``model_``, the torch module; ``likelihood_``; ``shift_`` [d] and ``scale_``, for it sees
    ``(X - shift_) / scale_``; ``history_``, each raw loss term by name, [epochs] means over batches, of the scaled
    rows; ``n_iter_`` epochs; ``n_features_in_``.
    """

    def __init__(
        self,
        *,
        variant: str = "plain",
        architecture: str = "dense",
        latent: int = 2,
        likelihood: str = "auto",
        epochs: int = _DEFAULT["epochs"],
        batch_size: int = _DEFAULT["batch_size"],
        learning_rate: float = _DEFAULT["learning_rate"],
        weight_decay: float = _DEFAULT["weight_decay"],
        seed: int = _DEFAULT["seed"],
        precision: str = _DEFAULT["precision"],
        image_shape: tuple[int, int] | None = None,
        settings: Mapping[str, Any] | None = None,
    ):
        self.variant = variant
        self.architecture = architecture
        self.latent = latent
        self.likelihood = likelihood
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.seed = seed
        self.precision = precision
        self.image_shape = image_shape
        self.settings = settings

    def fit(self, X, y=None) -> Autoencoder:
        """This estimator, trained on rows X [n, d]; ``y`` [n], where whole numbers, are classes for variants that ask.

        ValueError for rows that are no finite numbers; SettingsError, a ValueError of one sentence, for a setting
        that is not allowed, for values outside [0, 1] under Bernoulli, and for training that diverged.
        """
        X = validate_data(self, X, dtype=(np.float64, np.float32))
        labels = _labels(y, len(X))
        self.likelihood_ = self._likelihood(X)
        spec, shape = self._spec(), self._shape(X.shape[1])
        self._check_labels(y)
        self.shift_, self.scale_ = _scaling(X, self.likelihood_)
        data = Split(self._scaled(X).reshape(len(X), *shape), labels)
        facts = Facts(data.images.mean(0), len(data), int(labels.max()) + 1)
        with _one_thread():
            self.model_ = spec.model(facts)
            self.history_ = _trained(self.model_, data, spec.training)
        self.n_iter_ = spec.training.epochs
        return self

    def transform(self, X) -> np.ndarray:
        """[n, L] codes of rows X [n, d], in the number type of X; the posterior mean where there is a posterior."""
        X = self._validated(X)
        model = _exact(self.model_)
        codes = _in_parts(lambda rows: model.encode(rows.reshape(-1, 1, *model.shape)), self._scaled(X, np.float64))
        return codes.astype(X.dtype)

    def inverse_transform(self, X) -> np.ndarray:
        """[n, d] rows decoded from codes X [n, L], in their number type: the mean given the code, not clipped."""
        check_is_fitted(self)
        codes = check_array(X, dtype=(np.float64, np.float32), input_name="X")
        if codes.shape[1] != self.model_.latent:
            raise ValueError(f"a code has {self.model_.latent} numbers, got rows of {codes.shape[1]}")
        model = _exact(self.model_)
        rows = _in_parts(lambda part: model.likelihood.mean(model.decode(part)).flatten(1), codes.astype(np.float64))
        return (rows * self.scale_ + self.shift_).astype(codes.dtype)

    def score(self, X, y=None) -> float:
        """How well rows X [n, d] are modelled, a mean over rows; higher is better.

        With a posterior: the evidence lower bound in nats, one code drawn a row, of the density of X in its own units.
        Without: minus the squared error of the reconstruction, summed over features, in the squared unit of X.
        ValueError for values outside [0, 1] where the bound is a Bernoulli's.
        """
        X = self._validated(X)
        if not isinstance(self.model_, HasPosterior):
            rebuilt = self.inverse_transform(self.transform(X.astype(np.float64)))
            return -float(np.square(rebuilt - X).sum(1).mean())
        if self.likelihood_ == "bernoulli":
            _check_unit_interval(X)
        self._check_labels(y)
        images = self._scaled(X).reshape(len(X), *self.model_.shape)
        # The density of x = mean + scale * u is that of u over scale^d.
        return elbo(self.model_, Split(images, _labels(y, len(X)))) - X.shape[1] * math.log(self.scale_)

    @property
    def _n_features_out(self) -> int:
        return self.model_.latent

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _check_labels(self, y) -> None:
        if y is None and variants[self.variant].needs_labels:
            raise SettingsError(f"{self.variant} goes by labels: give y, the class of each row, from 0 on")

    def _likelihood(self, X: np.ndarray) -> str:
        if self.likelihood == "auto":
            fitting = "bernoulli" if _in_unit_interval(X) else "gaussian"
            choices = knobs_of({"variant": _plain(self.variant)})["likelihood"].choices
            return fitting if fitting in choices else choices[0]
        if self.likelihood == "bernoulli":
            _check_unit_interval(X)
        return self.likelihood

    def _spec(self) -> Spec:
        """What is trained, all but the data; SettingsError for what is not allowed."""
        own = {name: _plain(getattr(self, name)) for name in _KEYWORDS}
        return Spec(**own, **_further(self.settings), likelihood=self.likelihood_)

    def _shape(self, features: int) -> tuple[int, int]:
        """Height and width of the image that a row is."""
        if self.image_shape is None:
            if architectures[self.architecture].smallest > 1:
                raise SettingsError(
                    f"image_shape must be (height, width) for the {self.architecture} architecture, got None"
                )
            return 1, features
        sides = tuple(self.image_shape) if np.iterable(self.image_shape) else ()
        if len(sides) != 2 or not all(isinstance(s, int | np.integer) and s > 0 for s in sides):
            raise SettingsError(f"image_shape must be (height, width) in pixels, got {shorten(self.image_shape)}")
        if sides[0] * sides[1] != features:
            raise SettingsError(
                f"image_shape must multiply to the {features} features of a row, got {sides[0]}x{sides[1]}"
            )
        return int(sides[0]), int(sides[1])

    def _validated(self, X) -> np.ndarray:
        check_is_fitted(self)
        return validate_data(self, X, dtype=(np.float64, np.float32), reset=False)

    def _scaled(self, X: np.ndarray, dtype: type = np.float32) -> np.ndarray:
        """A copy of rows [n, d] as the model sees them."""
        return ((X - self.shift_) / self.scale_).astype(dtype)


def _further(settings: Any) -> dict[str, Any]:
    """The settings without a keyword, by name; SettingsError for what can only be a slip."""
    if settings is None:
        return {}
    if not isinstance(settings, Mapping) or not all(isinstance(name, str) for name in settings):
        raise SettingsError(f"settings must map names to values, got {shorten(settings)}")
    for name in settings:
        if name in (*_KEYWORDS, "likelihood"):
            raise SettingsError(f"{name} has a keyword of its own: give {name}=..., not settings={{{name!r}: ...}}")
        if name in _OF_DATA:
            raise SettingsError(f"there is no setting {name} here: what is learned from is the X given to fit")
    return {name: _plain(value) for name, value in settings.items()}


def _scaling(X: np.ndarray, likelihood: str) -> tuple[np.ndarray, float]:
    """Mean [d] and scale that the model's rows are taken by; all zeros, and 1, under Bernoulli."""
    if likelihood == "bernoulli":
        return np.zeros(X.shape[1]), 1.0
    mean = X.mean(0, dtype=np.float64)
    centred = X - mean
    # Squares of very large or very small numbers leave the range of floats: measure by the largest first.
    largest = float(np.abs(centred).max())
    # A constant feature leaves nothing but rounding; dividing by that would blow it up.
    if largest <= 8 * np.finfo(X.dtype).eps * float(np.abs(X).max()):
        return mean, 1.0
    return mean, largest * math.sqrt(np.square(centred / largest).mean())


def _trained(model: torch.nn.Module, data: Split, how: Training) -> dict[str, np.ndarray]:
    """Trains ``model`` in place; each raw loss term by name, [epochs] means over an epoch's batches."""
    batches: list[Mapping[str, Tensor]] = []
    epochs: list[dict[str, float]] = []
    for event in train(data, how, Progress(model, how)):
        match event:
            case Stepped(terms=terms):
                batches.append(terms)
            case EpochEnded():
                epochs.append({name: float(torch.stack([b[name] for b in batches]).mean()) for name in batches[0]})
                batches.clear()
            case Diverged(advice=advice):
                raise SettingsError(advice)
    return {name: np.array([epoch[name] for epoch in epochs]) for name in epochs[0]}


def _exact(model: torch.nn.Module) -> torch.nn.Module:
    """A copy in float64: in float32 a row's code would depend, in its last digits, on the rows beside it."""
    return copy.deepcopy(model).double()


@torch.no_grad()
def _in_parts(compute: Callable[[Tensor], Tensor], rows: np.ndarray) -> np.ndarray:
    """[n, ...] ``compute`` of rows [n, ...], as float64."""
    parts = [compute(torch.from_numpy(np.array(rows[i : i + _ROWS]))) for i in range(0, len(rows), _ROWS)]
    return torch.cat(parts).double().numpy()


def _labels(y: Any, n: int) -> np.ndarray:
    """[n] int64 classes, all 0 where ``y`` is none or not whole numbers."""
    if y is None:
        return np.zeros(n, np.int64)
    given = np.asarray(y)
    check_consistent_length(given, np.empty(n))
    whole = given.ndim == 1 and given.dtype.kind in "iub"
    return given.astype(np.int64) if whole else np.zeros(n, np.int64)


def _in_unit_interval(X: np.ndarray) -> bool:
    return bool(X.min() >= -_HAIR and X.max() <= 1 + _HAIR)


def _check_unit_interval(X: np.ndarray) -> None:
    if not _in_unit_interval(X):
        raise SettingsError(
            f"bernoulli needs values from 0 to 1, got {X.min():g} to {X.max():g}: scale them or choose gaussian"
        )


def _plain(value: Any) -> Any:
    """A number of numpy's, as a search over np.arange gives, as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


@contextmanager
def _one_thread() -> Iterator[None]:
    """One intra-op thread: small models train faster so, and the same whatever number the caller has set."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""The autoencoder as a scikit-learn estimator: rows in, codes out, and back."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sized
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data
from torch import Tensor

from aecore import arrays
from aecore.capabilities import Conditional
from aecore.classes import classes_of, numbered
from aecore.dataset import MOST_CLASSES, Facts, Split
from aecore.fitting import exact, in_parts, in_vain, trained
from aecore.keywords import DEFAULT, likelihood_of, shape_of, spec_of
from aecore.likelihood import likelihoods
from aecore.measures.quality import elbo
from aecore.rows import check_rows, not_probabilities, scaling
from aecore.settings import SettingsError
from aecore.threads import torch_limited
from aecore.variants import variants
from aecore.variational import HasPosterior


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """An autoencoder of rows [n, d] of any real features, for pipelines and searches of scikit-learn.

    Letters: n rows of d features, L code dimensions, C classes.

    variant, architecture, batch_size, learning_rate, weight_decay, precision: as everywhere in aecore
        (``python -m aecore reference``).
    latent, seed: as there, 2 and 0 where nothing is given; ``n_components`` and ``random_state`` are other names for
        them, of which the latter may be a RandomState too. Equal seeds on equal data give equal results.
    epochs: how often each row is seen; None is 25 or, of few rows, as many as make 60 steps.
    likelihood: how a reconstruction is scored; ``auto`` is ``bernoulli`` where all values lie in [0, 1], and for
        variants with a posterior a quarter at least near an end, else ``gaussian``. Choose one where scores are
        compared: those of two likelihoods cannot be.
    image_shape: (height, width) of the image that a row is, for architectures that look at neighbours.
    settings: every further setting by name: ``{"beta": 4.0, "width": 128, "corruption": "masking", "level": 0.3}``.

    Bernoulli takes values as they are. The other likelihoods see each feature less its mean, and all of them divided
    by one number, the root of the mean variance: so the units of the data do not matter, the directions of largest
    variance still do, as in PCA (put a StandardScaler in front where they should not), and a corruption counts in that
    unit, 0 being the mean. Everything that comes out is in the units of the data again.

    Variants that go by labels (``cvae``, ``multitask``) take any classes as ``y``: text, flags, whole numbers.

    Learned: ``model_``, the torch module; ``likelihood_``; ``shift_`` [d] and ``scale_``, for it sees
    ``(X - shift_) / scale_``; ``history_``, each raw loss term by name, [epochs] means over batches, of the scaled
    rows; ``n_iter_`` epochs; ``n_features_in_``; ``classes_`` [C], sorted, of a variant that goes by labels.
    """

    def __init__(
        self,
        *,
        variant: str = "plain",
        architecture: str = "dense",
        latent: int | None = None,
        likelihood: str = "auto",
        epochs: int | None = None,
        batch_size: int = DEFAULT["batch_size"],
        learning_rate: float = DEFAULT["learning_rate"],
        weight_decay: float = DEFAULT["weight_decay"],
        seed: int | None = None,
        precision: str = DEFAULT["precision"],
        image_shape: tuple[int, int] | None = None,
        settings: Mapping[str, Any] | None = None,
        n_components: int | None = None,
        random_state: int | np.random.RandomState | None = None,
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
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X, y=None) -> Autoencoder:
        """This estimator, trained on rows X [n, d]; ``y`` [n] are their classes, for variants that go by labels.

        ValueError for rows that are no finite numbers; SettingsError, a ValueError of one sentence, for a setting
        that is not allowed, for values outside [0, 1] under Bernoulli, for ``y`` that is no class of each row, and for
        training that diverged. ConvergenceWarning where training was short and gained less than half of what PCA does
        with as many numbers, or where the mean would rebuild the rows as well.
        """
        X = self._rows(X, reset=True)
        labels = self._learned_labels(y, len(X))
        given = self.get_params(deep=False)
        self.likelihood_ = likelihood_of(given, X)
        spec, shape = spec_of(given, self.likelihood_, len(X)), shape_of(given, X.shape[1])
        self.shift_, self.scale_ = scaling(X, self._reads_probabilities)
        data = Split(self._scaled(X).reshape(len(X), *shape), labels)
        facts = Facts(data.images.mean(0), len(data), int(labels.max()) + 1)
        # Small models train faster so, and the same whatever number the caller has set.
        with torch_limited():
            self.model_ = spec.model(facts)
            self.history_ = trained(self.model_, data, spec.training)
            said = in_vain(self.model_, data, spec.training)
        if said:
            warnings.warn(said, ConvergenceWarning, stacklevel=2)
        self.n_iter_ = spec.training.epochs
        return self

    def transform(self, X) -> np.ndarray:
        """[n, L] codes of rows X [n, d], in the number type of X; the posterior mean where there is a posterior.

        Under Bernoulli noise may have carried values beyond [0, 1]; ValueError for another scale.
        """
        X = self._validated(X, arrays.FAR)
        model = exact(self.model_)
        codes = in_parts(lambda rows: model.encode(rows.reshape(-1, 1, *model.shape)), self._scaled(X, np.float64))
        return codes.astype(X.dtype)

    def inverse_transform(self, X, y=None) -> np.ndarray:
        """[n, d] rows decoded from codes X [n, L], in their number type: the mean given the code, not clipped.

        A conditional variant (``cvae``) decodes them as rows of the classes ``y`` [n], or of the one class ``y``;
        without, as the mean of what each of its classes decodes to, all weighed alike. ValueError for codes of another
        length and for classes that were not learned.
        """
        check_is_fitted(self)
        codes = arrays.matrix(X, "X")
        if codes.shape[1] != self.model_.latent:
            raise ValueError(f"a code has {self.model_.latent} dimensions, got rows of {codes.shape[1]}")
        codes = codes if codes.dtype == np.float32 else codes.astype(np.float64)
        arrays.codes(codes, self.model_.latent, "X")
        model = exact(self.model_)

        def rows_of(part: Tensor, *own: Tensor) -> Tensor:
            outputs = model.decode_as(part, own[0].long()) if own else model.decode(part)
            return model.likelihood.mean(outputs).flatten(1)

        rows = in_parts(rows_of, codes.astype(np.float64), *self._asked_labels(y, len(codes)))
        return (rows * self.scale_ + self.shift_).astype(codes.dtype)

    def score(self, X, y=None) -> float:
        """How well rows X [n, d] are modelled, a mean over rows; higher is better.

        With a posterior: the evidence lower bound in nats, one code drawn a row, of the density of X in its own units.
        Without: minus the squared error of the reconstruction, summed over features, in the squared unit of X.
        A Bernoulli's bound counts values beyond [0, 1], as held-out rows have them, as the nearest end: no decoder
        reaches farther. ValueError for another scale (half of the rows are farther out than 1), and, where labels are
        gone by, for a class that was not learned.
        """
        X = self._validated(X, 1.0 if self._scores_by_chance() else arrays.FAR)
        labels = self._known_labels(y, len(X))
        if not isinstance(self.model_, HasPosterior):
            rebuilt = self.inverse_transform(self.transform(X.astype(np.float64)))
            return -float(np.square(rebuilt - X).sum(1).mean())
        seen = X.clip(0, 1) if self._reads_probabilities else X
        images = self._scaled(seen).reshape(len(X), *self.model_.shape)
        # The density of x = mean + scale * u is that of u over scale^d.
        return elbo(self.model_, Split(images, labels)) - X.shape[1] * math.log(self.scale_)

    @property
    def _n_features_out(self) -> int:
        return self.model_.latent

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _learned_labels(self, y: Any, rows: int) -> np.ndarray:
        """[n] int64 the class of each row, from 0 on; all 0 where the variant does not go by labels."""
        vars(self).pop("classes_", None)
        if variants[self.variant].needs_labels:
            if y is None:
                raise SettingsError(f"{self.variant} needs labels: give y, the class of each row")
            _check_length(y, rows)
            self.classes_ = classes_of(y, rows, MOST_CLASSES)
            return numbered(y, rows, self.classes_)
        if y is not None:
            _check_length(y, rows)
        return np.zeros(rows, np.int64)

    def _known_labels(self, y: Any, rows: int) -> np.ndarray:
        """[n] the classes ``y`` as numbers, to score by; 0 where there are none and none are needed."""
        if y is not None:
            _check_length(y, rows)
        if not self.model_.needs_labels or (y is None and not isinstance(self.model_, Conditional)):
            return np.zeros(rows, np.int64)
        if y is None:
            raise SettingsError(f"{self.variant} needs labels: give y, the class of each row")
        return numbered(y, rows, self.classes_)

    def _asked_labels(self, y: Any, rows: int) -> list[np.ndarray]:
        """The classes to decode as, [n] in a list of one; none where the mean over classes is asked for."""
        if y is None:
            return []
        if not isinstance(self.model_, Conditional):
            raise SettingsError(f"{self.variant} takes no classes: leave y out")
        return [numbered([y] * rows if _is_one(y) else y, rows, self.classes_)]

    @property
    def _reads_probabilities(self) -> bool:
        return likelihoods[self.likelihood_].in_unit_interval

    def _rows(self, X, reset: bool) -> np.ndarray:
        """[n, d] finite rows as floats; the sentences that scikit-learn has not, or has in several lines, are ours."""
        X = arrays.untied(X, "X")
        check_rows(X)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=reset, ensure_all_finite=False)
        return arrays.finite(X, "X")

    def _validated(self, X, far: float) -> np.ndarray:
        """The rows X [n, d], as fit has seen them; SettingsError where Bernoulli's are ``far`` from [0, 1]."""
        check_is_fitted(self)
        X = self._rows(X, reset=False)
        # Of held-out rows a few values are beyond what was learned from; of rows on another scale, most rows are.
        if self._reads_probabilities and np.median(np.maximum(-X, X - 1).max(1)) > far:
            raise not_probabilities(X)
        return X

    def _scores_by_chance(self) -> bool:
        """Whether ``score`` is a bound on how probable rows are."""
        check_is_fitted(self)
        return isinstance(self.model_, HasPosterior)

    def _scaled(self, X: np.ndarray, dtype: type = np.float32) -> np.ndarray:
        """A copy of rows [n, d] as the model sees them."""
        return ((X - self.shift_) / self.scale_).astype(dtype)


def _is_one(y: Any) -> bool:
    """Whether ``y`` is one class rather than one a row."""
    if isinstance(y, str | bytes) or not isinstance(y, Sized):
        # What says itself how it becomes an array may have no length of its own.
        return not np.asarray(y).ndim
    return isinstance(y, np.ndarray) and not y.ndim


def _check_length(y: Any, rows: int) -> None:
    if _is_one(y):
        raise SettingsError(f"y must be one class a row, [{rows}], got {arrays.kind(y)}")
    check_consistent_length(y if isinstance(y, Sized) else np.asarray(y), np.empty(rows))

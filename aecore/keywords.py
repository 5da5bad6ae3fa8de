"""What the keywords of an estimator ask for, read as settings: also under scikit-learn's names and as numpy's numbers.

Letters: n rows of d features. ``given`` are all keywords by name, with None where nothing is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from aecore.architectures import architectures
from aecore.dataset import Source, with_labelled
from aecore.fitting import enough_epochs
from aecore.likelihood import likelihoods
from aecore.rows import fits_bernoulli, in_unit_interval, not_probabilities
from aecore.runs.choices import knobs_of
from aecore.runs.spec import Spec
from aecore.settings import SettingsError, knobs, shorten
from aecore.training import Training
from aecore.variants import variants
from aecore.variational import HasPosterior

DEFAULT = {knob.name: knob.default for knob in knobs(Training)}
# Settings that have a keyword of their own.
OWN = ("variant", "architecture", "latent", *DEFAULT)
# scikit-learn's names for two of them, and what those two are where neither name is given.
ALIASES = {"latent": ("n_components", 2), "seed": ("random_state", DEFAULT["seed"])}
# What a Spec says of its data set, which an estimator replaces by the rows given to fit.
OF_DATA = ("data", *(knob.name for knob in knobs(with_labelled(Source.Settings))))
# The largest that a RandomState draws.
LARGEST_SEED = 2**31 - 1


def likelihood_of(given: Mapping[str, Any], X: np.ndarray) -> str:
    """The name of the likelihood of rows X [n, d]: of ``auto`` what fits them; SettingsError for one that cannot."""
    asked = given["likelihood"]
    if asked == "auto":
        variant = _plain(given["variant"])
        fitting = "bernoulli" if fits_bernoulli(X, issubclass(variants[variant], HasPosterior)) else "gaussian"
        choices = knobs_of({"variant": variant})["likelihood"].choices
        return fitting if fitting in choices else choices[0]
    # One that there is not is refused with the rest of the settings.
    known = str(asked) in likelihoods
    if known and likelihoods[str(asked)].in_unit_interval and not in_unit_interval(X):
        raise not_probabilities(X)
    return asked


def spec_of(given: Mapping[str, Any], likelihood: str, rows: int) -> Spec:
    """What is trained on so many rows, all but the data; SettingsError for what is not allowed."""
    own = {name: _plain(given[name]) for name in OWN} | {name: _named(name, given) for name in ALIASES}
    if own["epochs"] is None:
        own["epochs"] = enough_epochs(rows, own["batch_size"])
    try:
        return Spec(**own, **_further(given["settings"]), likelihood=likelihood)
    except SettingsError as refusal:
        for name, (alias, _) in ALIASES.items():
            if str(refusal).startswith(f"{name} must") and given[alias] is not None:
                raise SettingsError(f"{alias} names {name}: {refusal}") from None
        raise


def shape_of(given: Mapping[str, Any], features: int) -> tuple[int, int]:
    """Height and width of the image that a row of so many features is."""
    shape, architecture = given["image_shape"], given["architecture"]
    if shape is None:
        if architectures[architecture].smallest > 1:
            raise SettingsError(f"image_shape must be (height, width) for the {architecture} architecture, got None")
        return 1, features
    sides = tuple(shape) if np.iterable(shape) else ()
    if len(sides) != 2 or not all(isinstance(s, int | np.integer) and s > 0 for s in sides):
        raise SettingsError(f"image_shape must be (height, width) in pixels, got {shorten(shape)}")
    if sides[0] * sides[1] != features:
        raise SettingsError(f"image_shape must multiply to the {features} features of a row, got {sides[0]}x{sides[1]}")
    return int(sides[0]), int(sides[1])


def _named(name: str, given: Mapping[str, Any]) -> Any:
    """The setting ``name``, given by that name or by scikit-learn's; SettingsError where both say different."""
    alias, default = ALIASES[name]
    own, other = _plain(given[name]), _plain(given[alias])
    if own is not None and other is not None and (type(own) is not type(other) or own != other):
        raise SettingsError(
            f"{alias} and {name} are two names of one setting, got {shorten(other)} and {shorten(own)}: give one"
        )
    if isinstance(other, np.random.RandomState):
        return int(other.randint(LARGEST_SEED))
    return next((value for value in (own, other) if value is not None), default)


def _further(settings: Any) -> dict[str, Any]:
    """The settings without a keyword, by name; SettingsError for what can only be a slip."""
    if settings is None:
        return {}
    if not isinstance(settings, Mapping) or not all(isinstance(name, str) for name in settings):
        raise SettingsError(f"settings must map names to values, got {shorten(settings)}")
    for name in settings:
        if name in (*OWN, "likelihood"):
            raise SettingsError(f"{name} has a keyword of its own: give {name}=..., not settings={{{name!r}: ...}}")
        if name in OF_DATA:
            raise SettingsError(f"there is no setting {name} here: what is learned from is the X given to fit")
    return {name: _plain(value) for name, value in settings.items()}


def _plain(value: Any) -> Any:
    """A number of numpy's, as a search over np.arange gives, as Python's own."""
    return value.item() if isinstance(value, np.generic) else value

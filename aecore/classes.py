"""Classes as people name them: text, bytes, flags, whole numbers of any size, with gaps, in any container."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from aecore import arrays
from aecore.settings import SettingsError, shorten

# Classes that a sentence names, of more.
NAMED = 8


def classes_of(y: Any, rows: int, most: int) -> np.ndarray:
    """[C] the different classes in ``y``, the class of each of ``rows`` rows, sorted, as scikit-learn's ``classes_``.

    SettingsError, in one sentence, for what is no class of each row, for one class only, and for more than ``most``.
    """
    given = _column(y, rows)
    try:
        found = np.unique(given)
    except TypeError:
        kinds = sorted({type(value).__name__ for value in given.tolist()})
        raise SettingsError(f"y must be classes of one kind, such as text alone, got {' and '.join(kinds)}") from None
    if len(found) < 2:
        raise SettingsError(f"y must hold two classes at least, got {_listed(found.tolist())} alone")
    if len(found) > most:
        raise SettingsError(f"y must hold {most:,} different classes at most, got {len(found):,}: merge the rare ones")
    return found


def numbered(y: Any, rows: int, classes: np.ndarray) -> np.ndarray:
    """[n] int64 where in ``classes`` [C] each class of ``y`` stands; SettingsError that names those not there."""
    places = {name: place for place, name in enumerate(classes.tolist())}
    given = _column(y, rows).tolist()
    unknown = list(dict.fromkeys(name for name in given if name not in places))
    if unknown:
        several = len(unknown) > 1
        raise SettingsError(
            f"y has the class{'es' * several} {_listed(unknown)}, which {'were' if several else 'was'} not among those "
            f"learned, {_listed(list(places))}: fit on rows of every class, as a stratified split does"
        )
    return np.array([places[name] for name in given], np.int64)


def _column(y: Any, rows: int) -> np.ndarray:
    """[n] the class of each row as it was given, in a type that tells classes apart; SettingsError if there is none."""
    try:
        given = _kept_apart(arrays.untied(y, "y"))
    except ValueError as refusal:
        raise SettingsError(str(refusal)) from None
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    if given.ndim != 1 or len(given) != rows:
        fix = ": for one column a class give y.argmax(1)" if given.ndim == 2 and len(given) == rows else ""
        got = f"{list(given.shape)}{fix}" if given.ndim else arrays.kind(y)
        raise SettingsError(f"y must be one class a row, [{rows}], got {got}")
    missing = sum(map(_missing, given.tolist())) if given.dtype.kind in "fOMm" else 0
    if missing:
        raise SettingsError(
            f"y must be a class of each row, got None or nan for {missing:,} of {rows:,} rows: leave these out"
        )
    odd = next((value for value in given.tolist() if not _is_class(value)), None)
    if odd is not None:
        raise SettingsError(
            f"y must be classes (text, or whole numbers), got {shorten(odd)}: bin it, or take a variant without labels"
        )
    return given


def _kept_apart(y: Any) -> np.ndarray:
    """``y`` as an array in which 1 and "1" stay different, and whole numbers whole."""
    if not isinstance(y, list | tuple):
        return np.asarray(y)
    try:
        exact = np.array(y, object)
    except ValueError:
        # Rows of different lengths, of which nothing is told here but that they are no classes.
        return np.array([None, *y], object)[1:]
    kinds = {bool if isinstance(value, np.bool_) else type(value) for value in exact.flat}
    return np.asarray(y) if len(kinds) == 1 and not kinds & {int, list, type(None)} else _whole(exact)


def _whole(exact: np.ndarray) -> np.ndarray:
    """Python's whole numbers as numpy's where these hold them; everything else as it is."""
    if not all(isinstance(value, int | np.integer) and not isinstance(value, bool) for value in exact.flat):
        return exact
    try:
        return exact.astype(np.int64)
    except OverflowError:
        return exact


def _missing(value: Any) -> bool:
    """Whether ``value`` stands for no value: None, nan, and what tables write for it."""
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):
        # What pandas has for it can be compared with nothing.
        return not isinstance(value, Sequence)


def _is_class(value: Any) -> bool:
    if isinstance(value, complex):
        return False
    return value.is_integer() if isinstance(value, float) else isinstance(value, Hashable)


def _listed(names: list[Any]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(shorten(repr(name)) for name in names[:NAMED]) + more

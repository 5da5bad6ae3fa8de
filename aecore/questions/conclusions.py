"""What trained models side by side show, in sentences that are true of the very models in view.

A rule looks at all columns and says one sentence, or nothing where it has nothing to say. Errors are squared errors of
the reconstruction of an image, summed over pixels, mean over images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aecore.kind import numeral
from aecore.measures.strangers import HELD_OUT
from aecore.questions.findings import Findings
from aecore.runs.naming import differing
from aecore.runs.spec import Spec
from aecore.runs.verdict import LEAST_EXPLAINED

T = TypeVar("T")

# Errors that differ by less than this share are called equal: another seed would change them by as much.
SAME = 0.02
# So many times as large on held-out images as on those learned from, an error says that these are known by heart.
BY_HEART = 3.0
# What a copier leaves of an image it has never seen the like of, as a share of what the mean image leaves.
COPIES = 0.1


@dataclass(frozen=True)
class Column:
    """A trained model in view: its name, its spec, its error on training and on held-out images, and its findings.

    The ``name`` begins with the ``letter`` that stands for it where several are told one after the other.
    """

    letter: str
    name: str
    spec: Spec
    train: float
    heldout: float
    found: Findings


def conclusions(columns: Sequence[Column]) -> list[str]:
    """What the ``columns`` show, as Markdown: one sentence a rule that applies."""
    return [said for rule in RULES if (said := rule(columns))]


def nothing_learned(columns: Sequence[Column]) -> str:
    """Which columns do no better than the mean image on the very images that they learned from."""
    flat = [c for c in columns if c.train > (1 - LEAST_EXPLAINED) * c.found.mean_image_train]
    if not flat:
        return ""
    told, mean = _each((c.letter, c.train) for c in flat), flat[0].found.mean_image_train
    return (
        f"Nothing learned: squared error on training images {told}; always answering with their mean image: {mean:.2f}."
    )


def nearest(columns: Sequence[Column]) -> str:
    """Which column rebuilds held-out images best."""
    if len(columns) < 2:
        return ""
    ranked = sorted(columns, key=lambda column: column.heldout)
    best, worst, mean = ranked[0], ranked[-1], ranked[0].found.mean_image
    told = _each((column.letter, column.heldout) for column in ranked)
    if worst.heldout <= best.heldout * (1 + SAME):
        return f"Held-out images are rebuilt equally well: squared error {told} (the mean image: {mean:.2f})."
    return f"Held-out images are rebuilt best by **{best.name}**: squared error {told} (the mean image: {mean:.2f})."


def against_pca(columns: Sequence[Column]) -> str:
    """Which columns come nearer to held-out images than PCA with as many components."""
    known = [column for column in columns if column.found.pca is not None]
    told = {
        word: _each((column.letter, f"{column.heldout:.2f} against {column.found.pca:.2f}") for column in chosen)
        for word, chosen in (
            ("Better than", [column for column in known if column.heldout < column.found.pca]),
            ("Not better than", [column for column in known if column.heldout >= column.found.pca]),
        )
        if chosen
    }
    return " ".join(f"{word} PCA with as many components: {names}." for word, names in told.items())


def by_heart(columns: Sequence[Column]) -> str:
    """Which columns know their training images, and not the others."""
    learned = [c for c in columns if c.heldout > BY_HEART * c.train and c.heldout > SAME * c.found.mean_image]
    if not learned:
        return ""
    told = _each((c.letter, f"{c.train:.2f} on training images, {c.heldout:.2f} on held-out ones") for c in learned)
    worse = [c.name for c in learned if c.heldout >= c.found.mean_image]
    mean = learned[0].found.mean_image
    more = f"; on held-out images the mean image ({mean:.2f}) beats {_names(worse)}" if worse else ""
    return f"Training images memorised: squared error {told}{more}."


def one_setting(columns: Sequence[Column]) -> str:
    """A sentence on how errors change with the one number that the columns differ in."""
    names = differing([column.spec for column in columns])
    if len(names) != 1:
        return ""
    values = [column.spec.flat()[names[0]] for column in columns]
    return along(names[0], values, [column.train for column in columns], [column.heldout for column in columns])


def along(name: str, values: Sequence[object], train: Sequence[float], heldout: Sequence[float]) -> str:
    """A sentence on how training and held-out errors change with the values of the setting ``name``.

    Empty for settings that are not numbers, and for fewer than two values.
    """
    if len(values) < 2 or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return ""
    ordered = sorted(zip(values, train, heldout, strict=True))
    gaps = {value: held - learned for value, learned, held in ordered}
    errors = {value: held for value, _, held in ordered}
    title, said = name.replace("_", " "), ", ".join(map(numeral, gaps))
    parts = [
        f"{what} {', '.join(f'{number:.2f}' for number in found.values())}, least at {numeral(_least(found))}"
        for what, found in (("held-out squared error", errors), ("its gap to that of training images", gaps))
    ]
    return f"With {title} {said}: {'; '.join(parts)}."


def copies(columns: Sequence[Column]) -> str:
    """A sentence on who copies kinds of images it has never seen, where a code is long enough for that."""
    if not any(len(column.found.activity.mean) >= column.found.disturbed[0].size for column in columns):
        return ""
    left = {
        column.name: {kind: one.left for kind, one in column.found.strangers.items() if kind != HELD_OUT}
        for column in columns
    }
    if not all(math.isfinite(share) for shares in left.values() for share in shares.values()):
        return ""
    told = [_copied(name, shares) for name, shares in left.items()]
    return f"{' '.join(told)} (In brackets: error as a share of the mean image's.)"


def _copied(name: str, shares: Mapping[str, float]) -> str:
    """What a column copies of what it has never seen, by the share of each kind that it misses."""
    kinds = [f"{kind} ({share:.0%})" for kind, share in shares.items() if share < COPIES]
    if kinds:
        return f"**{name}** copies what it has never seen: {_listed(kinds)}."
    least = min(shares, key=shares.__getitem__)
    return f"**{name}** copies nothing that it has never seen: it comes nearest to {least} ({shares[least]:.0%})."


def slight_changes(columns: Sequence[Column]) -> str:
    """Whose code moves least where the image changes a little, where a column is held back from moving."""
    if len(columns) < 2 or not any(_held_back(column) for column in columns):
        return ""
    largest = {column.letter: float(column.found.spectrum[:, 0].mean()) for column in columns}
    moves = {column.letter: column.found.slight.code for column in columns}
    if not all(map(math.isfinite, [*largest.values(), *moves.values()])):
        return ""
    shrinks = [column.letter for column in columns if (column.found.spectrum < 1).all()]
    below = f", and all of {_names(shrinks)} are below 1" if shrinks else ""
    least = _name(columns, _least(moves))
    return (
        f"Largest singular value of the encoder's Jacobian, mean: {_each(largest.items())}{below}. Under a slight "
        f"disturbance the code of **{least}** moves least, in units of its spread: {_each(moves.items(), 4)}."
    )


def strong_noise(columns: Sequence[Column]) -> str:
    """Who gives back the clean image best from one with strong noise, where a column is held back from copying it."""
    if len(columns) < 2 or not any(_held_back(column) for column in columns):
        return ""
    errors = {column.letter: column.found.strong.restored for column in columns}
    least, told = _name(columns, _least(errors)), _each(errors.items())
    return f"From images with strong noise **{least}** comes nearest to the clean ones: squared error {told}."


def sparse(columns: Sequence[Column]) -> str:
    """How many code dimensions are active for an image, where a column is to keep most of them off."""
    if not any("sparsity" in column.spec.flat() for column in columns):
        return ""
    told = _each(
        (c.letter, f"{c.found.activity.on_per_image.mean():,.1f} of {len(c.found.activity.mean):,}") for c in columns
    )
    return f"Code dimensions active for one image, mean: {told}."


def sizes(columns: Sequence[Column]) -> str:
    """How many weights each column has, where their networks differ in shape."""
    if not {"architecture", "width", "depth", "tied", "taper", "blocks"} & set(differing([c.spec for c in columns])):
        return ""
    return f"Weights: {_each((column.letter, f'{column.found.weights:,}') for column in columns)}."


RULES: tuple[Callable[[Sequence[Column]], str], ...] = (
    nothing_learned,
    by_heart,
    one_setting,
    copies,
    slight_changes,
    strong_noise,
    sparse,
    nearest,
    against_pca,
    sizes,
)


def _held_back(column: Column) -> bool:
    """Whether a column is trained against disturbances of the image, by damage or by a penalty on the code's slope."""
    return column.spec.member("variant").corrupts or "contraction" in column.spec.flat()


def _least(values: Mapping[T, float]) -> T:
    return min(values, key=values.__getitem__)


def _name(columns: Sequence[Column], letter: str) -> str:
    return next(column.name for column in columns if column.letter == letter)


def _names(names: Sequence[str]) -> str:
    return _listed([f"**{name}**" for name in names])


def _listed(parts: Sequence[str]) -> str:
    """``A, B and C``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _each(values: Iterable[tuple[str, float | str]], digits: int = 2) -> str:
    """``A 38.21, B 20.30``."""
    return ", ".join(f"{name} {value if isinstance(value, str) else f'{value:.{digits}f}'}" for name, value in values)

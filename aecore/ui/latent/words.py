"""What the tabs of the page Latent space say of the case shown, from the very arrays that they draw.

Letters: L dimensions of a code, S steps of a walk, N images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

# Distances that differ by no more than this share count as the same.
SAME = 0.01
# Dimensions that are named one by one.
MOST_NAMED = 12
WHAT_A_MAP_DOES_NOT_SAY = {
    "UMAP": "UMAP keeps neighbours and little else: how far apart its islands lie, how large and how dense they are "
    "means nothing",
    "principal": "PCA keeps the two directions of largest spread: what lies close here may be far apart in the others",
    "code": "These are the codes themselves: distances are what they look like",
}
SPREAD_OUT = (
    "Horizontally you see the code itself; vertically the classes are only spread out, and distances mean nothing"
)


def walks(distances: Mapping[str, np.ndarray], usual: float) -> str:
    """How far walks lead from real images, and which farther: ``distances`` [S] by the walk's title.

    ``usual`` is the same distance of held-out images, on average.
    """
    said = [_peak(title, found, usual) for title, found in distances.items()]
    if len(distances) == 2 and all(np.isfinite(found).all() for found in distances.values()):
        said.append(_nearer(distances))
    return " ".join(said)


def _peak(title: str, found: np.ndarray, usual: float) -> str:
    """Where one walk is farthest from real images between its ends, and whether that is a rise."""
    if not np.isfinite(found).all():
        return f"**{title}**: its output is not an image, so it has no distance."
    between = found[1:-1] if len(found) > 2 else found
    step, end = int(between.argmax()) + (len(found) > 2), float(max(found[0], found[-1]))
    peak = float(found[step])
    if peak > end * (1 + SAME):
        rise = f"above both ends ({end:.2f} at most): a rise"
    elif peak < end * (1 - SAME):
        rise = f"below its farther end ({end:.2f}): no rise"
    else:
        rise = f"as far as its farther end ({end:.2f}): no rise"
    beyond = "beyond" if peak > usual else "within"
    return (
        f"**{title}** comes to {peak:.2f} between the ends, at step {step} of {len(found) - 1}, {rise}, and {beyond} "
        f"what held-out images have on average ({usual:.2f})."
    )


def _nearer(distances: Mapping[str, np.ndarray]) -> str:
    """Which of two walks comes less far from real images, at its farthest and step by step."""
    (one, first), (other, second) = distances.items()
    steps = len(first)
    nearer = int((first < second).sum())
    count = (
        f"{one} is nearer to a training image at {nearer} of {steps} steps, {other} at {int((second < first).sum())}"
    )
    one_peak, other_peak = (float(found[1:-1].max() if steps > 2 else found.max()) for found in (first, second))
    if abs(one_peak - other_peak) <= SAME * max(one_peak, other_peak):
        return f"Here both peak equally high; {count}."
    return f"Here {one if one_peak < other_peak else other} has the lower peak; {count}."


def dimensions(across: int, up: int, shares: np.ndarray) -> tuple[int, int]:
    """Which two of L dimensions, counted from 1, a slice moves: those asked for, 0 standing for the widest not taken.

    ``shares`` [L] are their shares of the variance.
    """
    order = [int(i) + 1 for i in np.argsort(-np.nan_to_num(shares), kind="stable")]
    across = across or next(number for number in order if number != up)
    return across, up or next(number for number in order if number != across)


def slice_use(two: Sequence[int], in_use: np.ndarray) -> str:
    """Whether both dimensions that a slice moves, counted from 1, are in use, by ``in_use`` [L]."""
    idle = [number for number in two if not in_use[number - 1]]
    if not idle:
        return ""
    others = [int(i) + 1 for i in np.flatnonzero(in_use)]
    if not others:
        return f"No dimension of this code is in use: {_named(idle)} hardly var{_ies(idle)} over the images."
    is_are = "is" if len(idle) == 1 else "are"
    return (
        f"{_named(idle).capitalize()} {is_are} not in use: over the images {'it' if len(idle) == 1 else 'they'} hardly "
        f"var{_ies(idle)}. In use: {_numbers(others)}."
    )


def slice_dots(latent: int, told: str = "") -> str:
    """How the dots of a slice and what is decoded at their places hang together.

    ``told`` is the class that a model is told which takes one.
    """
    said = "The dots are all images"
    differ = "so a dot and the picture at its place differ"
    if latent > 2:
        said += f", seen along the other code dimensions: the decoded picture keeps this image's values there, {differ}"
    elif told:
        said += ". The decoder is told this image's class, so at a dot of another class the picture differs from it"
    else:
        said += ". With two dimensions nothing else is fixed: at each dot its own code is decoded"
    return f"{said}."


def trust(axes: tuple[str, str], latent: int, trusted: float, accuracy: float, count: int, measured: int) -> str:
    """How far a map of ``count`` images can be trusted, and what it does not say."""
    said = [f"{count:,} images, {latent:,} code dimension{'s' * (latent > 1)}"]
    first = f" of the first {measured:,}" if measured < count else ""
    if latent > 2:
        said.append(f"trustworthiness{first} {trusted:.3f} (1: all neighbours on the map are real)")
    said.append(f"10 nearest codes tell the class of {accuracy:.1%}{first}")
    kind = next((word for word in WHAT_A_MAP_DOES_NOT_SAY if word in axes[0]), "code")
    alone = SPREAD_OUT if latent == 1 else WHAT_A_MAP_DOES_NOT_SAY[kind]
    return f"{', '.join(said)}. {alone}."


def correlated(found: np.ndarray, in_use: np.ndarray) -> str:
    """Which two dimensions in use hang together most, by correlations [L, L], and which are left blank."""
    rows = np.flatnonzero(in_use)
    blank = np.flatnonzero(~in_use) + 1
    left = f" Not in use, so left blank: {_numbers(blank)}." if len(blank) else ""
    if len(rows) < 2:
        return f"Fewer than two dimensions are in use: there is nothing to correlate.{left}"
    sizes = np.abs(found[np.ix_(rows, rows)])
    np.fill_diagonal(sizes, -1)
    if not np.isfinite(sizes).all():
        return f"The codes have diverged.{left}"
    one, other = np.unravel_index(sizes.argmax(), sizes.shape)
    value = found[rows[one], rows[other]]
    return f"Most correlated are dimensions {rows[one] + 1} and {rows[other] + 1}: r = {value:.2f}.{left}"


def rewound(latent: int) -> str:
    """What moves on the map while a run is rewound, by the code's length."""
    if latent <= 2:
        return "The axes stay fixed, so only the codes move."
    return (
        f"The scale stays. The map shows the two main directions of {latent} dimensions, found anew for each frame "
        f"and rotated to match the one before, so a dot can move just because they do."
    )


def _named(numbers: Sequence[int]) -> str:
    return f"code dimension{'s' * (len(numbers) > 1)} {_numbers(numbers)}"


def _ies(numbers: Sequence[int]) -> str:
    return "ies" if len(numbers) == 1 else "y"


def _numbers(numbers: Sequence[int]) -> str:
    """The numbers one by one; of many the first few, and how many more."""
    said = ", ".join(f"{number}" for number in numbers[:MOST_NAMED])
    more = len(numbers) - MOST_NAMED
    return f"{said} and {more} more" if more > 0 else said

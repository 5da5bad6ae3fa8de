"""What the tabs of the page PCA say of the case shown, from the very arrays that they draw.

Letters: k components or code dimensions kept, K of them at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aecore.figures.race import Descent

# Errors that differ by no more than this share count as the same.
SAME = 0.01


def against(name: str, value: float, other: float) -> str:
    """How much a model called ``name`` loses, measured by what another loses: more, less, or as much within 1 %."""
    if not (np.isfinite(value) and np.isfinite(other) and other > 0):
        return f"{name} {value:.2f}"
    change = value / other - 1
    if abs(change) <= SAME:
        return f"{name} {value:.2f}, the same within 1 %"
    return f"{name} {value:.2f}, {abs(change):.0%} {'more' if change > 0 else 'less'}"


def components(variances: np.ndarray) -> str:
    """How many components hold half and how many 90 % of ``variances`` [K], largest first."""
    total = float(variances.sum())
    if not total > 0:
        return "These images do not differ: there is no variance to explain."
    together = np.cumsum(variances) / total
    half, most = (int(np.searchsorted(together, share)) + 1 for share in (0.5, 0.9))
    return (
        f"Here the first {_some(half, 'component')} hold{'s' * (half == 1)} {together[half - 1]:.0%} of the variance "
        f"of the training images; 90 % takes {most:,}."
    )


def centring(likeness: float) -> str:
    """What the first direction would be without centring, by its cosine with the mean image."""
    if likeness > 0.9:
        return f"without it the first direction found is nearly the mean image itself (cosine {likeness:.3f})"
    return f"without it the directions found are others (the first has a cosine of {likeness:.3f} with the mean image)"


def span(angles: np.ndarray, goal: float) -> str:
    """Whether a decoder's span is PCA's: ``angles`` [K] in degrees, the largest first, within ``goal`` of it."""
    if not np.isfinite(angles).all():
        return "It has diverged: there is no span to compare."
    within = "under" if angles[0] < goal else "not under"
    return f"Largest angle {angles[0]:.2f} degrees, median {np.median(angles):.2f}: {within} the goal of {goal:g}."


def axes(angles: np.ndarray, goal: float) -> str:
    """Whether a decoder's own columns are PCA's components: ``angles`` [K] in degrees between each and the nearest."""
    if not np.isfinite(angles).all():
        return ""
    found, farthest = int((angles < goal).sum()), float(angles.max())
    if found == len(angles):
        return f"Its own axes are PCA's, {farthest:.1f} degrees off at most."
    if not found:
        return f"Its own axes are not PCA's: from {angles.min():.1f} to {farthest:.1f} degrees off."
    return f"Of its own axes {found} of {len(angles)} are PCA's; the farthest is {farthest:.1f} degrees off."


def ties(angles: np.ndarray, excess: np.ndarray) -> str:
    """Whether the component found worst, by ``angles`` [K] in degrees, is the one whose variance ties most nearly.

    ``excess`` [K] tells by how many % each variance exceeds that of the first component left out.
    """
    if len(angles) < 2 or not (np.isfinite(angles).all() and np.isfinite(excess).all()):
        return ""
    worst, nearest = int(angles.argmax()), int(excess.argmin())
    said = f"Farthest from the span is component {worst + 1}, by {angles[worst]:.2f} degrees; "
    if worst == nearest:
        return f"{said}it is also the one closest to a tie, {excess[worst]:.1f} % above component {len(angles) + 1}."
    return (
        f"{said}closest to a tie is component {nearest + 1}, {excess[nearest]:.1f} % above component "
        f"{len(angles) + 1}, which is {angles[nearest]:.2f} degrees off."
    )


def price(sizes: Sequence[int], pca: Sequence[float], models: Mapping[str, Mapping[int, float]]) -> str:
    """What each of ``models`` loses by code size, beside PCA with as many components, at the largest common size."""
    known = dict(zip(sizes, pca, strict=True))
    at = [size for size in known if models and all(size in found for found in models.values())]
    if not at:
        return ""
    size = max(at)
    said = "; ".join(against(name, found[size], known[size]) for name, found in models.items())
    return f"With {_some(size, 'code dimension')} PCA loses {known[size]:.2f} per held-out image; {said}."


def race(pca: Sequence[Descent], runs: Sequence[Descent]) -> str:
    """When each of ``runs`` comes below PCA with as many components, if it does, and how often that takes as long."""
    errors = {one.size: float(one.errors[-1]) for one in pca}
    seconds = float(pca[0].seconds[-1])
    parts = []
    for run in runs:
        if run.size not in errors:
            continue
        below = np.flatnonzero(run.errors < errors[run.size])
        if len(below):
            after = float(run.seconds[below[0]])
            parts.append(
                f"{run.name} of {run.size} is below it after {after:.1f} s ({after / seconds:,.0f} times as long)"
            )
        else:
            parts.append(f"{run.name} of {run.size} is not below it after {float(run.seconds[-1]):.1f} s")
    return f"PCA took {seconds:.2g} s for all sizes; {'; '.join(parts)}." if parts else ""


def curved(pca: float, model: float) -> str:
    """Whose points are nearer to the sheet, by their root mean squared distances in sides of the cube."""
    if not np.isfinite(model):
        return "The autoencoder has diverged."
    said = f"PCA's points are off by {pca:.3f} of the cube's side, the autoencoder's by {model:.3f}: "
    if abs(model - pca) <= SAME * pca:
        return f"{said}no nearer."
    return f"{said}{'nearer' if model < pca else 'farther'}."


def cut_off(errors: Mapping[str, np.ndarray]) -> str:
    """What is lost at half the dimensions, and whether each more helps, by ``errors`` [K + 1] of each model by name."""
    most = len(next(iter(errors.values()))) - 1
    half = max(most // 2, 1)
    lost = ", ".join(f"{name} {found[half]:.1f}" for name, found in errors.items())
    rises = {name: int((np.diff(found) > SAME * found[0]).sum()) for name, found in errors.items()}
    falling = [name for name, count in rises.items() if not count]
    said = [f"With the first {half} of {most} dimensions, squared error per image: {lost}."]
    if falling:
        said.append(f"Each further dimension lowers it, or leaves it unchanged, for {_list(falling)}.")
    said += [
        f"For {name}, {_some(count, 'dimension')} of {most} raise{'s' * (count == 1)} it."
        for name, count in rises.items()
        if count
    ]
    return " ".join(said)


def agreement(scores: Mapping[str, np.ndarray]) -> str:
    """Where clusters agree best with the labels, by adjusted Rand indices [S] of S starts, and if surely so.

    It is where no start of another representation reaches the worst start of this one.
    """
    names = sorted(scores, key=lambda name: -scores[name].mean())
    best, *others = names
    said = (
        f"On average of {_some(len(scores[best]), 'start')}, agreement is best for {best} ({scores[best].mean():.2f}); "
    )
    overlaps = [name for name in others if scores[name].max() >= scores[best].min()]
    said += ", ".join(f"{name} has {scores[name].mean():.2f}" for name in others)
    if overlaps:
        return f"{said}. Its starts and those of {_list(overlaps)} overlap: another start may reverse the order."
    return f"{said}. No start of the others reaches its worst one."


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _list(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)

"""What a run remembers: losses, codes and reconstructions at fixed moments, as plain arrays.

Letters: K moments, M images on the map, R images in the row of reconstructions, T loss terms.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np

from aecore.measures.subspace import Subspace

# Moments at which a run is remembered, the untrained state on top.
MOMENTS = 40
# What every model is measured by at each moment, on held-out images, with its unit.
FIGURES = {
    "squared_error": "squared error per image, summed over pixels",
    "units_on": "code numbers on per image",
    "units_dead": "code numbers on for no image",
}


@dataclass(frozen=True)
class Moment:
    """A run after ``step`` steps.

    ``train`` and ``heldout`` are raw loss terms by name: ``train`` averaged over the batches since the moment
    before (NaN where there was none), ``heldout`` over the held-out images that a look scores, or over all where the
    run is finished. ``places`` [M, 2] float32 are the codes on the map, ``half_width`` how far its axes reach,
    ``pictures`` [R, H, W] uint8 the reconstructions.
    ``figures`` are what every model can be compared by, whatever its loss; FIGURES says what.
    ``subspace`` tells how close a linear decoder is to PCA; ``rebuilt`` [Q, P] float32 are the reconstructions of
    the exhibits' ``probed`` where images are points. Both are None for other models and other data.
    """

    step: int
    epoch: float
    seconds: float
    train: dict[str, float]
    heldout: dict[str, float]
    places: np.ndarray
    half_width: float
    pictures: np.ndarray
    figures: dict[str, float] = field(default_factory=dict)
    subspace: Subspace | None = None
    rebuilt: np.ndarray | None = None

    def scored_on_all(self, metrics: Mapping[str, float]) -> Moment:
        """This moment with the held-out losses and squared error of ``metrics``, which are those of all images."""
        heldout = {name: metrics.get(f"heldout_{name}", value) for name, value in self.heldout.items()}
        squared = {"squared_error": metrics.get("heldout_squared_error", self.figures.get("squared_error", np.nan))}
        return replace(self, heldout=heldout, figures=self.figures | squared)


@dataclass(frozen=True)
class History:
    """The moments of a run, in order."""

    moments: tuple[Moment, ...] = ()

    def with_moment(self, moment: Moment) -> History:
        """This history and one more moment, which replaces those at or after its step."""
        return replace(self, moments=(*(m for m in self.moments if m.step < moment.step), moment))

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term, those of held-out images first; an opponent's loss is known on training batches alone."""
        if not self.moments:
            return ()
        newest = self.moments[-1]
        return tuple(newest.heldout | newest.train)

    @property
    def epochs(self) -> np.ndarray:
        """[K] epochs made at each moment."""
        return np.array([m.epoch for m in self.moments])

    def losses(self, split: str) -> dict[str, np.ndarray]:
        """[K] each raw loss term at each moment, on ``train`` or ``heldout`` images."""
        return {name: np.array([getattr(m, split).get(name, np.nan) for m in self.moments]) for name in self.terms}

    def figure(self, name: str) -> np.ndarray:
        """[K] one of FIGURES at each moment; NaN where it is not known."""
        return np.array([m.figures.get(name, np.nan) for m in self.moments])

    def csv(self) -> str:
        """One row a moment: step, epoch, seconds, each term on train and on held-out images, then the figures."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        figures = tuple(self.moments[-1].figures) if self.moments else ()
        losses = [f"{split}_{t}" for split in ("train", "heldout") for t in self.terms]
        writer.writerow(["step", "epoch", "seconds", *losses, *(f"heldout_{name}" for name in figures)])
        for m in self.moments:
            values = [side.get(t, float("nan")) for side in (m.train, m.heldout) for t in self.terms]
            values += [m.figures.get(name, float("nan")) for name in figures]
            writer.writerow([m.step, f"{m.epoch:.4f}", f"{m.seconds:.3f}", *(f"{v:.6f}" for v in values)])
        return text.getvalue()

    def arrays(self) -> dict[str, np.ndarray]:
        """The history as named arrays, [K, ...] each; ``from_arrays`` takes them back."""
        if not self.moments:
            return {}
        one = {
            name: np.array([getattr(m, name) for m in self.moments])
            for name in ("step", "epoch", "seconds", "places", "half_width", "pictures")
        }
        for split in ("train", "heldout"):
            one |= {f"{split}.{name}": values for name, values in self.losses(split).items()}
        if self.moments[-1].subspace is not None:
            for part in fields(Subspace):
                one[f"subspace.{part.name}"] = np.stack([getattr(m.subspace, part.name) for m in self.moments])
        if self.moments[-1].rebuilt is not None:
            one["rebuilt"] = np.stack([m.rebuilt for m in self.moments])
        return one | {f"figures.{name}": self.figure(name) for name in self.moments[-1].figures}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> History:
        """The history that gave ``arrays``; KeyError if one is missing."""
        if not arrays:
            return cls()

        def named(group: str, k: int) -> dict[str, float]:
            start = f"{group}."
            return {n.removeprefix(start): float(a[k]) for n, a in arrays.items() if n.startswith(start)}

        def subspace(k: int) -> Subspace | None:
            parts = {n.removeprefix("subspace."): a[k] for n, a in arrays.items() if n.startswith("subspace.")}
            return Subspace(**parts) if parts else None

        return cls(
            tuple(
                Moment(
                    int(step),
                    float(arrays["epoch"][k]),
                    float(arrays["seconds"][k]),
                    named("train", k),
                    named("heldout", k),
                    arrays["places"][k],
                    float(arrays["half_width"][k]),
                    arrays["pictures"][k],
                    named("figures", k),
                    subspace(k),
                    arrays["rebuilt"][k] if "rebuilt" in arrays else None,
                )
                for k, step in enumerate(arrays["step"])
            )
        )


def moments_of(steps: int) -> frozenset[int]:
    """The steps after which a run of ``steps`` is remembered: dense at first, when most happens."""
    return frozenset(max(k, round(steps * k**2 / MOMENTS**2)) for k in range(1, MOMENTS + 1) if k <= steps) | {steps}

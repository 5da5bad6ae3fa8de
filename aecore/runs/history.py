"""What a run remembers: losses and what is shown of it at fixed moments, as plain arrays.

Letters: K moments.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from aecore.exhibit import Moment

# Moments at which a run is remembered, the untrained state on top.
MOMENTS = 40
# What of a moment is kept as numbers by name; whatever else is an array that is shown.
NUMBERS = ("train", "heldout", "figures")
INSTANT = ("step", "epoch", "seconds")


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
        """[K] a figure of the exhibit's at each moment; NaN where it is not known."""
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
        first = self.moments[0]
        one = {name: np.array([getattr(m, name) for m in self.moments]) for name in INSTANT}
        one |= {name: np.stack([m.shown[name] for m in self.moments]) for name in first.shown}
        for split in ("train", "heldout"):
            one |= {f"{split}.{name}": values for name, values in self.losses(split).items()}
        return one | {f"figures.{name}": self.figure(name) for name in self.moments[-1].figures}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> History:
        """The history that gave ``arrays``; KeyError if one is missing."""
        if not arrays:
            return cls()
        groups = {group: [n for n in arrays if n.startswith(f"{group}.")] for group in NUMBERS}
        shown = [n for n in arrays if n not in INSTANT and n.partition(".")[0] not in NUMBERS]

        def moment(k: int) -> Moment:
            numbers = {
                group: {n.removeprefix(f"{group}."): float(arrays[n][k]) for n in names}
                for group, names in groups.items()
            }
            instant = int(arrays["step"][k]), float(arrays["epoch"][k]), float(arrays["seconds"][k])
            return Moment(*instant, **numbers, shown={n: arrays[n][k] for n in shown})

        return cls(tuple(moment(k) for k in range(len(arrays["step"]))))


def moments_of(steps: int) -> frozenset[int]:
    """The steps after which a run of ``steps`` is remembered: dense at first, when most happens."""
    return frozenset(max(k, round(steps * k**2 / MOMENTS**2)) for k in range(1, MOMENTS + 1) if k <= steps) | {steps}

"""What is said of a run that got to its end and has still learned too little: nothing, or memorised its images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aecore.measures.quality import mean_image_scores
from aecore.runs.spec import Spec

# What a model must account for of how images differ from their mean image, or it has not learned: a tolerance, since
# one whose code tells nothing ends a hair's breadth on either side of the mean image.
LEAST_EXPLAINED = 0.01
# Fewer steps than these are too few to blame anything else.
FEW_STEPS = 100


@dataclass(frozen=True)
class Fit:
    """How a model does on some images, and the mean image on the same ones.

    ``loss`` is that of the reconstruction, ``squared`` the squared error of what is shown of it, means over images.
    """

    loss: float
    squared: float
    mean_loss: float
    mean_squared: float

    @property
    def explained(self) -> float:
        """The share of the images' squared distance from the mean image that is accounted for: 1 at best, 0 by it."""
        return 1 - self.squared / self.mean_squared if self.mean_squared else 1.0

    @property
    def learned(self) -> bool:
        """Whether the model does better than the mean image, by its own loss and noticeably in what it shows."""
        return self.loss < self.mean_loss and self.explained >= LEAST_EXPLAINED


def fits(model, data, metrics: Mapping[str, float]) -> dict[str, Fit]:
    """The Fit on ``heldout`` and on ``train`` images of a trained model with these ``metrics``."""
    means = mean_image_scores(model, data)
    return {
        split: Fit(metrics[f"{split}_reconstruction"], metrics[f"{split}_squared_error"], *means[split])
        for split in ("heldout", "train")
    }


def verdict(found: Mapping[str, Fit], unit: str, steps: int, spec: Spec) -> str:
    """One sentence where a trained model does no better than the mean image on held-out images; else nothing.

    It has then learned nothing, or, where it does well on the training images, memorised these. ``unit`` is that of
    the losses.
    """
    heldout, train = found["heldout"], found["train"]
    if heldout.learned:
        return ""
    if train.learned:
        return (
            f"memorised: the reconstruction loss is {train.loss:,.2f} {unit} on the training images and "
            f"{heldout.loss:,.2f} on held-out ones, where always answering with the mean image has "
            f"{heldout.mean_loss:,.2f}; train on more images, or with fewer epochs, a smaller network or more "
            "weight decay"
        )
    return (
        f"nothing was learned: the reconstruction loss is {train.loss:,.2f} {unit} on the training images, and always "
        f"answering with the mean image has {train.mean_loss:,.2f}; {_cure(steps, spec)}"
    )


def _cure(steps: int, spec: Spec) -> str:
    """What to change, each with its value, the likeliest first."""
    if steps < FEW_STEPS:
        return f"train for more epochs (now {steps:,} step{'s' * (steps != 1)})"
    flat, texts = spec.flat(), spec.texts()
    heavy = [knob.name for knob in spec.knobs.values() if knob.penalty and flat[knob.name] > knob.low]
    return "lower " + " or ".join(f"{name} (now {texts[name]})" for name in [*heavy, "learning_rate"])

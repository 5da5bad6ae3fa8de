"""Why it works: points of a curve in the plane, and where each model moves any place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import feed, live, tabs
from aecore.ui.browser import Drawing, arrows_drawing
from aecore.variants import variants

if TYPE_CHECKING:
    from aecore.questions.denoise import Agreement, BestSteps
    from aecore.runs.answers import Answer
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot
    from aecore.runs.spec import Spec

# More numbers than pixels: nothing but damage or penalty keeps a model from copying. On all curves the denoiser's mean
# cosine with the gradient is at least 0.97, and the plain one's steps are a fifth as long as the best; at rates from
# 1.5e-2 on it now and then ends at the mean, and its steps are long.
HOW = {
    "likelihood": "gaussian",
    "width": 32,
    "depth": 4,
    "latent": 16,
    "epochs": 500,
    "batch_size": 200,
    "learning_rate": 1e-2,
    "precision": "fp32",
}
# Points of the data that are drawn; they come in turn from all along the curve.
DOTS = 500


class Arrows(tabs.Tab):
    order = 4
    look_for = (
        "Images of two pixels are points in the plane, so everything a model does can be shown to scale. A denoiser "
        "should step back to the data. Compare the models where noise has moved a point, and on the curve itself."
    )
    about = "curves"

    class Settings(Settings):
        level: float = Field(
            0.05, ge=0.01, le=0.2, description="Standard deviation of the noise, as a share of the square's side."
        )
        contraction: float = Field(
            0.01, ge=1e-4, le=10, description="Weight of the contractive penalty.", json_schema_extra={"log": True}
        )

    def specs(self) -> dict[str, Spec]:
        from aecore.capabilities import StepsBack
        from aecore.runs.choices import CHOICES
        from aecore.runs.spec import Spec

        stepping = [name for name in variants if issubclass(variants[name], StepsBack)]
        return {name: Spec(**self._settings_of(name)) for name in (*stepping, CHOICES["variant"][1])}

    def _settings_of(self, variant: str) -> dict[str, Any]:
        """What is asked of every model, and of this tab's settings those that the variant has."""
        from aecore.runs.choices import knobs_of

        names = {"variant": variant} | ({"corruption": "gaussian"} if variants[variant].corrupts else {})
        known = knobs_of(names)
        own = {name: value for name, value in self.settings.model_dump().items() if name in known}
        return {**self.given, **HOW, **own, **names}

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        places = {key: place for key, place in zip(seats, st.columns(len(seats)), strict=True)}
        name = "arrows-" + "-".join(seat.run.id for seat in seats.values())
        resting = all(seat.snapshot.at_rest for seat in seats.values())
        found = {}
        for key, seat in seats.items():
            with places[key], st.container(key=f"{key}-arrows"):
                st.markdown(f"**{variants[key].title}**")
                found[variants[key].title] = self._column(pool, seat, name, key, resting)
        snapshot = next(iter(seats.values())).snapshot
        if resting and snapshot.newest is not None:
            live.rewind(live.moments_of(snapshot), name, "arrows")
        finished = all(seat.snapshot.finished for seat in seats.values())
        if finished and all(one is not None for one in found.values()):
            st.markdown(compared(found))
        st.caption(
            "Thin: where the model moves a point. Wide and pale: where the best denoiser would move it, along the "
            "gradient of the log density of the data blurred by the noise (Alain and Bengio 2014); shown only within "
            "three standard deviations of the data, where training sees noise: farther away the model's own arrows "
            "are paler. The bar is one standard deviation of the noise long. Cosine: 1 where both point the same way."
        )

    def _column(self, pool: Pool, seat: Seat, name: str, key: str, resting: bool) -> Agreement | None:
        from aecore.questions.denoise import AskAgreement, AskBestSteps

        run, snapshot = seat.run, seat.snapshot
        if snapshot.newest is None:
            live.waiting(run, snapshot, key)
            return None
        level = self.settings.level
        right = live.answer(pool, run, AskBestSteps(level), "Finding the best steps.", of_data=True)
        steps = pool.ask(run, AskBestSteps(level), of_data=True)
        best = steps if right is not None else None
        feed.follow(_field, [run], [snapshot], run, name, level, best, key=f"{key}-field")
        if not resting:
            return None
        if not np.isfinite(snapshot.newest.shown["rebuilt"]).all():
            st.markdown("Its steps are no longer finite.")
            return None
        found = live.answer(pool, run, AskAgreement(level), "Comparing with the gradient.")
        if found is not None:
            st.markdown(f"Mean cosine with the gradient **{found.cosine:.2f}**; mean step **{found.moved:.3f}**")
        return found


def _field(
    snapshots: tuple[Snapshot, ...], run: Run, name: str, level: float, best: Answer[BestSteps] | None
) -> Drawing:
    (snapshot,) = snapshots
    moments = live.shown_of(snapshot)
    return arrows_drawing(
        name,
        run.data.train.images[:DOTS, 0],
        run.exhibit.probed[:, 0],
        np.stack([moment.shown["rebuilt"] for moment in moments]),
        best.result().moved if best is not None else None,
        bar=level,
        first_frame=live.first_of(snapshot, moments),
    )


def compared(found: Mapping[str, Agreement]) -> str:
    """What the steps of models, by their names, are like, as Markdown: computed of them."""
    closest = max(found, key=lambda name: found[name].cosine)
    best = next(iter(found.values())).best
    moved, clean = (
        ", ".join(f"{name} {length(one):.3f}" for name, one in found.items())
        for length in (lambda one: one.moved, lambda one: one.clean)
    )
    return (
        f"**What this shows:** from held-out points moved by noise the mean step is {moved} of the square's side; the "
        f"best denoiser's is {best:.3f}. **{closest}** agrees best with its direction (mean cosine "
        f"{found[closest].cosine:.2f}). From points on the curve itself the mean step is {clean}."
    )

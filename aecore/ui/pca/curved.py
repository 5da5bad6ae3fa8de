"""Points on a bent sheet in space: PCA lays a plane through them, an autoencoder can follow the bend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.settings import Settings
from aecore.ui import explain, feed, live, tabs
from aecore.ui.browser import Drawing, Panel, cloud_drawing, words_drawing
from aecore.ui.pca import formulas, words

if TYPE_CHECKING:
    from aecore.exhibit import Moment
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot
    from aecore.runs.spec import Spec

HOW = {"likelihood": "gaussian", "width": 64, "depth": 4, "epochs": 200, "learning_rate": 5e-3, "precision": "fp32"}


class Curved(tabs.Tab):
    order = 4
    look_for = (
        "Points on a sheet in three dimensions. PCA can only fit a plane or a line; an autoencoder's decoder can "
        "bend. Does it follow the sheet? Drag to turn all three clouds."
    )
    about = "sheets"

    class Settings(Settings):
        latent: int = Field(2, ge=1, le=2, description="Code size: 2 for a sheet, 1 for a thread.")
        colour: Literal["code dimension 1", "place on the sheet"] = Field(
            "code dimension 1",
            description="Colour of the points: the autoencoder's code, or their place on the sheet.",
            json_schema_extra={"was": {"code number 1": "code dimension 1"}},
        )

    def specs(self) -> dict[str, Spec]:
        from aecore.runs.spec import Spec

        return {"dense": Spec(**self.given, **HOW, latent=self.settings.latent)}

    def formulas(self, specs: Mapping[Any, Spec]) -> list[explain.Formula]:
        return [formulas.pca(str(self.settings.latent)), *explain.of_specs(specs.values())]

    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        (seat,) = seats.values()
        run, snapshot = seat.run, seat.snapshot
        if snapshot.newest is None:
            live.waiting(run, snapshot, "sheet")
            return
        name = f"sheet-{run.id}-{id(run)}"
        with st.container(key="live-map"):
            latent, colour = self.settings.latent, self.settings.colour
            feed.follow(_clouds, [run], [snapshot], run, name, latent, colour, key="sheet-clouds")
            feed.follow(_said, [run], [snapshot], run, latent, key="sheet-words")
        if snapshot.at_rest:
            live.rewind(live.moments_of(snapshot), name, "sheet")
        with st.container(key="live-loss"):
            live.loss(run, snapshot, name, "sheet")


def _clouds(snapshots: tuple[Snapshot, ...], run: Run, name: str, latent: int, colour: str) -> Drawing:
    from aecore.questions.pca import pca_points

    (snapshot,) = snapshots
    moments = live.shown_of(snapshot)
    points = run.exhibit.looked_at.images.reshape(-1, 3)
    flat, rebuilt = pca_points(run.trained, latent), np.stack([m.shown["rebuilt"] for m in moments])
    numbers = f"{latent} dimension{'s' * (latent > 1)}"
    return cloud_drawing(
        name,
        [
            Panel("Data", f"{len(points):,} held-out points", points[None]),
            Panel(f"PCA, {numbers}", _error(points, flat), flat[None]),
            Panel(f"Autoencoder, {numbers}", [_error(points, frame) for frame in rebuilt], rebuilt),
        ],
        _colours(run, moments, colour),
        value_title=colour,
        first_frame=live.first_of(snapshot, moments),
    )


def _said(snapshots: tuple[Snapshot, ...], run: Run, latent: int) -> Drawing:
    from aecore.questions.pca import pca_points

    points = run.exhibit.looked_at.images.reshape(-1, 3)
    flat, rebuilt = pca_points(run.trained, latent), snapshots[0].newest.shown["rebuilt"]
    return words_drawing(words.curved(_off(points, flat), _off(points, rebuilt)))


def _colours(run: Run, moments: tuple[Moment, ...], colour: str) -> np.ndarray:
    """[F, N] in [0, 1]."""
    if colour == "place on the sheet":
        labels = run.exhibit.looked_at.labels
        return (labels / max(labels.max(), 1))[None]
    codes = np.stack([m.shown["places"][:, 0] for m in moments])
    low, high = (np.nanquantile(codes, q, axis=1, keepdims=True) for q in (0.01, 0.99))
    return np.clip((codes - low) / np.maximum(high - low, 1e-9), 0, 1)


def _error(points: np.ndarray, rebuilt: np.ndarray) -> str:
    """The mean squared distance in words, and its root, which can be seen."""
    off = _off(points, rebuilt)
    return f"squared error {off**2:.5f} per point, {off:.3f} of the cube's side off"


def _off(points: np.ndarray, rebuilt: np.ndarray) -> float:
    """The root of the mean squared distance of points [N, 3] from what becomes of them."""
    return float(np.sqrt(((points - rebuilt) ** 2).sum(1).mean()))

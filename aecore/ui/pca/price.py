"""What it costs to stay linear: error against code size, for PCA and for autoencoders, each point a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import streamlit as st
from pydantic import Field

from aecore.figures.pca import Curve, price
from aecore.settings import Settings
from aecore.ui import explain, links, live, tabs, waiting
from aecore.ui.browser import live_images, scrubber
from aecore.ui.chart import chart
from aecore.ui.pca import formulas, subspace, words

if TYPE_CHECKING:
    from aecore.questions.pca import Costs, Truncated
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

SIZES = {"2, 10, 30": (2, 10, 30), "ten from 1 to 50": (1, 2, 3, 5, 8, 10, 16, 20, 30, 50)}
MODELS: dict[str, dict[str, object]] = {
    "linear": {"architecture": "linear"},
    "dense": {"architecture": "dense", "epochs": 40, "learning_rate": 5e-3},
    "conv": {"architecture": "conv", "learning_rate": 5e-3},
}
# The model whose code is cut off to every size.
CUT = "nested, one model"
# Squared error of the decoder's own output, as PCA's: cut off to [0, 1] it would be less for either.
ERROR = "heldout_reconstruction"
# Hinton and Salakhutdinov 2006, MNIST, 30 numbers: squared error per image, trained on 60,000.
PUBLISHED = [("2006: deep autoencoder", 30, 3.00), ("2006: logistic PCA", 30, 8.01), ("2006: PCA", 30, 13.87)]


class Price(tabs.Tab):
    order = 3
    look_for = (
        "At equal code size, how much of a held-out image is lost? PCA and a linear autoencoder have "
        "the same optimum; what do nonlinear networks gain, and how many seconds of training do they cost?"
    )

    class Settings(Settings):
        sizes: Literal["2, 10, 30", "ten from 1 to 50"] = Field("2, 10, 30", description="Code sizes.")
        linear: bool = Field(True, description="A linear autoencoder.")
        dense: bool = Field(True, description="A fully connected autoencoder.")
        conv: bool = Field(True, description="A convolutional autoencoder.")
        nested: bool = Field(True, description="One model for all sizes, whose code can be cut off.")

    def sizes(self) -> list[int]:
        """The code sizes asked for."""
        return list(SIZES[self.settings.sizes])

    def specs(self) -> dict[tuple[str, int], Spec]:
        from aecore.runs.spec import Spec

        shared = {**self.given, "likelihood": "gaussian"}
        models = MODELS | {"linear": MODELS["linear"] | subspace.how(self.given["images"])}
        wanted = {
            (name, size): Spec(**shared, **how, latent=size)
            for size in self.sizes()
            for name, how in models.items()
            if getattr(self.settings, name)
        }
        if self.settings.nested or not wanted:
            wanted[CUT, max(self.sizes())] = Spec(**shared, variant="nested", latent=max(self.sizes()))
        return wanted

    def formulas(self, specs: Mapping[Any, Spec]) -> list[explain.Formula]:
        sizes = ", ".join(map(str, self.sizes()))
        return [formulas.pca(sizes), *explain.of_specs(specs.values())]

    def draw(self, pool: Pool, seats: Mapping[tuple[str, int], Seat]) -> None:
        from aecore.questions.pca import pca_costs, truncated

        first = next(iter(seats.values())).run
        costs = live.answer(pool, first, pca_costs, "Finding the principal components.", of_data=True)
        if costs is None:
            return
        done = waiting.trained(seats)
        nested = next((seat for (name, _), seat in done.items() if name == CUT), None)
        cut = live.answer(pool, nested.run, truncated, "Cutting the nested code off.") if nested else None
        sizes = [size for size in self.sizes() if size < len(costs.errors)]
        curves = [Curve("PCA", sizes, [costs.errors[size] for size in sizes], dashed=True)]
        curves += [
            Curve(name, list(found), list(found.values()))
            for name in MODELS
            if (found := {s: seat.run.metrics[ERROR] for (n, s), seat in done.items() if n == name})
        ]
        if cut is not None:
            curves.append(Curve(CUT, sizes, [cut.errors[size] for size in sizes]))
        full = self.given["data"] == "mnist" and self.given["images"] == 60_000
        st.markdown("**Squared error** per held-out image against the size of the code")
        with st.container(key="live-loss"):
            chart(price(curves, PUBLISHED if full else [], first.data.train.images[0].size), "price")
        models = {curve.name: dict(zip(curve.sizes, curve.errors, strict=True)) for curve in curves[1:]}
        if said := words.price(curves[0].sizes, curves[0].errors, models):
            st.markdown(said)
        if full:
            st.caption("Open markers: Hinton and Salakhutdinov 2006, trained on the same 60,000 images.")
        self._race(seats, costs, sizes)
        waiting.tell(seats, "every size of every model becomes a run, and a point above", _name)
        self._digits(done, cut, sizes)
        st.markdown(_table(done, costs.seconds, first.data.train.images[0].size, costs.errors))

    def _race(self, seats: Mapping[tuple[str, int], Seat], costs: Costs, sizes: list[int]) -> None:
        """Error against seconds: PCA as points, every model that is or was in training as a curve."""
        from aecore.figures.race import Descent, race

        pca = [Descent("PCA", size, np.array([costs.seconds]), costs.errors[[size]]) for size in sizes]
        runs = [
            Descent(
                name,
                size,
                np.array([moment.seconds for moment in history.moments]),
                history.losses("heldout")["reconstruction"],
            )
            for (name, size), seat in seats.items()
            if name in MODELS and len((history := seat.snapshot.history).moments) > 1
        ]
        if runs:
            st.markdown("**Squared error against seconds**: PCA is there at once, autoencoders come down as they train")
            chart(race([*pca, *runs]), "race")
            st.markdown(words.race(pca, runs))
            st.caption(live.SCORED)

    def _digits(self, done: Mapping[tuple[str, int], Seat], cut: Truncated | None, sizes: list[int]) -> None:
        """The same images from each kind of model, a frame for each size that all of them have finished."""
        from aecore.questions.pca import pca_row

        if not done:
            return
        names = [name for name in MODELS if getattr(self.settings, name)]
        ready = [size for size in sizes if all((name, size) in done for name in names)]
        if not ready:
            return
        run = next(iter(done.values())).run
        rows = [("original", run.exhibit.originals[None]), ("PCA", pca_row(run.trained, ready))]
        rows += [
            (name, np.stack([done[name, size].snapshot.newest.shown["pictures"] for size in ready])) for name in names
        ]
        if cut is not None:
            rows.append((CUT, cut.rebuilt[ready]))
        name = "-".join(["price", *(done[key].run.id for key in done)])
        with st.container(key="live-reconstructions"):
            st.markdown("**Held-out images** rebuilt from equally many code dimensions")
            live_images(name, rows, first_frame=0, key="price-images")
        said = [f"{size} dimension{'s' * (size > 1)}" for size in ready]
        scrubber(name, said, key="price-size", name="Size of the code")


def _name(key: tuple[str, int]) -> str:
    return f"{key[0]} of {key[1]}"


def _table(done: Mapping[tuple[str, int], Seat], seconds: float, pixels: int, errors: np.ndarray) -> str:
    """Error, time and link of every point."""
    lines = ["| model | dimensions | per image | per pixel | seconds | |", "|---|---:|---:|---:|---:|---|"]
    for size in sorted({size for _, size in done if size < len(errors)}):
        said = f"{errors[size]:.2f} | {errors[size] / pixels:.5f} | {seconds:.2f}, all sizes"
        lines.append(f"| PCA | {size} | {said} | |")
        for (name, own), seat in done.items():
            if own == size:
                error, url = seat.run.metrics[ERROR], links.train_url(seat.run.spec)
                said = f"{error:.2f} | {error / pixels:.5f} | {seat.snapshot.seconds:.1f}"
                lines.append(f"| {name} | {size} | {said} | [open]({url}) |")
    return "\n".join(lines) if done else ""

"""What each variant promises, as a picture and a number, once it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.figures import compare as figures
from aecore.ui import live
from aecore.ui.browser import live_images
from aecore.ui.chart import chart

if TYPE_CHECKING:
    from aecore.runs.findings import Findings
    from aecore.runs.pool import Pool, Seat

DEFINITIONS = (
    "A code number is **on** for an image where its size exceeds a tenth of the largest that any code number has on "
    "any of these images; it is **dead** if it is on for none. **Singular values** are those of the encoder's Jacobian "
    "dE(x)/dx at 10 images: below 1, a small change of the image changes the code by less. **Resistance**: every image "
    "gets the same kind of disturbance, of length 1 in all its pixels together; by how much does the code move, in "
    "units of the codes' own spread, and by how much the reconstruction, in units of the disturbance? Below 1 it is "
    "taken back in part. All on held-out images."
)


def draw(pool: Pool, seats: Mapping[str, Seat]) -> None:
    """Table and pictures of what is found out about the columns that are trained, as soon as it is."""
    from aecore.runs.findings import find

    promised = {letter: pool.ask(seat.run, find) for letter, seat in seats.items() if seat.view.state == "finished"}
    if not promised:
        return
    if all(promise.done() for promise in promised.values()):
        results = {letter: live.result(pool, seats[letter].run, promise) for letter, promise in promised.items()}
        found = {letter: result for letter, result in results.items() if result is not None}
        if found:
            _draw(seats, found)
        return

    @st.fragment(run_every=0.3)
    def wait() -> None:
        done = sum(promise.done() for promise in promised.values())
        if done == len(promised):
            st.rerun()
        st.progress(done / len(promised), text=f"Finding out what each does: {done} of {len(promised)}")

    wait()


def _draw(seats: Mapping[str, Seat], found: Mapping[str, Findings]) -> None:
    st.subheader("What each does", anchor=False, help=DEFINITIONS)
    names = [f"{letter.upper()} {seats[letter].run.spec.member('variant').title}" for letter in found]
    st.markdown(_table(names, [seats[letter] for letter in found], list(found.values())))
    units, sensitivity, filters, splits = st.tabs(
        ["Units that are on", "What moves the code", "First filters", "Train and held-out"]
    )
    with units:
        left, right = st.columns(2)
        with left:
            chart(figures.on_histogram(names, [f.activity.on_per_image for f in found.values()]), "units-on")
        rhos = [seats[letter].run.spec.flat()["rho"] for letter in found if "rho" in seats[letter].run.spec.flat()]
        means = [f.activity.mean for f in found.values()]
        with right:
            chart(figures.mean_activation(names, means, rhos[0] if rhos else None), "mean-activation")
    with sensitivity:
        chart(figures.spectrum(names, [f.spectrum for f in found.values()]), "singular-values")
    with filters:
        _filters(names, found)
    with splits:
        errors = [
            [seats[letter].run.metrics[f"{split}_squared_error"] for letter in found] for split in ("train", "heldout")
        ]
        chart(figures.train_heldout_bars(names, *errors, "squared error per image"), "train-heldout")


def _table(names: list[str], seats: list[Seat], found: list[Findings]) -> str:
    rows = {
        "squared error, held-out": [f"{seat.run.metrics['heldout_squared_error']:.2f}" for seat in seats],
        "squared error, training images": [f"{seat.run.metrics['train_squared_error']:.2f}" for seat in seats],
        "code numbers on per image": [
            f"{f.activity.on_per_image.mean():,.1f} of {len(f.activity.mean):,}" for f in found
        ],
        "code numbers that are dead": [f"{f.activity.dead:,}" for f in found],
        "mean activation": [f"{np.mean(f.activity.mean):.3f}" for f in found],
        "largest singular value, mean": [f"{f.spectrum[:, 0].mean():.2f}" for f in found],
        "share of singular values below 1": [f"{(f.spectrum < 1).mean():.0%}" for f in found],
        "code moves, in its spread": [f"{f.resistance.code:.3f}" for f in found],
        "reconstruction moves, per disturbance": [f"{f.resistance.reconstruction:.3f}" for f in found],
        "weights": [f"{f.weights:,}" for f in found],
        "seconds of training": [f"{seat.view.seconds:.1f}" for seat in seats],
    }
    accuracies = [seat.run.metrics.get("heldout_accuracy") for seat in seats]
    if any(share is not None for share in accuracies):
        rows["held-out images classified rightly"] = ["" if a is None else f"{a:.1%}" for a in accuracies]
    lines = [f"| | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    return "\n".join([*lines, *(f"| {title} | {' | '.join(cells)} |" for title, cells in rows.items())])


def _filters(names: list[str], found: Mapping[str, Findings]) -> None:
    """The first layer's weights as images, each scaled to its own largest."""
    some = False
    for name, (letter, findings) in zip(names, found.items(), strict=True):
        if findings.filters is None:
            continue
        some = True
        st.markdown(f"**{name}**")
        largest = np.abs(findings.filters).max(axis=(1, 2), keepdims=True)
        grey = np.uint8(127.5 + 127.5 * findings.filters / np.maximum(largest, 1e-12))
        rows = [(f"filters of the first {len(grey)} units", grey[None])]
        live_images(f"filters-{name}", rows, first_frame=0, key=f"filters-{letter}")
    st.caption(
        "Weights of the encoder's first layer, one picture a unit: grey is 0, white positive, black negative, each "
        "scaled to its own largest."
        if some
        else "None of these has a first layer whose weights can be seen as images."
    )

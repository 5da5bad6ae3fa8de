"""What each variant promises, as a picture and a number, once it is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.figures import compare as figures
from aecore.figures.grey import grey, signed_grey
from aecore.figures.spread import Prior, densities
from aecore.ui import live, moving
from aecore.ui.browser import live_images
from aecore.ui.chart import chart

if TYPE_CHECKING:
    from aecore.measures.histogram import Histogram
    from aecore.questions.conclusions import Column
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

DEFINITIONS = (
    "A code dimension is **active** for an image where its absolute value exceeds a tenth of the largest of any code "
    "dimension on these images. **Singular values** are those of the encoder's "
    "Jacobian dE(x)/dx at 10 images: below 1, a small change of the image changes the code by less. **Disturbances** "
    "change every pixel at random, a slight one by 0.04 and strong noise by 0.5 (root mean square), the same for all "
    "columns. How far the code moves is in units of the codes' own spread; how far the reconstruction moves, as a "
    "share of the disturbance: below 1, part of it is removed. All on held-out images."
)
STRANGERS, DISTURBED, UNITS, FILTERS, SPLITS, WEIGHTS = TABS = (
    "Never seen",
    "Disturbed images",
    "Active dimensions",
    "First filters",
    "Train and held-out",
    "Weights",
)
# Of each kind of strangers, and of disturbed images, so many are shown.
OF_EACH, SHOWN = 2, 10
NONE = "–"


def draw(pool: Pool, seats: Mapping[str, Seat]) -> None:
    """Conclusions, table and pictures of the columns that are trained, as soon as they are found."""
    from aecore.questions.findings import find

    promised = {letter: pool.ask(seat.run, find) for letter, seat in seats.items() if seat.snapshot.finished}
    if not promised:
        return
    if all(promise.done() for promise in promised.values()):
        results = {letter: live.result(pool, seats[letter].run, promise) for letter, promise in promised.items()}
        if found := {letter: result for letter, result in results.items() if result is not None}:
            _draw(_columns(seats, found), seats)
        return

    for letter, promise in promised.items():
        if not promise.done():
            moving.awaiting(seats[letter].run, promise, f"Analysing {letter.upper()}.")
    moving.watch("promises-pulse", [], [])


def _columns(seats: Mapping[str, Seat], found: Mapping[str, object]) -> dict[str, Column]:
    """The columns that are trained, by letter, called as they are above."""
    from aecore.questions.conclusions import Column
    from aecore.runs.naming import names_of

    names = names_of({letter: seat.run.spec for letter, seat in seats.items()})
    made = {}
    for letter, findings in found.items():
        errors = (seats[letter].run.metrics[f"{split}_squared_error"] for split in ("train", "heldout"))
        made[letter] = Column(letter.upper(), names[letter], seats[letter].run.spec, *errors, findings)
    return made


def _draw(columns: Mapping[str, Column], seats: Mapping[str, Seat]) -> None:
    from aecore.questions.conclusions import conclusions

    shown = list(columns.values())
    conclude(conclusions(shown))
    st.subheader("What each does", anchor=False, help=DEFINITIONS)
    st.markdown(_table(shown, [seats[letter] for letter in columns]))
    room = len(shown[0].found.activity.mean) >= shown[0].found.disturbed[0].size
    first = first_tab([column.spec for column in shown], room)
    places = dict(zip(TABS, st.tabs(TABS, default=first), strict=True))
    for title, part in PARTS.items():
        with places[title]:
            part(shown)


def conclude(sentences: list[str]) -> None:
    """What is shown, in sentences that are computed of it."""
    if sentences:
        with st.container(border=True, key="compare-conclusions"):
            st.markdown("\n".join(["**What this shows**", "", *(f"- {sentence}" for sentence in sentences)]))


def first_tab(specs: list[Spec], roomy: bool) -> str:
    """The tab that shows what the columns are compared for; ``roomy`` where a code has room for the whole image."""
    settings = set().union(*(spec.flat() for spec in specs))
    if roomy:
        return STRANGERS
    if {"contraction", "corruption"} & settings:
        return DISTURBED
    if "sparsity" in settings:
        return UNITS
    return WEIGHTS if any(spec.training.weight_decay for spec in specs) else SPLITS


def _strangers(columns: list[Column]) -> None:
    kinds = columns[0].found.strangers
    rows = [("given", np.concatenate([kind.given[:OF_EACH] for kind in kinds.values()]))]
    for column in columns:
        rows.append((column.name, np.concatenate([kind.rebuilt[:OF_EACH] for kind in column.found.strangers.values()])))
    _rows("strangers", columns, rows)
    lines = [f"| {' | '.join(['', *(column.name for column in columns), 'mean image'])} |"]
    lines.append(f"|---|{'---:|' * (len(columns) + 1)}")
    for name, kind in kinds.items():
        errors = [column.found.strangers[name] for column in columns]
        cells = [f"{one.error:,.2f} ({_share(one.left)})" for one in errors]
        lines.append(f"| {name} | {' | '.join([*cells, f'{kind.mean_image:,.2f}'])} |")
    st.markdown("\n".join(lines))
    st.caption(
        "Squared error per image of the reconstruction, summed over pixels, mean over up to 200 images of each kind, "
        "and as a share of the mean training image's error: 0 % for a perfect copy, above 100 % where the mean image "
        "would be closer. Mixed: every pixel comes from another image, so it is bright as often as before but "
        "independent of its neighbours. Noise: uniform."
    )


def _disturbed(columns: list[Column]) -> None:
    rows = [("given", columns[0].found.disturbed[:SHOWN])]
    rows += [(column.name, column.found.rebuilt[:SHOWN]) for column in columns]
    _rows("disturbed", columns, rows)
    names = [column.name for column in columns]
    chart(figures.spectrum(names, [column.found.spectrum for column in columns]), "singular-values")


def _units(columns: list[Column]) -> None:
    names, found = [column.name for column in columns], [column.found.activity for column in columns]
    targets = {column.spec.flat()["rho"] for column in columns if "rho" in column.spec.flat()}
    left, right = st.columns(2)
    with left:
        chart(figures.on_histogram(names, [one.on_per_image for one in found]), "units-on")
    with right:
        chart(figures.mean_activation(names, [one.mean for one in found], sorted(targets)), "mean-activation")

    priors = {i: laplace for i, column in enumerate(columns) if (laplace := _laplace(column.spec)) is not None}
    _spread("activation", names, [column.found.activations for column in columns], priors, "activations")
    said = [f"{name}: {column.found.activations.zeros:.0%} are 0" for name, column in zip(names, columns, strict=True)]
    told = (
        " Dashed: the Laplace prior that the penalty stands for, λ e^(−λa), where no activation is below 0."
        if priors
        else ""
    )
    st.caption(f"How the numbers of all codes are spread, on a log axis; {'; '.join(said)}.{told}")


def _spread(what: str, names: list[str], found: list[Histogram], priors: Mapping[int, Prior], key: str) -> None:
    middles, heights = [one.middles for one in found], [one.density for one in found]
    chart(densities(what, names, middles, heights, priors), key)


def _laplace(spec: Spec) -> Prior | None:
    """What an L1 penalty of weight lambda assumes of activations that are not negative."""
    from aecore.capabilities import AssumesLaplace

    variant = spec.member("variant")
    if not issubclass(variant, AssumesLaplace):
        return None
    weight = float(spec.flat()[variant.rate])
    return Prior(f"prior, λ = {weight:g}", lambda a: np.where(a >= 0, weight * np.exp(-weight * np.abs(a)), np.nan))


def _filters(columns: list[Column]) -> None:
    """The first layer's weights as images, each scaled to its own largest."""
    some = False
    for index, column in enumerate(columns):
        if column.found.filters is None:
            continue
        some = True
        st.markdown(f"**{column.name}**")
        pictures = signed_grey(column.found.filters)
        rows = [(f"filters of the first {len(pictures)} units", pictures[None])]
        live_images(f"filters-{column.spec.id}", rows, first_frame=0, key=f"filters-{index}")
    st.caption(
        "Weights of the encoder's first layer, one picture per unit: grey is 0, white positive, black negative, each "
        "scaled to its own largest."
        if some
        else "None of these models has first-layer weights that can be shown as images."
    )


def _splits(columns: list[Column]) -> None:
    errors = [column.train for column in columns], [column.heldout for column in columns]
    unit = "squared error per image"
    chart(figures.train_heldout_bars([column.name for column in columns], *errors, unit), "train-heldout")


def _weights(columns: list[Column]) -> None:
    """All that is trained as a density, and over it the normal prior that weight decay is."""
    names, found = [column.name for column in columns], [column.found.trained_numbers for column in columns]
    sigmas = {i: sigma for i, column in enumerate(columns) if (sigma := _sigma(column.spec)) is not None}
    priors = {i: Prior(f"prior of {columns[i].letter}", partial(_normal, sigma)) for i, sigma in sigmas.items()}
    _spread("weight", names, found, priors, "weights")
    said = [
        f"{name}: root mean square {one.size:.4f}" + (f", its prior's σ_w {sigmas[i]:.4f}" if i in sigmas else "")
        for i, (name, one) in enumerate(zip(names, found, strict=True))
    ]
    st.caption(
        f"All weights, on a log axis. {'; '.join(said)}. Weight decay δ is a normal prior of variance σ_w² = 1/(n δ) "
        "for n training images."
        if sigmas
        else f"All weights, on a log axis. {'; '.join(said)}. None of these models has weight decay, and so no prior."
    )


def _normal(sigma: float, values: np.ndarray) -> np.ndarray:
    return np.exp(-np.square(values / sigma) / 2) / (sigma * math.sqrt(2 * math.pi))


def _sigma(spec: Spec) -> float | None:
    """The standard deviation of the normal prior on every weight that weight decay stands for."""
    decay = spec.training.weight_decay
    return (decay * spec.flat()["images"]) ** -0.5 if decay else None


PARTS = {
    STRANGERS: _strangers,
    DISTURBED: _disturbed,
    UNITS: _units,
    FILTERS: _filters,
    SPLITS: _splits,
    WEIGHTS: _weights,
}


def _rows(name: str, columns: list[Column], rows: list[tuple[str, np.ndarray]]) -> None:
    pictures = [(title, grey(images)[None]) for title, images in rows]
    run = "-".join([name, *(column.spec.id for column in columns)])
    live_images(run, pictures, first_frame=0, key=f"{name}-images")


def _table(columns: list[Column], seats: list[Seat]) -> str:
    found = [column.found for column in columns]
    rows = {
        "squared error, held-out": [f"{column.heldout:.2f}" for column in columns],
        "squared error, training images": [f"{column.train:.2f}" for column in columns],
        "code dimensions active per image": [
            f"{f.activity.on_per_image.mean():,.1f} of {len(f.activity.mean):,}" for f in found
        ],
        "code dimensions never active": [f"{f.activity.dead:,}" for f in found],
        "mean activation": [f"{np.mean(f.activity.mean):.3f}" for f in found],
        "largest singular value, mean": [_number(f.spectrum[:, 0].mean(), 2) for f in found],
        "share of singular values below 1": [_share((f.spectrum < 1).mean()) for f in found],
        "shift of the code under a slight disturbance, in units of its spread": [
            _number(f.slight.code, 4) for f in found
        ],
        "shift of the code under strong noise, in units of its spread": [_number(f.strong.code, 3) for f in found],
        "shift of the reconstruction, per slight disturbance": [f"{f.slight.reconstruction:.3f}" for f in found],
        "squared error to the clean image, rebuilt from strong noise": [f"{f.strong.restored:.2f}" for f in found],
        "weights": [f"{f.weights:,}" for f in found],
        "seconds of training": [f"{seat.snapshot.seconds:.1f}" for seat in seats],
    }
    accuracies = [seat.run.metrics.get("heldout_accuracy") for seat in seats]
    if any(share is not None for share in accuracies):
        rows["held-out images classified correctly"] = ["" if a is None else f"{a:.1%}" for a in accuracies]
    lines = [f"| | {' | '.join(column.name for column in columns)} |", f"|---|{'---:|' * len(columns)}"]
    lines += [f"| {title} | {' | '.join(cells)} |" for title, cells in rows.items()]
    if any(NONE in cells for cells in rows.values()):
        lines += ["", f"{NONE}: all images have the same code, so it has no spread to measure by."]
    return "\n".join(lines)


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else NONE


def _share(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else NONE

"""The network of a run, drawn with one image on its way through it; and what a unit is about, once somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aecore.measures.network import CODES, Layer, Network, evenly
from aecore.ui import feed, live
from aecore.ui.browser import Column, Drawing, mount, network_drawing
from aecore.ui.unit import Clicked

if TYPE_CHECKING:
    from aecore.exhibit import Moment
    from aecore.exhibits.images import Images
    from aecore.runs.run import Run
    from aecore.runs.snapshot import Snapshot

HELP = (
    "One held-out image on its way through the model: columns are layers, as high as they have numbers (by the root). "
    "Orange is above 0, blue below. At the waist stands the code, all that the decoder is given. Beside the first "
    "layer: what some of its units look for; before the picture: what some units draw. Bars below: how steeply the "
    "loss changes with each layer's weights. Click the image for the next one, or a unit to look into it."
)
# What the signs before a column say, as ``network_draw.js`` draws them.
SIGNS = {
    "sigma": "μ, σ: a mean and a spread for each code dimension (the line beside it)",
    "dice": "die: a random sample, ε",
    "label": "+ label: the class is told too",
    "mask": "▦: pixels are hidden",
    "corruption": "⚡: the image is damaged",
    "squash": "∫: squashed to its range",
    "codebook": "▤: replaced by the nearest entry of a codebook",
}


def drawn(run: Run, snapshot: Snapshot, name: str, prefix: str) -> Clicked | None:
    """The network of ``run`` as it was at the moments that are shown, under ``name``, which the scrubber goes by.

    Returns the unit that somebody has clicked on; None where nobody has.
    """
    with st.container(key=f"{prefix}-network"):
        network = run.exhibit.network
        if not st.toggle(f"**The network**: {_narrow(network, run)}", True, key=f"{prefix}-network-on", help=HELP):
            return None
        if not _kept(snapshot):
            st.caption("This model was kept before networks were drawn: reset and train it to see what runs through.")
            return None
        which = st.session_state.get(f"{prefix}-network-image", 0) % len(run.exhibit.originals)
        drawing, key = _network((snapshot,), run, name, which), f"{prefix}-network-view"
        if snapshot.moving:
            drawing = feed.pushed(drawing, _network, [run], [snapshot], run, name, which)

        def turn() -> None:
            st.session_state[f"{prefix}-network-image"] = which + 1

        said = mount(drawing, key, on_turn_change=turn, on_unit_change=lambda: None)
        st.caption(key_of(network))
        asked = getattr(said, "unit", None)
        return Clicked(int(asked["stage"]), int(asked["unit"]), which) if asked and asked["name"] == name else None


def _narrow(network: Network, run: Run) -> str:
    """What the waist is for, in numbers."""
    pixels, many = int(np.prod(run.data.shape)), f"{network.code:,} code dimension{'s' * (network.code > 1)}"
    if "codebook" in network.waist:
        many = f"{network.stored:,} entries of a codebook"
    if network.stored < pixels:
        return f"{pixels:,} pixels must pass through {many}"
    return f"{pixels:,} pixels and {many}, so nothing has to be left out"


def key_of(network: Network) -> str:
    """What colours, gaps, signs and bars of the drawing mean, as Markdown."""
    shown = [network.layers[number] for number in network.hidden if not network.layers[number].spatial]
    few = dict.fromkeys((len(layer.drawn), size) for layer in shown if len(layer.drawn) < (size := layer.shape[0]))
    parts = [":orange[■] above 0, :blue[■] below" + (", :red[■] the code" if not network.grid else "")]
    parts += [f"{drawn} of a layer's {size:,} units are drawn" for drawn, size in few]
    if network.code > CODES and not network.grid:
        parts.append(f"{CODES} of {network.code:,} code dimensions are drawn")
    parts += [SIGNS[sign] for sign in dict.fromkeys((*network.before, *network.waist))]
    return f"{'; '.join(parts)}; bars at the foot: how steep the loss is in a layer's weights, not how many these are."


def _kept(snapshot: Snapshot) -> tuple[Moment, ...]:
    """The moments shown of which the network is known."""
    return tuple(moment for moment in live.shown_of(snapshot) if "network.code" in moment.shown)


def _network(snapshots: tuple[Snapshot, ...], run: Run, name: str, which: int) -> Drawing:
    (snapshot,) = snapshots
    shown: Images = run.exhibit
    moments = _kept(snapshot)
    drawn = live.shown_of(snapshot)
    arrays = {
        part.removeprefix("network."): np.stack([_of(moment, part, which) for moment in moments])
        for part in moments[-1].shown
        if part.startswith("network.")
    }
    arrays |= {
        "original": shown.originals[None, which],
        "rebuilt": np.stack([moment.shown["pictures"][which] for moment in moments]),
    }
    if shown.inputs is not None:
        arrays["given"] = shown.inputs[None, which]
    unit = live.unit_of(shown)
    return network_drawing(
        name,
        list(_columns(shown.network, shown.inputs is not None, shown.originals[which].size)),
        arrays,
        # Those that know nothing of the network come first.
        first_frame=live.first_of(snapshot, drawn) + len(drawn) - len(moments),
        said=[_loss(moment, next(iter(shown.units)), unit) for moment in moments],
        steps=[moment.step for moment in moments],
        plays=snapshot.paused,
    )


def _of(moment: Moment, part: str, which: int) -> np.ndarray:
    """One part of what a moment shows of a network: of the image in view, or of the model itself."""
    array = moment.shown[part]
    own = part.startswith(("network.units", "network.code", "network.sigma"))
    return array[which] if own else array


def _loss(moment: Moment, term: str, unit: str) -> str:
    known = [(split, getattr(moment, own).get(term)) for own, split in (("train", "train"), ("heldout", "held-out"))]
    said = [f"{split} {value:.2f}" for split, value in known if value is not None and np.isfinite(value)]
    return f"{live.metric_title(term)}: {', '.join(said)} {unit}" if said else ""


def _columns(network: Network, damaged: bool, pixels: int) -> Iterator[Column]:
    """From the image to its reconstruction."""
    yield Column("picture", "original", pixels, f"{pixels:,}", f"the image, {pixels:,} pixels; click for the next one")
    if damaged:
        yield Column("picture", "given", pixels, "given", "what the encoder is given of it", signs=network.before)
    drawn = [(number, network.layers[number]) for number in network.hidden]
    first = [_layer(*one) for one in drawn if one[1].part == "encoder"]
    if first and not damaged:
        first[0] = replace(first[0], signs=network.before)
    yield from first
    yield _waist(network)
    yield from (_layer(*one) for one in drawn if one[1].part == "decoder")
    last = network.layers[-1]
    title = f"the reconstruction, put out by the last layer: {last.kind}, {last.weights:,} weights"
    yield Column("picture", "rebuilt", pixels, f"{pixels:,}", title, len(network.layers) - 1)


def _layer(number: int, layer: Layer) -> Column:
    shape = " × ".join(f"{size:,}" for size in layer.shape)
    bent = f" then {layer.activation}" if layer.activation else ""
    title = f"{layer.part}: {layer.kind}{bent}, {shape}, {layer.weights:,} weights"
    kind = "maps" if layer.spatial else "units"
    size = int(np.prod(layer.shape))
    return Column(kind, f"units{number}", size, shape, title, number, tuple(map(int, layer.drawn)))


def _waist(network: Network) -> Column:
    title, label = f"the code: all the decoder is given, {network.code:,} dimensions", f"code {network.code:,}"
    kind = "maps" if network.grid else "code"
    units = tuple(map(int, evenly(network.code, CODES)))
    return Column(kind, "code", network.code, label, title, network.encoders - 1, units, network.waist)

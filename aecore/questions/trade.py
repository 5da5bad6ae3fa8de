"""Where runs with a posterior stand between rate and distortion.

Letters: L code dimensions, R images in the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aecore.figures.grey import grey
from aecore.questions.packed import Packed, decoder_of
from aecore.questions.vae import AskSamples, Rates, rates
from aecore.runs.trained import Trained


@dataclass(frozen=True)
class Trade:
    """Where a run stands between rate and distortion, held-out: mean ``kl`` and ``reconstruction`` in nats.

    ``per_number`` are the Rates of its code dimensions, ``samples`` [20, H, W] uint8 are of the prior, ``row``
    [R, H, W] uint8 is the exhibit's row rebuilt, ``code`` [L] that of the first in it, ``decoder`` is for the browser.
    """

    kl: float
    reconstruction: float
    per_number: Rates
    samples: np.ndarray
    row: np.ndarray
    code: np.ndarray
    decoder: Packed


def trade(trained: Trained) -> Trade:
    """The Trade of a run, whose model has a posterior."""
    row = trained.exhibit.row[:, 0].cpu().numpy()
    return Trade(
        trained.metrics["heldout_kl"],
        trained.metrics["heldout_reconstruction"],
        rates(trained),
        AskSamples("prior", 1.0, 0, 20)(trained).pictures,
        grey(trained.model.reconstruct(row)),
        trained.model.embed(row[:1])[0],
        decoder_of(trained),
    )


def trade_off(betas: Sequence[float], trades: Sequence[Trade]) -> str:
    """A sentence on KL, reconstruction and code dimensions in use from the least of ``betas`` to the largest."""
    kl = _trend("the KL", [trade.kl for trade in trades])
    loss = _trend("the reconstruction loss", [trade.reconstruction for trade in trades])
    used, of = [int(trade.per_number.used.sum()) for trade in trades], len(trades[0].per_number.used)
    dimensions = f"of {of} code dimensions {used[0]} are in use at first and {used[-1]} in the end"
    return f"From beta {betas[0]:g} to {betas[-1]:g}, held-out: {kl}; {loss}; {dimensions}."


def _trend(what: str, values: Sequence[float]) -> str:
    """``the KL falls from 20.0 to 3.0 nats, at 5 of 6 steps``."""
    steps = np.diff(values)
    verb = "rises" if values[-1] > values[0] else "falls" if values[-1] < values[0] else "stays"
    if verb == "stays":
        return f"{what} stays at {values[0]:.1f} nats"
    alike = int((np.sign(steps) == np.sign(values[-1] - values[0])).sum())
    where = "at every step" if alike == len(steps) else f"at {alike} of {len(steps)} steps"
    return f"{what} {verb} from {values[0]:.1f} to {values[-1]:.1f} nats, {where}"

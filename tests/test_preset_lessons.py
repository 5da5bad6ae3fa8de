"""What a preset of Compare promises is what comes out, on its own settings made as small as the lesson survives."""

from __future__ import annotations

import pytest
from comparing import specs_of

from aecore.runs.findings import Findings, find
from aecore.runs.run import Run, train_spec
from aecore.sources import load
from aecore.ui.presets import COMPARE


def columns(title: str, **smaller: object) -> list[tuple[Run, Findings]]:
    """The columns of a preset, trained, and what is found of them; ``smaller`` settings in place of the preset's."""
    runs = [train_spec(spec.changed(**smaller)) for spec in specs_of(COMPARE[title]).values()]
    return [(run, find(run)) for run in runs]


def errors(found: list[tuple[Run, Findings]], split: str) -> list[float]:
    return [run.metrics[f"{split}_squared_error"] for run, _ in found]


def test_too_large_a_network_learns_its_images_by_heart():
    found = columns("too large", data="digits", images=150, epochs=150, batch_size=50)
    train, heldout = errors(found, "train"), errors(found, "heldout")
    assert train == sorted(train, reverse=True)
    assert heldout == sorted(heldout)
    assert heldout[2] > 10 * train[2]


def test_some_weight_decay_helps_and_much_does_not():
    """As the preset has it, on a hundred images: 12.6, 10.6 and 13.4 of held-out squared error."""
    found = columns("weight decay")
    train, heldout = errors(found, "train"), errors(found, "heldout")
    gaps = [held - learned for held, learned in zip(heldout, train, strict=True)]
    assert train == sorted(train)
    assert heldout[1] < 0.95 * min(heldout[0], heldout[2])
    assert gaps[1] < 0.95 * gaps[0]
    assert all(error < 0.5 * one.mean_image for error, (_, one) in zip(heldout, found, strict=True))


@pytest.mark.parametrize(("title", "share"), [("conv against dense at equal weights", 1.0), ("tied or not", 0.5)])
def test_columns_have_the_share_of_weights_that_is_promised(title, share):
    facts = load("mnist-5k", images=100).facts
    models = [spec.model(facts) for spec in specs_of(COMPARE[title]).values()]
    first, second = (sum(weights.numel() for weights in model.parameters()) for model in models)
    assert second / first == pytest.approx(share, rel=0.02)

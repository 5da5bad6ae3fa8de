"""What a preset of Compare promises is what comes out, on its own settings made as small as the lesson survives."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from comparing import specs_of

from aecore.questions.conclusions import COPIES
from aecore.questions.findings import Findings, find
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.ui.presets import COMPARE


def columns(shared: Callable[[Spec], Run], title: str, **smaller: object) -> list[tuple[Run, Findings]]:
    """The columns of a preset, trained, and what is found of them; ``smaller`` settings in place of the preset's."""
    runs = [shared(spec.changed(**smaller)) for spec in specs_of(COMPARE[title]).values()]
    return [(run, find(run)) for run in runs]


def errors(found: list[tuple[Run, Findings]], split: str) -> list[float]:
    return [run.metrics[f"{split}_squared_error"] for run, _ in found]


@pytest.mark.learns
def test_too_large_a_network_learns_its_images_by_heart(shared):
    found = columns(shared, "too large", data="digits", images=150, epochs=150, batch_size=50)
    train, heldout = errors(found, "train"), errors(found, "heldout")
    assert train == sorted(train, reverse=True)
    assert heldout == sorted(heldout)
    assert heldout[2] > 10 * train[2]


@pytest.mark.learns
def test_some_weight_decay_helps_and_much_does_not(shared):
    """As the preset has it, on a hundred images: 12.6, 10.6 and 13.4 of held-out squared error."""
    found = columns(shared, "weight decay")
    train, heldout = errors(found, "train"), errors(found, "heldout")
    gaps = [held - learned for held, learned in zip(heldout, train, strict=True)]
    assert train == sorted(train)
    assert heldout[1] < 0.95 * min(heldout[0], heldout[2])
    assert gaps[1] < 0.95 * gaps[0]
    assert all(error < 0.5 * one.mean_image for error, (_, one) in zip(heldout, found, strict=True))


@pytest.mark.learns
def test_the_plain_one_copies_what_it_has_never_seen_and_those_held_back_do_not(shared):
    """On digits a code of 64 has room for the whole image, as one of 1,024 has on the preset's."""
    plain, *others = columns(shared, "identity trap", data="digits", images=1437, latent=64, epochs=40)
    for kind in ("letters", "mixed"):
        copied = plain[1].strangers[kind].left
        assert copied < COPIES
        assert all(found.strangers[kind].left > 3 * copied for _, found in others)
        assert all(found.strangers[kind].left > COPIES for _, found in others)


@pytest.mark.learns
def test_contraction_keeps_the_encoder_from_stretching_and_denoising_takes_noise_away(shared):
    small = {"images": 1437, "latent": 16, "epochs": 20, "width": 64, "depth": 2}
    made = [
        # Digits have a twelfth of the pixels, and so of the loss that the penalty is weighed against.
        shared(spec.changed(data="digits", **small | ({"contraction": 0.3} if "contraction" in spec.flat() else {})))
        for spec in specs_of(COMPARE["denoising against contractive"]).values()
    ]
    plain, denoising, contractive = (find(run) for run in made)
    assert (contractive.spectrum < 1).all()
    assert contractive.spectrum[:, 0].mean() < min(one.spectrum[:, 0].mean() for one in (plain, denoising)) / 2
    assert denoising.strong.restored < 0.95 * min(one.strong.restored for one in (plain, contractive))
    assert max(denoising.slight.code, contractive.slight.code) < 0.95 * plain.slight.code


@pytest.mark.parametrize(
    ("title", "share"),
    [("conv against dense at equal weights", 1.0), ("depth at equal weights", 1.0), ("tied or not", 0.5)],
)
def test_columns_have_the_share_of_weights_that_is_promised(title, share):
    facts = load("mnist-5k", images=100).facts
    models = [spec.model(facts) for spec in specs_of(COMPARE[title]).values()]
    first, *others = (sum(weights.numel() for weights in model.parameters()) for model in models)
    assert others
    for other in others:
        assert other / first == pytest.approx(share, rel=0.02)

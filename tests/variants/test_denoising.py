"""Damage that is always fresh, and damage that stays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import aecore
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.training import generator

SMALL = {"data": "digits", "images": 100, "variant": "denoising", "corruption": "gaussian", "likelihood": "gaussian"}


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.from_numpy(aecore.load("digits").test.images[:6].copy())[:, None]


def prepared(**more) -> Run:
    run = Run(Spec(**SMALL, **more))
    run.prepare()
    return run


def test_fresh_damage_is_the_corruptions_own(images):
    model = prepared().model
    assert torch.equal(model.inputs(images, generator(3)), model.corruption.damage(images, generator(3)))
    assert not torch.equal(model.inputs(images, generator(3)), model.inputs(images, generator(4)))


def test_damage_that_stays_goes_with_the_image(images):
    model = prepared(fresh=False).model
    damaged = model.inputs(images, generator(3))
    # In another batch, order and step.
    assert torch.equal(model.inputs(images.flip(0), generator(4)), damaged.flip(0))
    noise = damaged - images
    assert noise.std() == pytest.approx(0.5, rel=0.15)
    # Each image has its own.
    assert not torch.equal(noise[0], noise[1])


@pytest.mark.learns
def test_damage_that_stays_is_learned_by_heart(shared):
    """The clean image is rebuilt well from the damage that was trained on, and badly from other damage of it."""

    def error(fresh: bool, seen: bool) -> float:
        run = runs[fresh]
        clean = torch.from_numpy(run.data.train.images.copy())[:, None]
        stays = runs[False].model
        damaged = stays.inputs(clean, generator(0)) if seen else stays.corruption.damage(clean, generator(99))
        rebuilt = run.model.reconstruct(damaged[:, 0].numpy())
        return float(np.square(rebuilt - run.data.train.images).sum((1, 2)).mean())

    runs = {fresh: shared(Spec(**SMALL, fresh=fresh, latent=32, epochs=150)) for fresh in (True, False)}
    assert error(fresh=False, seen=True) < 0.5 * error(fresh=False, seen=False)
    assert error(fresh=True, seen=False) < 0.8 * error(fresh=False, seen=False)

"""What the page Latent space asks of a run, for codes of every length and on odd data."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from aecore.measures.paths import straight
from aecore.questions import drawn
from aecore.questions import latent as ask
from aecore.questions.walks import AskWalk
from aecore.runs.run import Run
from aecore.runs.spec import Spec

SMALL = {"data": "digits", "images": 100, "width": 8, "depth": 1, "epochs": 2}


def prepared(**settings) -> Run:
    run = Run(Spec(**SMALL | settings))
    run.prepare()
    return run


@pytest.fixture(scope="module")
def vae(shared) -> Run:
    return shared(Spec(**SMALL, variant="vae"))


@pytest.mark.parametrize("variant", ["plain", "sparse-l1", "vae", "cvae"])
@pytest.mark.parametrize("latent", [1, 2, 3, 32, 512])
def test_every_length_of_code_has_points_places_and_a_ground(variant, latent):
    run = prepared(variant=variant, latent=latent)
    points = ask.AskPoints(200)(run)
    assert points.codes.shape == (200, latent)
    assert points.heldout.all()
    assert points.originals.shape == points.rebuilt.shape == (200, 8, 8)
    assert np.allclose(
        points.errors,
        np.square(run.model.reconstruct(run.data.test.images[:200]) - run.data.test.images[:200]).sum((1, 2)),
        rtol=1e-4,
    )
    flat = ask.AskFlat("pca", 200)(run)
    assert flat.places.shape == (200, 2)
    assert 0 <= flat.trust <= 1
    assert 0 <= flat.accuracy <= 1
    assert all(flat.axes)
    # What is drawn lands on the same map.
    on = drawn.AskGround(200)(run)
    assert on.axes == flat.axes
    np.testing.assert_allclose(on.places, flat.places, atol=1e-5)
    across = slice(0, 1 if latent == 1 else 2)
    placed = (points.codes - on.centre) @ on.directions
    np.testing.assert_allclose(placed[:, across], flat.places[:, across], atol=1e-4)
    variances = points.codes.var(0, dtype=float)
    assert on.share == pytest.approx(
        1 if latent <= 2 else flat.places.var(0, dtype=float).sum() / variances.sum(), rel=1e-3
    )


def test_held_out_images_come_first_and_training_images_follow(vae):
    images, labels = ask.images_of(vae, 70_000)
    assert len(images) == 460
    assert np.array_equal(images[:360], vae.data.test.images)
    assert np.array_equal(labels[360:], vae.data.train.labels)
    points = ask.AskPoints(70_000)(vae)
    assert points.heldout.sum() == 360


def test_equal_questions_are_one_and_tell_how_far_they_are():
    assert ask.AskFlat("umap", 5) == ask.AskFlat("umap", 5)
    assert hash(ask.AskFlat("umap", 5)) == hash(ask.AskFlat("umap", 5))
    assert ask.AskFlat("umap", 5) != ask.AskFlat("pca", 5)


def test_a_kept_projection_is_not_made_again_and_a_damaged_one_is(monkeypatch, tmp_path):
    monkeypatch.setenv("AECORE_HOME", str(tmp_path))
    made = []

    def flatten(codes, how, report):
        made.append(how)
        return np.ascontiguousarray(codes[:, :2])

    monkeypatch.setattr(ask, "flatten", flatten)
    run = prepared(latent=3)
    first = ask.AskFlat("umap", 150)(run).places
    again = ask.AskFlat("umap", 150)(run).places
    assert np.array_equal(first, again)
    assert made == ["umap"]
    (kept,) = (tmp_path / "projections").iterdir()
    kept.write_bytes(b"nonsense")
    assert np.array_equal(ask.AskFlat("umap", 150)(run).places, first)
    assert made == ["umap", "umap"]


def test_figures_of_codes(vae):
    found = ask.AskFigures(300)(vae)
    assert found.shares.sum() == pytest.approx(1)
    assert found.correlations.shape == (2, 2)
    assert 1 <= found.dimension <= 2
    assert found.rand.shape == (5,)
    assert found.images == 300


def test_a_walk_begins_and_ends_at_its_images(vae):
    walk = AskWalk(3, 400, "straight", 7)(vae)
    images, _ = ask.images_of(vae, 500)
    ends = vae.model.embed(images[[3, 400]])
    assert np.array_equal(walk.pictures, ask.grey(vae.model.generate(straight(*ends, 7))))
    assert walk.distances.shape == (7,)
    nearest = np.linalg.norm(vae.model.generate(ends[:1])[0] - vae.data.train.images, axis=(1, 2)).min()
    assert walk.distances[0] == pytest.approx(nearest, rel=1e-3)
    same = AskWalk(3, 3, "spherical", 5)(vae)
    assert (same.pictures == same.pictures[0]).all()


@pytest.mark.parametrize(("variant", "rows"), [("vae", 2), ("plain", 1), ("cvae", 2)])
def test_a_new_image_is_placed_where_its_code_is(variant, rows):
    run = prepared(variant=variant, latent=5)
    image = run.data.test.images[7].copy()
    placed = drawn.place(run, image)
    assert placed.numbers.shape == (rows, 5)
    np.testing.assert_allclose(placed.numbers[0], run.model.embed(image[None])[0], atol=1e-6)
    np.testing.assert_allclose(placed.rebuilt, run.model.reconstruct(image[None])[0], atol=1e-6)
    if rows == 2:
        known = run.model.posterior(torch.from_numpy(image)[None, None]).log_variance
        np.testing.assert_allclose(placed.numbers[1], known[0].detach().numpy(), atol=1e-6)


def test_codes_that_are_all_the_same_lie_at_0():
    on = drawn._main_plane(np.ones((6, 4), np.float32))
    assert (on.places == 0).all()
    assert on.share == 1


def test_very_long_codes_of_many_images_are_cut_to_what_memory_holds(monkeypatch, vae):
    monkeypatch.setattr(ask, "MOST_NUMBERS", 100)
    assert len(ask.images_of(vae, 70_000)[0]) == 50

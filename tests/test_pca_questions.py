"""What the page PCA asks of a run, on the smallest and oddest data there are."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from aecore.measures.pca import fit_pca
from aecore.questions import pca as ask
from aecore.runs.answers import MOST_KEPT, Answers
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.ui.pca.price import Price
from aecore.ui.pca.subspace import Subspace

FEW = {"data": "digits", "images": 100, "likelihood": "gaussian"}


@pytest.fixture(scope="module")
def run() -> Run:
    untrained = Run(Spec(**FEW, architecture="linear"))
    untrained.prepare()
    return untrained


@pytest.mark.parametrize("most", [1, 10, 64, 1024])
def test_components_and_what_the_first_of_them_leave(run, most):
    found = ask.Components(most)(run)
    rows = run.exhibit.looked_at.images.reshape(-1, 64)
    known = fit_pca(run.data.train.images)
    assert found.rank == np.linalg.matrix_rank(run.data.train.images.reshape(100, 64) - known.mean, tol=1e-3)
    assert found.counts[0] == 0
    assert found.counts[-1] == min(most, found.rank)
    assert (np.diff(found.counts) > 0).all()
    for count, error in zip(found.counts, found.errors, strict=True):
        left = np.square(rows - known.reconstruct(rows, count)).sum(1).mean()
        assert error == pytest.approx(left, abs=1e-3)
    assert found.rebuilt.shape == (len(found.counts), 10, 8, 8)
    assert found.pictures.shape == (min(most, found.rank), 8, 8)
    assert 0.9 < found.likeness <= 1


def test_a_long_slider_has_about_a_hundred_places():
    for most in (101, 500, 784):
        counts = ask._counts(most)
        assert counts[-1] == most
        assert len(counts) <= 101
        assert list(counts[:10]) == list(range(10))


@pytest.mark.parametrize("variant", ["nested", "plain"])
def test_a_code_cut_off_nowhere_is_the_whole_code(variant, shared):
    trained = shared(Spec(**FEW, variant=variant, latent=3, width=16, depth=1, epochs=3))
    found = ask.truncated(trained)
    looked_at = trained.exhibit.looked_at
    whole = trained.history.moments[-1].heldout["reconstruction"]
    assert found.errors.shape == (4,)
    assert found.errors[-1] == pytest.approx(whole, rel=1e-4)
    assert found.errors[0] > found.errors[-1]
    assert found.rebuilt.shape == (4, 10, 8, 8)
    assert np.array_equal(found.rebuilt[-1], ask.grey(trained.model.reconstruct(trained.exhibit.row[:, 0].numpy())))
    assert len(looked_at) == 360


@pytest.mark.parametrize("count", [1, 100])
def test_groups_of_all_images_and_of_each(run, count):
    found = ask.Grouping(count)(run)
    assert [group.title for group in found.groups] == ["pixels", "PCA, 2 components", "autoencoder, 2 dimensions"]
    for group in found.groups:
        assert group.centres.shape == (count, 8, 8)
        assert group.clusters.members.shape == (100,)
    if count == 1:
        assert np.allclose(found.groups[0].centres[0], ask.grey(run.data.train.images.mean(0)), atol=1)


def test_pca_is_the_line_that_the_page_draws(run):
    costs, rows = ask.pca_costs(run), run.data.test.images.reshape(-1, 64)
    known = fit_pca(run.data.train.images)
    assert costs.errors[0] == pytest.approx(np.square(rows - known.mean).sum(1).mean(), rel=1e-5)
    assert costs.errors[5] == pytest.approx(np.square(rows - known.reconstruct(rows, 5)).sum(1).mean(), rel=1e-4)
    assert costs.seconds > 0
    assert ask.pca_row(run, [0, 5]).shape == (2, 10, 8, 8)


def test_what_is_asked_of_the_data_alone_is_asked_once_however_far_the_run_is(run):
    with ThreadPoolExecutor(1) as executor:
        answers, before = Answers(executor), run.snapshot
        of_data, of_run = answers.ask(run, ask.pca_costs, of_data=True), answers.ask(run, ask.pca_costs)
        try:
            run.snapshot = replace(before, step=7)
            assert answers.ask(run, ask.pca_costs, of_data=True) is of_data
            assert answers.ask(run, ask.pca_costs) is not of_run
        finally:
            run.snapshot = before


def test_more_numbers_than_directions_are_not_compared():
    """100 images vary in 99 directions at most, and these in fewer."""
    over = Run(Spec(**FEW, architecture="linear", latent=90))
    over.prepare()
    assert over.exhibit.components is None


class _AtOnce(Executor):
    def submit(self, job, *given) -> Future:
        done = Future()
        done.set_result(job(*given))
        return done


class _Never(Executor):
    def submit(self, job, *given) -> Future:
        return Future()


QUESTIONS = [lambda run, number=number: number for number in range(MOST_KEPT + 1)]


def test_of_many_answers_the_one_that_nobody_asked_for_longest_goes(run):
    answers = Answers(_AtOnce())
    first, second, *_ = [answers.ask(run, question) for question in QUESTIONS[:MOST_KEPT]]
    assert answers.ask(run, QUESTIONS[0]) is first
    answers.ask(run, QUESTIONS[MOST_KEPT])
    assert answers.ask(run, QUESTIONS[0]) is first
    assert answers.ask(run, QUESTIONS[1]) is not second


def test_no_answer_goes_that_is_still_being_found(run):
    answers = Answers(_Never())
    promised = [answers.ask(run, question) for question in QUESTIONS]
    assert [answers.ask(run, question) for question in QUESTIONS] == promised


@pytest.mark.parametrize(("images", "plain", "slow"), [(4_500, 250, 100), (300, 17, 10), (60_000, 500, 500)])
def test_few_images_are_taken_in_small_batches_so_that_the_angles_have_as_many_steps(images, plain, slow):
    given = {"data": "mnist", "images": images, "seed": 0}
    specs = Subspace(Subspace.Settings(), given).specs()
    assert [specs[name].training.batch_size for name in ("plain", "vae")] == [plain, slow]
    assert Price(Price.Settings(), given).specs()["linear", 10].training.batch_size == plain

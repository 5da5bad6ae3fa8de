"""What Compare concludes: every sentence follows from the columns in view, whichever way their numbers fall."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.measures.activity import activity
from aecore.measures.histogram import histogram
from aecore.measures.resistance import Resistance
from aecore.measures.strangers import Kind
from aecore.questions import conclusions as rules
from aecore.questions.conclusions import RULES, Column, along, conclusions
from aecore.questions.findings import Findings
from aecore.runs.naming import names_of
from aecore.runs.spec import Spec

PICTURES = np.zeros((1, 2, 2), np.float32)


def findings(
    *, left=(1.0, 1.0), slight=0.02, restored=20.0, spectrum=(2.0, 0.5), codes=2, pca=30.0, mean=50.0
) -> Findings:
    """Findings of a model of four pixels; ``left`` of letters and of noise."""
    return Findings(
        activity=activity(np.eye(codes, dtype=np.float32)),
        spectrum=np.array([spectrum]),
        slight=Resistance(slight, 0.1, 10.0),
        strong=Resistance(0.2, 0.1, restored),
        disturbed=PICTURES,
        rebuilt=PICTURES,
        strangers={
            "held-out": Kind(PICTURES, PICTURES, 1.0, 100.0),
            "letters": Kind(PICTURES, PICTURES, 100 * left[0], 100.0),
            "noise": Kind(PICTURES, PICTURES, 100 * left[1], 100.0),
        },
        mean_image=mean,
        mean_image_train=48.0,
        pca=pca,
        filters=None,
        weights=1000,
        activations=histogram(np.ones(3)),
        trained_numbers=histogram(np.ones(3)),
    )


def columns(*made: tuple[dict, float, float, dict]) -> list[Column]:
    """Columns of (settings, error on training images, error on held-out ones, findings)."""
    specs = {letter: Spec(**spec) for letter, (spec, *_) in zip("abcd", made, strict=False)}
    names = names_of(specs)
    return [
        Column(letter.upper(), names[letter], specs[letter], train, heldout, findings(**found))
        for letter, (_, train, heldout, found) in zip(specs, made, strict=True)
    ]


LATENTS = ({"latent": 1}, {"latent": 4}, {"latent": 9})


@pytest.mark.parametrize(
    ("heldout", "told"),
    [
        (
            (40.0, 25.0, 30.0),
            "Held-out images are rebuilt best by **B latent 4**: squared error B 25.00, C 30.00, "
            "A 40.00 (the mean image: 50.00).",
        ),
        (
            (25.1, 25.0, 25.2),
            "Held-out images are rebuilt equally well: squared error B 25.00, A 25.10, "
            "C 25.20 (the mean image: 50.00).",
        ),
    ],
)
def test_the_nearest_is_the_one_of_least_held_out_error_unless_all_are_alike(heldout, told):
    made = columns(*((spec, 20.0, error, {}) for spec, error in zip(LATENTS, heldout, strict=True)))
    assert rules.nearest(made) == told
    assert rules.nearest(made[:1]) == ""


def test_pca_is_beaten_or_not_column_by_column():
    made = columns(({"latent": 1}, 1, 20.0, {"pca": 30.0}), ({"latent": 4}, 1, 20.0, {"pca": 10.0}))
    better, worse = rules.against_pca(made).split(". Not")
    assert better == "Better than PCA with as many components: A 20.00 against 30.00"
    assert worse == " better than PCA with as many components: B 20.00 against 10.00."
    assert rules.against_pca(columns(({}, 1, 20.0, {"pca": None}))) == ""


@pytest.mark.parametrize(
    ("train", "heldout", "told", "worse"),
    [(20.0, 40.0, False, False), (5.0, 40.0, True, False), (0.05, 55.0, True, True), (0.1, 0.9, False, False)],
)
def test_by_heart_is_an_error_many_times_as_large_on_held_out_images(train, heldout, told, worse):
    said = rules.by_heart(columns(({}, train, heldout, {}), ({"latent": 3}, 20.0, 21.0, {})))
    assert bool(said) == told
    assert ("the mean image (50.00) beats **A latent 2**" in said) == worse
    assert "B" not in said


def test_nothing_learned_is_told_of_training_images():
    said = rules.nothing_learned(columns(({}, 47.9, 49.0, {}), ({"latent": 3}, 40.0, 60.0, {})))
    assert said == (
        "Nothing learned: squared error on training images A 47.90; always answering with their mean image: 48.00."
    )


def test_one_number_that_differs_is_told_with_both_errors_in_order():
    made = columns(
        ({"weight_decay": 0.1}, 2.0, 13.0, {}),
        ({"weight_decay": 0.0}, 0.0, 12.6, {}),
        ({"weight_decay": 0.01}, 1, 10, {}),
    )
    assert rules.one_setting(made) == (
        "With weight decay 0, 0.01, 0.1: held-out squared error 12.60, 10.00, 13.00, least at 0.01; its gap to that "
        "of training images 12.60, 9.00, 11.00, least at 0.01."
    )
    two = columns(({"latent": 1, "weight_decay": 0.1}, 2.0, 13.0, {}), ({"latent": 2}, 0.0, 12.6, {}))
    assert rules.one_setting(two) == ""
    assert along("tied", [False, True], [1, 2], [1, 2]) == ""
    assert along("latent", [2], [1], [1]) == ""


@pytest.mark.parametrize(
    ("lefts", "starts"),
    [
        (
            ((0.001, 0.04), (0.4, 0.9)),
            "**A Plain autoencoder** copies what it has never seen: letters (0%) and noise (4%). **B",
        ),
        (((0.001, 0.4), (0.4, 0.9)), "**A Plain autoencoder** copies what it has never seen: letters (0%). **B"),
        (
            ((0.3, 0.4), (0.4, 0.9)),
            "**A Plain autoencoder** copies nothing that it has never seen: it comes nearest to letters (30%). **B",
        ),
    ],
)
def test_who_copies_what_it_has_never_seen_is_told_where_a_code_has_room(lefts, starts):
    specs = ({"variant": "plain", "latent": 4}, {"variant": "sparse-l1", "latent": 4})
    made = columns(*((spec, 1.0, 2.0, {"left": left, "codes": 4}) for spec, left in zip(specs, lefts, strict=True)))
    assert rules.copies(made).startswith(starts)
    small = columns(*((spec, 1.0, 2.0, {"left": left}) for spec, left in zip(specs, lefts, strict=True)))
    assert rules.copies(small) == ""


RIVALS = ({"variant": "denoising"}, {"variant": "contractive"})


@pytest.mark.parametrize(("slight", "moves_least"), [((0.019, 0.022), "A"), ((0.03, 0.022), "B")])
def test_whose_code_moves_least_is_measured_and_not_promised(slight, moves_least):
    spectra = ((3.0, 0.5), (0.5, 0.2))
    made = columns(
        *(
            (spec, 1, 2, {"slight": one, "spectrum": spectrum, "restored": 10 * one})
            for spec, one, spectrum in zip(RIVALS, slight, spectra, strict=True)
        )
    )
    name = made["AB".index(moves_least)].name
    told = rules.slight_changes(made)
    assert f"the code of **{name}** moves least" in told
    assert "all of **B** are below 1" in told
    assert f"**{name}** comes nearest" in rules.strong_noise(made)
    assert rules.slight_changes(columns(({}, 1, 2, {}), ({"latent": 3}, 1, 2, {}))) == ""


def test_dimensions_that_are_on_are_counted_where_a_column_is_sparse():
    made = columns(({"variant": "plain"}, 1, 2, {"codes": 3}), ({"variant": "sparse-l1", "latent": 2}, 1, 2, {}))
    assert "mean: A 1.0 of 3, B " in rules.sparse(made)
    assert rules.sparse(made[:1]) == ""


def test_weights_are_told_where_networks_differ_in_shape():
    assert "A 1,000, B 1,000" in rules.sizes(columns(*(({"tied": on}, 1, 2, {}) for on in (False, True))))
    assert rules.sizes(columns(({"latent": 1}, 1, 2, {}), ({"latent": 2}, 1, 2, {}))) == ""


ODD = st.sampled_from([0.0, 1e-9, 0.5, 1.0, 48.0, 1e6, float("nan")])


@given(st.lists(st.tuples(ODD, ODD, ODD, ODD), min_size=1, max_size=4), st.booleans())
def test_whatever_is_found_is_told_in_sentences_without_nan(found, roomy):
    specs = ({}, {"variant": "contractive"}, {"variant": "denoising"}, {"variant": "sparse-l1"})
    made = columns(
        *(
            (
                spec,
                np.nan_to_num(train),
                np.nan_to_num(heldout),
                {"slight": slight, "left": (left, left), "spectrum": (slight, left), "codes": 4 if roomy else 2},
            )
            for spec, (train, heldout, slight, left) in zip(specs, found, strict=False)
        )
    )
    told = conclusions(made)
    assert len(told) <= len(RULES)
    for sentence in told:
        assert sentence.strip("*")[0].isupper()
        assert sentence.endswith((".", ".)"))
        assert not re.search(r"\bnan\b|\binf\b", sentence)

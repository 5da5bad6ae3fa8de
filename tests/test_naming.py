"""Models side by side are called by what they differ in, whatever it is."""

from __future__ import annotations

import pytest
from comparing import specs_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_spec import specs

from aecore.runs.choices import CHOICES
from aecore.runs.naming import differences, names_of, said
from aecore.runs.spec import Spec
from aecore.ui.presets import COMPARE


@pytest.mark.parametrize(
    ("flats", "names"),
    [
        ([{"latent": 1}, {"latent": 4}], ["A latent 1", "B latent 4"]),
        ([{"weight_decay": 0.0}, {"weight_decay": 1e-05}], ["A weight decay 0", "B weight decay 1e-05"]),
        ([{"tied": False}, {"tied": True}], ["A tied off", "B tied on"]),
        ([{}, {}], ["A Plain autoencoder", "B Plain autoencoder"]),
        (
            [{"latent": 64}, {"variant": "denoising"}, {"variant": "denoising", "level": 0.2}],
            ["A Plain autoencoder", "B Denoising autoencoder, level 0.5", "C Denoising autoencoder, level 0.2"],
        ),
        (
            [{"architecture": "conv", "width": 8}, {"width": 8}],
            ["A Convolutional, depth 2", "B Dense, depth 3"],
        ),
        (
            [{"variant": "sparse-l1"}, {"variant": "sparse-kl", "latent": 9}],
            [
                "A Sparse autoencoder (L1), latent 1024, sparsity 0.1",
                "B Sparse autoencoder (KL), latent 9, sparsity 0.2",
            ],
        ),
    ],
)
def test_a_name_says_what_differs_and_no_more(flats, names):
    made = {letter: Spec(**flat) for letter, flat in zip("abc", flats, strict=False)}
    assert list(names_of(made).values()) == names


@settings(max_examples=60)
@given(st.lists(specs(), min_size=2, max_size=4))
def test_different_specs_have_different_names_which_hold_every_shared_setting_that_differs(found):
    parts = [tuple(one) for one in differences(found)]
    assert len(set(parts)) == len(set(found))
    for name in set.intersection(*(set(spec.flat()) for spec in found)):
        values = [spec.flat()[name] for spec in found]
        told = [said(name, spec) in own for spec, own in zip(found, parts, strict=True)]
        assert all(told) if len(set(values)) > 1 else not any(told)


@pytest.mark.parametrize("title", COMPARE)
def test_the_columns_of_a_preset_are_told_apart(title):
    names = names_of(specs_of(COMPARE[title]))
    assert len({name[2:] for name in names.values()}) == len(names) == int(COMPARE[title]["columns"])


@pytest.mark.parametrize("choice", CHOICES)
def test_no_two_members_of_a_registry_share_a_title(choice):
    titles = [member.title for member in CHOICES[choice][0].values()]
    assert len(set(titles)) == len(titles)

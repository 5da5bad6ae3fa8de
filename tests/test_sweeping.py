"""A sweep changes one setting, and of the number of training images no other thing than that."""

from __future__ import annotations

import pytest
from comparing import specs_of
from hypothesis import given
from hypothesis import strategies as st

from aecore.questions.sweeping import points, steps_of
from aecore.runs.choices import knobs_of
from aecore.runs.naming import differing
from aecore.runs.spec import Spec
from aecore.ui.presets import SWEEPS


def planned(preset: dict[str, object]) -> dict[object, Spec]:
    """The specs of a preset's points by the swept setting's value; every value must be allowed."""
    (base,) = specs_of(preset).values()
    knob = knobs_of(base.names)[preset["sweep"]]
    found, refused = points(base, knob.name, [knob.read(part.strip()) for part in preset["values"].split(",")])
    assert refused == []
    return found


@pytest.mark.parametrize("title", SWEEPS)
def test_the_points_of_a_preset_differ_in_the_swept_setting_and_train_for_as_long(title):
    found = planned(SWEEPS[title])
    assert len(found) == len(SWEEPS[title]["values"].split(","))
    assert set(differing(list(found.values()))) <= {SWEEPS[title]["sweep"], "epochs"}
    steps = [steps_of(spec) for spec in found.values()]
    assert max(steps) <= 1.02 * min(steps)


@given(
    st.integers(1, 500),
    st.sampled_from([8, 50, 100, 500, 2048]),
    st.lists(st.integers(100, 4500), min_size=1, max_size=6, unique=True),
)
def test_any_numbers_of_images_get_the_same_steps_to_half_an_epoch(epochs, batch_size, values):
    base = Spec(epochs=epochs, batch_size=batch_size)
    found, _ = points(base, "images", values)
    whole = {value: steps_of(spec.changed(epochs=1)) for value, spec in found.items()}
    aim = min(steps_of(base), *(500 * each for each in whole.values()))
    for value, spec in found.items():
        assert spec.source_settings()["images"] == value
        assert abs(steps_of(spec) - aim) <= max(whole[value] / 2, whole[value] - aim)
        assert spec.changed(images=4_500, epochs=epochs) == base


def test_other_settings_keep_their_epochs_and_what_cannot_be_is_said():
    base = Spec(variant="denoising")
    found, refused = points(base, "batch_size", [50, 100])
    assert [spec.training.epochs for spec in found.values()] == [25, 25]
    found, refused = points(base, "latent", [2, 0])
    assert list(found) == [2]
    assert refused == ["latent must be a whole number from 1 to 1024, got 0"]

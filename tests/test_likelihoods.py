"""A new likelihood is one file: in every picker, link, reference and browser the moment it exists."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from test_pages import open_page

from aecore.likelihood import likelihoods
from aecore.portable import portable
from aecore.reference import reference
from aecore.runs.choices import knobs_of
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec, read_texts
from aecore.settings import SettingsError

LAPLACE = '''
    """Absolute error."""

    import math

    from aecore.likelihood import Likelihood, weighed_sum

    class Laplace(Likelihood):
        title, density, unit, output = "absolute error", "Laplace, scale 1", "absolute error", "clip"

        def loss(self, outputs, images, counted=None):
            return weighed_sum((outputs - images).abs(), counted)

        def mean(self, outputs):
            return outputs

        def outputs_for(self, mean):
            return mean

        def constant(self, pixels):
            return pixels * math.log(2)
'''
SMALL = {"data": "digits", "images": 100, "width": 16, "depth": 1, "epochs": 3}


@pytest.fixture
def laplace(plant):
    # What was known before must not be remembered.
    assert "laplace" not in knobs_of({})["likelihood"].choices
    plant("aecore.likelihoods", "laplace", LAPLACE)


def test_it_is_offered_where_it_goes(laplace):
    knob = knobs_of({"variant": "vae"})["likelihood"]
    assert knob.choices == ("bernoulli", "gaussian", "gaussian-learned", "laplace")
    assert "absolute error (laplace)" in knob.meaning
    assert "absolute error (laplace)" in reference()
    with pytest.raises(SettingsError, match="one of gaussian, gaussian-learned, got laplace"):
        Spec(variant="masked-linear-lsq", likelihood="laplace")
    assert read_texts({"likelihood": "laplace"}) == (Spec(likelihood="laplace"), [])


def test_it_is_trained_shown_and_decoded_in_the_browser(laplace):
    run = train_spec(Spec(**SMALL, likelihood="laplace"))
    assert run.snapshot.state == "finished"
    assert run.exhibit.units["reconstruction"] == "absolute error per image"
    images = run.data.test.images[:5]
    outputs = run.model.rebuild(torch.from_numpy(images.copy())[:, None])[:, 0].detach().numpy()
    assert np.allclose(
        run.model.likelihood.loss(torch.tensor(outputs), torch.tensor(images)).sum(),
        np.abs(outputs - images).sum(),
        rtol=1e-5,
    )
    assert portable(run.model).output == "clip"


def test_a_page_offers_it_and_its_formula_says_its_name(laplace):
    app = open_page("train", likelihood="laplace", **{name: str(value) for name, value in SMALL.items()})
    assert not app.exception
    assert not app.warning
    (picker,) = (box for box in app.selectbox if box.label == "Likelihood")
    assert picker.value == "laplace"
    assert picker.options == list(likelihoods)
    assert any("absolute error" in caption.value for caption in app.caption)

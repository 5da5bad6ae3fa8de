"""The network as it is drawn: of every model its own layers, what runs through them, and what a unit does."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from combinations import COMBINATIONS

from aecore.architectures import architectures
from aecore.exhibits.images import NETWORK
from aecore.measures.network import UNITS, evenly, network_of
from aecore.measures.units import excited, weights_of, without
from aecore.questions.unit import AskUnit
from aecore.runs.history import History
from aecore.runs.run import Run, train_spec
from aecore.runs.snapshot import Snapshot
from aecore.runs.spec import Spec
from aecore.ui.network import SIGNS, _kept, _network, key_of
from aecore.ui.topics import Topic


def prepared(**settings) -> Run:
    run = Run(Spec(**{"data": "digits", "images": 100, **settings}))
    run.prepare()
    return run


def parts(moment) -> dict[str, np.ndarray]:
    return {name.removeprefix(NETWORK): a for name, a in moment.shown.items() if name.startswith(NETWORK)}


@pytest.fixture(scope="module")
def dense() -> Run:
    return train_spec(Spec(data="digits", images=200, variant="vae", latent=3, width=32, depth=2, epochs=2))


# Every variant once, and every architecture.
MODELS = {variant: (variant, architecture) for variant, architecture in COMBINATIONS}
MODELS |= {architecture: ("plain", architecture) for architecture in architectures}


@pytest.mark.parametrize(("variant", "architecture"), sorted(set(MODELS.values())))
def test_every_model_is_drawn_as_it_is(variant, architecture):
    """All its layers, each with its own weights; what is not a layer's belongs to no layer: a codebook, a bias."""
    run = prepared(variant=variant, architecture=architecture)
    network, model = run.exhibit.network, run.model
    own = {id(weights): weights.numel() for half in (model.encoder, model.decoder) for weights in half.parameters()}
    assert sum(layer.weights for layer in network.layers) == sum(own.values())
    assert network.weights == sum(weights.numel() for weights in model.parameters())
    assert network.code == model.latent
    assert network.layers[-1].part == "decoder"
    shown = parts(run.snapshot.newest)
    assert {f"units{i}" for i in network.hidden} <= set(shown)
    assert all(np.isfinite(array).all() for name, array in shown.items() if name != "gradients")
    assert np.isnan(shown["gradients"]).all()
    drawing = _network((run.snapshot,), run, "here", 3)
    header, arrays = drawing.header, drawing.arrays
    assert header["columns"][0]["array"] == "original"
    assert header["columns"][-1]["array"] == "rebuilt"
    for column in header["columns"]:
        drawn = arrays[column["array"]]
        assert len(drawn) == 1
        if column["kind"] != "picture":
            assert drawn.shape[1] == len(column["units"]) or column["array"] == "code"
    # Whatever is drawn in part, and every sign, is explained beside the drawing.
    signs, key = {sign for column in header["columns"] for sign in column["signs"]}, key_of(network)
    assert all(SIGNS[sign] in key for sign in signs)
    for column in header["columns"]:
        if column["kind"] in ("units", "code") and len(column["units"]) < column["size"]:
            assert re.search(rf"\b{len(column['units'])} of (a layer's )?{column['size']:,} ", key), key


def test_what_is_drawn_is_what_torch_computes(dense):
    model, shown, row = dense.model, parts(dense.snapshot.newest), dense.exhibit.row
    with torch.no_grad():
        first = torch.nn.functional.silu(model.encoder[1]((row - model.mean).flatten(1)))
        posterior = model.posterior(row)
        last = model.decoder[:4](posterior.mean)
    assert np.allclose(shown["units0"], first[:, evenly(32, UNITS)], atol=1e-6)
    assert np.allclose(shown["code"], posterior.mean, atol=1e-6)
    assert np.allclose(shown["sigma"], (posterior.log_variance / 2).exp(), atol=1e-6)
    number = dense.exhibit.network.hidden[-1]
    assert np.allclose(shown[f"units{number}"], last[:, evenly(32, UNITS)], atol=1e-6)
    assert (shown["gradients"] > 0).all()


def test_a_unit_is_switched_off_and_nothing_else(dense):
    model, images = dense.model, dense.exhibit.looked_at.images[:20]
    rows = torch.from_numpy(images.copy())[:, None]
    with torch.no_grad():
        hidden = torch.nn.functional.silu(model.encoder[1]((rows - model.mean).flatten(1)))
        assert np.allclose(excited(model, images, 0, 5), hidden[:, 5], atol=1e-6)
        hidden[:, 5] = 0
        codes = model.encoder[3:](hidden)[:, :3]
        told = model.likelihood.mean(model.decode(codes))[:, 0]
        assert np.allclose(without(model, images, 0, 5), told, atol=1e-5)
        codes = model.encode(rows)
        codes[:, 1] = 0
        assert np.allclose(without(model, images, -1, 1), model.likelihood.mean(model.decode(codes))[:, 0], atol=1e-5)
    # The model itself stays as it was.
    assert np.allclose(model.reconstruct(images), model.generate(model.embed(images)), atol=1e-6)
    assert not model.decoder._forward_pre_hooks


@pytest.mark.parametrize("architecture", ["dense", "conv", "recurrent", "linear"])
def test_every_unit_drawn_can_be_asked_about(architecture):
    run = prepared(architecture=architecture)
    drawing = _network((run.snapshot,), run, "here", 0)
    for column in drawing.header["columns"]:
        for unit in column["units"][:2]:
            stage = -1 if column["kind"] == "code" else column["stage"]
            found = AskUnit(stage, unit)(run.trained)
            assert found.values.shape == (len(run.exhibit.looked_at),)
            assert found.rebuilt.shape == found.without.shape == run.exhibit.originals.shape
            assert (np.diff(found.values[np.argsort(-found.values)[: len(found.exciting)]]) <= 0).all()


def test_weights_beside_the_picture_are_the_first_and_the_last_layers(dense):
    first, last = dense.model.encoder[1].weight, dense.model.decoder[4].weight
    stages = len(dense.exhibit.network.layers)
    for picture, weights in (
        (weights_of(dense.model, 0, 7), first[7]),
        (weights_of(dense.model, stages - 2, 7), last[:, 7]),
    ):
        picture, weights = picture.ravel().astype(float), weights.detach().numpy().ravel()
        assert np.corrcoef(picture, weights)[0, 1] > 0.999
    assert weights_of(dense.model, 1, 0) is None


def test_a_tiny_network_is_drawn_with_every_weight():
    run = prepared(data="curves", latent=1, width=8, depth=1)
    shown = parts(run.snapshot.newest)
    matrices = [stage.weight.detach().numpy() for stage in run.model.modules() if isinstance(stage, torch.nn.Linear)]
    assert [shown[f"weights{i}"].shape for i in range(4)] == [matrix.shape for matrix in matrices]
    assert all(np.array_equal(shown[f"weights{i}"], matrix) for i, matrix in enumerate(matrices))


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_a_look_costs_the_wire_at_most_15_kb(architecture):
    run = prepared(data="mnist-5k", architecture=architecture, learning_rate=0.01)
    run.aim(5)
    run.work()
    first, *_, last = run.history.moments
    before, after = (Snapshot("running", newest=moment, history=History((moment,))) for moment in (first, last))
    topic = Topic(_network, (run,), (True,), (run, "here", 0))
    topic.note(_network((before,), run, "here", 0))
    assert topic.render({run: after})
    assert 2_000 < len(topic.framed()) <= 15_000


def test_what_was_kept_before_networks_were_drawn_is_shown_without(dense):
    """Moments of such a file hold nothing of the network; a run that goes on from there has both kinds."""
    old, new = dense.history.moments[0], dense.history.moments[-1]
    bare = replace(old, shown={"places": old.shown["places"]})
    again = History.from_arrays(History((bare, new)).arrays())
    assert set(again.moments[1].shown) == {"places"}
    assert _kept(Snapshot("paused", newest=bare, history=History((bare,)))) == ()
    mixed = Snapshot("paused", newest=new, history=History((bare, new)))
    assert _network((mixed,), dense, "here", 0).header["frames"] == 1


def test_posteriors_and_their_branch_are_told_of():
    network = network_of(prepared(variant="vae").model)
    assert network.waist == ("sigma", "dice")
    assert network_of(prepared(variant="plain").model).waist == ()
    assert network_of(prepared(variant="masked").model).before == ("mask",)
    assert network_of(prepared(variant="denoising").model).before == ("corruption",)
    assert network_of(prepared(variant="vq-vae").model).waist == ("codebook",)
    assert "label" in network_of(prepared(variant="cvae").model).before

"""The reader against torch's LSTM, and what reading and writing row by row means."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from aecore.architectures import architectures
from aecore.architectures.recurrent import Reader
from aecore.autoencoder import Autoencoder
from aecore.dataset import Facts
from aecore.measures.quality import squared_error
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.training import TrainerState, generator, train

# torch imports its forward-mode rules on their first use, and with them what it has itself deprecated.
forward_mode = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=generator(seed))


def model_of(shape: tuple[int, int] = (8, 8), **more) -> Autoencoder:
    return Spec(architecture="recurrent", **{"width": 16, "latent": 3} | more).model(Facts(uniform(*shape).numpy()))


def torchs(reader: Reader) -> nn.LSTM:
    """torch's LSTM with the weights of ``reader``; of its two biases one is 0."""
    theirs = nn.LSTM(reader.of_row.in_features, reader.units)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(reader.of_row.weight)
        theirs.bias_ih_l0.copy_(reader.of_row.bias)
        theirs.weight_hh_l0.copy_(reader.of_hidden.weight)
        theirs.bias_hh_l0.zero_()
    return theirs


def test_the_reader_is_torchs_lstm_over_rows_of_all_channels():
    made = architectures["recurrent"](architectures["recurrent"].Settings(width=16), (8, 6))
    encoder, images = made.encoder(3, generator(0), channels=2), uniform(4, 2, 8, 6)
    reader = encoder[0]
    theirs = torchs(reader)
    rows = torch.stack([torch.cat([images[:, 0, y], images[:, 1, y]], dim=1) for y in range(8)])
    known = torch.cat([state[0] for state in theirs(rows)[1]], dim=1)
    assert torch.allclose(reader(images), known, atol=1e-6)
    assert torch.allclose(encoder(images), encoder[1](known), atol=1e-6)
    reader(images).square().sum().backward()
    known.square().sum().backward()
    for ours, other in (
        (reader.of_row.weight, theirs.weight_ih_l0),
        (reader.of_row.bias, theirs.bias_ih_l0),
        (reader.of_hidden.weight, theirs.weight_hh_l0),
    ):
        assert torch.allclose(ours.grad, other.grad, atol=1e-5)


def test_the_writer_is_an_lstm_given_the_code_at_every_row():
    """Step by step, with torch's own cell."""
    model, codes = model_of((8, 6)), uniform(4, 3)
    writer, last, _ = model.decoder
    cell_of = nn.LSTMCell(3, 16)
    cell_of.load_state_dict({name.removesuffix("_l0"): value for name, value in writer.lstm.state_dict().items()})
    hidden, cell = writer.start(codes).tanh().chunk(2, dim=1)
    rows = []
    for _ in range(8):
        hidden, cell = cell_of(codes, (hidden, cell))
        rows.append(hidden @ last.weight.T)
    known = torch.stack(rows, dim=1)[:, None] + model.output_bias
    assert torch.allclose(model.decode(codes), known, atol=1e-6)


def test_the_order_of_the_rows_matters():
    model, images = model_of(), uniform(4, 1, 8, 8)
    with torch.no_grad():
        model.mean.zero_()
        codes, turned = model.encode(images), model.encode(images.flip(2))
    assert (codes - turned).abs().max() > 1e-3


def test_rows_are_written_from_the_top_down():
    """What comes below changes nothing above: a writer of fewer rows writes the same first ones."""
    writer, codes = model_of().decoder[0], uniform(2, 3)
    states = writer(codes)
    writer.height = 5
    assert torch.equal(writer(codes), states[:, :5])
    assert (states[:, 1:] - states[:, :-1]).abs().amax(2).min() > 1e-4


def test_forget_gates_start_open_and_all_other_biases_at_0():
    model = model_of()
    for bias in (model.encoder[0].of_row.bias, model.decoder[0].lstm.bias_ih_l0):
        enter, forget, new, leave = bias.chunk(4)
        assert (forget == 1).all()
        assert not torch.cat([enter, new, leave]).any()
    assert not model.decoder[0].lstm.bias_hh_l0.any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (8, 8), (13, 9), (40, 28)])
def test_any_size_of_image_is_taken(shape):
    model, images = model_of(shape), uniform(2, 1, *shape)
    assert model.decode(model.encode(images)).shape == images.shape
    assert model.encode(images[:0]).shape == (0, 3)


@forward_mode
@pytest.mark.parametrize("bf16", [False, True])
def test_forward_and_reverse_mode_give_one_jacobian(bf16):
    model, images = model_of(), uniform(4, 1, 8, 8)
    direction = uniform(4, 1, 8, 8, seed=1)

    def code(image: Tensor) -> Tensor:
        return model.encode(image[None])[0]

    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        reverse = torch.func.vmap(torch.func.jacrev(code))(images)
        forward = torch.func.vmap(torch.func.jacfwd(code))(images)
        codes, moved = torch.func.jvp(model.encode, (images,), (direction,))
    close = {"atol": 1e-2} if bf16 else {"atol": 1e-6}
    assert torch.allclose(reverse, forward, **close)
    assert torch.allclose(moved, torch.einsum("nlchw,nchw->nl", forward, direction), **close)
    assert torch.allclose(codes, model.encode(images), **close)
    # A penalty on the Jacobian reaches the weights: reverse mode on top of forward mode.
    moved.square().sum().backward()
    assert all(w.grad is None or w.grad.isfinite().all() for w in model.parameters())
    assert model.encoder[0].of_hidden.weight.grad.abs().max() > 0


def test_gradients_and_their_gradients_are_right():
    model = model_of((4, 3), width=8).double()
    images = uniform(2, 1, 4, 3).double().requires_grad_()
    assert torch.autograd.gradcheck(model.rebuild, images)
    assert torch.autograd.gradgradcheck(model.encode, images)


@pytest.mark.learns
@pytest.mark.parametrize("variant", ["plain", "vae"])
def test_it_learns(variant):
    data = load("digits")
    spec = Spec(data="digits", architecture="recurrent", variant=variant, width=32, latent=4, learning_rate=1e-2)
    model = spec.model(data.facts)
    before = squared_error(model, data.test)
    for _ in train(data.train, spec.training, TrainerState(model, spec.training)):
        pass
    assert squared_error(model, data.test) < 0.65 * before

"""A decoder as plain numbers, for what runs it without torch, such as a browser.

Letters as in ``aecore.autoencoder``; C classes, K numbers that come after a code for its class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from aecore.architecture import Transposed
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional
from aecore.losses import Bernoulli, Gaussian, GaussianLearned


class NotPortable(RuntimeError):
    """A decoder that only torch can run; one sentence that says why, and what to do."""


@dataclass(frozen=True, eq=False)
class Portable:
    """A decoder: what ``layers`` do one after another, each to what the one before has put out.

    The first is given a code, ``latent`` numbers, and after it ``labels[c]`` [K] where the model decodes it as one of
    class c. ``output`` makes what the last puts out an image of ``shape``, H x W: the logistic function ("sigmoid"), or
    nothing ("clip"); then it is cut off at 0 and 1. A layer is a dict for JSON, which tells its ``kind`` and the names
    of its arrays, float32; the bias of each may be None.

    - order: number i is number ``order[i]`` of what it is given
    - linear: ``weight`` [out, in] times it, plus ``bias`` [out]
    - reshape: from one row to ``shape``: [channels, height, width], or one row again
    - conv: at each place ``weight`` [out, in, 1, 1] times its channels, plus ``bias`` [out]
    - conv_transpose: as torch.nn.ConvTranspose2d has it, with ``weight`` [in, out, height, width] and ``bias`` [out];
      ``stride``, ``padding`` and ``output_padding`` are [down, across]
    - silu: x / (1 + exp(-x)) of each number x
    - add: plus ``values``, of the same shape
    """

    layers: tuple[dict, ...]
    arrays: dict[str, np.ndarray]
    latent: int
    shape: tuple[int, int]
    output: str
    labels: np.ndarray | None


@dataclass(frozen=True)
class _Kind:
    """How a module is told as a layer: names of its tensors and of other attributes, and what those must be."""

    name: str
    tensors: tuple[str, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, object] = field(default_factory=dict)


AFFINE = ("weight", "bias")
KINDS: dict[type[nn.Module], _Kind] = {
    nn.Linear: _Kind("linear", AFFINE),
    Transposed: _Kind("linear", AFFINE),
    nn.SiLU: _Kind("silu"),
    nn.Unflatten: _Kind("reshape", told={"shape": "unflattened_size"}, only={"dim": 1}),
    nn.Conv2d: _Kind("conv", AFFINE, only={"kernel_size": (1, 1), "stride": (1, 1), "padding": (0, 0), "groups": 1}),
    nn.ConvTranspose2d: _Kind(
        "conv_transpose",
        AFFINE,
        told={name: name for name in ("stride", "padding", "output_padding")},
        only={"dilation": (1, 1), "groups": 1},
    ),
}
OUTPUTS = {Bernoulli: "sigmoid", Gaussian: "clip", GaussianLearned: "clip"}


def portable(model: Autoencoder) -> Portable:
    """The decoder of ``model`` as it is now. Raises NotPortable where it does what ``Portable`` has no words for."""
    labels = _labels(model)
    layers, arrays = _start(model, 0 if labels is None else labels.shape[1])
    for part in _parts(model.decoder):
        layers.append(_layer(part, str(len(layers)), arrays))
    arrays["output_bias"] = _numbers(model.output_bias)
    layers.append({"kind": "add", "values": "output_bias"})
    output = OUTPUTS.get(type(model.likelihood))
    if output is None:
        raise _refusal(f"This model's likelihood ({type(model.likelihood).__name__})")
    return Portable(tuple(layers), arrays, model.latent, model.shape, output, labels)


def _refusal(what: str) -> NotPortable:
    return NotPortable(f"{what} is not among what the browser can compute; other architectures decode here.")


def _labels(model: Autoencoder) -> np.ndarray | None:
    """[C, K] what comes after a code for each class, where the model decodes by class."""
    beside = model.beside_codes() if isinstance(model, Conditional) else None
    if beside is None and type(model).decode is not Autoencoder.decode:
        raise _refusal(f"The way in which this model decodes ({model.title})")
    return None if beside is None else _numbers(beside)


def _start(model: Autoencoder, beside: int) -> tuple[list[dict], dict[str, np.ndarray]]:
    """The layers that put a code, and ``beside`` numbers after it, where the decoder takes them; their arrays."""
    numbers = torch.arange(model.latent + beside)
    placed = model.placed(numbers[None])[0]
    if torch.equal(placed, numbers):
        return [], {}
    layers = [{"kind": "order", "order": "order"}, {"kind": "reshape", "shape": list(placed.shape)}]
    return layers, {"order": _numbers(placed.flatten())}


def _parts(module: nn.Module) -> Iterator[nn.Module]:
    """The modules that act one after another inside ``module``."""
    if type(module) is not nn.Sequential:
        yield module
        return
    for part in module:
        yield from _parts(part)


def _layer(part: nn.Module, name: str, arrays: dict[str, np.ndarray]) -> dict:
    """The layer that does what ``part`` does; its arrays join ``arrays`` under names that begin with ``name``."""
    # By the very class: one derived from it may do something else.
    kind = KINDS.get(type(part))
    if kind is None or any(getattr(part, attribute) != value for attribute, value in kind.only.items()):
        raise _refusal(f"A layer of this decoder ({type(part).__name__})")
    layer = {"kind": kind.name} | {key: list(getattr(part, attribute)) for key, attribute in kind.told.items()}
    for tensor in kind.tensors:
        values = getattr(part, tensor)
        layer[tensor] = None if values is None else f"{name}.{tensor}"
        if values is not None:
            arrays[layer[tensor]] = _numbers(values)
    return layer


def _numbers(values: Tensor) -> np.ndarray:
    """``values`` as float32, in an array of their own: training may go on and change them."""
    return values.detach().float().cpu().numpy().copy()

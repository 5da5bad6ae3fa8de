"""A model, or one of its halves alone, as plain numbers, for what runs it without torch, such as a browser.

Letters as in ``aecore.autoencoder``; C classes, K numbers that come after a code for its class.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aecore.architecture import Residual, Transposed
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional, FillsIn, Quantises, Squashes
from aecore.variational import HIGHEST_LOG_VARIANCE, HasPosterior


class NotPortable(RuntimeError):
    """A model that only torch can run; one sentence that says why, and what to do."""


@dataclass(frozen=True, eq=False)
class Portable:
    """A model, or a half of it: what ``layers`` do one after another, each to what the one before has put out.

    The first is given ``inputs`` numbers, and after them ``labels[c]`` [K] where a code is decoded as one of class c.
    ``output`` makes what the last puts out an image of ``shape``, H x W: the logistic function ("sigmoid"), or nothing
    ("clip"); then it is cut off at 0 and 1. Of an encoder ("code") it is left as it is: the code, and where there is a
    posterior a second row, the logarithms of its variances. A layer is a dict for JSON, which tells its ``kind`` and
    the names of its arrays, float32; the bias of each may be None.

    - order: number i is number ``order[i]`` of what it is given
    - linear: ``weight`` [out, in] times it, plus ``bias`` [out]
    - reshape: from one row to ``shape``: [channels, height, width], or one row again
    - flatten: to one row, channel by channel, each by rows
    - conv: as torch.nn.Conv2d has it, with ``weight`` [out, in, height, width] and ``bias`` [out]; ``stride`` and
      ``padding`` are [down, across]
    - conv_transpose: as torch.nn.ConvTranspose2d has it, with ``weight`` [in, out, height, width] and ``bias`` [out];
      ``stride``, ``padding`` and ``output_padding`` are [down, across]
    - silu: x / (1 + exp(-x)) of each number x
    - squash: f(``steepness`` * x + ``shift``) of each number x, f the ``function``: 1 / (1 + exp(-x)) where it is
      "sigmoid", max(0, x) where it is "relu"
    - cap: of each number x but the first ``after``, ``highest`` - log(1 + exp(``highest`` - x))
    - nearest: of ``entries`` [K, D] the nearest to each D numbers, one after another
    - add: plus ``values``, of the same shape
    - residual: plus what its own ``layers`` make of it one after another
    - hide: of 2n numbers, the last n of them 0 or 1, the first n, each 0 where its other is 0; where ``scaled``, over
      the share of the others that are 1, at least 1/n; and where ``flags``, after them 1 less the others
    """

    layers: tuple[dict, ...]
    arrays: dict[str, np.ndarray]
    inputs: int
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

    def fits(self, module: nn.Module) -> bool:
        """Whether that is all there is to tell of ``module``."""
        # Of a padding there may be a word, such as "same", in place of numbers.
        numbers = all(isinstance(getattr(module, attribute), tuple) for attribute in self.told.values())
        return numbers and all(getattr(module, attribute) == value for attribute, value in self.only.items())


AFFINE = ("weight", "bias")
PLACED = ("stride", "padding", "output_padding")
PLAIN = {"dilation": (1, 1), "groups": 1, "padding_mode": "zeros"}
KINDS: dict[type[nn.Module], _Kind] = {
    nn.Linear: _Kind("linear", AFFINE),
    Transposed: _Kind("linear", AFFINE),
    nn.SiLU: _Kind("silu"),
    nn.Flatten: _Kind("flatten", only={"start_dim": 1, "end_dim": -1}),
    nn.Unflatten: _Kind("reshape", told={"shape": "unflattened_size"}, only={"dim": 1}),
    nn.Conv2d: _Kind("conv", AFFINE, told={name: name for name in PLACED[:2]}, only=PLAIN),
    nn.ConvTranspose2d: _Kind("conv_transpose", AFFINE, told={name: name for name in PLACED}, only=PLAIN),
}


def portable(model: Autoencoder) -> Portable:
    """The decoder of ``model`` as it is now. Raises NotPortable where it does what ``Portable`` has no words for."""
    labels = _labels(model)
    chain = _Chain()
    _decode(model, chain, 0 if labels is None else labels.shape[1])
    return chain.ended(model, model.latent, labels)


@torch.no_grad()
def restorer(model: Autoencoder) -> Portable:
    """The whole of ``model`` as it is now, from an image to its reconstruction; raises as ``portable`` does.

    It is given the pixels of the image by rows and, where ``model`` fills in, as many numbers after them: 1 where a
    pixel is seen and 0 where it is hidden. A posterior's mean is the code.
    """
    hiding = _hiding(model)
    if hiding is None or _labels(model) is not None or not _decodes_codes(model):
        raise _refusal(f"The way in which this model rebuilds an image ({model.title})", "variants")
    chain = _Chain()
    inputs = _encode(model, chain, hiding)
    _decode(model, chain)
    return chain.ended(model, inputs, None)


@torch.no_grad()
def encoder(model: Autoencoder) -> Portable:
    """The encoder of ``model`` as it is now, from an image to its code; raises as ``portable`` does.

    It is given what ``restorer`` is given, or the pixels alone where all of them have to be seen.
    """
    posterior, chain, hiding = isinstance(model, HasPosterior), _Chain(), _hiding(model)
    inputs = _encode_at_once(model, chain) if hiding is None else _encode(model, chain, hiding, posterior)
    return Portable(tuple(chain.layers), chain.arrays, inputs, (1 + posterior, model.latent), "code", None)


def _refusal(what: str, others: str = "architectures") -> NotPortable:
    return NotPortable(f"{what} is not something the browser can compute; other {others} are.")


def _labels(model: Autoencoder) -> np.ndarray | None:
    """[C, K] what comes after a code for each class, where the model decodes by class."""
    beside = model.beside_codes() if isinstance(model, Conditional) else None
    if beside is None and type(model).decode is not Autoencoder.decode:
        raise _refusal(f"The way in which this model decodes ({model.title})")
    return None if beside is None else _numbers(beside)


class _Chain:
    """Layers one after another, as far as they are known, and their arrays."""

    def __init__(self, inside: str = ""):
        self.inside = inside
        self.layers: list[dict] = []
        self.arrays: dict[str, np.ndarray] = {}

    def append(self, kind: str, tensors: Mapping[str, Tensor | None], **told: object) -> None:
        """A layer of ``kind`` with ``tensors`` by the names that the kind has for them."""
        layer = {"kind": kind, **told}
        for name, values in tensors.items():
            layer[name] = None if values is None else f"{self.inside}{len(self.layers)}.{name}"
            if values is not None:
                self.arrays[layer[name]] = _numbers(values)
        self.layers.append(layer)

    def append_parts(self, module: nn.Module, of: str) -> None:
        """The layers that do what ``module`` does, which is a part of ``of``."""
        for part in _parts(module):
            if type(part) is Residual:
                change = _Chain(f"{self.inside}{len(self.layers)}.")
                change.append_parts(part.change, of)
                self.layers.append({"kind": "residual", "layers": change.layers})
                self.arrays |= change.arrays
                continue
            # By the very class: one derived from it may do something else.
            kind = KINDS.get(type(part))
            if kind is None or not kind.fits(part):
                raise _refusal(f"A layer of this {of} ({type(part).__name__})")
            told = {key: list(getattr(part, attribute)) for key, attribute in kind.told.items()}
            self.append(kind.name, {name: getattr(part, name) for name in kind.tensors}, **told)

    def ended(self, model: Autoencoder, inputs: int, labels: np.ndarray | None) -> Portable:
        # Said by the very class: one derived from it may show something else.
        output = vars(type(model.likelihood)).get("output")
        if output is None:
            raise _refusal(f"This model's likelihood ({type(model.likelihood).__name__})")
        return Portable(tuple(self.layers), self.arrays, inputs, model.shape, output, labels)


def _hiding(model: Autoencoder) -> dict[str, bool] | None:
    """What the layer ``hide`` tells of ``model``, nothing where it hides no pixels; None where that is not its way.

    Its way is to make a code of the first numbers that the encoder puts out for an image less the mean. Whether it
    goes it is found by trying, because a model may say the same in words of its own.
    """
    images, seen = _tried(model.mean)
    if not isinstance(model, FillsIn):
        return {} if _alike(_codes(model, images - model.mean), model.encode(images)) else None
    codes, flags = model.encode_seen(images, seen), getattr(model.settings, "flags", False)
    for scaled in (False, True):
        share = seen.mean((1, 2, 3), keepdim=True) if scaled else 1
        given = [(images - model.mean) * seen / share, *([1 - seen] if flags else [])]
        if _alike(_codes(model, torch.cat(given, 1)), codes):
            return {"scaled": scaled, "flags": flags}
    return None


def _decodes_codes(model: Autoencoder) -> bool:
    """Whether ``model`` rebuilds an image by decoding its code, which is found by trying too."""
    images, _ = _tried(model.mean)
    return _alike(model.decode(model.encode(images)), model.rebuild(images))


def _tried(like: Tensor) -> tuple[Tensor, Tensor]:
    """[4, 1, H, W] images as irregular as chance would make them, and which of their pixels are seen."""
    places = torch.arange(4 * like.numel(), device=like.device).reshape(4, *like.shape[1:])
    return 2 * torch.sin(1.7 * places), (torch.sin(2.3 * places) > 0).to(like.dtype)


def _codes(model: Autoencoder, given: Tensor) -> Tensor:
    """The codes that what the encoder makes of ``given`` [B, channels, H, W] stands for."""
    made = model.encoder(given)
    if isinstance(model, Quantises):
        vectors = made.flatten(2).mT
        return model.codebook[torch.cdist(vectors, model.codebook[None]).argmin(2)].flatten(1)
    numbers = made.flatten(1)[:, : model.latent]
    return model.squash(numbers) if isinstance(model, Squashes) else numbers


def _alike(made: Tensor, wanted: Tensor) -> bool:
    return made.shape == wanted.shape and torch.allclose(made, wanted, 1e-4, 1e-4)


def _encode(model: Autoencoder, chain: _Chain, hiding: Mapping[str, bool], posterior: bool = False) -> int:
    """Appends the encoder, which ends in a code and, with its ``posterior``, the log-variances; how much it is given.

    ``hiding`` is what ``_hiding`` says.
    """
    less = -model.mean.flatten()
    if hiding:
        less = torch.cat([less, torch.zeros_like(less)])
    chain.append("add", {"values": less})
    if hiding:
        chain.append("hide", {}, **hiding)
    chain.append("reshape", {}, shape=[2 if hiding.get("flags") else 1, *model.shape])
    chain.append_parts(model.encoder, "encoder")
    chain.append("flatten", {})
    if posterior:
        _check_posterior(model)
        chain.append("cap", {}, after=model.latent, highest=HIGHEST_LOG_VARIANCE)
    elif model.numbers_per_code > 1:
        chain.append("order", {"order": torch.arange(model.latent)})
    if isinstance(model, Quantises):
        vector = model.codebook.shape[1]
        chain.append("order", {"order": torch.arange(model.latent).reshape(vector, -1).T.flatten()})
        chain.append("nearest", {"entries": model.codebook})
    if isinstance(model, Squashes):
        chain.append("squash", {}, **asdict(model.squash))
    return len(less)


def _check_posterior(model: Autoencoder) -> None:
    """Raises NotPortable where q(z | x) is not what the encoder's second numbers say."""
    images, _ = _tried(model.mean)
    raw = model.encoder(images - model.mean).flatten(1)[:, model.latent :]
    capped = HIGHEST_LOG_VARIANCE - F.softplus(HIGHEST_LOG_VARIANCE - raw)
    if not _alike(capped, model.posterior(images).log_variance):
        raise _refusal(f"The posterior of this model ({model.title})", "variants")


def _encode_at_once(model: Autoencoder, chain: _Chain) -> int:
    """Appends one matrix for all that ``model`` does to a whole image; how much it is given. Raises NotPortable."""
    images, _ = _tried(model.mean)
    pixels = model.mean.numel()
    each = torch.eye(pixels).to(model.mean).reshape(pixels, 1, *model.shape)
    nothing = model.encode(torch.zeros_like(model.mean))
    weight = (model.encode(each) - nothing).T
    if isinstance(model, HasPosterior) or not _alike(images.flatten(1) @ weight.T + nothing, model.encode(images)):
        raise _refusal(f"The way in which this model encodes an image ({model.title})", "variants")
    chain.append("linear", {"weight": weight, "bias": nothing[0]})
    return pixels


def _decode(model: Autoencoder, chain: _Chain, beside: int = 0) -> None:
    """Appends the decoder, which is given a code and ``beside`` numbers after it, where it takes them."""
    numbers = torch.arange(model.latent + beside)
    placed = model.placed(numbers[None])[0]
    if not torch.equal(placed, numbers):
        chain.append("order", {"order": placed.flatten()})
        chain.append("reshape", {}, shape=list(placed.shape))
    chain.append_parts(model.decoder, "decoder")
    # It may be one number for all pixels.
    chain.append("add", {"values": model.output_bias.expand_as(model.mean)})


def _parts(module: nn.Module) -> Iterator[nn.Module]:
    """The modules that act one after another inside ``module``."""
    if type(module) is not nn.Sequential:
        yield module
        return
    for part in module:
        yield from _parts(part)


def _numbers(values: Tensor) -> np.ndarray:
    """``values`` as float32, in an array of their own: training may go on and change them."""
    return values.detach().float().cpu().numpy().copy()

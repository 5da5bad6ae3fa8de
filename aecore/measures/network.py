"""The network of an autoencoder as it is drawn: its layers, and what runs through them for some images.

Letters as in ``aecore.autoencoder``; R images, S layers, U units or M maps of a layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from aecore.architecture import Transposed
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Conditional, FillsIn, Quantises, Squashes
from aecore.figures.grey import signed_grey
from aecore.measures.stages import Part, Seen, Stage, stages_of, watching
from aecore.variational import Variational

# Units of a layer, code dimensions and maps of a convolution that are drawn, evenly chosen, and how wide a map may be.
UNITS, CODES, MAPS, SIDE = 24, 16, 4, 14
# Filters of the first layer and strokes of the last one.
FILTERS = 6
# A network of so few weights is drawn with all of them.
FEW_WEIGHTS = 200
KINDS = {
    nn.Linear: "linear",
    Transposed: "linear, tied",
    nn.Conv2d: "convolution",
    nn.ConvTranspose2d: "transposed convolution",
}


@dataclass(frozen=True)
class Layer:
    """A layer in words: what it is, how it bends what it puts out, ``shape`` of that for one image, its weights."""

    part: Part
    kind: str
    activation: str
    shape: tuple[int, ...]
    weights: int

    @property
    def spatial(self) -> bool:
        """Whether it puts out maps [M, H, W] or rows [rows, U], which are drawn as pictures."""
        return len(self.shape) > 1

    @property
    def drawn(self) -> np.ndarray:
        """Which units, or maps, are drawn: all where these are few, else evenly chosen ones."""
        most = MAPS if len(self.shape) == 3 else UNITS
        return evenly(self.shape[0], most) if len(self.shape) != 2 else np.zeros(1, int)


@dataclass(frozen=True)
class Network:
    """The layers of a model in the order in which an image passes them, and what stands at its waist.

    ``waist`` names, in the order of drawing, what is done to the encoder's numbers before they are the code.
    """

    layers: tuple[Layer, ...]
    code: int
    # Whether the code is a grid of cells, which is drawn as maps.
    grid: bool
    waist: tuple[str, ...]
    before: tuple[str, ...]
    # Numbers that an image's code is stored as, which of a codebook are its entries.
    stored: int
    weights: int

    @property
    def encoders(self) -> int:
        """How many layers the encoder has, which come first."""
        return sum(layer.part == "encoder" for layer in self.layers)

    @property
    def hidden(self) -> tuple[int, ...]:
        """The layers that are drawn as units: all but the one that puts out the code, and the one of the picture."""
        return (*range(self.encoders - 1), *range(self.encoders, len(self.layers) - 1))


@torch.no_grad()
def network_of(model: Autoencoder) -> Network:
    """What the network of a model looks like."""
    with watching(model) as seen:
        model.rebuild(model.mean)
    return Network(
        tuple(
            Layer(
                stage.part,
                _kind(stage.modules[0]),
                stage.activation,
                tuple(seen.outputs[number].shape[1:]),
                sum(weights.numel() for weights in stage.parameters),
            )
            for number, stage in enumerate(stages_of(model))
        ),
        model.latent,
        seen.code.ndim == 4,
        tuple(_waist(model)),
        tuple(_before(model)),
        model.stored_numbers,
        sum(weights.numel() for weights in model.parameters()),
    )


def evenly(count: int, most: int) -> np.ndarray:
    """The numbers from 0 to ``count`` - 1, or ``most`` of them, evenly spaced."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


@torch.no_grad()
def shown(network: Network, model: Autoencoder, seen: Seen) -> dict[str, np.ndarray]:
    """What a moment shows of a network, by name, after R images have been ``seen``.

    ``units<i>`` [R, U] float32 of layer i, or its maps [R, M, h, w] uint8, 127 being 0; ``code`` [R, U] float32, and
    beside it ``sigma`` where there is a posterior; ``gradients`` [S], the norm of the last step's in each layer, NaN
    before it; ``filters`` and ``strokes`` [K, H, W] uint8, what units of the first layer see and those before the last
    one draw; of a network of few weights each matrix, ``weights<i>`` [out, in].
    """
    stages = stages_of(model)
    found = {f"units{i}": _units(network.layers[i], seen.outputs[i]) for i in network.hidden}
    found["code"] = _code(seen.code, network)
    if isinstance(model, Variational):
        posterior = model.posterior_of(seen.outputs[network.encoders - 1])
        found["sigma"] = _numbers((posterior.log_variance / 2).exp(), CODES)
    found["gradients"] = np.array([stage.gradient for stage in stages], np.float32)
    pictures = {"filters": stages[0] if network.encoders else None, "strokes": stages[-1]}
    for name, stage in pictures.items():
        if stage is not None and (own := stage.sights(model.shape)) is not None:
            found[name] = own.pictures(evenly(len(own), FILTERS))
    return found | _matrices(network, stages)


def _kind(module: nn.Module) -> str:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return f"{KINDS[type(module)]} {module.kernel_size[0]}×{module.kernel_size[1]}"
    return KINDS.get(type(module)) or getattr(module, "drawn_as", type(module).__name__.lower())


def _waist(model: Autoencoder) -> Iterator[str]:
    """What becomes of the encoder's numbers."""
    if isinstance(model, Variational):
        yield "sigma"
        yield "dice"
    if isinstance(model, Squashes):
        yield "squash"
    if isinstance(model, Quantises):
        yield "codebook"
    if isinstance(model, Conditional):
        yield "label"


def _before(model: Autoencoder) -> Iterator[str]:
    """What becomes of an image before the encoder."""
    if isinstance(model, FillsIn):
        yield "mask"
    elif model.corruption is not None:
        yield "corruption"
    if isinstance(model, Conditional):
        yield "label"


def _code(given: Tensor, network: Network) -> np.ndarray:
    """The decoder's own input, but for a label beside it; of a grid its first numbers as maps."""
    if given.ndim == 4:
        return signed_grey(given[:, :MAPS].float().cpu().numpy())
    return _numbers(given[:, : network.code], CODES)


def _units(layer: Layer, made: Tensor) -> np.ndarray:
    made = made.float()
    if len(layer.shape) == 1:
        return _numbers(made, UNITS)
    maps = made[:, None] if len(layer.shape) == 2 else made[:, torch.from_numpy(layer.drawn).to(made.device)]
    if max(maps.shape[2:]) > SIDE and len(layer.shape) == 3:
        maps = nn.functional.adaptive_avg_pool2d(maps, SIDE)
    return signed_grey(maps.cpu().numpy())


def _numbers(made: Tensor, most: int) -> np.ndarray:
    chosen = evenly(made.shape[1], most)
    return made[:, torch.from_numpy(chosen).to(made.device)].float().cpu().numpy()


def _matrices(network: Network, stages: list[Stage]) -> dict[str, np.ndarray]:
    """All weights of a network that has few of them and is nothing but matrices."""
    matrices = [stage.matrix for stage in stages]
    if network.weights > FEW_WEIGHTS or any(matrix is None for matrix in matrices):
        return {}
    return {f"weights{i}": matrix.float().cpu().numpy() for i, matrix in enumerate(matrices)}

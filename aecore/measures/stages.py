"""The stages of a model's encoder and decoder: what learns something, and what it puts out. Letters as there."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from aecore.architecture import Transposed
from aecore.autoencoder import Autoencoder
from aecore.figures.grey import signed_grey

Part = Literal["encoder", "decoder"]


@dataclass(frozen=True, eq=False)
class Stage:
    """``modules`` of which the first one learns something and those after it bend or reshape what it puts out."""

    part: Part
    modules: tuple[nn.Module, ...]

    @property
    def last(self) -> nn.Module:
        """The module whose output is the stage's, in the shape in which it is drawn."""
        return [module for module in self.modules if not isinstance(module, nn.Flatten)][-1]

    @property
    def matrix(self) -> Tensor | None:
        """[out, in] its weights, where these are one matrix."""
        return self.modules[0].weight if isinstance(self.modules[0], nn.Linear | Transposed) else None

    @property
    def activation(self) -> str:
        """How what it puts out is bent; empty where it is not."""
        return next((type(m).__name__ for m in self.modules if type(m).__module__ == nn.SiLU.__module__), "")

    @property
    def parameters(self) -> list[nn.Parameter]:
        return list(self.modules[0].parameters())

    @property
    def gradient(self) -> float:
        """The norm of the last step's gradient; NaN before there is one."""
        slopes = [weights.grad for weights in self.parameters if weights.grad is not None]
        return math.hypot(*(float(torch.linalg.vector_norm(slope)) for slope in slopes)) if slopes else math.nan

    def sights(self, shape: tuple[int, int]) -> Sights | None:
        """The weights of its units on the side of an image of ``shape``, where they are pictures.

        Of a convolution the kernels for its first channel.
        """
        weights, matrix, pixels = getattr(self.modules[0], "weight", None), self.matrix, math.prod(shape)
        if matrix is not None:
            rows = matrix if self.part == "encoder" else matrix.T
            return Sights(rows[:, :pixels], shape) if rows.shape[1] >= pixels else None
        return Sights(weights[:, 0], weights.shape[2:]) if weights is not None and weights.ndim == 4 else None


@dataclass(frozen=True, eq=False)
class Sights:
    """What units see, or draw: their ``weights`` [U, ...], each a picture of ``shape``."""

    weights: Tensor
    shape: tuple[int, int]

    def __len__(self) -> int:
        return len(self.weights)

    def pictures(self, units: Sequence[int]) -> np.ndarray:
        """[K, h, w] uint8 the weights of some ``units``: mid-grey is 0, white above."""
        own = self.weights[torch.as_tensor(units, device=self.weights.device)]
        return signed_grey(own.reshape(-1, *self.shape).float().cpu().numpy())


def stages_of(model: Autoencoder) -> list[Stage]:
    """The stages of a model in the order in which an image passes them."""
    halves: tuple[tuple[Part, nn.Module], ...] = (("encoder", model.encoder), ("decoder", model.decoder))
    return [Stage(part, tuple(modules)) for part, network in halves for modules in _cut(network)]


def _cut(network: nn.Module) -> list[list[nn.Module]]:
    stages: list[list[nn.Module]] = []
    for module in network if isinstance(network, nn.Sequential) else [network]:
        if isinstance(module, Transposed) or any(True for _ in module.parameters()):
            stages.append([module])
        elif stages:
            stages[-1].append(module)
    return stages


@dataclass(frozen=True)
class Seen:
    """What has passed: ``outputs`` of each stage by its number, and the decoder's input, ``code``, the newest each."""

    outputs: dict[int, Tensor]
    codes: dict[None, Tensor]

    @property
    def code(self) -> Tensor:
        return self.codes[None]


@contextmanager
def watching(model: Autoencoder) -> Iterator[Seen]:
    """What passes through ``model`` while this is open.

    Only what this thread computes: a question may be answered with the same model elsewhere.
    """
    seen, thread = Seen({}, {}), threading.get_ident()

    def note(where: dict, key: int | None):
        def noted(module: nn.Module, given: tuple[Tensor, ...], made: Tensor | None = None) -> None:
            if threading.get_ident() == thread:
                where[key] = given[0] if made is None else made

        return noted

    with ExitStack() as hooks:
        for number, stage in enumerate(stages_of(model)):
            hooks.callback(stage.last.register_forward_hook(note(seen.outputs, number)).remove)
        hooks.callback(model.decoder.register_forward_pre_hook(note(seen.codes, None)).remove)
        yield seen

"""Training: a generator of events over any variant. Pausing is not asking for the next event."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from aecore.events import Diverged, EpochEnded, Event, Finished, PhaseBegan, Started, Stepped
from aecore.examples import Examples
from aecore.model import Model
from aecore.settings import Settings

# Steps between two looks at whether the loss still makes sense: a look waits for the device.
LOOK_EVERY = 16
# The share of training in which the learning rate rises, and what it starts from and ends at.
RISE, START, END = 0.25, 1 / 25, 1e-5


# What Adam keeps of each parameter.
ADAM = ("step", "exp_avg", "exp_avg_sq")


class MisfitError(ValueError):
    """Kept tensors do not fit the model they are to be put into."""


class Training(Settings):
    """How to train, whatever is trained."""

    epochs: int = Field(
        25, ge=1, le=500, description="Passes over the training images.", json_schema_extra={"common": True}
    )
    batch_size: int = Field(100, ge=8, le=2048, description="Images in each step.", json_schema_extra={"log": True})
    learning_rate: float = Field(
        3e-3,
        ge=1e-5,
        le=1.0,
        description="Adam's peak step size; it rises over the first quarter of training, then falls to 0.",
        json_schema_extra={"log": True},
    )
    weight_decay: float = Field(
        0.0,
        ge=0,
        le=0.1,
        description="Weight λ of half the squared weights, added to the loss. With squared error, n images, noise of "
        "variance σ_D² on their pixels and a normal prior of variance σ_w² on the weights, λ = 2 σ_D² / (n σ_w²) gives "
        "the most probable weights; with a loss in nats it is λ = 1 / (n σ_w²).",
        json_schema_extra={"penalty": True},
    )
    seed: int = Field(
        0, ge=0, le=2**31 - 1, description="Random seed: fixes initial weights, order of the images and noise."
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="Number format of the matrix products: bf16 is faster where the processor has it (auto)."
    )


def generator(seed: int, *purpose: object, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator that depends on the seed and on what it is for, and on nothing else.

    With one for each step there is no state of chance to keep: a run continues from any step as if never stopped.
    """
    digest = hashlib.sha256(repr((seed, *purpose)).encode()).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest[:8], "little") >> 1)


def wants_bf16(precision: str, device: torch.device) -> bool:
    """Whether matrix products run in bf16: asked for, or ``auto`` on hardware that has them."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def one_cycle(done: float) -> float:
    """The learning rate as a share of its peak, ``done`` from 0 to 1 through training (Smith and Topin 2019)."""
    if done < RISE:
        low, high, way = START, 1.0, done / RISE
    else:
        low, high, way = 1.0, END, (done - RISE) / (1 - RISE)
    return low + (high - low) * (1 - math.cos(math.pi * way)) / 2


class TrainerState:
    """A model, its optimisers and the number of steps made: all that training changes."""

    def __init__(self, model: Model, how: Training):
        self.model, self.step = model, 0
        self.optimisers = {
            player: torch.optim.Adam(list(weights), how.learning_rate, weight_decay=how.weight_decay, fused=True)
            for player, weights in model.players().items()
        }
        for optimiser in self.optimisers.values():
            for weight in optimiser.param_groups[0]["params"]:
                # Adam begins so itself, but only when a weight first moves, which can be in a later phase: a kept run
                # could not tell such a weight from one whose state is lost.
                begun = (torch.zeros((), device=weight.device), torch.zeros_like(weight), torch.zeros_like(weight))
                optimiser.state[weight] = dict(zip(ADAM, begun, strict=True))

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by name, to be kept; shared with the model, so copy before the next step."""
        kept = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        for player, optimiser in self.optimisers.items():
            for index, weight in enumerate(optimiser.param_groups[0]["params"]):
                for name, tensor in optimiser.state[weight].items():
                    kept[f"optimiser.{player}.{index}.{name}"] = tensor
        return kept

    def restore(self, tensors: dict[str, Tensor], step: int) -> None:
        """Goes to where ``tensors`` was taken, after ``step`` steps; MisfitError, and no change, if they do not fit.

        Without optimiser tensors, as a finished run is kept, only the model is restored.
        """
        weights = {k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")}
        _compare({k: v.shape for k, v in self.model.state_dict().items()}, weights)
        moved = {k: v for k, v in tensors.items() if k.startswith("optimiser.")}
        if moved:
            _compare(self._optimiser_shapes(), moved)
        self.model.load_state_dict(weights)
        self.step = step
        for player, optimiser in self.optimisers.items() if moved else ():
            for index, weight in enumerate(optimiser.param_groups[0]["params"]):
                optimiser.state[weight] = {
                    name: moved[f"optimiser.{player}.{index}.{name}"].to(weight.device, copy=True) for name in ADAM
                }

    def _optimiser_shapes(self) -> dict[str, torch.Size]:
        """The shape of each tensor that Adam keeps, by the name that ``tensors`` gives it."""
        return {
            f"optimiser.{player}.{index}.{name}": torch.Size() if name == "step" else weight.shape
            for player, optimiser in self.optimisers.items()
            for index, weight in enumerate(optimiser.param_groups[0]["params"])
            for name in ADAM
        }


def _compare(shapes: dict[str, torch.Size], tensors: dict[str, Tensor]) -> None:
    for name in shapes.keys() | tensors.keys():
        wanted, got = shapes.get(name), tensors[name].shape if name in tensors else None
        if wanted != got:
            raise MisfitError(f"{name} should be {list(wanted or ())}, is {'missing' if got is None else list(got)}")


def steps_per_epoch(examples: int, how: Training) -> int:
    return math.ceil(examples / how.batch_size)


def train(data: Examples, how: Training, state: TrainerState) -> Iterator[Event]:
    """Events of training ``state.model`` on ``data``, from step ``state.step`` on.

    Same model, data, settings, machine and thread count: same weights, bit for bit, however often it is paused.
    ValueError, in one sentence and before the first event, for data that the model cannot take.
    """
    state.model.check(data)
    device = state.model.device
    per_epoch = steps_per_epoch(len(data), how)
    steps = per_epoch * how.epochs
    bf16 = wants_bf16(how.precision, device)
    phase = ""
    yield Started(state.step, steps, per_epoch)
    while state.step < steps:
        epoch, made = divmod(state.step, per_epoch)
        order = torch.randperm(len(data), generator=generator(how.seed, "order", epoch)).numpy()
        for start in range(made * how.batch_size, len(data), how.batch_size):
            before, phase = phase, state.model.phase(state.step / steps)
            if phase != before:
                yield PhaseBegan(state.step, phase)
            batch = data.batch(order[start : start + how.batch_size], device)
            stepped, loss = _step(state, batch, how, steps, bf16)
            look = state.step % LOOK_EVERY == 0 or state.step == steps
            if look and not abs(float(loss)) < state.model.most_loss:
                yield Diverged(state.step, advice_on_divergence(how))
                return
            yield stepped
        yield EpochEnded(state.step, epoch + 1)
    yield Finished(state.step)


def _step(state: TrainerState, batch: Any, how: Training, steps: int, bf16: bool) -> tuple[Stepped, Tensor]:
    """Each player's move on one batch; its event and the summed loss, detached."""
    device, seen, over, losses = state.model.device, {}, {}, []
    rng = generator(how.seed, "noise", state.step, device=device)
    done = state.step / steps
    objectives = state.model.objectives(batch, done, rng)
    while True:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            objective = next(objectives, None)
            if objective is None:
                break
            loss = objective.loss
        optimiser = state.optimisers[objective.player]
        optimiser.param_groups[0]["lr"] = how.learning_rate * one_cycle(done)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen |= {name: term.value.detach() for name, term in objective.terms.items()}
        over |= {name: term.over for name, term in objective.terms.items() if term.over is not None}
        losses.append(loss.detach())
    state.step += 1
    return Stepped(state.step, seen, over), sum(losses)


def advice_on_divergence(how: Training) -> str:
    """What to do about an exploded loss."""
    now = how.learning_rate
    return f"the loss has exploded; lower the learning rate (now {now:g}, try {now / 5:.1g})"

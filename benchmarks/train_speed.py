"""Images a second of the training loop, beside a plain PyTorch loop and the bare matrix products of the same shapes.

All ways train the same model from the same weights on the same images, one thread, interleaved in one run; printed are
medians over the rounds after one warm-up. ``python benchmarks/train_speed.py [--rounds 5] [--seconds 1.5]``
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import aecore
from aecore.autoencoder import Autoencoder
from aecore.dataset import Batch
from aecore.events import Stepped
from aecore.runs.spec import Spec
from aecore.training import TrainerState, generator, steps_per_epoch, train, wants_bf16

BATCH = 256


def spec_of(variant: str, architecture: str, precision: str) -> Spec:
    return Spec(variant=variant, architecture=architecture, batch_size=BATCH, epochs=500, precision=precision)


def ours(spec: Spec, data) -> Iterator[int]:
    """Images trained on at each step of aecore's loop."""
    rows, progress = len(data.train), TrainerState(spec.model(data.facts), spec.training)
    for event in train(data.train, spec.training, progress):
        if isinstance(event, Stepped):
            place = (event.step - 1) % steps_per_epoch(rows, spec.training)
            yield min(BATCH, rows - place * BATCH)


def plain(spec: Spec, data) -> Iterator[int]:
    """The same of a loop as tutorials write it: DataLoader, default Adam, sigmoid and BCELoss, .item() each step."""
    model = spec.model(data.facts)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    images = torch.tensor(data.train.images)[:, None]
    loader = DataLoader(TensorDataset(images, torch.tensor(data.train.labels)), batch_size=BATCH, shuffle=True)
    rng = generator(0, "plain")
    while True:
        total = 0.0
        for x, _ in loader:
            optimiser.zero_grad()
            features = model.features(x)
            penalty = torch.zeros(())
            codes = features
            if spec.names["variant"] == "vae":
                mean, log_variance = features.chunk(2, dim=1)
                codes = mean + torch.exp(0.5 * log_variance) * torch.randn(mean.shape, generator=rng)
                penalty = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
            rebuilt = torch.sigmoid(model.decode(codes))
            loss = (nn.functional.binary_cross_entropy(rebuilt, x, reduction="sum") + penalty) / len(x)
            loss.backward()
            optimiser.step()
            total += loss.item()
            yield len(x)


def bare(spec: Spec, data, dtype: torch.dtype) -> Iterator[int]:
    """The same of nothing but the matrix products (or convolutions) of the model, forward and backward."""
    products = [
        product
        for index, (layer, x) in enumerate(_layer_inputs(spec.model(data.facts), data))
        for product in _products(layer, x.to(dtype), first=index == 0)
    ]
    while True:
        for product in products:
            product()
        yield BATCH


def _layer_inputs(model: Autoencoder, data) -> list[tuple[nn.Module, Tensor]]:
    """Every layer with weights, with the batch that reaches it."""
    found = []
    hooks = [
        layer.register_forward_pre_hook(lambda layer, inputs: found.append((layer, inputs[0].detach().clone())))
        for layer in model.modules()
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d)
    ]
    batch = Batch(torch.tensor(data.train.images[:BATCH])[:, None], torch.tensor(data.train.labels[:BATCH]))
    with torch.no_grad():
        model.terms(batch, 0.0, generator(0, "shapes"))
    for hook in hooks:
        hook.remove()
    return found


def _products(layer: nn.Module, x: Tensor, first: bool) -> list[Callable[[], Tensor]]:
    """Forward, gradient of the weights, and (but for the first layer) gradient of the inputs."""
    weight = layer.weight.detach().to(x.dtype)
    if isinstance(layer, nn.Linear):
        gradient = torch.randn(len(x), len(weight)).to(x.dtype)
        products = [lambda: x @ weight.T, lambda: gradient.T @ x, lambda: gradient @ weight]
        return products[: 2 if first else 3]
    transposed = isinstance(layer, nn.ConvTranspose2d)
    extra = list(layer.output_padding) if transposed else [0, 0]
    options = (list(layer.stride), list(layer.padding), list(layer.dilation), transposed, extra, 1)
    forward = lambda: torch.convolution(x, weight, None, *options)  # noqa: E731
    gradient = torch.randn_like(forward())
    mask = [not first, True, False]
    backward = lambda: torch.ops.aten.convolution_backward(gradient, x, weight, None, *options, mask)[1]  # noqa: E731
    return [forward, backward]


def pythae(spec: Spec, data) -> Iterator[int]:
    """The same of pythae's model in the plain loop, where it is installed."""
    from pythae.models import VAE, VAEConfig

    model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=2, reconstruction_loss="bce"))
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    images = torch.tensor(data.train.images)[:, None]
    for (x,) in cycle(DataLoader(TensorDataset(images), batch_size=BATCH, shuffle=True)):
        optimiser.zero_grad()
        loss = model({"data": x}).loss
        loss.backward()
        optimiser.step()
        loss.item()
        yield len(x)


def rate(steps: Iterator[int], seconds: float) -> float:
    """Images a second over at least ``seconds`` of a way that has been warmed up."""
    images, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < seconds:
        images += next(steps)
    return images / taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    data = aecore.load("mnist-5k")
    precisions = ["fp32", "bf16"] if wants_bf16("auto", torch.device("cpu")) else ["fp32"]
    print(f"one thread, batch {BATCH}, {len(data.train):,} images, medians of {chosen.rounds} rounds, images a second")
    for variant in ("plain", "vae"):
        for architecture in ("dense", "conv"):
            ways: dict[str, Iterator[int]] = {}
            for precision in precisions:
                spec = spec_of(variant, architecture, precision)
                dtype = torch.bfloat16 if precision == "bf16" else torch.float32
                ways[f"ours {precision}"] = ours(spec, data)
                ways[f"bare {precision}"] = bare(spec, data, dtype)
            ways["plain loop"] = plain(spec, data)
            if variant == "vae" and architecture == "dense" and importlib.util.find_spec("pythae"):
                ways["pythae"] = pythae(spec, data)
            rates: dict[str, list[float]] = {name: [] for name in ways}
            for turn in range(chosen.rounds + 1):
                for name, steps in ways.items():
                    reached = rate(steps, chosen.seconds)
                    if turn > 0:  # the first round warms up
                        rates[name].append(reached)
            median = {name: statistics.median(found) for name, found in rates.items()}
            print(f"\n{variant}, {architecture}")
            for name, found in median.items():
                print(f"  {name:11} {found:9,.0f}")
            for precision in precisions:
                mine = median[f"ours {precision}"]
                print(
                    f"  {precision}: {mine / median['plain loop']:.2f} times the plain loop, "
                    f"{mine / median[f'bare {precision}']:.2f} of the bare products"
                )


if __name__ == "__main__":
    main()

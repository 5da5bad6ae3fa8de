"""Every variant and every architecture with its defaults on mnist-5k: seconds on one thread and held-out squared error.

    python benchmarks/variants.py [name ...]

Printed beside the mean image's error on the same 500 held-out images, and as a share of it. The machine must be idle.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from aecore.architectures import architectures
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec
from aecore.settings import SettingsError
from aecore.sources import load
from aecore.variants import variants

LATENTS = (2, 16)


def main(names: list[str]) -> None:
    data = load("mnist-5k")
    mean_image = float(np.square(data.test.images - data.train.images.mean(0)).sum((1, 2)).mean())
    print(f"held-out squared error of the mean image {mean_image:.2f}, summed over pixels, mean over 500 images")
    print("| variant | architecture | latent | seconds | squared error | share of the mean image's | other figures |")
    print("|---|---|---:|---:|---:|---:|---|")
    specs = [{"variant": name} for name in variants] + [{"architecture": name} for name in architectures]
    for picked in specs:
        if names and not set(picked.values()) & set(names):
            continue
        default = Spec(**picked).flat()["latent"]
        for latent in sorted({*LATENTS, default}):
            try:
                run = train_spec(Spec(**picked, latent=latent))
            except SettingsError as error:
                print(f"| {' | '.join(picked.values())} | | {latent} | {error} |")
                continue
            reached = run.metrics.get("heldout_squared_error", float("nan"))
            more = {k: v for k, v in run.metrics.items() if k in ("heldout_elbo", "heldout_accuracy", "heldout_hidden")}
            said = ", ".join(f"{name} {value:.3g}" for name, value in more.items())
            names_of = f"{run.spec.names['variant']} | {run.spec.names['architecture']}"
            shown = f"{latent}{' (default)' if latent == default else ''}"
            share = reached / mean_image
            cells = (names_of, shown, f"{run.snapshot.seconds:.1f}", f"{reached:.2f}", f"{share:.2f}", said)
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""How well Gaussian noise of sigma 0.5 is taken away: 5,000 images in seconds, all of MNIST in minutes.

    AECORE_MIRROR=folder-with-the-idx-files python benchmarks/denoising.py [epochs on all of MNIST]

A convolutional denoiser on one thread, seed 0, noise not clipped, measured on the 10,000 official test images. Prints
seconds and PSNR of the mean squared error over all their pixels, beside the noisy images themselves and the best
linear map learned from the same training images. The machine must be idle.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from aecore.dataset import Dataset
from aecore.measures.restoration import best_linear, psnr
from aecore.questions.denoise import damaged
from aecore.runs.run import train_spec
from aecore.runs.snapshot import Snapshot
from aecore.runs.spec import Spec

SIGMA = 0.5
MODEL = {"variant": "denoising-grid", "corruption": "gaussian", "level": SIGMA, "width": 24, "blocks": 2}
QUICK = {"data": "mnist-5k", "batch_size": 50, "learning_rate": 6e-3, "epochs": 12}
LONG = {"data": "mnist", "images": 60_000, "batch_size": 100}
# How often each training image is damaged for the linear map, of as many images at most.
COPIES, LEARNED = 4, 20_000


def watch(view: Snapshot) -> None:
    said = f"epoch {view.epoch:.1f} of {view.epochs}, {view.seconds_left:.0f} s left"
    print(f"\r{said}   ", end="", file=sys.stderr, flush=True)


def linear_map(data: Dataset, given: np.ndarray) -> np.ndarray:
    clean = data.train.images[:LEARNED]
    return best_linear([damaged(clean, "gaussian", SIGMA, seed=1 + k) for k in range(COPIES)], clean).apply(given)


def main(epochs: int) -> None:
    runs = [train_spec(Spec(**MODEL, **how), watch=watch) for how in (QUICK, LONG | {"epochs": epochs})]
    print(file=sys.stderr)
    test = runs[1].data.test.images
    given = damaged(test, "gaussian", SIGMA)
    print(f"PSNR in dB over {len(test):,} test images, sigma {SIGMA}, seed 0; noisy {psnr(given, test):.2f}")
    for run in runs:
        linear = psnr(linear_map(run.data, given).clip(0, 1), test)
        restored = psnr(run.model.reconstruct(given), test)
        print(
            f"{len(run.data.train):,} images, {run.snapshot.epochs} epochs: {restored:.2f} after "
            f"{run.snapshot.seconds:.0f} s on one thread; the best linear map, clipped {linear:.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)

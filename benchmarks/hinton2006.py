"""Thirty numbers an image on full MNIST, after Hinton and Salakhutdinov 2006, without their pretraining.

    AECORE_MIRROR=folder-with-the-idx-files python benchmarks/hinton2006.py [epochs]

784-1000-500-250-30 and back on one thread: trained on the 60,000 training images, seed 0, measured on the 10,000 test
images. Prints seconds and squared error per image, summed over pixels, beside PCA with 30 components on the same
images and the figures that the paper gives. The machine must be idle.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aecore.measures.pca import fit_pca
from aecore.runs.run import train_spec
from aecore.runs.snapshot import Snapshot
from aecore.runs.spec import Spec

PUBLISHED = {"deep autoencoder": 3.00, "logistic PCA": 8.01, "PCA": 13.87}
NETWORK = {"architecture": "dense", "width": 1000, "depth": 3, "taper": True, "latent": 30, "likelihood": "gaussian"}
HOW = {"batch_size": 512, "learning_rate": 3e-3, "precision": "auto", "seed": 0}


def main(epochs: int) -> None:
    def watch(view: Snapshot) -> None:
        said = f"epoch {view.epoch:.1f} of {view.epochs}, {view.seconds_left:.0f} s left"
        print(f"\r{said}   ", end="", file=sys.stderr, flush=True)

    run = train_spec(Spec(data="mnist", images=60_000, **NETWORK, **HOW, epochs=epochs), watch=watch)
    print(file=sys.stderr)
    test, pca = run.data.test.images, fit_pca(run.data.train.images)
    error = run.metrics["heldout_squared_error"]
    print(f"squared error per image, summed over pixels, mean over {len(test):,} test images, seed 0")
    print(f"784-1000-500-250-30, {epochs} epochs: {error:.3f} after {run.snapshot.seconds:.0f} s on one thread")
    print(f"PCA, 30 components: {pca.errors(test.reshape(len(test), -1))[30]:.3f}")
    print("published in 2006:", ", ".join(f"{name} {value:.2f}" for name, value in PUBLISHED.items()))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 80)

"""Error against code size as the page PCA draws it, here on the 10,000 official test images.

    AECORE_MIRROR=folder-with-the-idx-files python benchmarks/code_size.py [size ...]

Every model learns from the 4,500 training images of mnist-5k, seed 0, on one thread; squared error per image of the
decoder's own output, summed over pixels, beside PCA of the same images. The machine must be idle.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aecore.measures.pca import fit_pca
from aecore.measures.quality import mean_terms
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec
from aecore.sources import load
from aecore.ui.pca.price import MODELS


def main(sizes: list[int]) -> None:
    test = load("mnist").test
    pca = fit_pca(load("mnist-5k").train.images)
    left = pca.errors(test.images.reshape(len(test), -1))
    print(f"squared error per image, summed over pixels, mean over {len(test):,} test images")
    print("| numbers | PCA |", " | ".join(f"{name} (seconds)" for name in MODELS), "|")
    print("|---:|---:|", "---:|" * len(MODELS), sep="")
    for size in sizes:
        cells = [f"{left[size]:.2f}"]
        for how in MODELS.values():
            run = train_spec(Spec(likelihood="gaussian", latent=size, **how))
            cells.append(f"{mean_terms(run.model, test)['reconstruction']:.2f} ({run.snapshot.seconds:.1f})")
        print(f"| {size} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [2, 10, 30])

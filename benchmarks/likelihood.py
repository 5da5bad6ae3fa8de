"""Log-likelihood of a VAE and an IWAE on binarised MNIST, beside what Burda, Grosse and Salakhutdinov 2016 reached.

    AECORE_MIRROR=folder-with-the-idx-files python benchmarks/likelihood.py [vae | iwae] [--epochs 100] [--device cuda]

50 code dimensions, two hidden layers of 200 units each way, seed 0. Training images are drawn black or white anew in
every epoch (dynamic binarisation), the 10,000 test images once; log p(x) by 5,000 codes for each. One thread for each
variant: start the two side by side to use two cores. What is trained is kept once a minute in the folder that
AECORE_HOME names, so a benchmark that was killed goes on from there.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch

from aecore.dataset import Split
from aecore.home import home
from aecore.measures.likelihood import Estimate, binarised, log_likelihood
from aecore.runs.run import Run
from aecore.runs.spec import Spec
from aecore.runs.store import Store

# -log p(x) in nats an image: one stochastic layer, dynamic binarisation, 5,000 samples; the IWAE with k = 50.
PUBLISHED = {"vae": 86.76, "iwae": 84.78}
SOURCE = "Burda, Grosse and Salakhutdinov 2016, table 1, after 3,280 epochs"
NETWORK = {"architecture": "dense", "width": 200, "depth": 2, "latent": 50, "likelihood": "bernoulli"}
OWN = {"vae": {}, "iwae": {"samples": 50}}
# What an hour allows on a core for each, scoring included.
EPOCHS = {"vae": 500, "iwae": 40}
KEEP_EVERY = 60.0
# The seed of the test images' one draw; that of each epoch's draw of the training images comes after.
TEST_SEED = 0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variant", choices=PUBLISHED, nargs="?", help="only this one; default both in turn")
    known = ", ".join(f"{count} for {variant}" for variant, count in EPOCHS.items())
    parser.add_argument("--epochs", type=int, help=f"default {known}")
    parser.add_argument("--batch-size", type=int, default=128, help="default %(default)s")
    parser.add_argument("--learning-rate", type=float, default=3e-3, help="default %(default)s")
    parser.add_argument("--images", type=int, default=60_000, help="to train on; default all 60,000")
    parser.add_argument("--scored", type=int, default=10_000, help="how many of the test images; default all 10,000")
    parser.add_argument("--samples", type=int, default=5000, help="codes for each test image; default 5,000")
    parser.add_argument("--device", default="cpu", help="cpu or cuda; default cpu")
    return parser.parse_args()


def spec_of(variant: str, chosen: argparse.Namespace) -> Spec:
    how = {"batch_size": chosen.batch_size, "learning_rate": chosen.learning_rate, "seed": 0}
    epochs = chosen.epochs or EPOCHS[variant]
    return Spec(data="mnist", images=chosen.images, variant=variant, **NETWORK, **OWN[variant], **how, epochs=epochs)


def trained(spec: Spec, device: str, store: Store) -> Run:
    """The run of ``spec`` on binarised images, from where ``store`` has it to its end."""
    run = Run(spec, device)
    run.prepare(store.find(spec))
    grey, kept = run.data, time.monotonic()
    run.data = replace(grey, test=black_or_white(grey.test, TEST_SEED))

    def enough(seconds: float) -> bool:
        if run.snapshot.step % 20 == 0:
            epoch, left = run.snapshot.epoch, run.snapshot.seconds_left / 60
            say(f"{spec.names['variant']}: epoch {epoch:.1f} of {run.snapshot.epochs}, {left:.0f} min left")
        return run.snapshot.step % run.snapshot.steps_per_epoch == 0 or seconds > KEEP_EVERY

    if run.snapshot.startable:
        run.aim()
    while run.snapshot.active:
        # An epoch has each image once, so a draw for every epoch is a draw for every time that an image is seen.
        run.data = replace(run.data, train=black_or_white(grey.train, TEST_SEED + 1 + int(run.snapshot.epoch)))
        run.work(enough)
        if time.monotonic() - kept > KEEP_EVERY or run.snapshot.finished:
            store.keep(run)
            kept = time.monotonic()
    return run


def black_or_white(part: Split, seed: int) -> Split:
    return Split(binarised(part.images, seed), part.labels)


def say(text: str) -> None:
    """Writes over the line of progress."""
    print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)


def main(chosen: argparse.Namespace) -> None:
    # Apart from other runs: the spec does not say that the images were black or white.
    store = Store(home() / "likelihood")
    print(f"-log p(x) in nats an image, mean over {chosen.scored:,} test images binarised once with seed {TEST_SEED},")
    print(f"{chosen.samples:,} codes for each; published: {SOURCE}")
    print("| variant | epochs | minutes | -log p(x) | standard error | minutes to score | published |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for variant in [chosen.variant] if chosen.variant else PUBLISHED:
        run = trained(spec_of(variant, chosen), chosen.device, store)
        if not run.snapshot.finished:
            sys.exit(f"{variant}: {run.snapshot.message}")
        reached, minutes = scored(run, chosen)
        cells = [variant, f"{run.snapshot.epochs:,}", f"{run.snapshot.seconds / 60:.1f}", f"{-reached.mean:.2f}"]
        cells += [f"{reached.standard_error:.2f}", f"{minutes:.1f}", f"{PUBLISHED[variant]:.2f}"]
        print("|", " | ".join(cells), "|", flush=True)


def scored(run: Run, chosen: argparse.Namespace) -> tuple[Estimate, float]:
    """The estimate for the test images, and the minutes that it took."""
    began = time.monotonic()

    def report(done: int, total: int) -> None:
        left = (time.monotonic() - began) * (total - done) / done / 60
        say(f"{run.spec.names['variant']}: {done:,} of {total:,} test images scored, {left:.0f} min left")

    torch.set_num_threads(1)
    images = run.data.test.images[: chosen.scored]
    found = log_likelihood(run.model, images, chosen.samples, report=report)
    print(file=sys.stderr)
    return found, (time.monotonic() - began) / 60


if __name__ == "__main__":
    main(options())

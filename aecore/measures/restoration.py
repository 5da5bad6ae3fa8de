"""How near restored images come to the clean ones, and the filters that any learned restoration has to beat.

Letters: N images of H x W pixels, P pixels of an image. Pixels are from 0 (black) to 1 (white).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from aecore import arrays
from aecore.threads import one_thread

# Side of the windows in which structures are compared, in pixels; scikit-image's own, and it fits images of 8 x 8.
WINDOW = 7

# Sides in pixels: of the neighbourhoods of both local filters, of the patches compared by non-local means, and how
# far away from a pixel it looks for them.
MEDIAN, WIENER, PATCH, REACH = 3, 5, 5, 4
# What the noise is multiplied by, to give the filter's one parameter: Wiener's power of the noise, the weight of total
# variation, and the distance at which patches stop being alike. Each had the best PSNR of its candidates, as a mean
# over noise of 0.2, 0.4, 0.5, 0.6, 0.8 and 1.0, on 200 training images of mnist-5k.
POWER, WEIGHT, CUT_OFF = 1.2, 0.75, 0.6


def psnr(restored: np.ndarray, clean: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of restored to clean images [N, H, W], the peak being 1: the more, the better.

    -10 log10 of the mean squared error over all pixels of all images: one error, one ratio. The mean of each image's
    own PSNR is another number, and never a smaller one. Infinite where nothing differs.
    """
    arrays.alike(restored, clean, ("restored", "clean"))
    error = float(np.square(restored.astype(np.float64) - clean).mean())
    return -10 * math.log10(error) if error else math.inf


def ssim(restored: np.ndarray, clean: np.ndarray) -> float:
    """Structural similarity of restored to clean images [N, H, W] (Wang et al. 2004), at most 1, as mean over images.

    In windows of 7 x 7 pixels that lie inside the image, all pixels weighed alike, as scikit-image has it by default;
    the paper's are 11 x 11 and Gaussian. nan for images too small to hold one.
    """
    arrays.alike(restored, clean, ("restored", "clean"))
    if min(clean.shape[1:]) < WINDOW:
        return math.nan
    from skimage.metrics import structural_similarity

    # Each image as a channel of its own. In float64: a variance is a small difference of squares.
    pair = restored.astype(np.float64), clean.astype(np.float64)
    return float(structural_similarity(*pair, win_size=WINDOW, data_range=1, channel_axis=0))


def estimate_noise(images: np.ndarray) -> float:
    """The standard deviation of noise on images [N, H, W], one for all of them (Immerkær 1996).

    It is what a pixel differs from what its eight neighbours would have it be. Edges count as noise: clean MNIST has
    0.03. Of damage other than noise on every pixel, such as masking, it sees but a part.
    """
    corners = images[:, :-2, :-2] + images[:, :-2, 2:] + images[:, 2:, :-2] + images[:, 2:, 2:]
    sides = images[:, :-2, 1:-1] + images[:, 2:, 1:-1] + images[:, 1:-1, :-2] + images[:, 1:-1, 2:]
    differences = corners - 2 * sides + 4 * images[:, 1:-1, 1:-1]
    # Noise of 1 makes them of deviation 6, and the mean size of a normal number is sqrt(2 / pi).
    return float(np.abs(differences).mean(dtype=np.float64)) * math.sqrt(math.pi / 2) / 6


def median(images: np.ndarray, noise: float | None = None) -> np.ndarray:
    """The median of the 3 x 3 pixels around each; whatever the ``noise``, there is nothing to choose."""
    from scipy.ndimage import median_filter

    return median_filter(images, (1, MEDIAN, MEDIAN)).clip(0, 1)


def wiener(images: np.ndarray, noise: float | None = None) -> np.ndarray:
    """Each pixel drawn to the mean of the 5 x 5 around it, the less so the more these vary (Lim 1990).

    The noise's power is taken for 1.2 times what it is.
    """
    from scipy import signal

    margin = WIENER // 2

    def restore(image: np.ndarray, noise: float) -> np.ndarray:
        # scipy has black around an image. In float64: a variance is a small difference of squares.
        wide = np.pad(image.astype(np.float64), margin, "symmetric")
        # Where pixels do not vary it divides by 0, and takes the mean.
        with np.errstate(divide="ignore", invalid="ignore"):
            return signal.wiener(wide, WIENER, POWER * noise**2)[margin:-margin, margin:-margin]

    return _each(restore, images, noise)


def total_variation(images: np.ndarray, noise: float | None = None) -> np.ndarray:
    """The images of least squared difference and total variation together, the latter weighed by 0.75 times the noise.

    By Rudin, Osher and Fatemi 1992, with the algorithm of Chambolle 2004.
    """
    from skimage.restoration import denoise_tv_chambolle

    return _each(lambda image, noise: denoise_tv_chambolle(image, WEIGHT * noise), images, noise)


def non_local_means(images: np.ndarray, noise: float | None = None) -> np.ndarray:
    """Each pixel as a mean of those up to 4 away, weighed by how alike the 5 x 5 around both are (Buades et al. 2011).

    They count as alike up to 0.6 times the noise, beyond what the noise itself makes them differ.
    """
    from skimage.restoration import denoise_nl_means

    def restore(image: np.ndarray, noise: float) -> np.ndarray:
        return denoise_nl_means(image, PATCH, REACH, CUT_OFF * noise, fast_mode=True, sigma=noise)

    return _each(restore, images, noise)


# By title. Each makes of damaged images [N, H, W] and the standard deviation of their noise, which it estimates where
# that is None, restored ones [N, H, W] float32 in [0, 1].
FILTERS: dict[str, Callable[[np.ndarray, float | None], np.ndarray]] = {
    "Median": median,
    "Wiener": wiener,
    "Total variation": total_variation,
    "Non-local means": non_local_means,
}


def _each(restore: Callable[[np.ndarray, float], np.ndarray], images: np.ndarray, noise: float | None) -> np.ndarray:
    """[N, H, W] float32 in [0, 1] what ``restore`` makes of each image and the noise; without noise, nothing."""
    noise = estimate_noise(images) if noise is None else noise
    restored = np.array(images, np.float32)
    if noise > 0:
        for index, image in enumerate(images):
            restored[index] = restore(image, noise)
    return restored.clip(0, 1)


@dataclass(frozen=True, eq=False)
class BestLinear:
    """An affine map of images: as a row [P] with a 1 after it, times ``matrix`` [P + 1, P] float64."""

    matrix: np.ndarray

    def apply(self, images: np.ndarray) -> np.ndarray:
        """[N, H, W] float32 the images [N, H, W] restored; affine, so pixels may leave [0, 1]."""
        with one_thread():
            restored = images.reshape(len(images), -1) @ self.matrix[:-1] + self.matrix[-1]
        return restored.reshape(images.shape).astype(np.float32)


def best_linear(damaged: Iterable[np.ndarray], clean: np.ndarray) -> BestLinear:
    """The affine map of least squared error from ``damaged``, copies [N, H, W] of ``clean`` [N, H, W], to it.

    Made for any damage. Where this is by chance, every copy should be damaged anew: 784 pixels have 615,440 unknowns.
    8 copies of the 4,500 images of mnist-5k with noise of 0.5 come within 0.1 dB of what infinitely many would give.
    Of maps as good, as where a pixel is always black, it is the smallest.
    """
    inner, total = 0.0, 0.0
    for copy in damaged:
        rows = np.column_stack([copy.reshape(len(clean), -1), np.ones(len(clean))])
        with one_thread():
            inner += rows.T @ rows
        total += rows
    with one_thread():
        # The normal equations. Clean images are the same for every copy, so the copies' sum is enough for them.
        return BestLinear(np.linalg.lstsq(inner, total.T @ clean.reshape(len(clean), -1))[0])

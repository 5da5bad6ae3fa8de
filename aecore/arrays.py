"""Arrays as people have them, checked where they enter: taken as they are meant, or refused in one sentence.

Every function that people hand arrays to asks here first. What comes back is a plain array of real numbers of the shape
that was asked for, never one made to fit by broadcasting. Refusals are a ValueError that names the array, the rule with
its shape, what was got with its own, and where there is one the fix.
Letters: N rows or images, H x W pixels, L code dimensions.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from aecore.settings import shorten

# How far from [0, 1] is still rounding, as a scaler or a picture's resizing leaves it.
HAIR = 1e-3
# Noise carries pixels beyond [0, 1]. By how much at most: six times the standard deviation of the strongest there is.
FAR = 12.0
# No more than MILD is always taken for noise. More, in MANY numbers, is another scale (as where black is -1) if none is
# below 0, or if the share HALFWAY to the farthest and beyond is larger than noise has: of normal noise it is about 7 %.
MILD, MANY, HALFWAY = 0.25, 700, 0.15
# Decoders stay within what float32 can hold for codes up to here.
LARGEST_CODE = 1e9
# The kinds of numpy's types that are real numbers: flags, whole numbers and floats.
REAL = "biuf"


def untied(given: Any, name: str) -> Any:
    """``given`` without what only its owner knows: a tensor less its gradient and device, a masked array that is whole.

    ValueError for masked values, and for tensors that are sparse or complex.
    """
    if isinstance(given, np.ma.MaskedArray):
        if np.ma.is_masked(given):
            raise ValueError(
                f"{name} must be whole, got masked values: give {name}.filled(...) with what stands for them"
            )
        return given.data
    if "torch" in sys.modules and isinstance(given, sys.modules["torch"].Tensor):
        return _from_tensor(given, name)
    return given


def real(given: Any, name: str) -> np.ndarray:
    """``given`` as an array of real numbers: a list, a table's column, a tensor, whatever holds them.

    ValueError for text, dates, complex numbers, rows of different lengths, sparse and masked arrays.
    """
    given = untied(given, name)
    try:
        array = np.asarray(given)
        if array.dtype == object and array.size and not any(isinstance(value, str | bytes) for value in array.flat):
            array = array.astype(np.float64)
    except (TypeError, OverflowError, RuntimeError):
        raise ValueError(f"{name} must be an array of numbers, got {kind(given)}") from None
    except ValueError:
        raise ValueError(f"{name} must be an array of numbers in rows of one length, got {kind(given)}") from None
    if not array.ndim:
        raise ValueError(f"{name} must be an array of numbers, got {kind(given)}")
    if array.dtype.kind not in REAL:
        raise ValueError(f"{name} must be real numbers, got {kind(array)}")
    return array


def shaped(array: np.ndarray, name: str, wanted: tuple[int | str, ...], fix: str = "") -> np.ndarray:
    """``array``, whose shape is ``wanted``: sizes, and letters for those that are free; ValueError if it is not."""
    fits = (isinstance(want, str) or want == got for want, got in zip(wanted, array.shape, strict=False))
    if array.ndim != len(wanted) or not all(fits):
        raise ValueError(f"{name} must be {_shape(wanted)}, got {_shape(array.shape)}" + (f": {fix}" if fix else ""))
    return array


def finite(array: np.ndarray, name: str) -> np.ndarray:
    """``array``, in which nothing is nan or infinite; ValueError if something is, saying in how many places."""
    # Both ends are nan where anything is.
    if not all(map(math.isfinite, span(array))):
        wrong = array.size - int(np.isfinite(array).sum())
        raise ValueError(
            f"{name} must be finite numbers, got nan or infinity in {wrong:,} of {array.size:,} places: "
            "fill or leave out what is missing"
        )
    return array


def matrix(given: Any, name: str, wanted: tuple[int | str, ...] = ("N", "L"), holes: bool = False) -> np.ndarray:
    """``given`` as real, finite numbers of the shape ``wanted``; with ``holes``, nan and infinity may be among them."""
    array = shaped(real(given, name), name, wanted)
    return array if holes else finite(array, name)


def images(given: Any, shape: tuple[int, int] | None = None, name: str = "images") -> np.ndarray:
    """[N, H, W] ``given``, images of ``shape`` in [0, 1] that noise may have carried beyond; [N, H, W] of any, if none.

    ValueError for other shapes (with the fix for one image, flat ones, and a channel of one), for what is not finite,
    and for another scale: whole numbers above 1, values more than 12 away, and what is not spread as noise is.
    """
    array = real(given, name)
    shaped(array, name, ("N", *(shape or ("H", "W"))), _reshaping(array.shape, shape, name))
    finite(array, name)
    low, high = span(array)
    if (low < -HAIR or high > 1 + HAIR) and _another_scale(array, low, high):
        raise ValueError(f"{name} must be from 0 to 1, got {low:g} to {high:g}: {_rescaling(low, high, name)}")
    return array


def pixels(given: Any, shape: tuple[int, int] | None = None, name: str = "images") -> np.ndarray:
    """[N, H, W] ``given``, images in [0, 1] as they are learned from; ValueError as ``images``, and for any beyond."""
    array = images(given, shape, name)
    low, high = span(array)
    if low < -HAIR or high > 1 + HAIR:
        raise ValueError(f"{name} must be from 0 to 1, got {low:g} to {high:g}: {_rescaling(low, high, name)}")
    return array


def codes(given: Any, latent: int, name: str = "codes") -> np.ndarray:
    """[N, L] ``given``, codes of ``latent`` numbers of a sensible size; ValueError if they are not."""
    array = real(given, name)
    one = array.shape == (latent,)
    fix = f"for one code give {name}[None]" if one else f"codes of this model have {latent} number{'s' * (latent != 1)}"
    finite(shaped(array, name, ("N", latent), fix), name)
    low, high = span(array)
    if max(-low, high) > LARGEST_CODE:
        raise ValueError(f"{name} must be from -{LARGEST_CODE:g} to {LARGEST_CODE:g}, got {low:g} to {high:g}")
    return array


# The label of an image whose class is not known.
UNKNOWN = -1


def labels(
    given: Any, count: int, classes: int | None = None, name: str = "labels", unknown: bool = False
) -> np.ndarray:
    """[N] int64 ``given``, the class of each of ``count`` rows, from 0 on and below ``classes``; ValueError if not.

    Where some may be ``unknown`` these are -1.
    """
    fix = f"np.unique({name}, return_inverse=True)[1] counts classes so"
    try:
        array = real(given, name)
    except ValueError as refusal:
        raise ValueError(f"{refusal}: {fix}") from None
    finite(shaped(array, name, (count,)), name)
    least = UNKNOWN if unknown else 0
    odd = array[(array < least) | (array != np.floor(array))]
    if odd.size:
        rule = "0 on, or -1 where not known" if unknown else "0 on"
        raise ValueError(f"{name} must be whole numbers from {rule}, got {odd[0]:g}: {fix}")
    most = np.iinfo(np.int64).max if classes is None else classes - 1
    if array.size and array.max() > most:
        raise ValueError(f"{name} must be classes from 0 to {most}, got {shorten(array.max())}")
    return array.astype(np.int64)


def alike(one: np.ndarray, other: np.ndarray, names: tuple[str, str]) -> None:
    """ValueError, which names both shapes, for two arrays that are not of the same."""
    if one.shape != other.shape:
        raise ValueError(
            f"{names[0]} and {names[1]} must be of one shape, got {_shape(one.shape)} and {_shape(other.shape)}"
        )


def same_length(one: np.ndarray, other: np.ndarray, names: tuple[str, str]) -> None:
    """ValueError, which names both shapes, for two arrays that have not as many rows."""
    if len(one) != len(other):
        raise ValueError(
            f"{names[0]} and {names[1]} must have as many rows, got {_shape(one.shape)} and {_shape(other.shape)}"
        )


def span(array: np.ndarray) -> tuple[float, float]:
    """The least and the largest of ``array``, both nan where anything is; 0 and 0 where there is nothing in it."""
    with np.errstate(invalid="ignore"):
        return (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)


def _from_tensor(tensor: Any, name: str) -> np.ndarray:
    import torch

    if tensor.is_sparse or tensor.is_complex():
        raise ValueError(f"{name} must be real numbers, got a {'sparse' if tensor.is_sparse else 'complex'} tensor")
    whole = tensor.detach().cpu()
    # numpy has no bfloat16.
    return (whole.float() if whole.dtype == torch.bfloat16 else whole).numpy()


def kind(given: Any) -> str:
    """What ``given`` is, in a word or two."""
    if isinstance(given, np.ndarray):
        return {"U": "text", "S": "bytes", "c": "complex numbers", "M": "dates", "m": "durations"}.get(
            given.dtype.kind, f"values of type {given.dtype}"
        )
    return f"a {type(given).__name__}"


def _shape(sizes: tuple[int | str, ...]) -> str:
    return f"[{', '.join(map(str, sizes))}]"


def _reshaping(got: tuple[int, ...], shape: tuple[int, int] | None, name: str) -> str:
    """How an array of sizes ``got`` becomes images of ``shape``, or of any, where that can be told."""
    if len(got) == 2 and (shape is None or got == shape):
        return f"for one image give {name}[None]"
    if len(got) == 4 and got[3] == 1 and shape in (None, got[1:3]):
        return f"give {name}[..., 0], for there is no channel"
    if len(got) == 4 and got[1] == 1 and shape in (None, got[2:]):
        return f"give {name}[:, 0], for there is no channel"
    if shape is None:
        return ""
    height, width = shape
    if len(got) in (1, 2) and got[-1] == height * width:
        return f"for flat images give {name}.reshape(-1, {height}, {width})"
    return f"this model is of images of {height} x {width} pixels"


def _another_scale(array: np.ndarray, low: float, high: float) -> bool:
    """Whether values outside [0, 1] are no noise on images in it."""
    if array.dtype.kind != "f" or low < -FAR or high > 1 + FAR or low > 1 or high < 0:
        return True
    if array.size < MANY or (low >= -MILD and high <= 1 + MILD):
        return False
    below, above = low < -MILD and (array < low / 2).mean(), high > 1 + MILD and (array > (1 + high) / 2).mean()
    return low >= 0 or max(below, above) > HALFWAY


def _rescaling(low: float, high: float, name: str) -> str:
    """How values from ``low`` to ``high`` come into [0, 1]."""
    if low >= 0 and 16 < high <= 255:
        return f"give {name} / 255"
    if 0 <= low < 1:
        return "divide them by the largest value there can be"
    if -1 <= low < -0.75 and high <= 1:
        return f"give ({name} + 1) / 2"
    return "scale them so"

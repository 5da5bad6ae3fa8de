"""One buffer for the browser: a JSON header, then the arrays.

A component takes ``bytes`` as they are, but bytes inside a dict arrive as the text of their repr. So a view's
whole data travel as one buffer::

    uint32 n | n bytes of JSON | padding | array | padding | array ...

Little-endian. The header's ``arrays`` tells each array's dtype, shape and offset; offsets count from the first
multiple of eight after the header, and every array begins at a multiple of eight.

A large array stays out of the buffer where there is somebody to hand it out: the header then tells its ``address``,
from which the browser fetches it once, however often the page runs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

ALIGNMENT = 8
DTYPES = ("uint8", "int16", "float32", "float64")
# Bytes from which an array is fetched from an address of its own.
LARGE = 2**16
# A coordinate travels as a 16-bit fraction of its frame's limit: finer than a pixel and half the bytes.
# One limit is 2**14 steps, so points up to two limits out are kept; NaN is the one value no point can have.
STEPS = 2**14
NOWHERE = -(2**15)


def pack(
    header: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    hand_out: Callable[[str, bytes], str | None] = lambda name, raw: None,
) -> bytes:
    """The buffer that ``unpack`` in ``payload.js`` reads.

    ``hand_out`` takes a large array's name and bytes and returns the address they can be had from, None if nobody does.
    """
    described, chunks, offset = {}, [], 0
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES:
            raise TypeError(f"{name} must be one of {', '.join(DTYPES)}, got {array.dtype.name}")
        raw = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        described[name] = {"dtype": array.dtype.name, "shape": array.shape}
        address = hand_out(name, raw) if len(raw) >= LARGE else None
        if address is not None:
            described[name]["address"] = address
            continue
        described[name]["offset"] = offset
        chunks.append(_padded(raw))
        offset += len(chunks[-1])
    # allow_nan=False: NaN is no JSON, and the browser would refuse the whole buffer.
    text = json.dumps({**header, "arrays": described}, allow_nan=False).encode()
    return b"".join([_padded(len(text).to_bytes(4, "little") + text), *chunks])


def _padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % ALIGNMENT)


def vector(values: np.ndarray) -> np.ndarray:
    """[K] float32."""
    return np.asarray(values, np.float32).reshape(-1)


def positive(value: float) -> float:
    """The value; 1 in the place of one that is no positive number."""
    return float(value) if math.isfinite(value) and value > 0 else 1.0


def steps(places: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Places [F, M, 2] as 16-bit fractions of their frame's limit [F]."""
    fractions = np.clip(places * (STEPS / limits)[:, None, None], NOWHERE + 1, 2**15 - 1)
    return np.where(np.isnan(fractions), NOWHERE, np.rint(fractions)).astype(np.int16)

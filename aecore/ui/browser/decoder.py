"""A trained decoder, or a whole model, for the browser, which then computes without a word to the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aecore.portable import Portable


def decoder_part(portable: Portable, prefix: str = "decoder") -> tuple[dict, dict[str, np.ndarray]]:
    """What ``decoderOf`` of ``decoder.js`` reads: a part of a view's header, and arrays to go with the view's own.

    ``prefix`` begins the arrays' names, and tells two decoders apart.
    """
    header = {
        "layers": portable.layers,
        "inputs": portable.inputs,
        "shape": portable.shape,
        "output": portable.output,
        "labels": portable.labels is not None,
        "prefix": prefix,
    }
    arrays = portable.arrays if portable.labels is None else {**portable.arrays, "labels": portable.labels}
    return header, {f"{prefix}.{name}": array for name, array in arrays.items()}

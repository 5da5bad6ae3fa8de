"""A photo of a digit, uploaded and made into an image as MNIST's are."""

from __future__ import annotations

import numpy as np
import streamlit as st

# So that a phone offers its camera. Not HEIC: an iPhone then sends a JPEG instead, which can be read.
KINDS = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "avif"]


def uploaded(shape: tuple[int, int], key: str) -> np.ndarray | None:
    """[H, W] the photo that is uploaded, made into a digit as MNIST has them; None, and a word, while there is none."""
    from aecore.intake.drawing import as_mnist
    from aecore.intake.photo import PhotoError, read_photo

    file = st.file_uploader(
        "A photo of one digit, written large and dark on white paper",
        type=KINDS,
        key=key,
        help="iPhones send a JPEG by themselves; save a HEIC copied to a computer as a JPEG first.",
    )
    if file is None:
        st.info("No photo yet: choose one above, or take one with your phone. It stays on this server while you look.")
        return None
    try:
        image = as_mnist(read_photo(file.getvalue()), shape)
    except PhotoError as error:
        st.error(str(error))
        return None
    if image is None:
        st.error("No digit can be seen in this photo; write one larger and darker, and take it again.")
    return image

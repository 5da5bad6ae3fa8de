"""Models, or halves of them, for a browser to compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aecore.autoencoder import Autoencoder
from aecore.portable import NotPortable, Portable, encoder, portable, restorer
from aecore.runs.trained import Trained


@dataclass(frozen=True)
class Packed:
    """A model or a half of it for the browser; None, and the ``reason`` in a sentence, where it cannot be had."""

    portable: Portable | None
    reason: str = ""


def decoder_of(trained: Trained) -> Packed:
    """The decoder, Packed."""
    return _packed(portable, trained)


def encoder_of(trained: Trained) -> Packed:
    """The encoder, Packed."""
    return _packed(encoder, trained)


def restorer_of(trained: Trained) -> Packed:
    """The whole model, Packed."""
    return _packed(restorer, trained)


def _packed(way: Callable[[Autoencoder], Portable], trained: Trained) -> Packed:
    try:
        return Packed(way(trained.model))
    except NotPortable as reason:
        return Packed(None, str(reason))

"""Autoencoders, one a file, model and loss together. ``variants["vae"]`` is an Autoencoder class."""

from typing import TYPE_CHECKING

from aecore.registry import Registry

if TYPE_CHECKING:
    from aecore.autoencoder import Autoencoder

variants: "Registry[type[Autoencoder]]" = Registry("aecore.variants", "aecore.autoencoder.Autoencoder", "variant")

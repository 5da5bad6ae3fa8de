"""What is trained, one a file, model and loss together. ``variants["vae"]`` is a Model class."""

from typing import TYPE_CHECKING

from aecore.registry import Registry

if TYPE_CHECKING:
    from aecore.model import Model

variants: "Registry[type[Model]]" = Registry("aecore.variants", "aecore.model.Model", "variant")

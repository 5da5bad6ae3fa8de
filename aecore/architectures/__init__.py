"""What encoder and decoder are made of, one file each. ``architectures["dense"]`` is an Architecture class."""

from typing import TYPE_CHECKING

from aecore.registry import Registry

if TYPE_CHECKING:
    from aecore.architecture import Architecture

architectures: "Registry[type[Architecture]]" = Registry(
    "aecore.architectures", "aecore.architecture.Architecture", "architecture"
)

"""Ways to damage an image, one file each. ``corruptions["masking"]`` is a Corruption class."""

from typing import TYPE_CHECKING

from aecore.registry import Registry

if TYPE_CHECKING:
    from aecore.corruption import Corruption

corruptions: "Registry[type[Corruption]]" = Registry("aecore.corruptions", "aecore.corruption.Corruption", "corruption")

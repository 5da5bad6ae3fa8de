"""The doors of the exhibits, one a file; a kind without one is seen by its losses alone."""

from aecore.registry import Registry
from aecore.ui.door import Door

doors: Registry[type[Door]] = Registry("aecore.ui.exhibits", "aecore.ui.door.Door", "exhibit")

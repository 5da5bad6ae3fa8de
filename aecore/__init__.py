"""Autoencoders of the lectures: trained live, seen, shared as a link. Names load on first use, torch with them."""

import importlib
from typing import Any

# Public name -> the module that has it, and its name there.
_PLACES = {
    "Autoencoder": ("aecore.estimator", "Autoencoder"),
    "SettingsError": ("aecore.settings", "SettingsError"),
    "SourceError": ("aecore.dataset", "SourceError"),
    "Spec": ("aecore.runs.spec", "Spec"),
    "load": ("aecore.sources", "load"),
    "load_model": ("aecore.runs.store", "load_model"),
    "train": ("aecore.runs.run", "train_spec"),
}

__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""The trained model."""

from __future__ import annotations

from aecore.export import Export
from aecore.runs.history import History
from aecore.runs.store import model_bytes
from aecore.runs.trained import Trained


class Model(Export):
    title, order = "Model", 1
    help = "The trained weights as safetensors; aecore.load_model reads them."
    suffix = ".safetensors"

    def of(self, trained: Trained, history: History) -> bytes:
        return model_bytes(trained)

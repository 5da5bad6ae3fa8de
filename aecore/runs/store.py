"""The store: runs on disk by id, so that links open trained and a killed server continues.

One safetensors file a run, tensors and history inside, the rest as JSON in its metadata. Never pickle.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from aecore.home import PathError, home, typed_path, write_atomically
from aecore.runs.history import History
from aecore.runs.run import Run
from aecore.runs.snapshot import Checkpoint, Snapshot
from aecore.runs.spec import Spec
from aecore.runs.trained import Trained
from aecore.settings import SettingsError, shorten

logger = logging.getLogger(__name__)

# Raised when files of an older layout can no longer be read; such runs are trained anew.
LAYOUT = 3
# Bytes after which the runs looked at longest ago make room.
MOST_BYTES = 2 * 2**30
# What is kept of a snapshot beside its history, each under a name that layout 3 has had from the start.
FACTS = {
    "state": "state",
    "step": "step",
    "steps": "steps",
    "steps_per_epoch": "steps_per_epoch",
    "examples": "images",
    "many": "many",
    "seconds": "seconds",
    "message": "message",
}


class StoreError(RuntimeError):
    """A run could not be kept or read; one sentence."""


@dataclass(frozen=True)
class Store:
    """Runs kept in a folder, by default ``runs`` in the folder that AECORE_HOME names."""

    folder: Path
    # One writer at a time: a paused copy of a run must not replace the finished one that was just written.
    _writing: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def default(cls) -> Store:
        return cls(home() / "runs")

    def path(self, id: str) -> Path:
        return self.folder / f"{id}.safetensors"

    def keep(self, run: Run) -> None:
        """Keeps where ``run`` stands, unless the file there is further; StoreError if the disk refuses."""
        checkpoint = run.checkpoint()
        data = encode(run.spec, checkpoint)
        try:
            with self._writing:
                if self._step(run.id) <= checkpoint.snapshot.step:
                    write_atomically(self.path(run.id), data)
                    self._make_room()
        except OSError as error:
            raise StoreError(
                f"this run is not kept on disk ({error.strerror or error}); it lives until the server stops"
            ) from None

    def find(self, spec: Spec) -> Checkpoint | None:
        """What is kept of ``spec``, None if nothing is; a damaged file is set aside and counts as nothing."""
        path = self.path(spec.id)
        try:
            kept, checkpoint = decode(path)
            if kept != spec:
                raise StoreError(f"{path.name} holds another spec")
            path.touch()
        except FileNotFoundError:
            return None
        except (OSError, StoreError) as error:
            self.set_aside(spec, str(error))
            return None
        return checkpoint

    def set_aside(self, spec: Spec, why: str) -> None:
        """Renames the file of ``spec``, which cannot be used, so that it is trained anew."""
        path = self.path(spec.id)
        logger.warning("%s cannot be used (%s); it is set aside and trained anew", path, why)
        try:
            path.replace(path.with_suffix(".damaged"))
        except OSError as error:
            logger.warning("%s cannot be set aside either (%s)", path, error)

    def _step(self, id: str) -> int:
        """How far the run in a file is, without reading its tensors; -1 where there is none to read."""
        try:
            with safe_open(self.path(id), "pt") as file:
                return int(json.loads(file.metadata()["aecore"])["view"]["step"])
        except (OSError, SafetensorError, KeyError, TypeError, ValueError):
            return -1

    def _make_room(self) -> None:
        files = sorted(self.folder.glob("*.safetensors"), key=lambda p: p.stat().st_mtime, reverse=True)
        total = 0
        for age, file in enumerate(files):
            total += file.stat().st_size
            if age > 0 and total > MOST_BYTES:
                file.unlink(missing_ok=True)


def encode(spec: Spec, checkpoint: Checkpoint) -> bytes:
    """The file that keeps a run: model, optimisers (unless it is finished), history, and facts as metadata."""
    snapshot, history = checkpoint.snapshot, checkpoint.snapshot.history
    finished = snapshot.state == "finished"
    tensors = {k: v for k, v in checkpoint.tensors.items() if not (finished and k.startswith("optimiser."))}
    tensors |= {f"sums.{name}": value for name, value in checkpoint.sums.items()}
    remembered = history.arrays()
    for name, array in remembered.items():
        tensors[f"history.{name}"] = torch.from_numpy(np.ascontiguousarray(array))
    facts = {
        "layout": LAYOUT,
        "spec": spec.json(),
        "view": {kept: getattr(snapshot, name) for name, kept in FACTS.items()},
        "metrics": checkpoint.metrics,
        # A safetensors file sorts its tensors; the order of the loss terms is the variant's.
        "history": list(remembered),
        "summed": checkpoint.weights,
    }
    return save(tensors, {"aecore": json.dumps(facts)})


def decode(path: Path) -> tuple[Spec, Checkpoint]:
    """The spec and checkpoint in a file; FileNotFoundError, OSError, or StoreError if it is none of ours."""
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()["aecore"])
            if facts["layout"] != LAYOUT:
                raise StoreError(f"{path.name} has layout {facts['layout']}, this version reads {LAYOUT}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        sums = {k.removeprefix("sums."): v for k, v in tensors.items() if k.startswith("sums.")}
        history = History.from_arrays({name: tensors[f"history.{name}"].numpy() for name in facts["history"]})
        known = {name: ({"many": "images"} | facts["view"])[kept] for name, kept in FACTS.items()}
        snapshot = Snapshot(**known, history=history)
        if snapshot.state != "finished":
            snapshot = replace(snapshot, state=_resting(snapshot))
        spec = Spec.from_json(facts["spec"])
        if not history.moments:
            raise StoreError(f"{path.name} holds no history")
        kept = {k: v for k, v in tensors.items() if k.startswith(("model.", "optimiser."))}
        # A number in files of before: of how many batches each is the sum.
        weights = facts["summed"]
        weights = weights if isinstance(weights, dict) else dict.fromkeys(sums, weights)
        return spec, Checkpoint(kept, snapshot, facts["metrics"], sums, weights)
    except FileNotFoundError:
        raise
    except (SafetensorError, SettingsError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise StoreError(f"{path.name} is not a run of this version: {error}") from None


def _resting(snapshot: Snapshot) -> str:
    """The state of a run that nobody trains: what was running when the server died is paused."""
    return snapshot.state if snapshot.state == "diverged" else "paused" if snapshot.step else "untrained"


def model_bytes(run: Run | Trained) -> bytes:
    """A safetensors file of the model alone, its spec in the metadata; ``load_model`` reads it back."""
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in run.model.state_dict().items()}
    facts = {"spec": run.spec.json(), "metrics": run.metrics, "facts": run.data.facts.kept()}
    return save(weights, {"aecore-model": json.dumps(facts)})


def load_model(path: str | Path):
    """The trained model in a file that Download or ``--out`` wrote; StoreError, one sentence, if it is none.

    ``path`` may be written as people do: with ``~``, in quotes, as ``file://``. Nothing in the file is ever run.
    """
    try:
        file = typed_path(path)
        if fault := _no_model(file):
            raise StoreError(f"{file} {fault}; give a file that Download or --out wrote")
        with safe_open(file, "pt") as opened:
            facts = json.loads(opened.metadata()["aecore-model"])
            weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - not a dict
        spec = Spec.from_json(facts["spec"])
        model = spec.model(spec.member("variant").learns.facts_class.again(facts["facts"]))
        model.load_state_dict(weights)
    except PathError as error:
        raise StoreError(f"there is no model to load: {error}; give the name of a file") from None
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror or error}") from None
    # Whatever a file that was changed by hand may say.
    except (SafetensorError, SettingsError, KeyError, TypeError, ValueError, RuntimeError, MemoryError) as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{file} is not a model of aecore: {shorten(' '.join(str(error).split()), 200)}") from None
    return model


# How files begin that people take for a model, and what they are.
_OTHERS = {
    b"PK": "is a zip file, as torch.save writes them, which is not opened because it could run any program",
    b"\x80": "is a pickle, as torch.save writes them, which is not opened because it could run any program",
    b"\x89HDF": "is an HDF5 file, as Keras writes them",
    b"\x1f\x8b": "is compressed by gzip: unpack it first",
    b"\x93NUMPY": "is an array of numpy",
    b"{": "is a text in JSON, where the weights belong",
}


def _no_model(path: Path) -> str:
    """What is wrong with what lies at ``path``, as far as its beginning tells; nothing where that is sound. OSError."""
    if path.is_dir():
        return "is a folder, where a file belongs"
    with path.open("rb") as file:
        start, size = file.read(8), path.stat().st_size
    if not start:
        return "is empty"
    for magic, fault in _OTHERS.items():
        # The length of the header comes first in a safetensors file, and may begin with any byte.
        if start.startswith(magic) and not _plausible(start, size):
            return fault
    if not _plausible(start, size):
        return "is not a model of aecore, or is cut off: it is no safetensors file"
    with safe_open(path, "pt") as opened:
        known = opened.metadata() or {}
    if "aecore-model" in known:
        return ""
    return (
        "is not a model of aecore but a run that the app keeps to go on with"
        if "aecore" in known
        else "is not a model of aecore: these weights are of another program"
    )


def _plausible(start: bytes, size: int) -> bool:
    """Whether a file of ``size`` bytes that begins with ``start`` can be of safetensors: its header ends inside."""
    return len(start) == 8 and 0 < int.from_bytes(start, "little") <= size - 8

"""The command line: ``python -m aecore train --variant vae --latent 2``. Flags are the settings, as declared.

Exit codes: 0 done, 1 data, disk or device in the way, 2 a flag that is not allowed, 3 diverged, 130 stopped.
"""

from __future__ import annotations

import difflib
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aecore.cli.parsing import FLAGS, OPTIONS, flags, read_flags
from aecore.cli.targets import InTheWay, check_losses, export_named, save, target
from aecore.cli.words import Line, as_json, as_table
from aecore.dataset import SourceError
from aecore.reference import listing, reference
from aecore.settings import SettingsError, shorten

if TYPE_CHECKING:
    from aecore.runs.run import Run
    from aecore.runs.spec import Spec

__all__ = ["FLAGS", "OPTIONS", "flags", "main", "read_flags"]

IN_THE_WAY, NOT_ALLOWED, DIVERGED, STOPPED = 1, 2, 3, 130
# What a shell reports of a program whose reader went away.
NO_READER = 141


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of the command in ``argv``; results on stdout, what went wrong as one sentence on stderr."""
    try:
        code = _command(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except SettingsError as error:
        return _say(error, NOT_ALLOWED)
    except (SourceError, InTheWay) as error:
        return _say(error, IN_THE_WAY)
    except (MemoryError, RuntimeError) as error:
        # PyTorch's allocator on the CPU has no exception of its own.
        if isinstance(error, RuntimeError) and "allocate memory" not in str(error):
            raise
        return _say("there is not enough memory for this model and data set; lower images or width", IN_THE_WAY)
    except KeyboardInterrupt:
        return _say("stopped", STOPPED)
    except BrokenPipeError:
        # Python flushes stdout once more on its way out, and would complain there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_READER


def _say(sentence: object, code: int) -> int:
    print(f"aecore: {sentence}", file=sys.stderr)
    return code


def _command(argv: list[str]) -> int:
    name, rest = (argv[0], argv[1:]) if argv else ("--help", [])
    if name in ("-h", "--help", "help"):
        print(_overview())
        return 0 if argv else NOT_ALLOWED
    if name not in COMMANDS:
        raise SettingsError(f"there is no command {shorten(name)}; {_near(name, COMMANDS)}")
    does, meaning = COMMANDS[name]
    if name == "train":
        return does(rest)
    if rest in (["-h"], ["--help"]):
        print(f"usage: python -m aecore {name}\n\n{meaning}")
    elif rest:
        raise SettingsError(f"{name} takes no arguments, got {shorten(' '.join(rest))}")
    else:
        print(does())
    return 0


def _near(name: str, names: Sequence[str] | Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(names), 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"


def _overview() -> str:
    lines = [f"  {name:14}{meaning}" for name, (_, meaning) in COMMANDS.items()]
    usage = "usage: python -m aecore COMMAND [--flag VALUE ...]"
    more = "python -m aecore train --variant vae --help lists the settings of a variant."
    return "\n".join([usage, "", "commands:", *lines, "", more])


def _train(argv: list[str]) -> int:
    options, spec = read_flags(argv)
    if options.help:
        print(flags(spec.names).format_help().rstrip())
        return 0
    export = export_named(options.out or "")
    check_losses(options.history or "")
    out, history = target("--out", options.out), target("--history", options.history)
    if out and out == history:
        raise SettingsError(f"--out and --history must be two files, got {out} for both")
    _check_device(options.device)
    run = _trained(spec, options.device)
    # The last step may be the one too many: the loss is looked at before it.
    sound = run.snapshot.finished and all(math.isfinite(value) for value in run.metrics.values())
    written = out is not None and (sound or not export.of_finished)
    faults = save(run, (export, out) if written else None, history)
    if sound:
        print(as_json(run) if options.json else as_table(run))
    for fault in faults:
        _say(fault, IN_THE_WAY)
    if sound and out and not out.suffix and not faults:
        _say(f"{shorten(out.name)} is a safetensors file, as no suffix says; aecore.load_model reads it", 0)
    if not sound:
        why = run.snapshot.message or "diverged at its very end: lower the learning rate"
        return _say(f"{why}; no {export.title.lower()} is written" if out and not written else why, DIVERGED)
    return IN_THE_WAY if faults else 0


def _check_device(name: str) -> None:
    if name not in ("cpu", "cuda"):
        raise SettingsError(f"--device must be one of cpu, cuda, got {shorten(name)}")
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise InTheWay("--device cuda: torch finds no CUDA device on this machine; leave it out to train on the CPU")


def _trained(spec: Spec, device: str) -> Run:
    """The run of ``spec``, trained to its end, with its progress on a terminal's stderr."""
    import torch

    from aecore.runs.run import train_spec
    from aecore.sources import load

    line = Line() if sys.stderr.isatty() else None
    try:
        # Loaded here first for its report; the run then finds it in memory.
        report = {"report": line.loading} if line else {}
        load(spec.names["data"], **report, **spec.source_settings())
        return train_spec(spec, device, line.training if line else None)
    except torch.OutOfMemoryError:
        raise InTheWay(f"{device} has not enough memory for this; lower batch_size or width") from None
    finally:
        if line:
            line.clear()


# Name -> what it does, and what that is.
COMMANDS: dict[str, tuple[Callable[..., Any], str]] = {
    "train": (_train, "Trains a model and prints its metrics; --help lists the settings."),
    "variants": (lambda: listing("variant"), "Lists the autoencoders."),
    "architectures": (lambda: listing("architecture"), "Lists what encoder and decoder can be made of."),
    "corruptions": (lambda: listing("corruption"), "Lists the ways to damage an image."),
    "sources": (lambda: listing("data"), "Lists the data sets."),
    "reference": (reference, "Every setting with default, range and meaning, as Markdown."),
}

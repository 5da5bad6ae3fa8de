"""The command line: ``python -m aecore train --variant vae --latent 2``. Flags are the settings, as declared.

Exit codes: 0 done, 1 data, disk or device in the way, 2 a flag that is not allowed, 3 diverged, 130 stopped.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from aecore.dataset import SourceError
from aecore.home import PathError, typed_path, unquoted, write_atomically
from aecore.names import Names
from aecore.reference import listing, reference
from aecore.settings import Knob, SettingsError, knobs, shorten

if TYPE_CHECKING:
    from aecore.runs.choices import Part
    from aecore.runs.run import Run
    from aecore.runs.spec import Spec
    from aecore.runs.view import View

# Options that are no settings, and what settings are called beside them.
OPTIONS = ("out", "history", "json", "device", "help")
FLAGS = Names(taken=frozenset(OPTIONS))
IN_THE_WAY, NOT_ALLOWED, DIVERGED, STOPPED = 1, 2, 3, 130
# What a shell reports of a program whose reader went away.
NO_READER = 141
# By flag: what is written, and the ends of a name that say so, the usual one first.
WRITTEN = {
    "--out": ("a model is written as safetensors", (".safetensors",)),
    "--history": ("losses are written as CSV", (".csv", ".txt")),
}
# Written to try whether a disk takes anything: more than a file system hides in its directory entry.
TRIAL = bytes(2**16)
# Seconds between two lines of progress.
TELL_EVERY = 0.2


class InTheWay(RuntimeError):
    """Disk or device will not do; one sentence."""


class _Parser(argparse.ArgumentParser):
    """One that raises what it would have printed before leaving."""

    def error(self, message: str) -> NoReturn:
        # "argument --beta: expected one argument"
        name, _, fault = message.removeprefix("argument ").partition(":")
        known = {"expected one argument": "needs a value", "ignored explicit argument": "takes no value"}
        rule = next((ours for theirs, ours in known.items() if theirs in fault), fault.strip())
        raise SettingsError(f"{name} {rule}; --help lists what there is")


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


# train: the flags.


def _train(argv: list[str]) -> int:
    options, spec = read_flags(argv)
    if options.help:
        print(flags(spec.names).format_help().rstrip())
        return 0
    for flag, text in (("--out", options.out), ("--history", options.history)):
        _check_suffix(flag, text or "")
    out, history = _target("--out", options.out), _target("--history", options.history)
    if out and out == history:
        raise SettingsError(f"--out and --history must be two files, got {out} for both")
    _check_device(options.device)
    run = _trained(spec, options.device)
    # The last step may be the one too many: the loss is looked at before it.
    sound = run.view.finished and all(math.isfinite(value) for value in run.metrics.values())
    faults = _save(run, out if sound else None, history)
    if sound:
        print(_json(run) if options.json else _table(run))
    for fault in faults:
        _say(fault, IN_THE_WAY)
    if sound and out and not out.suffix and not faults:
        _say(f"{shorten(out.name)} is a safetensors file, as no suffix says; aecore.load_model reads it", 0)
    if not sound:
        why = run.view.message or "diverged at its very end: lower the learning rate"
        return _say(f"{why}; no model is written" if out else why, DIVERGED)
    return IN_THE_WAY if faults else 0


def read_flags(argv: Sequence[str]) -> tuple[argparse.Namespace, Spec]:
    """The options that are no settings, and the spec of those that are; SettingsError, one sentence, for a wrong one.

    Choices are read first, because they say which other settings there are.
    """
    from aecore.runs.choices import CHOICES, knobs_of
    from aecore.runs.spec import Spec

    first = _Parser(add_help=False, allow_abbrev=False)
    for choice in CHOICES:
        first.add_argument(f"--{choice}")
    chosen = vars(first.parse_known_args(argv)[0])
    picked = {choice: name for choice, name in chosen.items() if name is not None}
    for choice, name in picked.items():
        CHOICES[choice][0][name]
    known = knobs_of(picked)
    for choice in picked.keys() - known.keys():
        raise SettingsError(_stranger(f"--{choice}", picked))
    options, extra = flags(picked).parse_known_args(argv)
    if extra:
        raise SettingsError(_stranger(extra[0], picked))
    given = {name: getattr(options, FLAGS.of(name)) for name in known}
    texts = {name: text for name, text in given.items() if text is not None}
    return options, Spec(**{name: known[name].read(text) for name, text in texts.items()})


def flags(picked: Mapping[str, str]) -> argparse.ArgumentParser:
    """A parser of every setting of a pick, in groups, as texts that are not read yet, and of the other options."""
    from aecore.runs.choices import CHOICES, choice_knob, own_knobs, parts

    parser = _Parser("python -m aecore train", "%(prog)s [--flag VALUE ...]", add_help=False, allow_abbrev=False)
    made = tuple(parts(picked))
    group = parser.add_argument_group("choices (the settings below depend on them)")
    for part in made:
        if part.choice in CHOICES:
            _add_flag(group, choice_knob(part.choice, picked))
    for part, own in zip(made, own_knobs(made), strict=True):
        group = parser.add_argument_group(_group_title(part))
        for knob in own.values():
            _add_flag(group, knob)
    group = parser.add_argument_group("what to do with it")
    group.add_argument(
        "--out", metavar="FILE", help="Write the trained model there, as safetensors; a file there is replaced."
    )
    group.add_argument(
        "--history", metavar="FILE", help="Write the losses over training there, as CSV; a file there is replaced."
    )
    group.add_argument("--json", action="store_true", help="Print id, spec and metrics as JSON.")
    group.add_argument("--device", default="cpu", metavar="NAME", help="Where to train: cpu or cuda; default cpu.")
    group.add_argument("-h", "--help", action="store_true", help="Print this and train nothing.")
    return parser


def _add_flag(group: argparse._ArgumentGroup, knob: Knob) -> None:
    from aecore.runs.spec import as_text

    # A flag that is named alone is meant as true.
    alone = {"nargs": "?", "const": "true"} if knob.kind == "flag" else {}
    meaning = f"{knob.meaning} {knob.rule[0].upper()}{knob.rule[1:]}; default {as_text(knob.default)}."
    name = FLAGS.of(knob.name)
    group.add_argument(_flag(name), dest=name, metavar="VALUE", help=meaning.replace("%", "%%"), **alone)
    if "_" in name:
        # As links and keywords spell it.
        group.add_argument(f"--{name}", dest=name, help=argparse.SUPPRESS, **alone)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _group_title(part: Part) -> str:
    from aecore.runs.choices import CHOICES

    if part.choice not in CHOICES:
        return part.choice
    return f"{part.choice} {CHOICES[part.choice][0].name_of(part.member)} ({part.member.title})"


def _stranger(argument: str, picked: Mapping[str, str]) -> str:
    """What is wrong with an argument that the pick does not know, and who does."""
    from aecore.runs.choices import knobs_of

    if not argument.startswith("-"):
        return f"{shorten(argument) or 'an empty text'} belongs to no flag; a setting is given as --name value"
    flag = argument.partition("=")[0]
    name, known = flag.lstrip("-").replace("-", "_"), knobs_of(picked)
    who = [f"{noun} {member}" for noun, member in _owners(name)]
    mine = " with ".join(picked.get(c, known[c].default) for c in ("variant", "architecture") if c in known)
    if who:
        return f"{mine} has no setting {name}; it belongs to {', '.join(who)}"
    ours = [_flag(FLAGS.of(name)) for name in known] + [f"--{name}" for name in OPTIONS]
    near = difflib.get_close_matches(flag, ours, 1)
    hint = f"did you mean {near[0]}?" if near else "--help lists what there is"
    return f"there is no flag {shorten(flag)} for {mine}; {hint}"


def _owners(name: str) -> Iterator[tuple[str, str]]:
    """The members that a setting, or the choice of a corruption, belongs to."""
    from aecore.runs.choices import CHOICES

    for choice, (registry, _, _) in CHOICES.items():
        for member, found in registry.items():
            takes = choice == "variant" and name == "corruption" and found.corrupts
            if takes or name in (knob.name for knob in knobs(found.Settings)):
                yield registry.noun, member


# train: before, while and after.


def _check_suffix(flag: str, text: str) -> None:
    """SettingsError where a file's name says that it holds something else than what is written."""
    kind, allowed = WRITTEN[flag]
    # Also of a path of another system.
    name = re.split(r"[\\/]", unquoted(text))[-1]
    suffix = Path(name).suffix
    if suffix and suffix.lower() not in allowed:
        # In a name such as beta0.5 the number is no suffix to be put away.
        stem = name if suffix[1:].isdigit() else Path(name).stem
        raise SettingsError(f"{flag} {shorten(name)}: {kind}, so name it {shorten(stem + allowed[0])}")


def _target(flag: str, text: str | None) -> Path | None:
    """The file to write to, tried out now, because after the training is too late; InTheWay if it will not do."""
    if text is None:
        return None
    if not text.strip():
        raise InTheWay(f"{flag} needs the name of a file")
    try:
        path = typed_path(text).resolve()
        if path.is_dir() or text.rstrip("\"' ").endswith(("/", os.sep)):
            raise InTheWay(f"{flag} {shorten(text)} is a folder; name a file in it")
        if not path.parent.is_dir():
            raise InTheWay(f"{flag} {shorten(text)}: there is no folder {path.parent}; make it first")
        if path.exists() and not path.is_file():
            raise InTheWay(f"{flag} {shorten(text)} is no regular file; name another")
        _try_out(path)
    except InTheWay:
        raise
    except PathError as error:
        raise InTheWay(f"{flag} cannot be written: {error}; name another place") from None
    # RuntimeError: links in a circle.
    except (OSError, ValueError, RuntimeError) as error:
        raise InTheWay(_cannot_write(flag, text, error)) from None
    return path


def _try_out(path: Path) -> None:
    """Writes a file beside ``path``, named as long as the one that will be renamed to it, and removes it."""
    trial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        trial.write_bytes(TRIAL)
    finally:
        trial.unlink(missing_ok=True)


def _cannot_write(flag: str, text: object, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"{flag} {shorten(text)} cannot be written ({reason}); choose another place or make room"


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

    line = _Line() if sys.stderr.isatty() else None
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


class _Line:
    """One line of progress on stderr, written over itself."""

    def __init__(self):
        self._told = 0.0

    def loading(self, done: int, total: int) -> None:
        self._tell(lambda: f"loading data: {100 * done // max(total, 1)} %")

    def training(self, view: View) -> None:
        left = view.seconds_left
        rest = f", {left:.0f} s left" if math.isfinite(left) else ""
        self._tell(lambda: f"epoch {min(int(view.epoch) + 1, view.epochs)} of {view.epochs}{rest}")

    def _tell(self, text: Callable[[], str]) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            print(f"\r{text():<60}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        print(f"\r{'':60}\r", end="", file=sys.stderr, flush=True)


def _save(run: Run, out: Path | None, history: Path | None) -> list[str]:
    """Writes model and history where asked for; a sentence for each that the disk refused after all."""
    from aecore.runs.store import model_bytes

    faults = []
    for flag, path, make in (
        ("--out", out, lambda: model_bytes(run)),
        ("--history", history, lambda: run.history.csv().encode()),
    ):
        try:
            if path is not None:
                write_atomically(path, make())
        except OSError as error:
            faults.append(_cannot_write(flag, path, error))
    return faults


def _json(run: Run) -> str:
    """``spec`` is what ``aecore.Spec(**spec)`` takes; units of the metrics as in the table."""
    return json.dumps({"id": run.id, "spec": run.spec.flat(), "metrics": run.metrics}, indent=2, allow_nan=False)


def _table(run: Run) -> str:
    """The metrics for people: held-out and train side by side, each with its unit."""
    found, units = run.metrics, run.exhibit.units
    names = [name.removeprefix("heldout_") for name in found if name.startswith("heldout_")]
    rows = [(n, _number(found[f"heldout_{n}"]), _number(found[f"train_{n}"]), units.get(n, "")) for n in names]
    head = (f"mean over {run.view.many}", "held-out", "train", "unit")
    lines = [f"{name:<26}{held:>12}{train:>12}  {unit}".rstrip() for name, held, train, unit in (head, *rows)]
    speed = f"trained in {found['seconds']:.1f} s, {run.view.rate:.0f} {run.view.many} a second"
    return "\n".join([f"{run.spec.names['variant']} on {run.spec.names['data']}, id {run.id}", "", *lines, "", speed])


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1e5 else f"{value:.4g}"


# Name -> what it does, and what that is.
COMMANDS: dict[str, tuple[Callable[..., Any], str]] = {
    "train": (_train, "Trains a model and prints its metrics; --help lists the settings."),
    "variants": (lambda: listing("variant"), "Lists the autoencoders."),
    "architectures": (lambda: listing("architecture"), "Lists what encoder and decoder can be made of."),
    "corruptions": (lambda: listing("corruption"), "Lists the ways to damage an image."),
    "sources": (lambda: listing("data"), "Lists the data sets."),
    "reference": (reference, "Every setting with default, range and meaning, as Markdown."),
}

"""The flags of ``train``, which are the settings as declared, read into a spec; and what else may be asked of it."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from aecore.names import Names
from aecore.settings import Knob, SettingsError, knobs, shorten

if TYPE_CHECKING:
    from aecore.runs.choices import Part
    from aecore.runs.spec import Spec

# Options that are no settings, and what settings are called beside them.
OPTIONS = ("out", "history", "json", "device", "help")
FLAGS = Names(taken=frozenset(OPTIONS))


class _Parser(argparse.ArgumentParser):
    """One that raises what it would have printed before leaving."""

    def error(self, message: str) -> NoReturn:
        # "argument --beta: expected one argument"
        name, _, fault = message.removeprefix("argument ").partition(":")
        known = {"expected one argument": "needs a value", "ignored explicit argument": "takes no value"}
        rule = next((ours for theirs, ours in known.items() if theirs in fault), fault.strip())
        raise SettingsError(f"{name} {rule}; --help lists what there is")


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
        "--out", metavar="FILE", help=f"Write the trained run there; a file there is replaced. {_suffixes()}"
    )
    group.add_argument(
        "--history", metavar="FILE", help="Write the losses over training there, as CSV; a file there is replaced."
    )
    group.add_argument("--json", action="store_true", help="Print id, spec and metrics as JSON.")
    group.add_argument("--device", default="cpu", metavar="NAME", help="Where to train: cpu or cuda; default cpu.")
    group.add_argument("-h", "--help", action="store_true", help="Print this and train nothing.")
    return parser


def _add_flag(group: argparse._ArgumentGroup, knob: Knob) -> None:
    alone = {} if knob.kind.alone is None else {"nargs": "?", "const": knob.kind.alone}
    meaning = f"{knob.meaning} {knob.rule[0].upper()}{knob.rule[1:]}; default {knob.text(knob.default)}."
    name = FLAGS.of(knob.name)
    group.add_argument(_flag(name), dest=name, metavar="VALUE", help=meaning.replace("%", "%%"), **alone)
    if "_" in name:
        # As links and keywords spell it.
        group.add_argument(f"--{name}", dest=name, help=argparse.SUPPRESS, **alone)


def _suffixes() -> str:
    """A sentence that says what may be written."""
    from aecore.exports import USUAL, exports, in_order

    known = ", ".join(f"{one.suffix} ({one.title.lower()})" for one in in_order())
    said = f"Its suffix says as what: {known}; without one it is the {exports[USUAL].title.lower()}."
    return said.replace("%", "%%")


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

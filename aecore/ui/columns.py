"""Two to four specs side by side: what they share in the sidebar, what they differ in above each, all in one link.

A link names what is shared plainly and what is a column's own with the column's letter: ``seed=0&b.variant=vae``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.figures.palette import class_colour
from aecore.names import PLAIN, Names
from aecore.settings import SettingsError, shorten
from aecore.ui import form, links, pick
from aecore.ui.needs import Encodes
from aecore.ui.presets import COLUMNS

if TYPE_CHECKING:
    from aecore.runs.spec import Spec
    from aecore.settings import Knob

COUNTS = ("2", "3", "4")
MODES = ("side by side", "sweep")
# Training settings that all columns share: whoever learns longer or from other images is not compared but favoured.
SHARED = ("epochs", "batch_size", "seed", "precision")
# Parameters of the page that are no settings of a model, and how long their texts may be.
OWN = {"mode": 20, "columns": 20, "sweep": 40, "values": 200}
# Settings that say what is learned from or how fast, not what is swept for a figure of quality.
NOT_SWEPT = ("data", "precision", "seed")
NAMES = PLAIN | frozenset(OWN)


def sweeps() -> bool:
    """Whether the page shows one setting over a list of values, rather than runs side by side."""
    picked = st.segmented_control(
        "Mode", MODES, default=MODES[0], key="mode", bind="query-params", required=True, label_visibility="collapsed"
    )
    return picked == MODES[1]


def letters() -> list[str]:
    """The columns in use."""
    count = st.segmented_control(
        "Columns",
        COUNTS,
        default=COUNTS[0],
        key="columns",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        help="How many columns to compare.",
    )
    return list(COLUMNS)[: int(count)]


def read_link() -> None:
    """Notes what the link asked for in vain."""
    links.read(_understand)


def shared_in_sidebar() -> dict[str, Any]:
    """The settings that all columns share."""
    from aecore.runs.choices import source_knobs
    from aecore.settings import knobs
    from aecore.training import Training

    with st.sidebar:
        picked: dict[str, Any] = {}
        pick.ask_choice("data", picked, NAMES)
        for name, knob in source_knobs(picked["data"]).items():
            picked[name] = form.ask(knob, NAMES)
        for knob in knobs(Training):
            if knob.name in SHARED:
                picked[knob.name] = form.ask(knob, NAMES)
    return picked


def specs(letters: list[str], shared: Mapping[str, Any]) -> dict[str, Spec]:
    """The spec of each column, picked at its head; without those that cannot be, which is said there."""
    found = {}
    for place, letter in zip(st.columns(len(letters)), letters, strict=True):
        with place:
            spec = _spec(letter, shared)
        if spec is not None:
            found[letter] = spec
    return found


def _spec(letter: str, shared: Mapping[str, Any]) -> Spec | None:
    from aecore.runs.choices import CHOICES
    from aecore.runs.spec import Spec

    names, picked = Names(f"{letter}."), {"data": shared["data"]}
    st.html(f'<div style="border-top: 4px solid {class_colour(list(COLUMNS).index(letter))}"></div>')
    with st.container(horizontal=True, vertical_alignment="center"):
        settings = st.popover(letter.upper(), icon=":material/tune:", help=f"Settings of column {letter.upper()}")
        pick.ask_choice("variant", picked, names, COLUMNS[letter], label="collapsed", needs=(Encodes(),))
        with settings:
            st.caption(CHOICES["variant"][0][picked["variant"]].summary)
            for choice in CHOICES:
                if choice not in ("data", "variant"):
                    pick.ask_choice(choice, picked, names)
            values = pick.ask_rest(picked, names, shared)
    try:
        return Spec(**values)
    except SettingsError as error:
        st.error(str(error))
        return None


def share(specs: Mapping[str, Spec], more: Mapping[str, str]) -> None:
    """The full link to all columns, trained; ``more`` are parameters of the page."""
    from aecore.settings import SCHEMA

    texts = dict(more)
    for letter, spec in specs.items():
        texts |= _texts_of(letter, spec)
    with st.popover("Share", icon=":material/share:"):
        st.write("This link opens the whole comparison, trained, for everyone:")
        st.code(links.share_url(texts | {links.VERSION: str(SCHEMA)}), language=None, wrap_lines=True)


def _texts_of(letter: str, spec: Spec) -> dict[str, str]:
    """A column's settings as link parameters."""
    shared = _shared_names(spec)
    texts = {name: text for name, text in spec.texts().items() if name != links.VERSION}
    return {_called(name, letter, shared): text for name, text in texts.items()}


def _called(name: str, letter: str, shared: set[str]) -> str:
    """The link parameter of a setting of a column."""
    return (NAMES if name in shared else Names(f"{letter}.")).of(name)


def _shared_names(spec: Spec) -> set[str]:
    return {*spec.source_names(), *SHARED}


def _understand(asked: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The link's parameters cleaned, one spec a column; a plain name that is not shared is meant for every column."""
    from aecore.runs.choices import CHOICES
    from aecore.runs.spec import read_texts

    ignored: list[str] = []
    taken = _own(asked, ignored)
    used = list(COLUMNS)[: 1 if taken.get("mode") == MODES[1] else int(taken.get("columns", COUNTS[0]))]
    columns = [name for name in asked if _letter(name)]
    plain = NAMES.meant({name: text for name, text in asked.items() if name not in columns and name not in OWN})
    own = {letter: {name: asked[name] for name in columns if _letter(name) == letter} for letter in used}
    wanted = {letter: {"variant": COLUMNS[letter]} | plain | Names(f"{letter}.").meant(own[letter]) for letter in used}
    anywhere = {name for texts in wanted.values() for name in (*CHOICES, links.VERSION, *read_texts(texts)[0].flat())}
    strangers = [name for name in plain if name not in anywhere]
    ignored += [f"ignored {shorten(n)}={shorten(plain[n])}: no column has a setting {shorten(n)}" for n in strangers]
    for letter in used:
        texts = {name: text for name, text in wanted[letter].items() if name not in strangers}
        spec, said = read_texts(texts)
        ignored += [f"column {letter.upper()}: {sentence}" for sentence in said]
        shared, values = _shared_names(spec), spec.texts()
        for name in texts.keys() & values.keys() - {links.VERSION}:
            called = _called(name, letter, shared)
            if taken.setdefault(called, values[name]) != values[name]:
                ignored.append(
                    f"ignored {letter}.{name}={shorten(values[name])}: all columns share {name}; using {taken[called]}"
                )
    if "sweep" in taken and taken["sweep"] not in (can := sweepable(spec)):
        ignored.append(f"ignored sweep={shorten(taken.pop('sweep'))}: it must be one of {', '.join(can)}")
    beyond = [name for name in columns if _letter(name) not in used]
    ignored += [f"ignored {shorten(name)}: the columns of this link are {', '.join(used)}" for name in beyond]
    return taken, ignored


def sweepable(spec: Spec) -> dict[str, Knob]:
    """The settings of ``spec`` that a sweep can be over."""
    return {name: knob for name, knob in spec.knobs.items() if name not in NOT_SWEPT and knob.kind.swept}


def _letter(name: str) -> str:
    """What stands before the dot of a column's parameter; empty for one that is no column's."""
    head, dot, _ = name.partition(".")
    return head if dot and len(head) == 1 else ""


def _own(asked: Mapping[str, str], ignored: list[str]) -> dict[str, str]:
    """The page's own parameters; what is none of their options goes to ``ignored``, as a sentence."""
    taken = {name: asked[name] for name in OWN if name in asked}
    for name, options in (("mode", MODES), ("columns", COUNTS)):
        if name in taken and taken[name] not in options:
            ignored.append(f"ignored {name}={shorten(taken.pop(name))}: it must be one of {', '.join(options)}")
    for name, most in OWN.items():
        if len(taken.get(name, "")) > most:
            ignored.append(f"ignored {name}={shorten(taken.pop(name))}: it is longer than {most} characters")
    return taken

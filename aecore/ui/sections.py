"""Pages of several views: which one is shown, its settings as widgets bound to the link, and its link."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import streamlit as st

from aecore.settings import SCHEMA, Knob, Settings, build, knobs, shorten
from aecore.ui import form, links, pick

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

VIEW = "view"


class Section(ABC):
    """One view of a page: the runs it needs and what it draws of them."""

    # What to look for, in two sentences.
    look_for: ClassVar[str]
    # The data set it is about, where that is not the visitor's choice.
    about: ClassVar[str | None] = None
    # Whether there is something to train.
    trains: ClassVar[bool] = True

    class Settings(Settings):
        pass

    def __init__(self, settings: Section.Settings, data: Mapping[str, Any], seed: int):
        """``data`` are the name and the settings of a data set."""
        self.settings, self.data, self.seed = settings, data, seed

    @abstractmethod
    def specs(self) -> dict[str, Spec]:
        """The runs it shows, by a name of its own."""

    @abstractmethod
    def draw(self, pool: Pool, seats: Mapping[str, Seat]) -> None:
        """Draws the runs as they now are; called again and again while one moves."""


def pick_section(sections: Mapping[str, type[Section]]) -> Section:
    """The section that link and visitor ask for; notes what the link asked for in vain."""
    links.read(lambda asked: _understand(sections, asked))
    name = st.segmented_control(
        "View",
        list(sections),
        default=next(iter(sections)),
        key=VIEW,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: _take_defaults(sections),
    )
    kind = sections[name]
    with st.sidebar:
        picked: dict[str, Any] = {} if kind.about is None else {"data": kind.about}
        if not picked:
            pick.ask_choice("data", picked)
        for knob in _data_knobs(kind, picked):
            picked[knob.name] = form.ask(knob)
        seed = form.ask(_seed())
    st.markdown(kind.look_for)
    own = list(knobs(kind.Settings))
    values = {}
    for place, knob in zip(st.columns(max(len(own), 3)), own, strict=False):
        with place:
            values[knob.name] = form.ask(knob)
    return kind(build(kind.Settings, values), picked, seed)


def share(sections: Mapping[str, type[Section]], section: Section) -> None:
    """The full link to what is shown, trained."""
    from aecore.runs.spec import as_text

    view = next(name for name, kind in sections.items() if kind is type(section))
    values = {VIEW: view, **section.data, **section.settings.model_dump(), "seed": section.seed, links.VERSION: SCHEMA}
    if section.about is not None:
        del values["data"]
    with st.popover("Share", icon=":material/share:"):
        st.write("This link opens this view, trained, for everybody:")
        url = links.share_url({name: as_text(value) for name, value in values.items()})
        st.code(url, language=None, wrap_lines=True)


def _seed() -> Knob:
    from aecore.training import Training

    return next(knob for knob in knobs(Training) if knob.name == "seed")


def _data_knobs(kind: type[Section], picked: Mapping[str, Any]) -> Iterator[Knob]:
    """The settings of the data set picked."""
    from aecore.runs.spec import CHOICES

    return knobs(CHOICES["data"][0][picked["data"]].Settings)


def _take_defaults(sections: Mapping[str, type[Section]]) -> None:
    """Another view begins at its own defaults: the same name can mean another thing there."""
    for knob in knobs(sections[st.session_state[VIEW]].Settings):
        st.session_state[knob.name] = knob.default


def _understand(sections: Mapping[str, type[Section]], asked: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The link's parameters cleaned, and a sentence for each that was not taken."""
    from aecore.runs.spec import as_text, choice_knob, take

    ignored: list[str] = []
    flat: dict[str, Any] = {}
    if VIEW in asked:
        view = Knob(VIEW, "choice", next(iter(sections)), "What is shown.", choices=tuple(sections))
        take(view, asked[VIEW], flat, ignored)
    kind = sections[flat.get(VIEW, next(iter(sections)))]
    data = choice_knob("data", {})
    if kind.about is None and "data" in asked:
        take(data, asked["data"], flat, ignored)
    picked = {"data": kind.about or flat.get("data", data.default)}
    known = {knob.name: knob for knob in (*_data_knobs(kind, picked), *knobs(kind.Settings), _seed())}
    for name, text in asked.items():
        if name in known:
            take(known[name], text, flat, ignored)
        elif name == links.VERSION:
            if text != str(SCHEMA):
                ignored.append(f"this link has version {shorten(text)}, this server reads {SCHEMA}: check the settings")
        elif name != VIEW and not (name == "data" and kind.about is None):
            ignored.append(f"ignored {shorten(name)}={shorten(text)}: this view has no such setting")
    return {name: as_text(value) for name, value in flat.items()}, ignored

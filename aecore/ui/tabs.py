"""Pages of several tabs: which one is shown, its settings as widgets bound to the link, and its link.

What a tab is about, a data set or a whole spec, is asked in the sidebar.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import streamlit as st

from aecore.kinds.choice import Choice
from aecore.names import PLAIN, Names
from aecore.registry import Registry
from aecore.settings import SCHEMA, Knob, Settings, SettingsError, build, knobs, shorten
from aecore.ui import engine, explain, form, group, links, needs, subjects

if TYPE_CHECKING:
    from aecore.runs.pool import Pool, Seat
    from aecore.runs.spec import Spec

VIEW = "view"


class Tab(ABC):
    """One part of a page: the runs it needs and what it draws of them."""

    # Its place among the tabs of its page, from the left.
    order: ClassVar[float]
    # What to look for, in two sentences.
    look_for: ClassVar[str]
    # What the sidebar asks for, and where that is a data set, the one it is about if there is no choice.
    subject: ClassVar[subjects.Subject] = subjects.DataAndSeed()
    about: ClassVar[str | None] = None
    # What it keeps in the link beside its settings, by name, each with the pattern of its text.
    remembers: ClassVar[Mapping[str, str]] = {}
    # What it asks of what is picked and of the runs that it shows.
    needs: ClassVar[Sequence[needs.Need]] = ()
    # Whether there is something to train.
    trains: ClassVar[bool] = True

    class Settings(Settings):
        pass

    def __init__(self, settings: Tab.Settings, given: Mapping[str, Any]):
        """``given`` are the values that the subject asked for."""
        self.settings, self.given = settings, given

    @abstractmethod
    def specs(self) -> dict[Any, Spec]:
        """The runs it shows, by a name of its own."""

    @abstractmethod
    def draw(self, pool: Pool, seats: Mapping[Any, Seat]) -> None:
        """Draws the runs as they now are; called again and again while one moves."""

    def formulas(self, specs: Mapping[Any, Spec]) -> list[explain.Formula]:
        """What it shows the minimum of, ``specs`` being its own: their variants' losses, unless it says otherwise."""
        return explain.of_specs(specs.values())


class Tabs(Registry[type[Tab]]):
    """The tabs of a page by name, one a file of its package ``aecore.ui.<page>``, in their order.

    A file that defines none is no tab, but what several of them use.
    """

    def __init__(self, package: str):
        super().__init__(package, "aecore.ui.tabs.Tab", "tab")

    def _modules(self) -> dict[str, str]:
        found = {name: (module, self._found(module)) for name, module in super()._modules().items()}
        tabs = sorted((kinds[0].order, name, module) for name, (module, kinds) in found.items() if kinds)
        return {name: module for _, name, module in tabs}


def names_on(tabs: Mapping[str, type[Tab]], kind: type[Tab]) -> Names:
    """What the settings of the subject are called on a page of ``tabs``, alike in all that have it in common."""
    alike = [tab for tab in tabs.values() if type(tab.subject) is type(kind.subject)]
    own = {name for tab in alike for name in tab.Settings.model_fields}
    return PLAIN | frozenset(own.union(*(tab.remembers for tab in alike)))


def pick_tab(tabs: Mapping[str, type[Tab]]) -> Tab:
    """The tab that link and visitor ask for; notes what the link asked for in vain."""
    links.read(lambda asked: _understand(tabs, asked))
    name = st.segmented_control(
        "Tab",
        list(tabs),
        default=next(iter(tabs)),
        key=VIEW,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        on_change=form.note_change,
        args=(VIEW,),
    )
    kind = tabs[name]
    if form.changed(VIEW):
        # The same name can mean another thing on another tab.
        for knob in knobs(kind.Settings):
            st.session_state[knob.name] = knob.default
    for kept in {kept for tab in tabs.values() for kept in tab.remembers} - kind.remembers.keys():
        remember(kept, "")
    with st.sidebar:
        asked = kind.subject.ask(kind, names_on(tabs, kind))
    st.markdown(kind.look_for)
    own = list(knobs(kind.Settings))
    values = {}
    for place, knob in zip(st.columns(max(len(own), 3)), own, strict=False):
        with place:
            values[knob.name] = form.ask(knob)
    return kind(build(kind.Settings, values), asked)


def show(tabs: Mapping[str, type[Tab]], known: bool = False) -> None:
    """A page of tabs: picks one, draws it, shares it and says what it minimises. ``known`` as in ``group``."""
    pool = engine.pool()
    tab = pick_tab(tabs)
    if lack := needs.lacking(tab.needs, tab.given, tab.subject.defaults):
        # Nothing is started and nothing is left: what trains on another tab goes on.
        links.notices()
        _offer(lack, names_on(tabs, type(tab)))
        return
    try:
        specs = tab.specs()
    except SettingsError as error:
        st.error(str(error))
        st.stop()
    seats = group.seats_at(pool, specs, tab.trains, known)

    def draw(now: Mapping[Any, Seat]) -> None:
        prepared = (seat.run.trained for seat in now.values() if seat.run.exhibit is not None)
        said = dict.fromkeys(needs.missing(tab.needs, run, tab.settings) for run in prepared)
        if sentences := list(filter(None, said)):
            st.info("  \n".join(sentences))
        else:
            tab.draw(pool, now)
        # With it, because what a tab remembers changes without a rerun of the page.
        share(tabs, tab)

    group.stage(pool, seats, draw, tab.trains)
    explain.draw(tab.formulas(specs))


def _offer(lack: needs.Lack, names: Names) -> None:
    """Says what is lacking, and offers what would do."""
    from aecore.runs.choices import CHOICES

    def choose() -> None:
        key = names.of(lack.choice)
        st.session_state[key] = lack.fit
        form.note_change(key)

    st.info(lack.said)
    if lack.fit:
        title = CHOICES[lack.choice][0][lack.fit].title
        st.button(f"Choose {title}", icon=":material/swap_horiz:", on_click=choose, type="primary")


def put(**values: Any) -> None:
    """Sets settings of a tab, for a callback."""
    st.session_state.update(values)


def remembered(name: str) -> str:
    """What a tab keeps in the address under one of the names that it ``remembers``."""
    return st.query_params.get(name, "")


def remember(name: str, text: str) -> None:
    """Keeps ``text`` in the address; an empty one is forgotten."""
    if text == remembered(name):
        return
    if text:
        st.query_params[name] = text
    else:
        del st.query_params[name]


def share(tabs: Mapping[str, type[Tab]], tab: Tab) -> None:
    """The full link to what is shown, trained."""
    with st.popover("Share", icon=":material/share:"):
        st.write("This link opens this tab, trained, for everyone:")
        kept = {name: text for name in tab.remembers if (text := remembered(name))}
        st.code(links.share_url(link_to(tabs, tab) | kept), language=None, wrap_lines=True)


def link_to(tabs: Mapping[str, type[Tab]], tab: Tab) -> dict[str, str]:
    """The parameters of the link to a tab of ``tabs``, without what it remembers."""
    kind = type(tab)
    view = next(name for name, known in tabs.items() if known is kind)
    names = names_on(tabs, kind)
    about = {names.of(name): text for name, text in tab.subject.shared(kind, tab.given).items()}
    own = {knob.name: knob.text(getattr(tab.settings, knob.name)) for knob in knobs(kind.Settings)}
    return {VIEW: view, **about, **own, links.VERSION: str(SCHEMA)}


def _understand(tabs: Mapping[str, type[Tab]], asked: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The link's parameters cleaned, and a sentence for each that was not taken."""
    from aecore.runs.spec import take

    texts, flat = dict(asked), {}
    kept: dict[str, str] = {}
    ignored: list[str] = []
    view = Knob(VIEW, Choice(tuple(tabs)), next(iter(tabs)), "What is shown.")
    if VIEW in texts:
        take(view, texts.pop(VIEW), flat, ignored)
    kind = tabs[flat.get(VIEW, view.default)]
    known = {knob.name: knob for knob in (view, *knobs(kind.Settings))}
    for name, knob in known.items():
        if name in texts:
            take(knob, texts.pop(name), flat, ignored)
    for name, pattern in kind.remembers.items():
        if name in texts and re.fullmatch(pattern, texts[name]):
            kept[name] = texts.pop(name)
        elif name in texts:
            ignored.append(f"ignored {name}={shorten(texts.pop(name))}: it is not in the expected form")
    version = texts.pop(links.VERSION, str(SCHEMA))
    if version != str(SCHEMA):
        ignored.append(f"this link has version {shorten(version)}, this server reads {SCHEMA}: check the settings")
    names = names_on(tabs, kind)
    texts = names.meant(texts)
    taken, said = kind.subject.read(kind, texts)
    ignored += said
    ignored += [
        f"ignored {shorten(name)}={shorten(text)}: this tab has no such setting" for name, text in texts.items()
    ]
    own = {name: known[name].text(value) for name, value in flat.items()}
    return own | kept | {names.of(name): text for name, text in taken.items()}, ignored

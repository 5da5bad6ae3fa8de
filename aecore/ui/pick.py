"""Picking a spec: four choices and their settings in the sidebar, kept in the link, with what a link got wrong said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from aecore.settings import SCHEMA
from aecore.ui import form, shell

if TYPE_CHECKING:
    from aecore.runs.spec import Spec

# In a shared link: the version of its settings, which also asks for the model trained.
VERSION = "v"
# In the address while a model is trained: its id, so that a reload opens it and a change of settings does not.
TRAINED = "trained"


def spec_in_sidebar() -> Spec:
    """The spec that link and sidebar ask for; notes what the link asked for in vain."""
    from aecore.runs.spec import CHOICES, Spec, choice_knob, knobs_of

    if shell.arrived():
        _read_link()
    if st.session_state.pop("fall back", False):
        st.session_state["data"] = CHOICES["data"][1]
        _take_defaults("data")
    with st.sidebar:
        picked: dict[str, str] = {}
        for choice, (registry, _, _) in CHOICES.items():
            if choice == "corruption" and choice not in knobs_of(picked):
                continue
            knob = choice_knob(choice, picked)
            if st.session_state.get(choice, knob.default) not in knob.choices:
                # Another variant was picked, which cannot be made of this architecture.
                st.session_state[choice] = knob.default
                _take_defaults(choice)
            picked[choice] = form.ask(knob, on_change=_take_defaults, args=(choice,))
            st.caption(registry[picked[choice]].summary)
        st.session_state["variant before"] = picked["variant"]
        return Spec(**form.choose(knobs_of(picked), picked))


def _take_defaults(choice: str) -> None:
    """Another data set or architecture has other ranges: its settings start at their own defaults.

    Variants have settings in common: one that was changed is kept, one at the former variant's default goes to the
    new one's.
    """
    from aecore.runs.spec import CHOICES
    from aecore.settings import knobs

    registry = CHOICES[choice][0]
    before = st.session_state.get("variant before") if choice == "variant" else None
    former = {knob.name: knob.default for knob in knobs(registry[before].Settings)} if before else {}
    for knob in knobs(registry[st.session_state[choice]].Settings):
        value = st.session_state.get(knob.name, knob.default)
        if choice != "variant" or not knob.allows(value) or value == former.get(knob.name):
            st.session_state[knob.name] = knob.default


def _read_link() -> None:
    """Notes what the link asked for in vain, and takes it out before a widget meets it: some break on ``inf``."""
    from aecore.runs.spec import as_text, read_texts

    asked = st.query_params.to_dict()
    spec, ignored = read_texts({name: text for name, text in asked.items() if name != TRAINED})
    st.session_state["ignored"] = ignored
    st.session_state["from link"] = asked.get(VERSION) == str(SCHEMA)
    values = spec.flat()
    taken = {name: as_text(values[name]) for name in asked if name in values}
    if TRAINED in asked:
        taken[TRAINED] = asked[TRAINED]
    if taken != asked:
        st.query_params.from_dict(taken)
        st.rerun()


def go_on_without(spec: Spec, why: str) -> None:
    """Where a data set cannot be had, says why and goes on with the one that needs no network."""
    from aecore.runs.spec import CHOICES

    default = CHOICES["data"][1]
    if spec.names["data"] == default:
        return
    st.session_state["ignored"] = [f"{why.rstrip('.')}; going on with {default}"]
    st.session_state["fall back"] = True
    st.rerun()


def wants_trained(spec: Spec) -> bool:
    """Whether a link, or the address after a reload, asks for the trained model of ``spec``."""
    return st.session_state.pop("from link", False) or st.query_params.get(TRAINED) == spec.id


def mark_trained(spec: Spec, trained: bool) -> None:
    """Keeps in the address whether it opens trained, so that a reload does what the visitor sees."""
    if trained and st.query_params.get(TRAINED) != spec.id:
        st.query_params[TRAINED] = spec.id
    elif not trained and TRAINED in st.query_params:
        del st.query_params[TRAINED]


def notices(*more: str) -> None:
    """What the link asked for and did not get, and whatever else has to be said, in one place."""
    with st.container(key="notices"):
        if ignored := st.session_state.get("ignored"):
            # As code, because the words come from a stranger's link and must not be read as Markdown.
            lines = [f"`{sentence.replace('`', chr(39))}`" for sentence in ignored]
            st.warning("  \n".join(lines), icon=":material/link_off:")
        for sentence in more:
            if sentence:
                st.info(sentence)


def share_url(spec: Spec) -> str:
    """The full link to the trained model of ``spec``: every setting and the schema version."""
    from urllib.parse import urlencode

    return f"{(st.context.url or '').split('?')[0]}?{urlencode(spec.texts())}"

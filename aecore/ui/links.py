"""A page's link: what it asks for and did not get, whether it opens trained, and what Share gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from aecore.settings import SCHEMA
from aecore.ui import shell

if TYPE_CHECKING:
    from aecore.runs.spec import Spec

# In a shared link: the version of its settings, which also asks for what it names trained.
VERSION = "v"
# In the address while something is trained: its id, so that a reload opens it and a change of settings does not.
TRAINED = "trained"

# From a link's parameters, those to keep, cleaned, and a sentence for each that was not taken.
Understand = Callable[[dict[str, str]], tuple[dict[str, str], list[str]]]


def read(understand: Understand) -> None:
    """Notes what the link asked for in vain, and takes it out before a widget meets it: some break on ``inf``."""
    if not shell.arrived():
        return
    asked = st.query_params.to_dict()
    taken, ignored = understand({name: text for name, text in asked.items() if name != TRAINED})
    st.session_state["link-ignored"] = ignored
    st.session_state["link-trained"] = asked.get(VERSION) == str(SCHEMA)
    if TRAINED in asked:
        taken = taken | {TRAINED: asked[TRAINED]}
    if taken != asked:
        st.query_params.from_dict(taken)
        st.rerun()


def wants_trained(*specs: Spec) -> bool:
    """Whether a link, or the address after a reload, asks for the trained models of ``specs``."""
    return st.session_state.pop("link-trained", False) or st.query_params.get(TRAINED) == _ids(specs)


def mark_trained(*specs: Spec, trained: bool) -> None:
    """Keeps in the address whether it opens trained, so that a reload does what the visitor sees."""
    if trained and st.query_params.get(TRAINED) != _ids(specs):
        st.query_params[TRAINED] = _ids(specs)
    elif not trained and TRAINED in st.query_params:
        del st.query_params[TRAINED]


def _ids(specs: tuple[Spec, ...]) -> str:
    return "-".join(spec.id for spec in specs)


def notices(*more: str) -> None:
    """What the link asked for and did not get, and whatever else has to be said, in one place."""
    with st.container(key="notices"):
        if ignored := st.session_state.get("link-ignored"):
            st.warning("  \n".join(map(as_code, ignored)), icon=":material/link_off:")
        for sentence in more:
            if sentence:
                st.info(sentence)


def as_code(sentence: str) -> str:
    """``sentence`` as it stands: its words may come from a stranger's link and must not be read as Markdown."""
    return f"`{sentence.replace('`', chr(39))}`"


def share_url(texts: Mapping[str, str], page: str | None = None) -> str:
    """The full link to what ``texts`` name, on this page or on another."""
    here = (st.context.url or "").split("?")[0]
    place = here if page is None else f"{here.rsplit('/', 1)[0]}/{page}"
    return f"{place}?{urlencode(texts)}"

"""A page's link: what it asks for and did not get, whether it opens trained, and what Share gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from aecore.names import PLAIN
from aecore.settings import SCHEMA, shorten
from aecore.ui import shell

if TYPE_CHECKING:
    from aecore.runs.spec import Spec

# In a shared link: the version of its settings, which also asks for what it names trained.
VERSION = "v"
# In the address while something is trained: its id, so that a reload opens it and a change of settings does not.
TRAINED = "trained"

# What others add to a link that is sent through them.
# fmt: off
TRACKERS = frozenset((
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "srsltid", "msclkid",
    "yclid", "twclid", "ttclid", "li_fat_id", "igsh", "igshid", "mc_cid", "mc_eid", "mkt_tok", "_ga", "_gl", "_hsenc",
    "_hsmi", "vero_id", "oly_anon_id", "oly_enc_id", "ref_src", "ref_url", "s_cid", "rdt_cid", "epik", "ScCid",
    "wickedid",
))
# fmt: on

# From a link's parameters, those to keep, cleaned, and a sentence for each that was not taken.
Understand = Callable[[dict[str, str]], tuple[dict[str, str], list[str]]]


def read(understand: Understand) -> None:
    """Notes what the link asked for in vain, and takes it out before a widget meets it: some break on ``inf``."""
    if not shell.arrived():
        return
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    asked, ignored = _once({name: texts for name, texts in given.items() if not is_tracker(name)})
    trained = asked.pop(TRAINED, None)
    taken, said = understand(asked)
    st.session_state["link-ignored"] = ignored + said
    st.session_state["link-trained"] = asked.get(VERSION) == str(SCHEMA)
    # Of which models it is the id is known only when the page knows its specs.
    st.session_state["link-claim"] = trained
    if trained is not None:
        taken = taken | {TRAINED: trained}
    if {name: [text] for name, text in taken.items()} != given:
        st.query_params.from_dict(taken)
        st.rerun()


def not_taken(sentence: str) -> None:
    """Notes what only what is drawn could tell that a link asked for in vain, and has the page say it."""
    said = st.session_state.get("link-ignored") or []
    if sentence not in said:
        st.session_state["link-ignored"] = [*said, sentence]
        st.rerun()


def nothing(asked: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """What a page without settings understands of a link."""
    strangers = {name: text for name, text in asked.items() if name != VERSION}
    return {}, [f"ignored {shorten(n)}={shorten(text)}: this page has no settings" for n, text in strangers.items()]


def is_tracker(name: str) -> bool:
    """Whether a link parameter is one that mail programs, search engines and social networks add to every link."""
    return name.startswith("utm_") or name in TRACKERS


def _once(given: Mapping[str, list[str]]) -> tuple[dict[str, str], list[str]]:
    """Each parameter with its last text, and a sentence for each that was given with different ones."""
    said = [
        f"ignored {shorten(name)}={shorten(text)}: {shorten(name)} is given more than once; using {shorten(texts[-1])}"
        for name, texts in given.items()
        for text in dict.fromkeys(texts[:-1])
        if text != texts[-1]
    ]
    return {name: texts[-1] for name, texts in given.items()}, said


def wants_trained(*specs: Spec) -> bool:
    """Whether a link, or the address after a reload, asks for the trained models of ``specs``.

    Notes where it names others.
    """
    claim = st.session_state.pop("link-claim", None)
    asked = st.session_state.pop("link-trained", False)
    if claim is not None and not _names(claim, specs):
        so = "what they train is shown" if asked else "nothing was started"
        sentence = f"ignored {TRAINED}={shorten(claim)}: it is not the id of what these settings train, so {so}"
        st.session_state["link-ignored"] = [*st.session_state.get("link-ignored", []), sentence]
    return asked or _names(claim, specs) or _names(st.query_params.get(TRAINED), specs)


def mark_trained(*specs: Spec, trained: bool) -> None:
    """Keeps in the address whether it opens trained, so that a reload does what the visitor sees."""
    if trained and not _names(st.query_params.get(TRAINED), specs):
        st.query_params[TRAINED] = _ids(specs)
    elif not trained and TRAINED in st.query_params:
        del st.query_params[TRAINED]


def _ids(specs: tuple[Spec, ...]) -> str:
    return "-".join(spec.id for spec in specs)


def _names(claim: str | None, specs: tuple[Spec, ...]) -> bool:
    """Whether the address names these ``specs``, in whatever order the page shows them."""
    return claim is not None and sorted(claim.split("-")) == sorted(spec.id for spec in specs)


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


def train_url(spec: Spec) -> str:
    """The full link to ``spec`` trained, on the page Train."""
    return share_url(
        {PLAIN.of(n): text for n, text in spec.texts().items() if n != VERSION} | {VERSION: str(SCHEMA)}, "train"
    )


def share_url(texts: Mapping[str, str], page: str | None = None) -> str:
    """The full link to what ``texts`` name, on this page or on another."""
    here = (st.context.url or "").split("?")[0]
    place = here if page is None else f"{here.rsplit('/', 1)[0]}/{page}"
    return f"{place}?{urlencode(texts)}"

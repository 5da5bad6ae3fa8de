"""What all pages wear: a compact top, and the state they leave behind when another is opened."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from aecore.settings import SCHEMA

STYLE = """
<style>
.stMainBlockContainer { padding: 3.75rem clamp(0.75rem, 2.5vw, 2.5rem) 2rem; max-width: 1280px; }
.stMainBlockContainer [data-testid="stVerticalBlock"] { gap: 0.6rem; }
.stElementContainer:has(.menu-closer) { display: none; }
.stMainBlockContainer h1 { padding: 0 0 0.2rem; font-size: clamp(1.4rem, 3vw, 1.8rem); }
.stMainBlockContainer .stAlert [data-testid="stAlertContainer"] { padding: 0.5rem 1rem; min-height: 0; }
[data-testid="stMarkdownContainer"] table { display: block; overflow-x: auto; }
.chips { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
.chips a { padding: 0.45rem 0.9rem; border: 1px solid; border-radius: 2rem; color: inherit; text-decoration: none; }
.chips a:hover, .chips a:focus-visible { text-decoration: underline; }
</style>
"""
# On a narrow screen the menu lies over the page. Streamlit closes it after a choice where the browser says that it is
# a phone's, and not on a tablet or in a narrow window.
MENU = """
<i class="menu-closer"></i>
<script>
window.aecoreMenu ??= document.addEventListener("click", ({ target }) => {
  if (innerWidth >= 768 || !target.closest('[data-testid="stSidebarNavLink"]')) return;
  const open = '[data-testid="stSidebar"][data-collapsed="false"] [data-testid="stSidebarCollapseButton"] button';
  setTimeout(() => document.querySelector(open)?.click());
}) ?? true;
</script>
"""


def dress(page: str) -> None:
    """Lays out the page named ``page`` and notes when it was opened from another one."""
    st.html(STYLE)
    st.html(MENU, unsafe_allow_javascript=True)
    if st.session_state.get("page-open") != page:
        st.session_state["page-open"] = page
        st.session_state["page-arrived"] = True


def header(title: str, what_to_look_for: str) -> None:
    """The top of every page."""
    if PagesManager.uses_pages_directory:
        # A fresh server takes pages/ for the old way of making pages until app.py has run once, so that a link
        # to a page would run the page alone.
        PagesManager.uses_pages_directory = False
        st.rerun()
    st.title(title)
    st.markdown(what_to_look_for)


def try_this(presets: dict[str, dict[str, object]], page: str = "train", title: str = "Try this:") -> None:
    """Presets as links, which a teacher can copy: title -> settings; they open trained."""
    links = (
        f'<a target="_self" href="{page}?{escape(urlencode(settings | {"v": SCHEMA}))}">{escape(title)}</a>'
        for title, settings in presets.items()
    )
    st.html(f'<div class="chips"><span>{escape(title)}</span>{"".join(links)}</div>')


def arrived() -> bool:
    """True once after a page was opened: its link's parameters are then news."""
    return st.session_state.pop("page-arrived", False)

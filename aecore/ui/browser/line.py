"""Words that move with a run: how far it is, a sentence about it, and what tells the page to be drawn anew."""

from __future__ import annotations

from aecore.ui.browser.views import _mount


def live_progress(share: float, text: str, *, key: str) -> None:
    """A bar filled to ``share``, from 0 to 1, and what it is about."""
    _mount("progress", key, {"share": min(max(share, 0.0), 1.0), "text": text}, {})


def live_words(text: str, *, boxed: bool = False, key: str) -> None:
    """Plain text, small, or ``boxed`` as what a page has to say."""
    _mount("words", key, {"text": text, "boxed": boxed}, {})


def pulse(now: str, *, key: str) -> None:
    """Reruns what is around it as soon as what is pushed says something else than ``now``."""
    _mount("pulse", key, {"now": now}, {}, on_changed_change=lambda: None)

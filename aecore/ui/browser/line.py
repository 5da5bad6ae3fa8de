"""Words that move with a run: how far it is, a sentence about it, and what tells the page to be drawn anew."""

from __future__ import annotations

from aecore.ui.browser.drawing import Drawing, live, mount


def progress_drawing(share: float, text: str) -> Drawing:
    """A bar filled to ``share``, from 0 to 1, and what it is about."""
    return Drawing("progress", {"share": min(max(share, 0.0), 1.0), "text": text})


def words_drawing(text: str, *, boxed: bool = False) -> Drawing:
    """Plain text, small, or ``boxed`` as what a page has to say."""
    return Drawing("words", {"text": text, "boxed": boxed})


def pulse_drawing(now: str) -> Drawing:
    """Nothing to be seen: what a page was drawn for."""
    return Drawing("pulse", {"now": now})


def pulse(drawing: Drawing, *, key: str) -> None:
    """Reruns what is around it as soon as what is pushed says something else than the drawing."""
    mount(drawing, key, on_changed_change=lambda: None)


live_progress = live(progress_drawing)
live_words = live(words_drawing)

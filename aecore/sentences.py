"""What is said to whoever asks for what cannot be: one sentence, fit to be shown as it is."""

from __future__ import annotations

from typing import Any


class SettingsError(ValueError):
    """One sentence that names the setting, the rule, the value and, where there is one, the fix."""


def shorten(value: Any, limit: int = 40) -> str:
    """``value`` as text fit for a sentence: printable characters only, at most ``limit`` of them."""
    text = "".join(c if c.isprintable() else "?" for c in str(value)[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"

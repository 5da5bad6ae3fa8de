"""What there is: every member of every registry, and every setting, read off their declarations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aecore.settings import Knob, knobs

if TYPE_CHECKING:
    from aecore.registry import Registry


def listing(choice: str) -> str:
    """Every member that a choice can be of, a line each: name, title, summary."""
    registry = _registry(choice)
    width = max(map(len, registry)) + 2
    titles = max(len(member.title) for member in registry.values()) + 2
    return "\n".join(f"{n:{width}}{m.title:{titles}}{m.summary}" for n, m in registry.items())


def _registry(choice: str) -> Registry:
    from aecore.runs.choices import CHOICES

    return CHOICES[choice][0]


def reference() -> str:
    """Every setting of every member, as Markdown."""
    from aecore.runs.choices import CHOICES, choice_knob
    from aecore.training import Training

    blocks = ["# Settings", "## Choices", *_knob_table(choice_knob(choice, {}) for choice in CHOICES)]
    for choice in CHOICES:
        registry = _registry(choice)
        blocks.append(f"## {registry.noun.capitalize()}s")
        for name, member in registry.items():
            blocks += [f"### {name}: {member.title}", member.summary, *_knob_table(knobs(member.Settings))]
    return "\n\n".join([*blocks, "## Training", *_knob_table(knobs(Training))])


def _knob_table(settings: Iterable[Knob]) -> list[str]:
    """One Markdown table, or nothing where there are no settings."""
    rows = [f"| `{k.name}` | {k.text(k.default)} | {k.rule} | {k.meaning} |" for k in settings]
    return ["\n".join(["| name | default | range | meaning |", "|---|---|---|---|", *rows])] if rows else []

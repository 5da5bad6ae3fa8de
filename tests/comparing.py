"""What the presets of Compare ask for, as specs."""

from __future__ import annotations

from aecore.runs.spec import Spec, read_texts
from aecore.ui.columns import OWN, _understand
from aecore.ui.presets import COLUMNS


def as_link(preset: dict[str, object]) -> dict[str, str]:
    """The parameters of the link that a preset is."""
    return {name: str(value) for name, value in preset.items()} | {"v": "1"}


def specs_of(preset: dict[str, object]) -> dict[str, Spec]:
    """The spec of each column, by its letter, as the page makes it of the link; of a sweep, the one it starts from."""
    taken, ignored = _understand(as_link(preset))
    assert ignored == []
    used = ["a"] if taken.get("mode") == "sweep" else list(COLUMNS)[: int(taken["columns"])]
    found = {}
    for letter in used:
        texts = {name: text for name, text in taken.items() if "." not in name and name not in OWN}
        texts |= {name[2:]: text for name, text in taken.items() if name.startswith(f"{letter}.")}
        found[letter], ignored = read_texts(texts)
        assert ignored == []
    return found

"""A form read off the settings: every knob is a widget bound to the link's parameter of the same name, or prefixed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.names import PLAIN, Names
from aecore.settings import Knob, SettingsError
from aecore.ui import links

if TYPE_CHECKING:
    from aecore.kind import Widget


def ask(knob: Knob, names: Names = PLAIN, **reacting: Any) -> Any:
    """The value of a knob's widget, which is kept in the link; ``reacting`` is Streamlit's on_change and args."""
    help, key = f"{knob.meaning} ({knob.rule})", names.of(knob.name)
    _forget_others(knob, key)
    shared = {"label": knob.title, "key": key, "bind": "query-params", "help": help} | reacting
    return ASKING[knob.kind.widget](knob, shared)


def kept(knob: Knob, value: Any) -> Any:
    """What the session keeps of a knob's ``value``: where it is typed in, its text."""
    return knob.text(value) if knob.kind.widget in TYPED else value


def fits(knob: Knob, found: Any) -> bool:
    """Whether what the session keeps under a knob's name can be the knob's; a text may still be read in vain."""
    return isinstance(found, str) if knob.kind.widget in TYPED else knob.allows(found)


def _forget_others(knob: Knob, key: str) -> None:
    """Drops a value that the name had elsewhere, on another tab or data set, where it means something else."""
    found = st.session_state.get(key)
    if found is None:
        return
    if not fits(knob, found):
        st.session_state[key] = kept(knob, knob.default)
    elif knob.kind.widget in NUMERIC and not isinstance(found, of := type(knob.kind.step(knob.default))):
        # A whole number that the name had elsewhere; a number field does not mix the two.
        st.session_state[key] = of(found)


def _select(knob: Knob, shared: dict[str, Any]) -> str:
    return st.selectbox(options=knob.choices, index=knob.choices.index(knob.default), **shared)


def _toggle(knob: Knob, shared: dict[str, Any]) -> bool:
    return st.toggle(value=knob.default, **shared)


def _slider(knob: Knob, shared: dict[str, Any]) -> float:
    return st.slider(**_numbers(knob), **shared)


def _number(knob: Knob, shared: dict[str, Any]) -> float:
    numbers = _numbers(knob)
    format = "%g" if isinstance(numbers["step"], float) else None
    return st.number_input(**numbers, format=format, **shared)


def _numbers(knob: Knob) -> dict[str, float]:
    """What a widget runs over, all of one type."""
    step = knob.kind.step(knob.default)
    ends = {"min_value": knob.low, "max_value": knob.high, "value": knob.default}
    return {name: type(step)(number) for name, number in ends.items()} | {"step": step}


def _text(knob: Knob, shared: dict[str, Any]) -> Any:
    usual = knob.text(knob.default)
    text = st.text_input(value=usual, max_chars=200, **shared)
    try:
        return knob.read(text)
    except SettingsError as error:
        st.warning(links.as_code(f"{error}; using {usual}"))
        return knob.default


# What asks for a value, by the widget that its kind names.
ASKING: dict[Widget, Callable[[Knob, dict[str, Any]], Any]] = {
    "select": _select,
    "slider": _slider,
    "number": _number,
    "toggle": _toggle,
    "text": _text,
}
TYPED: tuple[Widget, ...] = ("text",)
NUMERIC: tuple[Widget, ...] = ("slider", "number")


def note_change(key: str) -> None:
    """For ``on_change``: notes that another value was picked; what follows from it is for the run of the whole page.

    What a callback sets in other widgets can be lost: the change may come first with a fragment's own turn, and the
    page's run right after it brings those widgets' former values.
    """
    st.session_state[f"{key}-changed"] = True


def changed(key: str) -> bool:
    """Whether a change was noted, once."""
    return st.session_state.pop(f"{key}-changed", False)


def choose(knobs: dict[str, Knob], picked: dict[str, Any], names: Names = PLAIN) -> dict[str, Any]:
    """The values of ``knobs`` not yet ``picked``: the common ones in sight, the rest folded."""
    values = dict(picked)
    rest = [knob for knob in knobs.values() if knob.name not in values]
    for knob in rest:
        if knob.common:
            values[knob.name] = ask(knob, names)
    with st.expander("More settings"):
        for knob in rest:
            if not knob.common:
                values[knob.name] = ask(knob, names)
    return values

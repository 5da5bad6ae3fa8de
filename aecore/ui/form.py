"""A form read off the settings: every knob is a widget bound to the link's parameter of the same name, or prefixed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aecore.names import PLAIN, Names
from aecore.settings import Knob, SettingsError
from aecore.ui import links


def ask(knob: Knob, names: Names = PLAIN, **reacting: Any) -> Any:
    """The value of a knob's widget, which is kept in the link; ``reacting`` is Streamlit's on_change and args."""
    help, key = f"{knob.meaning} ({knob.rule})", names.of(knob.name)
    _forget_others(knob, key)
    shared = {"label": knob.title, "key": key, "bind": "query-params", "help": help} | reacting
    match knob.kind:
        case "choice":
            return st.selectbox(options=knob.choices, index=knob.choices.index(knob.default), **shared)
        case "flag":
            return st.toggle(value=knob.default, **shared)
        case "list":
            return _ask_list(knob, shared)
        case "int":
            few = knob.high - knob.low <= 20
            widget = st.slider if few else st.number_input
            return widget(min_value=knob.low, max_value=knob.high, value=knob.default, step=1, **shared)
        case _:
            return st.number_input(
                min_value=float(knob.low),
                max_value=float(knob.high),
                value=float(knob.default),
                step=_stride(knob),
                format="%g",
                **shared,
            )


def _forget_others(knob: Knob, key: str) -> None:
    """Drops a value that the name had elsewhere, in another view or data set, where it means something else."""
    value = st.session_state.get(key)
    if value is None:
        return
    if knob.kind == "list":
        fits = isinstance(value, str)
    else:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = (number or knob.kind not in ("int", "float")) and knob.allows(value)
    if not fits:
        from aecore.runs.spec import as_text

        st.session_state[key] = as_text(knob.default) if knob.kind == "list" else knob.default
    elif knob.kind == "float" and isinstance(value, int):
        # A whole number that the name had elsewhere; a number field does not mix the two.
        st.session_state[key] = float(value)


def _ask_list(knob: Knob, shared: dict[str, Any]) -> tuple[float, ...]:
    from aecore.runs.spec import as_text

    text = st.text_input(value=as_text(knob.default), max_chars=200, **shared)
    try:
        return knob.read(text)
    except SettingsError as error:
        st.warning(links.as_code(f"{error}; using {as_text(knob.default)}"))
        return knob.default


def note_change(key: str) -> None:
    """For ``on_change``: notes that another value was picked; what follows from it is for the run of the whole page.

    What a callback sets in other widgets can be lost: the change may come first with a fragment's own turn, and the
    page's run right after it brings those widgets' former values.
    """
    st.session_state[f"{key}-changed"] = True


def changed(key: str) -> bool:
    """Whether a change was noted, once."""
    return st.session_state.pop(f"{key}-changed", False)


def _stride(knob: Knob) -> float:
    """What one press of plus adds: about a fortieth of the range, and of a rate a fifth of its default."""
    return knob.default / 5 if knob.log else min(0.5, knob.high / 40)


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

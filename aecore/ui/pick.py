"""Picking a spec: four choices and their settings as widgets bound to the link.

``names`` says what a form's widgets and their link parameters are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore.kinds.choice import Choice
from aecore.names import PLAIN, Names
from aecore.ui import form, links
from aecore.ui.needs import Need, fitting

if TYPE_CHECKING:
    from aecore.runs.spec import Spec
    from aecore.settings import Knob


def spec_in_sidebar() -> Spec:
    """The spec that link and sidebar ask for; notes what the link asked for in vain."""
    from aecore.runs.choices import CHOICES
    from aecore.runs.spec import Spec

    links.read(_understand)
    with st.sidebar:
        picked: dict[str, str] = {}
        for choice, (registry, _, _) in CHOICES.items():
            ask_choice(choice, picked)
            if choice in picked:
                st.caption(registry[picked[choice]].summary)
        return Spec(**ask_rest(picked))


def _understand(asked: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    from aecore.runs.spec import read_texts

    texts = PLAIN.meant(asked)
    spec, ignored = read_texts(texts)
    taken = spec.texts()
    return {PLAIN.of(name): taken[name] for name in texts if name in spec.knobs}, ignored


def ask_choice(
    choice: str,
    picked: dict[str, str],
    names: Names = PLAIN,
    default: str | None = None,
    label: str = "visible",
    needs: Sequence[Need] = (),
) -> None:
    """Adds the pick of a choice to ``picked``, where it is one to make; ``default`` stands in for the usual one.

    What lacks one of the ``needs`` is named below, greyed out, with the reason; it stays picked where it was.
    """
    from aecore.runs.choices import choice_knob, offered

    if not offered(choice, picked):
        return
    knob, key = choice_knob(choice, picked), names.of(choice)
    if default is not None:
        knob = replace(knob, default=default)
    fallen_back = choice == "data" and st.session_state.pop("data-fall-back", False)
    # Another variant may have been picked, which cannot be made of this architecture.
    if fallen_back or st.session_state.get(key, knob.default) not in knob.choices:
        st.session_state[key] = knob.default
        form.note_change(key)
    # Before its widget is first drawn, what a link asks for stands in the address alone.
    now = st.session_state.get(key, st.query_params.get(key, knob.default))
    lacks = _lacks(choice, knob, now, needs)
    left = tuple(name for name in knob.choices if name not in lacks)
    knob = replace(knob, kind=Choice(left), default=knob.default if knob.default in left else left[0])
    picked[choice] = form.ask(knob, names, on_change=form.note_change, args=(key,), label_visibility=label)
    for reason in dict.fromkeys(lacks.values()):
        *rest, last = (name for name, lack in lacks.items() if lack == reason)
        out = f"{', '.join(rest)} or {last}, each of which" if rest else f"{last}, which"
        st.caption(f":gray[Not on this tab: {out} {reason}.]")
    if form.changed(key):
        _take_defaults(choice, names)
    if choice == "variant":
        st.session_state[f"{key}-before"] = picked[choice]


def _lacks(choice: str, knob: Knob, picked: str, needs: Sequence[Need]) -> dict[str, str]:
    """What each choice of ``knob`` lacks that does not fit, by name, without the one that is ``picked``."""
    from aecore.runs.choices import CHOICES

    found = fitting(needs, choice, CHOICES[choice][0], knob.choices)
    return {name: lack for name, lack in found.items() if lack and name != picked}


def ask_rest(picked: Mapping[str, str], names: Names = PLAIN, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The values of all settings that ``picked`` brings, those ``given`` not asked for again."""
    from aecore.runs.choices import knobs_of, parts, unqualified

    known = knobs_of(picked)
    shared = unqualified(tuple(parts(picked)), given or {})
    return form.choose(known, {**picked, **{n: v for n, v in shared.items() if n in known}}, names)


def _take_defaults(choice: str, names: Names) -> None:
    """Another data set or architecture has other ranges: its settings start at their own defaults.

    Variants have settings in common: one that was changed is kept, one at the former variant's default goes to the
    new one's.
    """
    from aecore.runs.choices import CHOICES
    from aecore.settings import knobs

    registry = CHOICES[choice][0]
    before = st.session_state.get(f"{names.of(choice)}-before") if choice == "variant" else None
    former = {knob.name: form.kept(knob, knob.default) for knob in knobs(registry[before].Settings)} if before else {}
    for knob in knobs(registry[st.session_state[names.of(choice)]].Settings):
        key = names.of(knob.name)
        usual = form.kept(knob, knob.default)
        found = st.session_state.get(key, usual)
        if choice != "variant" or not form.fits(knob, found) or found == former.get(knob.name):
            st.session_state[key] = usual


def go_on_without(spec: Spec, why: str) -> None:
    """Where a data set cannot be had, says why and goes on with the one that needs no network."""
    from aecore.runs.choices import CHOICES

    default = CHOICES["data"][1]
    if spec.names["data"] == default:
        return
    st.session_state["link-ignored"] = [f"{why.rstrip('.')}; going on with {default}"]
    st.session_state["data-fall-back"] = True
    st.rerun()

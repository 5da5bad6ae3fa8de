"""What tells models side by side apart, in words: ``A latent 1``, ``B latent 4``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aecore.runs.choices import CHOICES
from aecore.runs.spec import Spec


def names_of(specs: Mapping[str, Spec]) -> dict[str, str]:
    """A name for each of ``specs``, kept by letter: the letter in capitals and what the spec differs in.

    Where they differ in nothing, the variant's title stands for all.
    """
    said = differences(list(specs.values()))
    return {
        letter: f"{letter.upper()} {', '.join(parts) or spec.member('variant').title}"
        for (letter, spec), parts in zip(specs.items(), said, strict=True)
    }


def differences(specs: Sequence[Spec]) -> list[list[str]]:
    """For each spec, what it differs in from any of the others: choices by their titles, then settings with values.

    A setting that only one of them has comes with a choice that only this one made, and is not said.
    """
    names = differing(specs)
    return [[said(name, spec) for name in names if name in spec.knobs] for spec in specs]


def differing(specs: Sequence[Spec]) -> list[str]:
    """The names of the choices and settings in which those ``specs`` that have them differ, the variant first."""
    flats = [spec.flat() for spec in specs]
    known = dict.fromkeys(name for flat in flats for name in flat)
    # The variant first: it is what people ask for by name.
    order = sorted(known, key=lambda name: (name != "variant", name not in CHOICES))
    return [name for name in order if len({flat[name] for flat in flats if name in flat}) > 1]


def said(name: str, spec: Spec) -> str:
    """A setting of a spec in a few words: ``weight decay 0.001``, ``tied off``, or the title of what was chosen."""
    if name in CHOICES:
        return spec.member(name).title
    return f"{name.replace('_', ' ')} {spec.knobs[name].kind.said(spec.flat()[name])}"

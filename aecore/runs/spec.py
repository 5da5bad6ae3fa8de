"""Spec: everything that determines a trained model, as flat names that links, flags and keywords share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aecore.examples import ExampleFacts
from aecore.model import Model
from aecore.runs.choices import CHOICES, choice_knob, knobs_of, offered, own_knobs, parts, unqualified
from aecore.settings import SCHEMA, Knob, Settings, SettingsError, build, shorten
from aecore.training import Training, generator


class Spec:
    """``Spec(data="mnist-5k", variant="vae", latent=2, beta=4.0)``: names left out take their defaults.

    Raises SettingsError, one sentence, for a name or value that is not allowed.
    """

    def __init__(self, /, **flat: Any):
        picked = _picked(flat)
        # Every choice and setting by name: how it is written, read and refused.
        self.knobs = known = knobs_of(picked)
        flat = unqualified(tuple(parts(picked)), flat)
        for name in flat:
            if name not in known:
                raise SettingsError(_no_such(name, flat))
        self.names: dict[str, str] = {c: flat.get(c, known[c].default) for c in CHOICES if c in known}
        self._settings: dict[str, Settings] = {}
        # Of each part, what its fields are called here.
        self._called: dict[str, dict[str, str]] = {}
        # What an id does not tell, as long as it is so.
        self._later: dict[str, Any] = {}
        made = tuple(parts(self.names))
        for part, own in zip(made, own_knobs(made), strict=True):
            self._called[part.choice] = {field: knob.name for field, knob in own.items()}
            self._later |= {knob.name: knob.default for knob in own.values() if knob.later}
            given = {field: flat[knob.name] for field, knob in own.items() if knob.name in flat}
            self._settings[part.choice] = build(part.settings, given)

    @property
    def training(self) -> Training:
        return self._settings["training"]

    def flat(self) -> dict[str, Any]:
        """Every name and value, defaults too, in a fixed order."""
        values = dict(self.names)
        for choice, settings in self._settings.items():
            values |= {self._called[choice][field]: value for field, value in settings.model_dump().items()}
        # Minus zero equals zero but would be written, and so hashed, otherwise.
        return {name: value + 0.0 if isinstance(value, float) else value for name, value in values.items()}

    def texts(self) -> dict[str, str]:
        """``flat`` as a link or a command line writes it, with the schema version as ``v``."""
        return {name: self.knobs[name].text(value) for name, value in self.flat().items()} | {"v": str(SCHEMA)}

    def json(self) -> str:
        """Canonical JSON: equal specs give equal texts, of a setting that came later only where it is set."""
        flat = self.flat()
        told = {name: flat[name] for name in flat if name not in self._later or flat[name] != self._later[name]}
        return json.dumps({"schema": SCHEMA} | told, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """The spec of a canonical JSON text; SettingsError if it is none of this schema."""
        try:
            flat = json.loads(text)
            schema = flat.pop("schema")
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            raise SettingsError("the text is not a spec: it should be the JSON that Spec.json gives") from None
        if schema != SCHEMA:
            raise SettingsError(f"the spec has schema {shorten(schema)}, this version reads {SCHEMA}")
        return cls(**flat)

    @property
    def id(self) -> str:
        return hashlib.sha256(self.json().encode()).hexdigest()[:16]

    def changed(self, **flat: Any) -> Spec:
        """This spec with some values replaced; another variant or architecture takes of the others what suits it."""
        picked = {choice: name for choice, name in (self.names | flat).items() if choice in CHOICES}
        picked = {choice: name for choice, name in picked.items() if choice in flat or name in offered(choice, picked)}
        known = knobs_of(picked)
        kept = {name: value for name, value in self.flat().items() if name in known and known[name].allows(value)}
        return Spec(**kept | flat)

    def model(self, facts: ExampleFacts) -> Model:
        """The untrained model for data of which ``facts`` are known; SettingsError if it cannot take such examples."""
        made, given = {part.choice: part.member for part in parts(self.names)}, {}
        if "architecture" in made:
            given["architecture"] = made["architecture"](self._settings["architecture"], facts.shape)
        if "corruption" in made:
            given["corruption"] = made["corruption"](self._settings["corruption"])
        rng = generator(self.training.seed, "weights")
        return made["variant"](self._settings["variant"], facts=facts, rng=rng, **given)

    def member(self, choice: str) -> type:
        """The class that was chosen: ``member("variant")``."""
        return CHOICES[choice][0][self.names[choice]]

    def source_settings(self) -> dict[str, Any]:
        return self._settings["data"].model_dump()

    def source_names(self) -> list[str]:
        """What the data set and its settings are called."""
        return ["data", *self._called["data"].values()]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and self.json() == other.json()

    def __hash__(self) -> int:
        return hash(self.json())

    def __repr__(self) -> str:
        return f"Spec({', '.join(f'{name}={value!r}' for name, value in self.flat().items())})"


def read_texts(texts: Mapping[str, str]) -> tuple[Spec, list[str]]:
    """The spec that a link's parameters ask for, and a sentence for each that was not taken.

    Whatever the texts are, a spec comes back: what is not allowed is left at its default, and said.
    """
    flat: dict[str, Any] = {}
    ignored: list[str] = []
    for choice in CHOICES:
        if choice in texts:
            take(choice_knob(choice, flat), texts[choice], flat, ignored)
    known = knobs_of(flat)
    for name in [c for c in CHOICES if c in flat and c not in known]:
        ignored.append(f"ignored {name}={shorten(flat.pop(name))}: {_no_such(name, flat)}")
    for name, text in texts.items():
        if name == "v":
            if text != str(SCHEMA):
                ignored.append(f"this link has version {shorten(text)}, this server reads {SCHEMA}: check the settings")
        elif name not in known:
            if name not in CHOICES:
                ignored.append(f"ignored {shorten(name)}={shorten(text)}: {_no_such(name, flat)}")
        elif name not in CHOICES:
            take(known[name], text, flat, ignored)
    return Spec(**flat), ignored


def take(knob: Knob, text: str, flat: dict[str, Any], ignored: list[str]) -> None:
    """Puts what ``text`` says into ``flat``, or a sentence into ``ignored``."""
    try:
        flat[knob.name] = knob.read(text)
    except SettingsError:
        ignored.append(f"ignored {knob.name}={shorten(text)}: it must be {knob.rule}; using {knob.text(knob.default)}")


def _picked(flat: Mapping[str, Any]) -> dict[str, str]:
    picked = {choice: flat[choice] for choice in CHOICES if choice in flat}
    for choice, name in picked.items():
        if not isinstance(name, str):
            raise choice_knob(choice, {}).error(name)
    return picked


def _no_such(name: str, flat: Mapping[str, Any]) -> str:
    variant = flat.get("variant", CHOICES["variant"][1])
    on = f" on {flat.get('architecture', CHOICES['architecture'][1])}" if offered("architecture", flat) else ""
    return f"{variant}{on} has no setting {shorten(name)}"

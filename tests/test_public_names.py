"""The names that others call, and what importing them costs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import aecore

ROOT = Path(__file__).parents[1]
NAMES = {"Autoencoder", "SettingsError", "SourceError", "Spec", "load", "load_model", "train"}
# What may be imported where a page's first paint is waited for.
LIGHT = ("aecore", "aecore.settings", "aecore.registry", "aecore.events", "aecore.figures", "aecore.cli")


def test_the_public_names_are_these_and_no_others():
    assert set(aecore.__all__) == NAMES
    assert set(dir(aecore)) >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_public_name_is_there(name):
    assert callable(getattr(aecore, name))


def test_each_public_name_is_the_one_of_its_module():
    for name, (module, attribute) in aecore._PLACES.items():
        assert getattr(aecore, name) is getattr(importlib.import_module(module), attribute)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = aecore.nonsense


def test_a_star_import_brings_the_public_names():
    scope: dict[str, object] = {}
    exec("from aecore import *", scope)
    assert set(scope) >= NAMES


def test_light_modules_load_no_torch():
    figures = [f"aecore.figures.{path.stem}" for path in (ROOT / "aecore" / "figures").glob("[a-z]*.py")]
    heavy = "{'torch', 'sklearn', 'umap', 'streamlit'}"
    program = f"import sys, {', '.join([*LIGHT, *figures])}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

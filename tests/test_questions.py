"""Every question travels: it, what it is asked of and what it finds pickle, and give the same on the other side."""

from __future__ import annotations

import ast
import importlib
import inspect
import math
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
import torch

from aecore.questions import denoise
from aecore.runs.run import train_spec
from aecore.runs.spec import Spec
from aecore.runs.trained import Trained
from aecore.ui.denoise.colour import HOLE, HOW
from aecore.ui.denoise.documents import HOW as GRID

pytestmark = pytest.mark.learns

ROOT = Path(__file__).parents[1]
MODULES = [f"aecore.questions.{path.stem}" for path in sorted((ROOT / "aecore/questions").glob("[a-z]*.py"))]
# Fields whose values mean something, by name; all others by their types.
SAMPLES = {"damage": ("gaussian", "stains"), "most": (150,)}
OF_TYPE = {int: (2, 1), float: (0.5,), bool: (True,)}
# Between them they answer every question: a posterior on data whose factors are known, points of the plane, planes of
# colour behind a hole, pages, a class that is told, hidden pixels, a sigma of the decoder's own, and steps of descent.
SPECS = {
    "posterior": {"data": "shapes", "images": 300, "variant": "vae", "latent": 3},
    "plane": {"data": "curves", "images": 200, "variant": "denoising", "level": 0.05},
    "colour": {"data": "coloured", "images": 200, **HOW, **HOLE},
    "pages": {**GRID, "data": "text", "images": 200, "corruption": "stains", "width": 4, "blocks": 1},
    "told": {"data": "digits", "images": 200, "variant": "cvae", "latent": 2},
    "hidden": {"data": "digits", "images": 200, "variant": "masked", "latent": 4},
    "spread": {"data": "digits", "images": 200, "variant": "vae-sigma-pixel", "latent": 2},
    "descent": {"data": "digits", "images": 200, "variant": "masked-linear-unrolled", "architecture": "linear"},
}


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    """What is found of a tenth of the images travels as well as what is found of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(denoise, "COMPARED", 10)
        patch.setattr(denoise, "LEARNED", 30)
        yield


@pytest.fixture(scope="module")
def runs() -> dict[str, Trained]:
    small = {"depth": 1, "width": 16}
    return {
        name: train_spec(Spec(**({} if "architecture" in own else small) | own | {"epochs": 1})).trained
        for name, own in SPECS.items()
    }


def is_question(member: object) -> bool:
    """Whether a function or a record with ``__call__`` takes Trained, and nothing else that has no default."""
    call = member.__call__ if inspect.isclass(member) else member
    if not callable(member) or not inspect.isfunction(call):
        return False
    needed = [one for one in inspect.signature(call).parameters.values() if one.default is one.empty]
    needed = needed[1:] if inspect.isclass(member) else needed
    return len(needed) == 1 and needed[0].annotation in ("Trained", Trained)


def questions() -> dict[str, object]:
    """Every question of ``aecore.questions`` by its name: functions, and classes of records."""
    found = {}
    for name in MODULES:
        for member in vars(importlib.import_module(name)).values():
            own = getattr(member, "__module__", None) == name and not member.__name__.startswith("_")
            if own and is_question(member):
                found[f"{name.rpartition('.')[2]}.{member.__name__}"] = member
    return found


def values_of(name: str, kind: object) -> tuple:
    """What a field may be, to be tried."""
    if name in SAMPLES:
        return SAMPLES[name]
    if get_origin(kind) is Literal:
        return get_args(kind)
    if get_origin(kind) is not None and type(None) not in get_args(kind):
        return values_of(name, get_args(kind)[0])
    if kind not in OF_TYPE:
        raise AssertionError(f"give SAMPLES a value for the field {name}, or a Literal type")
    return OF_TYPE[kind]


def made(question: object) -> Iterator[Callable[[Trained], object]]:
    """A question to be asked, for each value of each of its fields, the others being the first."""
    if not inspect.isclass(question):
        yield question
        return
    hints = get_type_hints(question)
    values = {field.name: values_of(field.name, hints[field.name]) for field in fields(question)}
    first = {name: several[0] for name, several in values.items()}
    asked = [first | {name: value} for name, several in values.items() for value in several] or [{}]
    yield from {question(**own): None for own in asked}


def is_record(found: object) -> bool:
    return is_dataclass(found) and found.__dataclass_params__.frozen


def travelled(sent: object) -> object:
    return pickle.loads(pickle.dumps(sent))  # noqa: S301 - what was just written


def same(one: object, other: object) -> bool:
    """Whether two answers hold the same, to the last bit; nan is nan. Seconds may differ."""
    if type(one) is not type(other):
        return False
    if is_dataclass(one):
        return all(
            field.name == "seconds" or same(getattr(one, field.name), getattr(other, field.name))
            for field in fields(one)
        )
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return one == other


def answered(question: Callable[[Trained], object], trained: Trained) -> object | None:
    """What is found; None of a model that has not what is asked for."""
    try:
        return question(trained)
    except (AttributeError, TypeError, ValueError, RuntimeError, KeyError, IndexError):
        return None


@pytest.mark.parametrize("name", questions())
def test_a_question_what_it_is_asked_of_and_its_answer_travel_and_give_the_same(name, runs):
    told = set()
    for question in made(questions()[name]):
        for kind, trained in runs.items():
            if (found := answered(question, trained)) is None:
                continue
            told.add(question)
            assert is_record(found), f"{name} finds {type(found).__name__}, which is no frozen record"
            assert same(travelled(found), found), name
            again = travelled(question)
            assert again == question
            assert hash(again) == hash(question)
            assert same(again(travelled(trained)), found), (name, kind)
            break
    assert told == set(made(questions()[name])), f"no run of SPECS answers all of {name}"


@pytest.mark.parametrize("name", questions())
def test_a_question_is_a_function_or_a_frozen_record(name):
    question = questions()[name]
    assert not inspect.isclass(question) or question.__dataclass_params__.frozen


def test_the_questions_are_found():
    assert {"vae.rates", "latent.AskFlat", "packed.decoder_of", "scores.AskScores", "findings.find"} <= set(questions())
    assert not {"latent.images_of", "vae.start_of", "drawn.place", "scores.lack"} & set(questions())


@pytest.mark.parametrize("kind", SPECS)
def test_what_questions_are_asked_of_is_not_changed_by_travelling(kind, runs):
    trained = runs[kind]
    there = travelled(trained)
    assert there.spec == trained.spec
    assert there.id == trained.id
    assert there.metrics == trained.metrics
    assert same(dict(there.model.state_dict()), dict(trained.model.state_dict()))
    assert same(there.data, trained.data)
    assert same(there.exhibit, trained.exhibit)


@pytest.mark.parametrize("change", ["not a record", "not frozen"])
def test_what_is_no_record_is_caught(change):
    @dataclass
    class Loose:
        number: int = 1

    assert not is_record(Loose() if change == "not frozen" else np.zeros(2))


def asked_in(source: str) -> list[str]:
    """A line for each question of a page that is made on the spot and so does not travel."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        place = {"live.answer": 2, "pool.ask": 1}.get(ast.unparse(call.func))
        if place is None:
            continue
        question = call.args[place]
        made_up = isinstance(question, ast.Lambda) or (isinstance(question, ast.Call) and _name(question) == "partial")
        if made_up or (isinstance(question, ast.Name) and question.id in _own_functions(source)):
            found.append(f"line {call.lineno} asks {ast.unparse(question)}")
    return found


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _own_functions(source: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}


def test_pages_ask_no_questions_of_their_own():
    files = [*ROOT.glob("aecore/ui/**/*.py"), *ROOT.glob("pages/*.py")]
    assert [(file.name, line) for file in files for line in asked_in(file.read_text())] == []


@pytest.mark.parametrize(
    "line",
    [
        "live.answer(pool, run, lambda trained: 1, '')",
        "live.answer(pool, run, partial(find, most=3), '')",
        "pool.ask(run, functools.partial(find, most=3))",
        "def own(trained): ...\npool.ask(run, own)",
    ],
)
def test_a_planted_question_of_a_page_is_caught(line):
    assert asked_in(line)

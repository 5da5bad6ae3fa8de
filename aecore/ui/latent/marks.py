"""What a map keeps in the link: the marks a and b, images by number or places, and the classes it does not show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from aecore.settings import shorten
from aecore.ui import links, tabs

NUMBER = r"-?\d{1,6}(?:\.\d{1,6})?"
MARK = rf"(?:\d{{1,5}}|{NUMBER}:{NUMBER})"
ONE_OR_TWO = rf"{MARK}(?:,{MARK})?"
CLASSES = r"\d{1,3}(?:,\d{1,3}){0,99}"


def text_of(marks: Iterable[Mapping[str, Any]]) -> str:
    """The marks of a map as one text: ``12,40`` or ``12,0.5:-1.25``."""
    return ",".join(
        f"{mark['x']:.4f}:{mark['y']:.4f}" if mark["point"] is None else str(mark["point"]) for mark in marks
    )


def kept_marks(places: np.ndarray) -> list[dict[str, Any]]:
    """The marks that the link keeps, on a map of ``places`` [N, 2]; has it said where images are not there."""
    text = tabs.remembered("marks")
    marks = marks_of(text, places)
    if len(marks) < len([*filter(None, text.split(","))]):
        tabs.remember("marks", text_of(marks))
        links.not_taken(f"ignored marks={shorten(text)}: this map has the images 0 to {len(places) - 1:,}")
    return marks


def marks_of(text: str, places: np.ndarray) -> list[dict[str, Any]]:
    """The marks that ``text`` tells, on a map of ``places`` [N, 2]; those of images that are not there are left out."""
    marks = []
    for part in filter(None, text.split(",")):
        if ":" in part:
            x, y = map(float, part.split(":"))
            marks.append({"point": None, "x": x, "y": y})
        elif int(part) < len(places):
            x, y = map(float, places[int(part)])
            marks.append({"point": int(part), "x": x, "y": y})
    return marks


def hidden_classes(names: Sequence[str]) -> list[int]:
    """The classes, of those with ``names``, that the link does not show; has it said where there are fewer."""
    text = tabs.remembered("hidden")
    numbers = [int(number) for number in filter(None, text.split(","))]
    there = [number for number in numbers if number < len(names)]
    if there != numbers:
        remember_hidden(there)
        links.not_taken(f"ignored hidden={shorten(text)}: the classes here are numbered from 0 to {len(names) - 1}")
    return there


def remember_hidden(hidden: Iterable[int]) -> None:
    """Keeps in the link which classes are not shown."""
    tabs.remember("hidden", ",".join(map(str, hidden)))

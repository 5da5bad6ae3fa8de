"""The map of a latent space: what a visitor walks in, points into and chooses from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aecore.figures.palette import class_colour, class_marker
from aecore.ui.browser.decoder import decoder_part
from aecore.ui.browser.views import _mount

if TYPE_CHECKING:
    from aecore.portable import Portable

SCRIPTS = ("decoder.js", "pixels.js", "atlas_draw.js", "atlas_pen.js", "atlas_walk.js")


@dataclass(frozen=True)
class Colouring:
    """One way to colour the points: by class, where there are ``names``, or by a figure measured in ``unit``.

    A number that is none of the classes, and NaN, are grey.
    """

    title: str
    values: np.ndarray  # [N], whole numbers or floats
    names: Sequence[str] = ()
    unit: str = ""


@dataclass(frozen=True)
class Plane:
    """Where a place (u, v) is a code: ``base`` [L] with its numbers ``across`` and ``up`` replaced by u and v.

    Without an ``up``, v is only where a point is put.
    """

    base: np.ndarray
    across: int = 0
    up: int | None = 1


@dataclass(frozen=True)
class Ground:
    """Where a code that somebody draws lies on the map: at ``(code - centre) @ directions``, [L] and [L, 2].

    The code is told by an easel under ``name``. One can walk from it to each of the first ``codes`` points and, where
    places are codes, to any other; where the server ``asks``, it is told where to.
    """

    name: str
    centre: np.ndarray
    directions: np.ndarray
    codes: int
    asks: bool = False


@dataclass(frozen=True)
class AtlasState:
    """What the visitor chose: ``selected`` by a box or lasso, sorted, and ``picked`` by clicks: a, then b.

    A pick is ``{"point": index or None, "x": u, "y": v}``; a point's u and v are those of the frame it was picked in.
    ``hidden`` are the classes of the first colouring that are not shown.
    """

    selected: list[int]
    picked: list[dict[str, Any]]
    hidden: list[int]


def live_atlas(
    name: str,
    places: np.ndarray,
    *,
    limits: Sequence[float],
    axes: tuple[str, str],
    colourings: Sequence[Colouring],
    images: np.ndarray,
    rebuilt: np.ndarray | None = None,
    decoder: Portable | None = None,
    plane: Plane | None = None,
    class_of: Sequence[str] | None = None,
    label: int = 0,
    hidden: Sequence[int] = (),
    picked: Sequence[Mapping[str, Any]] = (),
    first_frame: int = 0,
    pen: Ground | None = None,
    key: str,
) -> AtlasState:
    """Points at ``places`` [F, N, 2] on a map whose whole is ``limits`` (left, right, bottom, top).

    ``images`` uint8 [K, H, W] are those of the first K points, ``rebuilt`` their reconstructions. With a ``decoder``
    and a ``plane`` each place is decoded under the pointer; ``class_of`` names the classes it can be decoded as, at
    first as ``label``. What was chosen under another ``name`` is forgotten: it begins with ``hidden`` and ``picked``.
    With a ``pen`` a click marks one place, which is walked to from what is drawn.
    """
    places = np.asarray(places, np.float32)
    points = places.shape[1]
    _check(points, colourings, images, rebuilt)
    header: dict[str, Any] = {
        "run": name,
        "first": int(first_frame),
        "axes": list(axes),
        "limits": _limits(limits),
        "colourings": [_described(colouring) for colouring in colourings],
        "decoder": None,
        "hidden": list(hidden),
        "picked": [dict(pick) for pick in picked],
        "pen": None if pen is None else {"name": pen.name, "codes": pen.codes, "asks": pen.asks},
    }
    arrays = {"places": places, "images": images}
    arrays |= {f"colour{i}": _values(colouring) for i, colouring in enumerate(colourings)}
    if rebuilt is not None:
        arrays["rebuilt"] = rebuilt
    if pen is not None:
        ends = {"penCentre": pen.centre, "penDirections": pen.directions}
        arrays |= {name: np.asarray(values, np.float32) for name, values in ends.items()}
    if decoder is not None and plane is not None:
        if len(plane.base) != decoder.inputs:
            raise ValueError(f"the plane's base must be a code of {decoder.inputs} numbers, got {len(plane.base)}")
        header["decoder"], weights = decoder_part(decoder)
        header["plane"] = {"across": plane.across, "up": plane.up}
        header["labels"] = list(class_of or ()) if decoder.labels is not None else []
        header["label"] = label
        arrays |= {"base": np.asarray(plane.base, np.float32), **weights}
    result = _mount("atlas", key, header, arrays, SCRIPTS)
    return AtlasState(
        [point for point in _chosen(result, "selected", name, []) if point < points],
        [
            pick
            for pick in _chosen(result, "picked", name, header["picked"])
            if pick["point"] is None or pick["point"] < points
        ],
        _chosen(result, "hidden", name, header["hidden"]),
    )


def _check(points: int, colourings: Sequence[Colouring], images: np.ndarray, rebuilt: np.ndarray | None) -> None:
    for colouring in colourings:
        if len(colouring.values) != points:
            raise ValueError(f"{colouring.title} must have {points} values, got {len(colouring.values)}")
    for title, pixels in {"images": images, "rebuilt": images if rebuilt is None else rebuilt}.items():
        if pixels.dtype != np.uint8 or pixels.ndim != 3:
            raise TypeError(f"{title} must be uint8 [K, H, W], got {pixels.dtype} {list(pixels.shape)}")
    if len(images) > points:
        raise ValueError(f"{len(images)} images are more than {points} points")
    if rebuilt is not None and rebuilt.shape != images.shape:
        raise ValueError(f"rebuilt must be {list(images.shape)} as the images, got {list(rebuilt.shape)}")


def _limits(limits: Sequence[float]) -> list[float]:
    """The limits, and where they hold nothing, a unit around their middle."""
    sides = np.nan_to_num(np.asarray(limits, float).reshape(2, 2), posinf=0, neginf=0)
    return [float(side) for low, high in sides for side in ((low, high) if low < high else (low - 0.5, low + 0.5))]


def _described(colouring: Colouring) -> dict[str, Any]:
    if colouring.names:
        classes = [
            {"name": str(name), "colour": class_colour(i), "marker": class_marker(i)}
            for i, name in enumerate(colouring.names)
        ]
        return {"title": colouring.title, "classes": classes}
    values = np.asarray(colouring.values, float)
    values = values[np.isfinite(values)]
    # Without the extremes: one outlier would leave all others one colour.
    low, high = np.percentile(values, [1, 99]) if len(values) else (0.0, 1.0)
    high = high if high > low else low + 1
    return {"title": colouring.title, "unit": colouring.unit, "low": float(low), "high": float(high)}


def _values(colouring: Colouring) -> np.ndarray:
    return np.asarray(colouring.values, np.int16 if colouring.names else np.float32)


def _chosen(result: Mapping[str, Any], what: str, name: str, first: list) -> list:
    """What was chosen under ``name``; as long as nothing was, what it was at ``first``."""
    said = result.get(what) or {}
    return said["points"] if said.get("name") == name else first

"""The map of a latent space: what a visitor walks in, points into and chooses from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from aecore.ui.browser.decoder import decoder_part
from aecore.ui.browser.drawing import Drawing, mount
from aecore.ui.browser.map import classes_named

if TYPE_CHECKING:
    from aecore.portable import Portable


@dataclass(frozen=True)
class Colouring:
    """One way to colour the points: by class, where there are ``names``, or by a figure measured in ``unit``.

    A number that is none of the classes, and NaN, are grey.
    """

    title: str
    values: np.ndarray  # [N], whole numbers or floats
    names: Sequence[str] = ()
    unit: str = ""


@dataclass(frozen=True, eq=False)
class MapPoints:
    """MapPoints at ``places`` [F, N, 2] on a map whose whole is ``limits`` (left, right, bottom, top).

    ``images`` uint8 [K, H, W] are those of the first K points, ``rebuilt`` their reconstructions.
    """

    places: np.ndarray
    limits: Sequence[float]
    axes: tuple[str, str]
    colourings: Sequence[Colouring]
    images: np.ndarray
    rebuilt: np.ndarray | None = None


@dataclass(frozen=True)
class Plane:
    """Where a place (u, v) is a code: ``base`` [L] with its numbers ``across`` and ``up`` replaced by u and v.

    Without an ``up``, v is only where a point is put.
    """

    base: np.ndarray
    across: int = 0
    up: int | None = 1


@dataclass(frozen=True, eq=False)
class Decoding:
    """Each place of ``plane`` is decoded under the pointer.

    ``class_of`` names the classes it can be decoded as, where the decoder has labels, at first as ``label``.
    """

    decoder: Portable
    plane: Plane
    class_of: Sequence[str] = ()
    label: int = 0


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

    selected: list[int] = field(default_factory=list)
    picked: list[dict[str, Any]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)


def live_atlas(
    name: str,
    points: MapPoints,
    decoding: Decoding | None = None,
    *,
    first: AtlasState = AtlasState(),
    pen: Ground | None = None,
    first_frame: int = 0,
    key: str,
) -> AtlasState:
    """Mounts an ``atlas_drawing``; returns what the visitor chose in it.

    What was chosen under another ``name`` is forgotten: it begins with what is picked and hidden at ``first``.
    """
    said = mount(atlas_drawing(name, points, decoding, first=first, pen=pen, first_frame=first_frame), key)
    count = np.shape(points.places)[1]
    picked = _chosen(said, "picked", name, list(first.picked))
    return AtlasState(
        [point for point in _chosen(said, "selected", name, []) if point < count],
        [pick for pick in picked if pick["point"] is None or pick["point"] < count],
        _chosen(said, "hidden", name, list(first.hidden)),
    )


def atlas_drawing(
    name: str,
    points: MapPoints,
    decoding: Decoding | None = None,
    *,
    first: AtlasState = AtlasState(),
    pen: Ground | None = None,
    first_frame: int = 0,
) -> Drawing:
    """A map to walk in, to point into and to choose from; with a ``pen`` a click marks one place to walk to.

    It begins with what is picked and hidden at ``first``.
    """
    places = np.asarray(points.places, np.float32)
    _check(points)
    header: dict[str, Any] = {
        "run": name,
        "first": int(first_frame),
        "axes": list(points.axes),
        "limits": _limits(points.limits),
        "colourings": [_described(colouring) for colouring in points.colourings],
        "decoder": None,
        "hidden": list(first.hidden),
        "picked": [dict(pick) for pick in first.picked],
        "pen": None if pen is None else {"name": pen.name, "codes": pen.codes, "asks": pen.asks},
    }
    arrays = {"places": places, "images": points.images}
    arrays |= {f"colour{i}": _values(colouring) for i, colouring in enumerate(points.colourings)}
    if points.rebuilt is not None:
        arrays["rebuilt"] = points.rebuilt
    if pen is not None:
        arrays["penCentre"] = np.asarray(pen.centre, np.float32)
        arrays["penDirections"] = np.asarray(pen.directions, np.float32)
    if decoding is not None:
        part, weights = _decoded(decoding)
        header, arrays = header | part, arrays | weights
    return Drawing("atlas", header, arrays)


def _decoded(decoding: Decoding) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the header and the arrays say of it."""
    decoder, plane = decoding.decoder, decoding.plane
    if len(plane.base) != decoder.inputs:
        raise ValueError(f"the plane's base must be a code of {decoder.inputs} numbers, got {len(plane.base)}")
    part, weights = decoder_part(decoder)
    header = {
        "decoder": part,
        "plane": {"across": plane.across, "up": plane.up},
        "labels": list(decoding.class_of) if decoder.labels is not None else [],
        "label": decoding.label,
    }
    return header, {"base": np.asarray(plane.base, np.float32), **weights}


def _check(points: MapPoints) -> None:
    count, images = np.shape(points.places)[1], points.images
    for colouring in points.colourings:
        if len(colouring.values) != count:
            raise ValueError(f"{colouring.title} must have {count} values, got {len(colouring.values)}")
    rebuilt = images if points.rebuilt is None else points.rebuilt
    for title, pixels in {"images": images, "rebuilt": rebuilt}.items():
        if pixels.dtype != np.uint8 or pixels.ndim != 3:
            raise TypeError(f"{title} must be uint8 [K, H, W], got {pixels.dtype} {list(pixels.shape)}")
    if len(images) > count:
        raise ValueError(f"{len(images)} images are more than {count} points")
    if rebuilt.shape != images.shape:
        raise ValueError(f"rebuilt must be {list(images.shape)} as the images, got {list(rebuilt.shape)}")


def _limits(limits: Sequence[float]) -> list[float]:
    """The limits, and where they hold nothing, a unit around their middle."""
    sides = np.nan_to_num(np.asarray(limits, float).reshape(2, 2), posinf=0, neginf=0)
    return [float(side) for low, high in sides for side in ((low, high) if low < high else (low - 0.5, low + 0.5))]


def _described(colouring: Colouring) -> dict[str, Any]:
    if colouring.names:
        return {"title": colouring.title, "classes": classes_named(colouring.names)}
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

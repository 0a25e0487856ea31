"""The curve of an activation function, small enough to stand in a neuron.

Comes in: a `Function` and its parameters. Goes out: the `d` of an SVG path. Called by `svg.py`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wildwire.functions.function import Function

POINTS = 49
REACH = 3.0  # the curve is shown for z from -3 to 3 ...
TALLEST = 3.0  # ... and values up to this; what is larger is cut off


@lru_cache(maxsize=256)
def curve(function: Function, parameters: tuple[float, ...], size: float) -> str:
    """The function's curve in a square of the given size around (0, 0), as path data.

    Parameters
    ----------
    function : Function
        One of several arguments has no curve.
    parameters : tuple of float
        Those that are not finite are replaced by the function's defaults.
    size : float
        Side of the square in pixels.

    Returns
    -------
    str
        Empty where the function has no finite value in sight.
    """
    if len(function.arguments) != 1:
        return ""
    z = np.linspace(-REACH, REACH, POINTS)
    y = _values(function, z, parameters)
    finite = np.isfinite(y)
    if not finite.any():
        return ""
    height = min(TALLEST, float(np.abs(y[finite]).max())) or 1.0
    shown = np.clip(y, -height, height)
    across = z * (size / 2 / REACH)
    down = -shown * (size / 2 / height)
    # What is cut off is not drawn, but for the point where the curve leaves the square;
    # a pole is a jump from one cut end to the other.
    cut = ~finite | (np.abs(y) > height)
    away = cut & np.append(cut[1:], True) & np.append(True, cut[:-1])
    parts, pen = [], "M"
    for i in range(POINTS):
        if away[i] or not finite[i]:
            pen = "M"
            continue
        if i and cut[i] and cut[i - 1]:
            pen = "M"
        parts.append(f"{pen}{across[i]:.1f} {down[i]:.1f}")
        pen = "L"
    return "".join(parts)


def _values(function: Function, z: np.ndarray, parameters) -> np.ndarray:
    known = [
        value if np.isfinite(value) else start
        for value, start in zip(parameters, function.starts, strict=True)
    ]
    with np.errstate(all="ignore"):
        y = function.evaluate(0, [z], known)[0]
    return np.broadcast_to(np.asarray(y, dtype=float), z.shape)

"""What a kind of plain model is: how it is fitted, and which settings are tried.

Called by plain.py and trees.py, which define the kinds, and by tuning.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from wildwire.evaluation.problem import Floats
from wildwire.evaluation.sample import Predict, Sample

Setting = dict[str, Any]


@dataclass(frozen=True)
class Fitted:
    """A plain model after its fit.

    Attributes
    ----------
    predict : callable
        (n, p) scaled inputs -> (n, k) scaled targets or class probabilities.
    parameters : int
        Numbers that must be stored to predict.
    """

    predict: Predict
    parameters: int


Fit = Callable[[Sample, Setting, int], Fitted]
Path = Callable[[Sample, Setting, int, Floats], list[tuple[Setting, Floats]]]


@dataclass(frozen=True)
class Family:
    """A kind of plain model.

    Attributes
    ----------
    name : str
    fit : callable
        (sample, setting, seed) -> Fitted
    floor : tuple of dict
        The grid that is always tried.
    further : tuple of dict
        More settings, tried in this order while the network took longer.
    path : callable or None
        (sample, setting, seed, inputs) -> [(refined setting, predictions)], for
        models that give many settings for the price of one.
    """

    name: str
    fit: Fit
    floor: tuple[Setting, ...] = ({},)
    further: tuple[Setting, ...] = ()
    path: Path | None = None


def grid(**axes: tuple[Any, ...]) -> tuple[Setting, ...]:
    """All combinations of the values of some axes."""
    return tuple(
        dict(zip(axes, values, strict=True)) for values in product(*axes.values())
    )

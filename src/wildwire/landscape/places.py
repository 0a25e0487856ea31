"""What all landscapes begin with: an objective, a checked theta, checked counts.

Comes in: arguments of the user. Goes out: the same, checked. Called by the files of this folder.
"""

import operator

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.arguments import read_losses, start_theta
from wildwire.learning.objective import Objective
from wildwire.learning.settings import check_network, one_line

__all__ = ["checked_whole", "make_objective", "read_theta"]


def make_objective(network, X, Y, *, loss, **settings) -> Objective:
    """The objective of these rows; see `Objective`."""
    check_network(network)
    return Objective(network, X, Y, loss=read_losses(loss, network), **settings)


def read_theta(network, theta) -> np.ndarray:
    """The point to look at, (n_theta,).

    Raises
    ------
    SettingError, DataError
        None is given, or it is no theta of the network.
    """
    if theta is None:
        raise SettingError(
            "theta is missing: give the point to look at, such as the theta of a result of fit"
        )
    return start_theta(network, theta, 0, "default")


def checked_whole(name: str, value, least: int) -> int:
    """`value` as a whole number of `least` or more, or a SettingError that names it."""
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise SettingError(
            f"{name} must be a whole number of {least} or more, not {one_line(value)}"
        )
    return number

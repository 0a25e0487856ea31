"""The map between theta and the weights of a program.

Comes in: theta (or a gradient over weights). Goes out: weights in program order (or the gradient
over theta). Called by `steps.py`, `session.py` and `evaluate.py`.

A weight is frozen, or sign * theta[slot], or sign * a derived number: a sum of products of theta's
numbers and their reciprocals.
"""

from typing import NamedTuple

import numpy as np

from wildwire.engine.blas import INNER
from wildwire.functions.cache import cached_njit


class Mapping(NamedTuple):
    """The map as arrays, for compiled code; see `Program` and `Derived`."""

    slot: np.ndarray
    sign: np.ndarray
    constant: np.ndarray
    number: np.ndarray
    coefficient: np.ndarray
    offset: np.ndarray
    factor: np.ndarray
    power: np.ndarray
    derived: np.ndarray  # scratch (n_derived,)


def spread(program, theta) -> np.ndarray:
    """Weights (n_weights,) of a program for a theta; from Python, where a kernel would have to compile."""
    weights = program.constant.astype(theta.dtype)
    direct = program.slot >= 0
    weights[direct] = theta[program.slot[direct]] * program.sign[direct]
    if program.derived.count:
        made = program.slot <= -2
        numbers = program.derived.values(theta)[-2 - program.slot[made]]
        weights[made] = numbers * program.sign[made]
    return weights


def mapping_of(program, dtype) -> Mapping:
    """The map of a program, with numbers of type `dtype`."""
    derived = program.derived
    return Mapping(
        program.slot,
        program.sign,
        program.constant.astype(dtype),
        derived.number,
        derived.coefficient.astype(dtype),
        derived.offset,
        derived.slot,
        derived.power,
        np.zeros(max(derived.count, 1), dtype),
    )


@cached_njit(**INNER)
def weights_from_theta(mapping, theta, weights):
    """Fill `weights` (n_weights,) from `theta` (n_theta,)."""
    derived = mapping.derived
    derived[:] = 0
    for term in range(mapping.number.size):
        product = mapping.coefficient[term]
        for i in range(mapping.offset[term], mapping.offset[term + 1]):
            value = theta[mapping.factor[i]]
            product = product * value if mapping.power[i] > 0 else product / value
        derived[mapping.number[term]] += product
    for w in range(weights.size):
        slot = mapping.slot[w]
        if slot >= 0:
            weights[w] = theta[slot] if mapping.sign[w] > 0 else -theta[slot]
        elif slot == -1:
            weights[w] = mapping.constant[w]
        else:
            value = derived[-2 - slot]
            weights[w] = value if mapping.sign[w] > 0 else -value


@cached_njit(**INNER)
def _factor(mapping, theta, i):
    value = theta[mapping.factor[i]]
    return value if mapping.power[i] > 0 else 1 / value


@cached_njit(**INNER)
def gradient_to_theta(mapping, theta, by_weight, gradient):
    """Add up `by_weight` (n_weights,) into `gradient` (n_theta,), which is overwritten.

    The products of a term's other factors are formed anew instead of divided out: a factor may be
    0.
    """
    derived = mapping.derived
    derived[:] = 0
    gradient[:] = 0
    for w in range(by_weight.size):
        slot = mapping.slot[w]
        slope = by_weight[w] if mapping.sign[w] > 0 else -by_weight[w]
        if slot >= 0:
            gradient[slot] += slope
        elif slot <= -2:
            derived[-2 - slot] += slope
    for term in range(mapping.number.size):
        first, last = mapping.offset[term], mapping.offset[term + 1]
        for i in range(first, last):
            product = mapping.coefficient[term] * derived[mapping.number[term]]
            for other in range(first, last):
                if other != i:
                    product *= _factor(mapping, theta, other)
            if mapping.power[i] < 0:
                value = _factor(mapping, theta, i)
                product *= -value * value
            gradient[mapping.factor[i]] += product

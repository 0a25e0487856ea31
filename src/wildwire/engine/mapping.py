"""The map between theta and the weights of a program.

Comes in: theta (or a gradient over weights). Goes out: weights in program order (or the gradient
over theta). Called by `steps.py`, `passes.py` and `session.py`.

A weight is frozen, or sign * theta[slot], or sign * a derived number: a sum of products of theta's
numbers and their reciprocals.
"""

import numpy as np
from numba import carray

from wildwire.engine import places as at
from wildwire.engine.blas import INNER
from wildwire.engine.parts import ANY
from wildwire.engine.pointers import doubles_at, flags_at, integers_at, pointer_at
from wildwire.functions.cache import cached_njit

TO_WEIGHTS, TO_THETA = 0, 1  # what `map_kernel` does


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


@cached_njit(**INNER)
def _factor(power, factor, theta, i):
    value = theta[factor[i]]
    return value if power[i] > 0 else 1 / value


@cached_njit(**INNER)
def _derive(table, theta, derived):
    """Fill the derived numbers from theta."""
    number = carray(integers_at(table, at.TERM_NUMBER), ANY)
    offset = carray(integers_at(table, at.TERM_OFFSET), ANY)
    factor = carray(integers_at(table, at.TERM_FACTOR), ANY)
    power = carray(flags_at(table, at.TERM_POWER), ANY)
    coefficient = carray(doubles_at(table, at.TERM_COEFFICIENT), ANY)
    for i in range(table[at.N_DERIVED]):
        derived[i] = 0
    for term in range(table[at.N_TERMS]):
        product = derived.dtype.type(coefficient[term])
        for i in range(offset[term], offset[term + 1]):
            value = theta[factor[i]]
            product = product * value if power[i] > 0 else product / value
        derived[number[term]] += product


@cached_njit(**INNER)
def weights_from_theta(table, real, theta, weights):
    """Fill the weights from theta, both of the engine's type; `real` is any pointer of that type."""
    slots = carray(integers_at(table, at.SLOT), ANY)
    signs = carray(flags_at(table, at.SIGN), ANY)
    constant = carray(doubles_at(table, at.CONSTANT), ANY)
    derived = carray(pointer_at(table, at.DERIVED, real), ANY)
    if table[at.N_DERIVED] > 0:
        _derive(table, theta, derived)
    # Chosen between, not branched on: frozen numbers among the others would be guessed wrong.
    spare = theta if table[at.N_THETA] > 0 else weights
    for w in range(table[at.N_WEIGHTS]):
        slot = slots[w]
        if slot < -1:
            value = derived[-2 - slot]
            weights[w] = value if signs[w] > 0 else -value
            continue
        value = spare[max(slot, 0)]
        value = value if signs[w] > 0 else -value
        fixed = weights.dtype.type(constant[w])
        weights[w] = value if slot >= 0 else fixed


@cached_njit(**INNER)
def gradient_to_theta(table, real, theta, by_weight, gradient):
    """Add up the gradient over weights into that over theta, which is overwritten.

    The products of a term's other factors are formed anew instead of divided out: a factor may be
    0.
    """
    slots = carray(integers_at(table, at.SLOT), ANY)
    signs = carray(flags_at(table, at.SIGN), ANY)
    derived = carray(pointer_at(table, at.DERIVED, real), ANY)
    for i in range(table[at.N_DERIVED]):
        derived[i] = 0
    for i in range(table[at.N_THETA]):
        gradient[i] = 0
    for w in range(table[at.N_WEIGHTS]):
        slot = slots[w]
        slope = by_weight[w] if signs[w] > 0 else -by_weight[w]
        if slot >= 0:
            gradient[slot] += slope
        elif slot <= -2:
            derived[-2 - slot] += slope
    if table[at.N_TERMS] > 0:
        _terms_to_theta(table, theta, derived, gradient)


@cached_njit(**INNER)
def _terms_to_theta(table, theta, derived, gradient):
    number = carray(integers_at(table, at.TERM_NUMBER), ANY)
    offset = carray(integers_at(table, at.TERM_OFFSET), ANY)
    factor = carray(integers_at(table, at.TERM_FACTOR), ANY)
    power = carray(flags_at(table, at.TERM_POWER), ANY)
    coefficient = carray(doubles_at(table, at.TERM_COEFFICIENT), ANY)
    for term in range(table[at.N_TERMS]):
        first, last = offset[term], offset[term + 1]
        for i in range(first, last):
            product = derived.dtype.type(coefficient[term]) * derived[number[term]]
            for other in range(first, last):
                if other != i:
                    product *= _factor(power, factor, theta, other)
            if power[i] < 0:
                value = _factor(power, factor, theta, i)
                product *= -value * value
            gradient[factor[i]] += product


def map_kernel(table, real, which):
    """The map of a bound program: its vector into its weights, or the gradient back.

    Called by address: a program whose numbers are its weights needs none, and a first fit does not
    compile it.
    """
    vector = carray(pointer_at(table, at.VECTOR, real), ANY)
    if which == TO_WEIGHTS:
        weights = carray(pointer_at(table, at.WEIGHTS, real), ANY)
        weights_from_theta(table, real, vector, weights)
        return
    by_weight = carray(pointer_at(table, at.GRADIENT, real), ANY)
    gradient = carray(pointer_at(table, at.VECTOR_GRADIENT, real), ANY)
    gradient_to_theta(table, real, vector, by_weight, gradient)

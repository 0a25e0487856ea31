"""Which functions keep finite numbers finite: where zeros may be filled in.

Comes in: the functions of a network. Goes out: a flag for each. Called by `compile.py`.

A link that is not there and a link of weight 0 differ where the source is not finite: 0 * inf is no
number. So zeros stand only between neurons that cannot leave the finite numbers: their function and those of all
neurons before them are bounded, or grow no faster than a straight line, with slopes that stay finite. An exponential,
a square or a user's own function may overflow, and divides what follows it from half-dense blocks.

What remains: weights near the largest float make even such neurons overflow, and a loss whose slope overflows sends
that back. The numbers that are not finite then are more than they would be link by link.
"""

import functools

import numpy as np

from wildwire.functions import catalogue

BOUNDED = (
    "step", "sign", "ramp", "hard_tanh", "logistic", "tanh", "lecun_tanh", "softsign",
    "arctan", "complementary_log_log", "sin", "cos", "sinc", "cubic_bump", "cubic_step",
    "triangle", "logistic_bell", "straight_through",
)  # fmt: skip
LINEAR = (
    "identity", "relu", "leaky_relu", "abs", "softplus", "elu", "selu",
    "gelu", "silu", "bent_identity", "sqrt", "log", "cubic_ramp",
)  # fmt: skip
# Not here: those that divide by a parameter, which may be 0; cube_root and reciprocal, whose slopes explode.
TAME = frozenset(BOUNDED + LINEAR)


@functools.lru_cache(maxsize=1024)
def tame_functions(functions, divides) -> np.ndarray:
    """1 for every function that is a tame one of the catalogue, int8.

    Parameters
    ----------
    functions : tuple of Function
    divides : bool
        Some weights are quotients of numbers that learn, and a divisor may become 0: nothing is tame then.
    """
    found = [
        not divides
        and function.kind == "activation"
        and function.name in TAME
        and function.key == catalogue()[function.name].key
        for function in functions
    ]
    flags = np.array(found, np.int8)
    flags.flags.writeable = False
    return flags

"""The update rules of first-order learning, as kernels that the engine calls by address.

Comes in: the vector of numbers a rule acts on, its gradient, the mask of free numbers, the rule's state vectors and
its hyper-parameters, all as C pointers of one float type. Goes out: the vector and the state, changed in place.
Compiled by `rule_address`, which `learning/loop.py` calls; run by the engine once per training step.

Convention, version 1 (docs/design/architecture.md, "Update rules"):

    void rule(T *x, T *gradient, T *free, T *state, T *numbers, int64 count, int64 step)

Two forms recur below. `free` is 1 or 0 and is multiplied last, `x -= free*(change)`: the change is then rounded
before it is subtracted even where the compiler contracts products and sums, so that gradient descent is exactly `w
- rate*gradient`. A rule with two state vectors runs as two loops, because LLVM gives up vectorising one loop that
would have to check five pointers against each other for overlap.

Hyper-parameters come with their complements (`1 - beta`), which float32 could not form without losing digits. The
factors that depend on the step are formed in float64 and rounded once.
"""

import math
from collections.abc import Callable

import numpy as np
from numba import carray, types

from wildwire.errors import SettingError
from wildwire.functions.cache import cached_njit
from wildwire.functions.intrinsics import absolute, select
from wildwire.learning.batch_rules import quickprop, rprop

# Called from rules only.
INNER = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

__all__ = ["RULES", "rule_address", "rule_signature"]


def gradient_descent(x_, gradient_, free_, state_, numbers_, count, step):
    """x <- x - rate*g (Cauchy 1847). Numbers: rate. State: none."""
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    rate = carray(numbers_, (1,))[0]
    for i in range(count):
        x[i] -= free[i] * (rate * gradient[i])


def momentum(x_, gradient_, free_, state_, numbers_, count, step):
    """b <- mu*b + g; x <- x - rate*b (Polyak 1964). Numbers: rate, mu. State: b."""
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    velocity = carray(state_, (count,))
    numbers = carray(numbers_, (2,))
    rate, mu = numbers[0], numbers[1]
    for i in range(count):
        velocity[i] = _normal(mu * velocity[i] + gradient[i], x)
    for i in range(count):
        x[i] -= free[i] * (rate * velocity[i])


def nesterov(x_, gradient_, free_, state_, numbers_, count, step):
    """b <- mu*b + g; x <- x - rate*(g + mu*b) (Sutskever et al. 2013, as in PyTorch).

    Numbers: rate, mu. State: b.
    """
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    velocity = carray(state_, (count,))
    numbers = carray(numbers_, (2,))
    rate, mu = numbers[0], numbers[1]
    for i in range(count):
        velocity[i] = _normal(mu * velocity[i] + gradient[i], x)
    for i in range(count):
        x[i] -= free[i] * (rate * (gradient[i] + mu * velocity[i]))


def adagrad(x_, gradient_, free_, state_, numbers_, count, step):
    """s <- s + g^2; x <- x - rate*g/(sqrt(s) + eps) (Duchi et al. 2011, eq. 1).

    Numbers: rate, eps. State: s.
    """
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    squares = carray(state_, (count,))
    numbers = carray(numbers_, (2,))
    rate, epsilon = numbers[0], numbers[1]
    for i in range(count):
        squares[i] += gradient[i] * gradient[i]
    for i in range(count):
        x[i] -= free[i] * (rate * gradient[i] / (math.sqrt(squares[i]) + epsilon))


def adadelta(x_, gradient_, free_, state_, numbers_, count, step):
    """Steps in the units of x, without a rate of its own (Zeiler 2012, algorithm 1).

    s <- rho*s + (1-rho)*g^2
    d  = g*sqrt(u + eps)/sqrt(s + eps)
    u <- rho*u + (1-rho)*d^2;  x <- x - rate*d

    Numbers: rate, rho, 1-rho, eps. State: s, u.
    """
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    squares = carray(state_, (2 * count,))[:count]
    changes = carray(state_, (2 * count,))[count:]
    numbers = carray(numbers_, (4,))
    rate, rho, rest, epsilon = numbers[0], numbers[1], numbers[2], numbers[3]
    for i in range(count):
        squares[i] = _normal(rho * squares[i] + rest * (gradient[i] * gradient[i]), x)
    for i in range(count):
        ratio = math.sqrt((changes[i] + epsilon) / (squares[i] + epsilon))
        change = ratio * gradient[i]
        changes[i] = _normal(rho * changes[i] + rest * (change * change), x)
        x[i] -= free[i] * (rate * change)


def rmsprop(x_, gradient_, free_, state_, numbers_, count, step):
    """s <- rho*s + (1-rho)*g^2; b <- mu*b + g/(sqrt(s) + eps); x <- x - rate*b.

    Tieleman & Hinton 2012, lecture 6.5; with mu = 0 this is the lecture's rule. Numbers: rate, rho, 1-rho, eps, mu.
    State: s, b.
    """
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    squares = carray(state_, (2 * count,))[:count]
    velocity = carray(state_, (2 * count,))[count:]
    numbers = carray(numbers_, (5,))
    rate, rho, rest = numbers[0], numbers[1], numbers[2]
    epsilon, mu = numbers[3], numbers[4]
    for i in range(count):
        squares[i] = _normal(rho * squares[i] + rest * (gradient[i] * gradient[i]), x)
    for i in range(count):
        scaled = gradient[i] / (math.sqrt(squares[i]) + epsilon)
        velocity[i] = _normal(mu * velocity[i] + scaled, x)
        x[i] -= free[i] * (rate * velocity[i])


@cached_njit(**INNER)
def _normal(x, like):
    """x, or 0 where it is too small to be a normal number of the type of the array `like`.

    A running mean of zeros would sink to the smallest number of all and stay there: rounding gives it
    back. With such numbers a processor is twenty times slower. nan stays nan.
    """
    tiny = like.dtype.type(np.finfo(like.dtype).tiny)
    return select(absolute(x) < tiny, tiny - tiny, x)


@cached_njit(**INNER)
def _reached(log_beta, step):
    """1 - beta^t, the weight that a running mean has gathered, from log beta.

    1 - 0.999**1 would keep four digits in float32. Beyond -40 the power is below half a unit of 1.
    """
    exponent = np.float64(log_beta) * step
    return 1.0 if exponent < -40.0 else -math.expm1(exponent)


def adam(x_, gradient_, free_, state_, numbers_, count, step):
    """Adam (Kingma & Ba 2015, algorithm 1).

    m <- beta1*m + (1-beta1)*g;  v <- beta2*v + (1-beta2)*g^2
    x <- x - rate * m/(1-beta1^t) / (sqrt(v/(1-beta2^t)) + eps)

    Numbers: rate, beta1, 1-beta1, log beta1, beta2, 1-beta2, log beta2, eps. State: m, v.
    """
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    mean = carray(state_, (2 * count,))[:count]
    square = carray(state_, (2 * count,))[count:]
    numbers = carray(numbers_, (8,))
    beta1, rest1, beta2, rest2 = numbers[1], numbers[2], numbers[4], numbers[5]
    epsilon = numbers[7]
    correction1, correction2 = _reached(numbers[3], step), _reached(numbers[6], step)
    rate = x.dtype.type(numbers[0] / correction1)
    root = x.dtype.type(1.0 / math.sqrt(correction2))
    for i in range(count):
        mean[i] = _normal(beta1 * mean[i] + rest1 * gradient[i], x)
        square[i] = _normal(beta2 * square[i] + rest2 * (gradient[i] * gradient[i]), x)
    for i in range(count):
        x[i] -= free[i] * (rate * mean[i] / (math.sqrt(square[i]) * root + epsilon))


def adamw(x_, gradient_, free_, state_, numbers_, count, step):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2).

    As `adam`, and x <- x - rate*decay*w*x with w = 1 where the number is a link's weight, 0 for biases and
    parameters.

    Numbers: as `adam`, then decay. State: m, v, w.
    """
    x = carray(x_, (count,))
    gradient = carray(gradient_, (count,))
    free = carray(free_, (count,))
    mean = carray(state_, (3 * count,))[:count]
    square = carray(state_, (3 * count,))[count : 2 * count]
    decays = carray(state_, (3 * count,))[2 * count :]
    numbers = carray(numbers_, (9,))
    beta1, rest1, beta2, rest2 = numbers[1], numbers[2], numbers[4], numbers[5]
    epsilon, shrink = numbers[7], numbers[0] * numbers[8]
    correction1, correction2 = _reached(numbers[3], step), _reached(numbers[6], step)
    rate = x.dtype.type(numbers[0] / correction1)
    root = x.dtype.type(1.0 / math.sqrt(correction2))
    for i in range(count):
        x[i] -= free[i] * (shrink * decays[i] * x[i])
    for i in range(count):
        mean[i] = _normal(beta1 * mean[i] + rest1 * gradient[i], x)
        square[i] = _normal(beta2 * square[i] + rest2 * (gradient[i] * gradient[i]), x)
    for i in range(count):
        x[i] -= free[i] * (rate * mean[i] / (math.sqrt(square[i]) * root + epsilon))


RULES: dict[str, Callable] = {
    rule.__name__: rule
    for rule in (
        gradient_descent, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamw,
        rprop, quickprop,
    )
}  # fmt: skip


def rule_signature(dtype: str):
    """Numba signature of an update rule for `dtype`, "float64" or "float32"."""
    pointer = types.CPointer(types.float64 if dtype == "float64" else types.float32)
    return types.void(*[pointer] * 5, types.int64, types.int64)


def rule_address(name: str, dtype: str) -> int:
    """Address of the compiled rule `name`; valid in this process only.

    Compiled when first asked for (about 0.2 s) and cached on disk.

    Raises
    ------
    SettingError
        No rule has that name.
    """
    from wildwire.functions import native

    if name not in RULES:
        raise SettingError(
            f"there is no update rule {name!r}; there are {', '.join(RULES)}"
        )
    return native.compile_address(RULES[name], rule_signature(dtype))

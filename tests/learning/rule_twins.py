"""Update rules once more, slow and obvious, in NumPy: what the compiled kernels are compared with.

Each takes (x, g, state, step, hyper-parameters by name) and returns the new x; `state` is a dictionary of vectors.
Formulas are written from the papers, not from the kernels.
"""

from dataclasses import fields

import numpy as np

from wildwire.learning import learners


def gradient_descent(x, g, state, step, rate, momentum=0.0, nesterov=False):
    if momentum == 0:
        return x - rate * g
    state["b"] = momentum * state.get("b", 0 * x) + g
    return x - rate * (g + momentum * state["b"] if nesterov else state["b"])


def adagrad(x, g, state, step, rate, epsilon):
    state["s"] = state.get("s", 0 * x) + g**2
    return x - rate * g / (np.sqrt(state["s"]) + epsilon)


def adadelta(x, g, state, step, rate, decay, epsilon):
    state["s"] = decay * state.get("s", 0 * x) + (1 - decay) * g**2
    past = state.get("u", 0 * x)
    d = np.sqrt(past + epsilon) / np.sqrt(state["s"] + epsilon) * g
    state["u"] = decay * past + (1 - decay) * d**2
    return x - rate * d


def rmsprop(x, g, state, step, rate, decay, epsilon, momentum):
    state["s"] = decay * state.get("s", 0 * x) + (1 - decay) * g**2
    state["b"] = momentum * state.get("b", 0 * x) + g / (np.sqrt(state["s"]) + epsilon)
    return x - rate * state["b"]


def adam(x, g, state, step, rate, beta1, beta2, epsilon, shrink=0.0):
    x = x - rate * shrink * x
    state["m"] = beta1 * state.get("m", 0 * x) + (1 - beta1) * g
    state["v"] = beta2 * state.get("v", 0 * x) + (1 - beta2) * g**2
    m_hat = state["m"] / (1 - beta1**step)
    v_hat = state["v"] / (1 - beta2**step)
    return x - rate * m_hat / (np.sqrt(v_hat) + epsilon)


def adamw(x, g, state, step, rate, beta1, beta2, epsilon, decay, weights):
    return adam(x, g, state, step, rate, beta1, beta2, epsilon, decay * weights)


def rprop(x, g, state, step, rate, first, shrink, grow, smallest, largest):
    size, past = state.get("s", 0 * x + first), state.get("g", 0 * x)
    for i in range(len(x)):
        if g[i] * past[i] > 0:
            size[i] = min(size[i] * grow, largest)
        if g[i] * past[i] < 0:
            size[i] = max(size[i] * shrink, smallest)
    state["s"], state["g"] = size, g
    return x - rate * (np.sign(g) * size)


def quickprop(x, g, state, step, rate, most):
    """As in Fahlman's own program, slope by slope."""
    change, past = state.get("d", 0 * x), state.get("g", 0 * x)
    part, moved = most / (1 + most), 0 * x
    for i in range(len(x)):
        d, s, p = change[i], g[i], past[i]
        if d == 0:
            moved[i] = -rate * s
            continue
        if (d < 0 < s) or (s < 0 < d):
            moved[i] = -rate * s
        if s == 0:
            continue
        too_far = s >= part * p if d < 0 else s <= part * p
        moved[i] += most * d if too_far else s / (p - s) * d
    state["d"], state["g"] = moved, g
    return x + moved


TWINS = {
    learners.GradientDescent: gradient_descent,
    learners.AdaGrad: adagrad,
    learners.AdaDelta: adadelta,
    learners.RMSprop: rmsprop,
    learners.Adam: adam,
    learners.AdamW: adamw,
    learners.Rprop: rprop,
    learners.Quickprop: quickprop,
}

LEARNERS = (
    learners.GradientDescent(rate=0.1),
    learners.GradientDescent(rate=0.05, momentum=0.9),
    learners.GradientDescent(rate=0.05, momentum=0.8, nesterov=True),
    learners.AdaGrad(rate=0.1),
    learners.AdaDelta(rate=1.0),
    learners.RMSprop(rate=0.01),
    learners.RMSprop(rate=0.01, decay=0.9, momentum=0.5),
    learners.Adam(rate=0.02),
    learners.AdamW(rate=0.02, decay=0.1),
    learners.Rprop(largest=0.2, smallest=0.05),
    learners.Rprop(rate=0.3, first=0.01, shrink=0.4, grow=1.3),
    learners.Quickprop(rate=0.05),
    learners.Quickprop(rate=0.02, most=1.2),
)


def twin_step(learner, x, g, state, step, rate, weights):
    """One step of the twin of `learner`."""
    numbers = {field.name: getattr(learner, field.name) for field in fields(learner)}
    numbers["rate"] = rate
    if isinstance(learner, learners.AdamW):
        numbers["weights"] = weights
    return TWINS[type(learner)](x, g, state, step, **numbers)

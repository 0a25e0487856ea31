"""Wildwire's networks: a text with its size left open, `ww.fit`.

Comes in: a problem, its data, a text. Goes out: a `Fitted`. Called by `__main__.py`.
"""

import numpy as np

from benchmarks.memory_problems.linear import Fitted
from benchmarks.memory_problems.problems import CLIP, RATE, Data, Problem


def network_of(problem: Problem, text: str, n_inputs: int):
    """The largest network within the numbers allowed; a text without a size is taken as it is."""
    import wildwire as ww

    names = [f"x{i}" for i in range(1, n_inputs + 1)] if n_inputs > 1 else ["x"]
    delay = "@1" if problem.is_closed else ""
    filled = text.replace("{x}", ", ".join(names))
    filled = filled.replace("{read}", ", ".join(name + delay for name in names))

    def of_size(h):
        return ww.parse(filled.replace("{h}", str(h)))

    if "{h}" not in text:
        return of_size(0)
    h = 1
    while of_size(h + 1).n_theta <= problem.numbers:
        h += 1
    return of_size(h)


def fit(problem: Problem, data: Data, seed: int, text: str) -> Fitted:
    """Train; in tests of closed problems the output feeds the input."""
    import wildwire as ww

    network = network_of(problem, text, data.X.shape[2])
    warm_up = problem.warm_up if data.Y.ndim == 3 else 0
    rate = ww.learners.schedules.Cosine(RATE)
    result = ww.fit(
        network, data.X, data.Y, learner=ww.learners.Adam(rate), clip=CLIP, seed=seed,
        batch=problem.batch, epochs=problem.epochs, warm_up=warm_up, steady=None,
        scale_loss=False, progress=False,
    )  # fmt: skip

    def predict(X):
        if problem.is_closed:
            output = network.outputs[0]
            return ww.run(
                network, result.theta, X, warm_up=warm_up, feedback={"x": output}
            )
        found = ww.run(network, result.theta, X)
        return found if data.Y.ndim == 3 else found[:, -1]

    return Fitted(network.n_theta, lambda X: np.asarray(predict(X)))

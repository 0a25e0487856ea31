"""Small problems on which learners are checked.

Comes in: nothing. Goes out: `PROBLEMS`, networks with rows and a start. Called by `learners.py`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wildwire.network import Network

__all__ = ["PROBLEMS", "LearnerProblem"]

ROWS = 24


@dataclass(frozen=True)
class LearnerProblem:
    """A network, rows and a start.

    Attributes
    ----------
    name, text : str
    outputs : str
        "numbers", "classes" or "signs": what is to be learnt.
    loss : str
    """

    name: str
    text: str
    outputs: str = "numbers"
    loss: str = "squared"

    @functools.cached_property
    def network(self) -> Network:
        from wildwire.network import Network

        return Network.parse(self.text)

    @functools.cached_property
    def X(self) -> np.ndarray:
        return np.random.default_rng(1).normal(size=(ROWS, self.network.n_inputs))

    @functools.cached_property
    def Y(self) -> np.ndarray:
        X = self.X
        value = 0.8 * X[:, 0] + 0.3 * np.sin(2 * X[:, -1])
        if self.outputs == "classes":
            return np.eye(3)[np.digitize(value, [-0.4, 0.4])]
        if self.outputs == "signs":
            return (X[:, 0] + 0.5 * X[:, -1] > 0.1).astype(float)[:, None]
        return np.repeat(value[:, None], self.network.n_outputs, axis=1)

    @functools.cached_property
    def start(self) -> np.ndarray:
        return self.network.initial(seed=2)

    def value(self, theta: np.ndarray, rows: slice = slice(None)) -> float:
        """Mean loss at `theta` on some rows."""
        from wildwire.engine.evaluate import loss_and_gradient

        return loss_and_gradient(
            self.network, theta, self.X[rows], self.Y[rows], loss=self.loss
        )[0]


PROBLEMS = {
    problem.name: problem
    for problem in (
        LearnerProblem("line", "input a, b\ny = ?*a + ?*b + ?\noutput y\n"),
        LearnerProblem(
            "curve",
            "input a, b\nh[3] ~ tanh(a, b)\ny ~ identity(h, a)\noutput y\n",
        ),
        LearnerProblem(
            "classes",
            "input a, b\nh[3] ~ tanh(a, b)\nz[3] ~ identity(h)\noutput softmax(z)\n",
            "classes",
            "softmax",
        ),
        LearnerProblem(
            "steps", "input a, b\ny ~ step(a, b)\noutput y\n", "signs"
        ),  # no slopes
        LearnerProblem(
            "shared",
            "input a, b\nlet w\nh = tanh(w*a - w*b + ?)\ng = tanh(0.5*b + w*h + [0.2])\ny = ?*h + ?*g\n"
            "output y\n",
        ),
        LearnerProblem(
            "bounds",
            "input a, b\nlet p = 0.5 in [0, 0.7]\nlet q = -0.5 in [-1, -0.2]\ny = p*a + q*b + ?\noutput y\n",
        ),
        LearnerProblem("one number", "input a, b\ny = [0.1]*b + ?*a\noutput y\n"),
        LearnerProblem("no numbers", "input a, b\ny = [0.5]*a + [0.1]*b\noutput y\n"),
        # Beyond w = 1 the root of a negative number; the best w is near it.
        LearnerProblem(
            "not a number",
            "input a, b\nlet w\nq = sqrt([1] - w*w)*b\ny = w*a + [1]*q\noutput y\n",
        ),
    )
}

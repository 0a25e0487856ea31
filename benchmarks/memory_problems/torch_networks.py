"""PyTorch's RNN and GRU with a linear output.

Comes in: a problem, its data, a kind. Goes out: a `Fitted`. Called by `__main__.py`; without PyTorch it says so.
"""

import math

import numpy as np

from benchmarks.memory_problems.linear import Fitted
from benchmarks.memory_problems.problems import CLIP, RATE, Data, Problem
from benchmarks.systems.torch_system import library

GATES = {"RNN": 1, "GRU": 3}


def size_of(kind: str, problem: Problem, n_inputs: int) -> tuple[int, int]:
    """The largest number of memory cells within the numbers allowed, and the numbers."""

    def numbers(h):
        return GATES[kind] * h * (n_inputs + h + 2) + h + 1

    h = 1
    while numbers(h + 1) <= problem.numbers:
        h += 1
    return h, numbers(h)


def _network(torch, kind, n_inputs, n_cells):
    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.memory = getattr(torch.nn, kind)(n_inputs, n_cells, batch_first=True)
            self.output = torch.nn.Linear(n_cells, 1)

        def forward(self, x, state=None):
            h, state = self.memory(x, state)
            return self.output(h), state

    return Network().double()


def fit(problem: Problem, data: Data, seed: int, kind: str) -> Fitted:
    """Train, float64 as the others."""
    torch = library()
    n_cells, numbers = size_of(kind, problem, data.X.shape[2])
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        network = _network(torch, kind, data.X.shape[2], n_cells)
        _train(torch, network, problem, data)

    def predict(X):
        X = torch.from_numpy(np.ascontiguousarray(X))
        with torch.inference_mode():
            if problem.is_closed:
                return _closed(torch, network, problem, X).numpy()
            found = network(X)[0].numpy()
        return found if data.Y.ndim == 3 else found[:, -1]

    return Fitted(numbers, predict)


def _pairs(torch, problem, data):
    """Inputs and targets; of a series, each value and the one after it."""
    X, Y = (torch.from_numpy(np.ascontiguousarray(a)) for a in (data.X, data.Y))
    if problem.is_closed:
        return X[:, :-1], Y[:, 1:], problem.warm_up - 1
    return X, Y, problem.warm_up


def _train(torch, network, problem, data):
    X, Y, warm_up = _pairs(torch, problem, data)
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE)
    total = problem.epochs * math.ceil(len(X) / problem.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: (1 + math.cos(math.pi * step / total)) / 2
    )
    for _ in range(problem.epochs):
        for batch in torch.randperm(len(X)).split(problem.batch):
            optimiser.zero_grad(set_to_none=True)
            predicted = network(X[batch])[0]
            target = Y[batch]
            if target.ndim == 3:
                error = (predicted - target)[:, warm_up:]
            else:
                error = predicted[:, -1] - target
            ((error * error).mean() / 2).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimiser.step()
            schedule.step()


def _closed(torch, network, problem, X):
    """Predictions of every step from the ones before; from `warm_up` on they are the inputs."""
    known, state = network(X[:, : problem.warm_up])
    found = [torch.zeros_like(X[:, :1]), known]
    now = known[:, -1:]
    for _ in range(X.shape[1] - problem.warm_up - 1):
        now, state = network(now, state)
        found.append(now)
    return torch.cat(found, dim=1)

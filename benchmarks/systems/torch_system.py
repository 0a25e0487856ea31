"""PyTorch: `nn.Sequential`, `torch.optim.Adam`, a Python loop over batches; eager and compiled.

An irregular wiring neuron by neuron in eager mode would take seconds a step, so neurons of a level are evaluated
together, with gathered values (`gather`) or with masked matrix products over all earlier values (`dense`). Networks
with memory stand in `torch_sequences.py`.
"""

from functools import cache
from itertools import pairwise

import numpy as np

from benchmarks.irregular import levels
from benchmarks.measure import Prepared, Unavailable
from benchmarks.systems import steps, torch_sequences
from benchmarks.workloads import data


@cache
def library():
    """PyTorch, one thread."""
    try:
        import torch
    except ImportError:
        raise Unavailable("not installed") from None
    torch.set_num_threads(1)
    return torch


def model_of(workload, dtype, form=""):
    """An `nn.Module`."""
    torch = library()
    if workload.sizes:
        model = _layers(torch, workload)
    elif workload.steps:
        model = torch_sequences.model_of(torch, workload.wiring, form)
    else:
        model = _irregular(workload, form)
    return model.to(getattr(torch, dtype))


def training(workload, dtype, form="", compiled=False) -> Prepared:
    """An epoch in steps. Compiled: the loss with its gradient, and a fused Adam."""
    torch = library()
    kind = getattr(torch, dtype)
    X, Y = (torch.tensor(array, dtype=kind) for array in data(workload))
    model = model_of(workload, dtype, form)
    fused = True if compiled else None
    optimiser = torch.optim.Adam(model.parameters(), lr=0.001, fused=fused)

    def loss_of(x, y):
        error = model(x) - y
        return (error * error).sum(dim=-1).mean() / 2

    if compiled:
        # Without this the ninth workload of a process would quietly run uncompiled.
        torch.compiler.reset()
        loss_of = torch.compile(loss_of)
    rows = len(X)

    def epoch():
        order = torch.randperm(rows)
        for start in range(0, rows, workload.batch):
            batch = order[start : start + workload.batch]
            optimiser.zero_grad(set_to_none=True)
            loss_of(X[batch], Y[batch]).backward()
            optimiser.step()

    return Prepared(epoch, steps(workload))


def forward(workload, dtype, form="") -> Prepared:
    """All samples, batch by batch."""
    torch = library()
    X = torch.tensor(data(workload)[0], dtype=getattr(torch, dtype))
    model = model_of(workload, dtype, form)

    def run():
        with torch.inference_mode():
            for start in range(0, len(X), workload.batch):
                model(X[start : start + workload.batch])

    return Prepared(run, steps(workload))


def _layers(torch, workload):
    activations = {
        "tanh": torch.nn.Tanh,
        "logistic": torch.nn.Sigmoid,
        "identity": torch.nn.Identity,
    }
    parts = []
    pairs = pairwise(workload.sizes)
    for i, (n_in, n_out) in enumerate(pairs):
        last = i == len(workload.sizes) - 2
        parts.append(torch.nn.Linear(n_in, n_out))
        parts.append(activations[workload.output if last else workload.hidden]())
    return torch.nn.Sequential(*parts)


def _dense_tables(found, n_inputs):
    """(known, n) weights and masks per level, known being all nodes before."""
    known = n_inputs
    for level in found:
        n = len(level.active)
        weight, mask = np.zeros((known, n)), np.zeros((known, n))
        neuron, source = np.nonzero(level.mask)
        mask[level.index[neuron, source], neuron] = 1
        weight[level.index[neuron, source], neuron] = level.weight[neuron, source]
        yield weight, mask
        known += n


def _irregular(workload, form):
    torch = library()
    found, outputs = levels(workload.wiring)
    is_dense = form == "dense"
    if is_dense:
        tables = list(_dense_tables(found, workload.n_inputs))
    else:
        tables = [(level.weight, level.mask) for level in found]

    is_full = [bool(mask.all()) for _, mask in tables]

    class Irregular(torch.nn.Module):
        def __init__(self):
            super().__init__()
            make = torch.nn.ParameterList
            self.weight = make([torch.tensor(weight) for weight, _ in tables])
            self.bias = make([torch.zeros(len(level.active)) for level in found])
            for i, (level, (_, mask)) in enumerate(zip(found, tables, strict=True)):
                self.register_buffer(f"mask{i}", torch.tensor(mask))
                self.register_buffer(f"index{i}", torch.tensor(level.index))
                self.register_buffer(f"active{i}", torch.tensor(level.active))

        def forward(self, x):
            values = x
            for i in range(len(found)):
                weight = self.weight[i]
                if not is_full[i]:  # padding must stay 0 under training
                    weight = weight * getattr(self, f"mask{i}")
                if is_dense:
                    z = values @ weight + self.bias[i]
                else:
                    gathered = values[:, getattr(self, f"index{i}")]
                    z = (gathered * weight).sum(-1) + self.bias[i]
                y = torch.where(getattr(self, f"active{i}"), torch.tanh(z), z)
                values = torch.cat((values, y), dim=1)
            return values[:, outputs]

    return Irregular()

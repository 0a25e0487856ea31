"""PyTorch, eager: `nn.Sequential`, `torch.optim.Adam`, a Python loop over batches.

The irregular wiring has no form in layers; neuron by neuron in eager mode it would take seconds a
step, so levels of neurons are evaluated together with masked matrix products over all earlier
values, the best form known to us.
"""

import numpy as np

from benchmarks.workloads import data, irregular_links


def make(workload, dtype):
    """A function that trains one epoch."""
    import torch

    torch.set_num_threads(1)
    kind = getattr(torch, dtype)
    X, Y = (torch.tensor(array, dtype=kind) for array in data(workload))
    model = _layers(torch, workload) if workload.sizes else _irregular(torch)
    model = model.to(kind)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.001)
    rows = len(X)

    def epoch():
        order = torch.randperm(rows)
        for start in range(0, rows, workload.batch):
            batch = order[start : start + workload.batch]
            optimiser.zero_grad(set_to_none=True)
            error = model(X[batch]) - Y[batch]
            loss = (error * error).sum(dim=1).mean() / 2
            loss.backward()
            optimiser.step()

    return epoch


def _layers(torch, workload):
    activations = {
        "tanh": torch.nn.Tanh,
        "logistic": torch.nn.Sigmoid,
        "identity": torch.nn.Identity,
    }
    parts = []
    for i, (n_in, n_out) in enumerate(
        zip(workload.sizes, workload.sizes[1:], strict=False)
    ):
        last = i == len(workload.sizes) - 2
        parts.append(torch.nn.Linear(n_in, n_out))
        parts.append(activations[workload.output if last else workload.hidden]())
    return torch.nn.Sequential(*parts)


def levels_of(source, target, n_inputs):
    """Neurons of each level of the irregular wiring, as lists of neuron numbers."""
    level = {}
    for s, t in zip(source, target, strict=True):
        before = level.get(s - n_inputs, -1) if s >= n_inputs else -1
        level[t] = max(level.get(t, 0), before + 1)
    count = max(level.values()) + 1
    return [[t for t in sorted(level) if level[t] == i] for i in range(count)]


def _irregular(torch):
    source, target = irregular_links()
    n_inputs = 20
    neurons = int(target.max()) + 1
    levels = levels_of(source, target, n_inputs)

    class Irregular(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.index, self.weight, self.bias, self.activated = [], [], [], []
            for level in levels:
                links = [np.flatnonzero(target == t) for t in level]
                width = max(len(link) for link in links)
                index = np.zeros((len(level), width), np.int64)
                mask = np.zeros((len(level), width))
                for i, link in enumerate(links):
                    index[i, : len(link)] = source[link]
                    mask[i, : len(link)] = 1
                self.index.append(torch.tensor(index))
                self.weight.append(
                    torch.nn.Parameter(torch.tensor(mask * 0.1, dtype=torch.float32))
                )
                self.bias.append(torch.nn.Parameter(torch.zeros(len(level))))
                self.activated.append(torch.tensor([t < neurons - 2 for t in level]))
            self.weight = torch.nn.ParameterList(self.weight)
            self.bias = torch.nn.ParameterList(self.bias)
            order = np.concatenate([np.asarray(level) for level in levels])
            self.place = n_inputs + np.argsort(order)
            renumber = np.concatenate((np.arange(n_inputs), self.place))
            self.index = [torch.tensor(renumber[i.numpy()]) for i in self.index]

        def forward(self, x):
            values = x
            for i, index in enumerate(self.index):
                z = (values[:, index] * self.weight[i]).sum(-1) + self.bias[i]
                y = torch.where(self.activated[i], torch.tanh(z), z)
                values = torch.cat((values, y), dim=1)
            return values[:, self.place[-2:]]

    return Irregular()

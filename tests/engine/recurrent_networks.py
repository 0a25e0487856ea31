"""Random networks with memory: delays 1 to 5, several links between one pair, every transfer, start values."""

import numpy as np

from engine.transfer_networks import AROUND, INNER, OWN, PAIRED
from wildwire.network import Network

POSITIVE = ("product", "power_mean", "weighted_mean", "cosine", "contrast")
"""Transfers that a past of zeros would bring to a pole; they read logistic neurons with start values."""
PLAIN = ("tanh", "logistic", "sin", "softplus", "gaussian", "arctan")


def recurrent_network(seed, longest=5):
    """A network whose neurons read each other now and up to `longest` steps back."""
    rng = np.random.default_rng(seed)
    n_inputs, n_neurons = int(rng.integers(1, 3)), int(rng.integers(1, 7))
    inputs = [f"x{i}" for i in range(n_inputs)]
    neurons = [f"n{i}" for i in range(n_neurons)]
    lines = ["input " + ", ".join(inputs)]
    if rng.random() < 0.5:
        lines.append(f"g[{rng.integers(2, 20)}] ~ tanh({inputs[0]}, g@1)")
        inputs.append("g[0]")
    for number, name in enumerate(neurons):
        sources = _sources(rng, inputs, neurons, number, longest)
        lines.append(f"{name} ~ {_neuron(rng, sources)}")
    lines += [
        f"start {name} = {rng.choice(['0.4', '?', '[0.7]', '[-0.3]'])}"
        for name in neurons
        if rng.random() < 0.3
    ]
    outputs = ["e", *neurons[-2:]]
    a, b = rng.choice(neurons, 2)
    lag = rng.integers(1, longest + 1)
    lines.append(f"e = ?*tanh({a})*{b}@{lag} + exp(-?*{b}@1**2) - ?*{inputs[0]}@2")
    head = rng.random() < 0.2
    names = ", ".join(outputs)
    lines.append(f"output softmax({names})" if head else f"output {names}")
    return Network.parse(OWN + "\n".join(lines))


def _sources(rng, inputs, neurons, number, longest):
    """Some sources, most of them of the past; twice the same pair is allowed."""
    found = []
    for _ in range(int(rng.integers(1, 6))):
        if rng.random() < 0.6:
            source = rng.choice(inputs + neurons)
            found.append(f"{source}@{rng.integers(1, longest + 1)}")
        else:
            found.append(str(rng.choice(inputs + neurons[:number])))
    return list(dict.fromkeys(found))


def _neuron(rng, sources):
    listed = ", ".join(sources)
    kind = rng.random()
    if kind < 0.45:
        return f"{rng.choice(PLAIN)}({listed})"
    if kind < 0.55:
        return rng.choice(PAIRED) % listed
    name = rng.choice([name for name in INNER if name not in POSITIVE])
    extra = {"bends": ", k=?", "turned": ", z=?"}.get(name, "")
    around = rng.choice([a for a in AROUND if a])
    return f"{around}({name}({listed}{extra}))"


def positive_network(seed, longest=5):
    """Transfers that need positive sources: neurons above 0, also before the first step; inputs are read now only."""
    rng = np.random.default_rng(seed)
    neurons = [f"n{i}" for i in range(int(rng.integers(2, 6)))]
    lines = ["input x0"]
    for number, name in enumerate(neurons):
        known = ["x0", *neurons[:number]]
        sources = [str(rng.choice(known))]
        for _ in range(int(rng.integers(1, 5))):
            sources.append(f"{rng.choice(neurons)}@{rng.integers(1, longest + 1)}")
        listed = ", ".join(dict.fromkeys(sources))
        inner = rng.choice(POSITIVE)
        around = rng.choice(["logistic", "softplus", "gaussian"])
        lines.append(f"{name} ~ {around}({inner}({listed}))")
        lines.append(f"start {name} = {rng.choice(['0.4', '[0.7]', '1.1'])}")
    return Network.parse("\n".join([*lines, "output " + ", ".join(neurons[-2:])]))


def numbers_for(network, seed):
    """Numbers of moderate size, so that loops do not explode; those that the text states stay."""
    rng = np.random.default_rng(seed)
    theta = rng.uniform(0.1, 0.8, network.n_theta)
    theta *= np.where(rng.random(len(theta)) < 0.4, -1, 1)
    known = ~np.isnan(network.start)
    theta[known] = network.start[known]
    return theta


def sequences_for(network, seed, n, steps):
    """Inputs (n, steps, n_inputs), targets, weights per step and output of which some are 0."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.2, 1.2, (n, steps, network.n_inputs))
    Y = rng.uniform(0, 1, (n, steps, network.n_outputs))
    for head in network.heads:
        own = Y[:, :, head.first : head.first + head.count]
        own /= own.sum(axis=2, keepdims=True)
    weight = rng.uniform(0.1, 2, (n, steps))
    weight[rng.random(weight.shape) < 0.2] = 0
    weight[0, -1] = 1
    return X, Y, weight

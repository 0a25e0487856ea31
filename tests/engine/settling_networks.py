"""Random networks with loops that settle: contractive weights, transfers, expressions, shared numbers."""

import numpy as np

from wildwire.network import Network

PLAIN = ("tanh", "logistic", "sin", "softplus", "gaussian", "arctan")
OWN = "activation bump(z, k=2) = exp(-k*(1 - z)**2)\n"


def settling_network(seed):
    """A network whose neurons read each other in every direction, themselves included."""
    rng = np.random.default_rng(seed)
    n_inputs, n_neurons = int(rng.integers(1, 4)), int(rng.integers(1, 9))
    inputs = [f"x{i}" for i in range(n_inputs)]
    neurons = [f"n{i}" for i in range(n_neurons)]
    lines = ["input " + ", ".join(inputs), "let a"]
    sources = inputs + neurons
    if rng.random() < 0.5:
        size = int(rng.integers(2, 12))
        lines.append(f"g[{size}] ~ tanh({inputs[0]}, g, {neurons[0]})")
        sources = [*sources, "g[1]"]
    for name in neurons:
        lines.append(f"{name} {_neuron(rng, sources)}")
    lines.append(f"e = ?*tanh({neurons[-1]})*{inputs[0]} + a*exp(-{neurons[0]}**[2])")
    for name in neurons:
        if rng.random() < 0.3:
            lines.append(f"start {name} = {rng.choice(['[0.7]', '0.4', '[-0.3]'])}")
    lines.append("settle steps=2000, tolerance=1e-14")
    names = ", ".join(dict.fromkeys(["e", *neurons[-2:]]))
    head = rng.random() < 0.2
    lines.append(f"output softmax({names})" if head else f"output {names}")
    return Network.parse(OWN + "\n".join(lines))


def _neuron(rng, sources):
    count = int(rng.integers(1, min(6, len(sources)) + 1))
    chosen = [str(s) for s in rng.choice(sources, count, replace=False)]
    listed, kind = ", ".join(chosen), rng.random()
    if kind < 0.6:
        return f"~ {rng.choice(PLAIN)}({listed})"
    if kind < 0.7:
        return f"~ tanh(distance({listed}))"
    if kind < 0.8:
        return f"~ bump({listed}, k=?)"
    if kind < 0.9:
        return f"= ?*{chosen[0]}/([1] + {chosen[-1]}**[2]) + a"
    return f"~ logistic(quadratic({listed}))"


def numbers_for(network, seed):
    """Numbers so small that the loops contract."""
    rng = np.random.default_rng(seed)
    most = 0.9 / max(np.bincount(network.link_target).max(), 1) ** 0.5
    theta = rng.uniform(0.05, most, network.n_theta)
    theta *= np.where(rng.random(len(theta)) < 0.4, -1, 1)
    known = ~np.isnan(network.start)
    theta[known] = network.start[known]
    return theta


def samples_for(network, seed, n):
    """Inputs, targets between 0 and 1, weights of which some are 0."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1.2, 1.2, (n, network.n_inputs))
    Y = rng.uniform(0, 1, (n, network.n_outputs))
    if network.heads:
        Y /= Y.sum(axis=1, keepdims=True)
    weight = rng.uniform(0.5, 2, n) * (rng.random(n) < 0.9)
    weight[0] = 1
    return X, Y, weight

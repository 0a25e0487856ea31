"""Random networks that mix all transfers: texts, samples, and a theta that keeps away from poles."""

import numpy as np

from wildwire.functions import transfers
from wildwire.network import Network

OWN = """\
transfer noisy_or(w, x) = 1 - prod(1 - tanh(w*x)/2)
transfer bends(w, x, c, k=0.7) = sum(w*tanh(k*x - c)) + bias
transfer mixed(w, x, q) = mean(w*x) + pairs(q*sin(x*x'), distinct)
transfer both(w, x, v) = (sum(w*x), max(v*x) - min(v*x))
transfer turned(pi, x, z=1.2) = z*tanh(sum(pi*half(x)))
activation modulus(a, b, s=0.5) = sqrt(a**2 + (s*b)**2 + 0.1)
activation weighed(a, b, v[3]) = tanh(sum(v*half(a))) + pi*b
activation half(z, pi=0.6) = tanh(pi*z) + 0.1*z
activation tanh(z) = 0.9*tanh(1.1*z)
let p = 0.6
let q = -0.4
"""
INNER = (*transfers(), "noisy_or", "bends", "mixed", "turned")
AROUND = ("", "tanh", "softplus", "gaussian", "logistic", "sin", "half", "spline")
PAIRED = ("modulus(both(%s), s=?)", "weighed(both(%s))")
SUMS = ("tanh(%s)", "softplus(%s)", "logistic(%s)")
SHARED = (
    "tanh(bends(x0: (p, -q), n0: (2, p*q), x0: ([0.5], q), k=p*p, bias=-p))",
    "modulus(both(x0: (p, q), n0: (-p, 1)), s=q*q)",
    "half(mixed(x0: p, n0: -q, (x0, n0): p*q), pi=-q)",
    "half(turned(n0: p*q, x0: -p, z=-p)) + p*max(x0: q, n0: 1)",
)


def transfer_network(seed, most_neurons=6, most_links=6):
    """A network of some neurons with any transfer, each reading some earlier nodes; the last may share numbers."""
    rng = np.random.default_rng(seed)
    n_inputs = int(rng.integers(1, 4))
    known = [f"x{i}" for i in range(n_inputs)]
    lines = ["input " + ", ".join(known)]
    for number in range(int(rng.integers(1, most_neurons + 1))):
        count = int(rng.integers(1, min(most_links, len(known)) + 1))
        # One in five reads a source twice.
        chosen = rng.choice(known, count, replace=bool(rng.random() < 0.2))
        lines.append(f"n{number} ~ {_neuron(rng, ', '.join(chosen))}")
        known.append(f"n{number}")
    last = [name for name in known if name[0] == "n"][-2:]
    if rng.random() < 0.3:
        lines.append(f"s = {rng.choice(SHARED)}")
        last.append("s")
    return Network.parse(OWN + "\n".join([*lines, "output " + ", ".join(last)]))


def _neuron(rng, sources):
    if rng.random() < 0.2:
        return rng.choice(SUMS) % sources
    if rng.random() < 0.15:
        return rng.choice(PAIRED) % sources
    name = rng.choice(INNER)
    extra = {"bends": ", k=?", "turned": ", z=?"}.get(name, "")
    if name == "power_mean":
        extra = rng.choice(["", ", p=[-1]", ", p=1.5"])
    around = rng.choice(AROUND)
    inner = f"{name}({sources}{extra})"
    return f"{around}({inner})" if around else inner


def numbers_for(network, seed):
    """Numbers from 0.3 to 1.3, one of four negative unless a mean divides by their sum."""
    rng = np.random.default_rng(seed)
    theta = rng.uniform(0.3, 1.3, network.n_theta)
    names = {t.name for t in network.transfers if t is not None}
    if not names & {"weighted_mean", "power_mean"}:
        theta *= np.where(rng.random(len(theta)) < 0.25, -1, 1)
    known = ~np.isnan(network.start)
    theta[known] = network.start[known]
    return theta


def sample_for(network, seed, n):
    """Inputs, in half of the networks without means of powers also negative ones; targets, weights."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(0.2, 1.5, (n, network.n_inputs))
    names = {t.name for t in network.transfers if t is not None}
    if seed % 2 and "power_mean" not in names:
        X *= np.where(rng.random(X.shape) < 0.25, -1, 1)
    Y = rng.uniform(0, 1, (n, network.n_outputs))
    return X, Y, rng.uniform(0.1, 2, n)

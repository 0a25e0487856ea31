"""Networks of pruned layers, for tests of half-dense blocks.

Comes in: a seed and how many links are left. Goes out: a network; every kind of number is in it. Called by
`test_half_dense.py`.
"""

from itertools import pairwise

import numpy as np

from wildwire.network import Network

TAME = ("tanh", "relu", "identity", "softplus")


def pruned_links(rng, widths, share, skipping=0.1):
    """Sources and targets of layers with a share of their links, and some from the inputs of all."""
    source, target, first, n = [], [], 0, 0
    for before, width in pairwise(widths):
        for _ in range(width):
            own = first + np.flatnonzero(rng.random(before) < share)
            if first > 0 and rng.random() < skipping:
                own = np.append(own, rng.integers(widths[0]))
            if own.size == 0:
                own = np.array([first])
            source += own.tolist()
            target += [n] * own.size
            n += 1
        first = widths[0] + n - width
    return np.array(source), np.array(target), n


def pruned(seed, widths=(20, 40, 30, 3), share=0.9, activations=TAME, **options):
    """One to one: every number of theta is one weight."""
    rng = np.random.default_rng(seed)
    source, target, n = pruned_links(rng, widths, share)
    return Network.from_arrays(
        widths[0], source, target, outputs=range(n - widths[-1], n),
        activation=rng.choice(activations, n).tolist(), **options,
    )  # fmt: skip


def pruned_of_all_kinds(seed, widths=(20, 40, 30, 3), share=0.9, **options):
    """Parallel, frozen and shared links, equal lists, neurons without bias, parameters that learn."""
    rng = np.random.default_rng(seed)
    source, target, n = pruned_links(rng, widths, share)
    for copy in rng.choice(n - widths[-1], 3, replace=False):
        alike = target == copy
        twin = min(int(copy) + 1, n - widths[-1] - 1)
        if (
            source[alike].max() < widths[0] + twin
            and twin // widths[1] == copy // widths[1]
        ):
            source = np.append(source[target != twin], source[alike])
            target = np.append(target[target != twin], np.full(alike.sum(), twin))
    again = rng.choice(source.size, 2, replace=False)
    source, target = np.append(source, source[again]), np.append(target, target[again])
    kind = rng.choice(4, source.size, p=(0.6, 0.2, 0.1, 0.1))
    bias = np.where(rng.random(n) < 0.3, 0.0, rng.normal(size=n))
    return Network.from_arrays(
        widths[0], source, target, outputs=range(n - widths[-1], n),
        activation=rng.choice([*TAME, "leaky_relu", "leaky_relu"], n).tolist(),
        parameters={"leak": 0.2}, weight=rng.normal(size=source.size) / 4,
        frozen=kind == 1, bias=bias, bias_frozen=bias == 0.0,
        lets={"a": 0.1, "b": -0.2}, link_let=np.where(kind > 1, kind - 2, -1),
        link_sign=np.where(kind > 1, rng.choice((1, -1), source.size), 1), **options,
    )  # fmt: skip

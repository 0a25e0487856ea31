"""Recall from a noisy pattern: a Hopfield network that settles.

Five random patterns of 64 signs are stored by Hebb's rule, w_ij = sum over patterns of p_i p_j / n, without
self-loops. A pattern with a fifth of its signs turned over comes in as a weak field; the network runs until it
stands still, and what stands there is the pattern.
"""

import numpy as np

import wildwire as ww

NEURONS, PATTERNS, TURNED, FIELD, STEEPNESS = 64, 5, 12, 0.2, 4.0


def hopfield(patterns, field=FIELD, steepness=STEEPNESS):
    """The network that stores patterns (n_patterns, n) of -1 and 1, and its numbers.

    s_i = tanh(steepness * (sum_j w_ij s_j + field * x_i)); links of weight 0 are left out.
    """
    n = patterns.shape[1]
    w = patterns.T @ patterns / n
    np.fill_diagonal(w, 0)
    target, source = np.nonzero(w)
    network = ww.Network.from_arrays(
        [("x", n)],
        np.concatenate((np.arange(n), n + source)),
        np.concatenate((np.arange(n), target)),
        neurons=[("s", n)],
        outputs=["s"],
        weight=steepness * np.concatenate((np.full(n, field), w[target, source])),
        bias=False,
        settle=True,
    )
    return network, network.start


def main(seed=0):
    """Recall every pattern; returns how many signs were right before and after, one number a pattern."""
    rng = np.random.default_rng(seed)
    patterns = rng.choice([-1.0, 1.0], (PATTERNS, NEURONS))
    noisy = patterns.copy()
    for pattern in noisy:
        pattern[rng.choice(NEURONS, TURNED, replace=False)] *= -1
    network, theta = hopfield(patterns)
    recalled = np.sign(ww.run(network, theta, noisy))
    before, after = (
        (each == patterns).sum(axis=1).tolist() for each in (noisy, recalled)
    )
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        print(f"pattern {i}: {old} of {NEURONS} signs came in, {new} came back")
    return before, after


if __name__ == "__main__":
    main()

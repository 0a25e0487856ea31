"""Start values from the data: the network begins as the best linear model.

Comes in: a prepared network that was made for a table. Goes out: theta. Called by
`choose.py`. The direct links get the ridge solution and the hidden neurons have no say yet
(weights 0 towards the outputs, random ones from the inputs), so learning only adds what a
line cannot do. Classes start at equal log-odds to their frequencies.
"""

import numpy as np

from wildwire.preparation import Prepared, row_count

_LARGEST = 1_000  # inputs; the solution costs O(n d**2 + d**3)


def start_theta(
    prepared: Prepared,
    rows: np.ndarray,
    weight: np.ndarray,
    penalty: float,
    seed: int,
) -> np.ndarray:
    """Where learning starts.

    Parameters
    ----------
    prepared : Prepared
    rows : mask or indices of the rows that may be used
    weight : ndarray, shape (n,)
        Of all rows.
    penalty : float
        L2 penalty on the direct links, as in `ww.fit`: of the mean loss in units of the
        target's spread.
    seed : int

    Returns
    -------
    ndarray of float64, shape (n_theta,)
        Of a network of the user's own: `network.initial(seed)`.
    """
    network, wiring = prepared.network, prepared.wiring
    theta = np.array(network.initial(seed), dtype=np.float64)
    if wiring is None:
        return theta
    slots, biases, hidden = _places(prepared)
    theta[hidden] = 0.0
    theta[slots] = 0.0
    if prepared.task == "classification":
        theta[biases] = _log_odds(prepared.Y[rows], weight[rows])
    elif slots.shape[0] <= _LARGEST:
        theta[slots], theta[biases] = _ridge(prepared, rows, weight, penalty)
    return theta


def _places(prepared: Prepared) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places in theta: direct links (d, k), biases (k,), links from hidden neurons."""
    network, wiring = prepared.network, prepared.wiring
    assert wiring is not None
    first = network.n_inputs
    heads = np.array(_nodes(network, wiring.heads)) - first
    read = np.array(_nodes(network, wiring.read))
    column = np.full(network.n_neurons, -1)
    column[heads] = np.arange(len(heads))
    row = np.full(first + network.n_neurons, -1)
    row[read] = np.arange(len(read))
    into = column[network.link_target]
    direct = (into >= 0) & (row[network.link_source] >= 0)
    slots = np.zeros((len(read), len(heads)), dtype=np.int64)
    source, target = network.link_source[direct], into[direct]
    slots[row[source], target] = network.link_slot[direct]
    hidden = network.link_slot[(into >= 0) & ~direct]
    return slots, network.bias_slot[heads], hidden


def _nodes(network, names) -> list[int]:
    """Node numbers of names; a category or a group stands for all its nodes."""
    counts = [(c.name, c.size) for c in network.columns]
    counts += [(g.name, g.count) for g in network.groups]
    place, table = 0, {}
    for name, count in counts:
        table[name] = range(place, place + count)
        place += count
    return [node for name in names for node in table[name]]


def _ridge(
    prepared: Prepared, rows: np.ndarray, weight: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (d, k) and biases (k,) that minimise the penalised squared error."""
    wiring = prepared.wiring
    assert wiring is not None
    Z = wiring.scaled(prepared.X[rows])
    found = [target.moments for target in prepared.targets if target.moments]
    scale = np.array([(moments.mean, moments.spread) for moments in found])
    T = (prepared.Y[rows] - scale[:, 0]) / scale[:, 1]
    share = weight[rows] / weight[rows].sum()
    z_mean, t_mean = share @ Z, share @ T
    Z, T = Z - z_mean, T - t_mean
    normal = Z.T @ (share[:, None] * Z)
    # At least so much that collinear columns have a solution.
    normal[np.diag_indices_from(normal)] += max(penalty, 1e-8)
    weights = np.linalg.solve(normal, Z.T @ (share[:, None] * T))
    return weights, t_mean - z_mean @ weights


def _log_odds(Y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Biases that give every class its frequency, one row added to each."""
    rows = row_count(weight)
    count = rows * (weight / weight.sum()) @ Y
    if Y.shape[1] == 1:
        return np.log((count + 1) / (rows - count + 1))
    logs = np.log(count + 1)
    return logs - logs.mean()

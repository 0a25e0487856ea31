"""The read-out of a network, fitted in closed form by ridge regression.

Comes in: a network whose outputs are weighted sums of neurons that do not depend on the outputs' own numbers, such as
a reservoir; rows or sequences. Goes out: theta. Called by users as `wildwire.learning.fit_readout`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildwire.engine.checks import check_is_network, read_theta
from wildwire.engine.evaluate import values
from wildwire.engine.memory import Memory, read_steps
from wildwire.engine.samples import read_samples
from wildwire.errors import DataError, SettingError, UntrainedError
from wildwire.learning.readout_parts import Readout, Term, readouts
from wildwire.network.numbers import all_values
from wildwire.wiring.ends import is_number

__all__ = ["fit_readout"]


def fit_readout(
    network, X, Y, *, ridge=1e-6, warm_up=0, theta=None, sample_weight=None
) -> np.ndarray:
    """The numbers of linear outputs, in closed form.

    Minimises, for each output, the sum over rows or steps of weight*(o - t)**2, plus `ridge` times the sum of squares
    of the output's weights; its bias is not penalised. Frozen weights and biases are kept: what they contribute is
    taken off the targets.

    Parameters
    ----------
    network : Network
        Outputs that have numbers to learn must be weighted sums without an activation, of sources that do not depend
        on these numbers. Outputs without such numbers are left alone.
    X, Y : array or list
        Rows or sequences, in the forms of `wildwire.loss_and_gradient`.
    ridge : float, 0 or more
        0: ordinary least squares; of several solutions the one with the smallest weights.
    warm_up : int
        Steps at the beginning of every sequence that are left out.
    theta : array (n_theta,) or None
        All other numbers, which are kept. None: the numbers of the text.
    sample_weight : array or None
        As in `wildwire.loss_and_gradient`; 0: no target there.

    Returns
    -------
    array of float64, (n_theta,)

    Raises
    ------
    SettingError
        An output that is no weighted sum, that feeds back into its own sources, or whose numbers are shared, bounded or
        products: the message names it. Also where no output has numbers to learn.
    UntrainedError
        A number outside the outputs is unknown; it is named.
    DataError
        Samples that do not fit the network, or a source that overflows.

    Notes
    -----
    By the singular values of the centred sources: exact also where these are nearly dependent, as the states of a
    reservoir are. With T steps and n sources O(T*n**2) time and O(T*n) memory; outputs with the same sources share
    the work.

    References
    ----------
    A. E. Hoerl, R. W. Kennard: Ridge regression: biased estimation for nonorthogonal problems. Technometrics 12 (1970)
    55-67.

    Examples
    --------
    >>> import numpy as np, wildwire as ww
    >>> network = ww.wiring.reservoir(1, 50, seed=0)
    >>> x = np.sin(np.arange(300)/5)
    >>> theta = ww.learning.fit_readout(network, x[:-1], x[1:], warm_up=50)
    >>> bool(np.abs(ww.run(network, theta, x[:-1])[50:, 0] - x[51:]).max() < 1e-3)
    True
    """
    check_is_network(network)
    if not is_number(ridge) or ridge < 0:
        raise SettingError(f"ridge must be a number, 0 or more; it is {ridge!r}.")
    parts = readouts(network)
    theta = _other_numbers(network, theta, parts)
    samples = _Samples.read(network, theta, X, Y, sample_weight, warm_up)
    fixed = all_values(network, "link", theta), all_values(network, "bias", theta)
    for group in _alike(parts, samples):
        theta = _solved(network, samples, group, fixed, float(ridge), theta)
    return theta


def _other_numbers(network, theta, parts: list[Readout]) -> np.ndarray:
    """theta with 0 for the numbers that are sought; UntrainedError for another that is unknown."""
    made = read_theta(network, network.start if theta is None else theta).copy()
    for part in parts:
        made[part.slots] = 0.0
    unknown = np.isnan(made)
    if unknown.any():
        name = network.theta_names[int(np.argmax(unknown))]
        raise UntrainedError(
            f"the number {name!r} is unknown, and is no number of a read-out: give theta, such as "
            "network.initial(seed=0)"
        )
    return made


@dataclass(frozen=True)
class _Samples:
    """Values of all nodes, targets and weights; sequences one by one, rows as sequences of one step.

    Attributes
    ----------
    nodes : array (n, n_steps, n_nodes)
    Y : array (n, n_steps, n_outputs)
    weight : array (n, n_steps, 1 or n_outputs)
    past : array (n_nodes,)
        Values before the first step.
    are_rows : bool
    """

    nodes: np.ndarray
    Y: np.ndarray
    weight: np.ndarray
    past: np.ndarray
    are_rows: bool

    @classmethod
    def read(cls, network, theta, X, Y, sample_weight, warm_up) -> _Samples:
        memory = Memory(warm_up=read_steps("warm_up", warm_up))
        dtype = np.dtype("float64")
        samples = read_samples(network, X, Y, sample_weight, dtype, memory)
        if samples.sequences is None:
            inputs = samples.X
            computed = values(network, theta, inputs)
            tables = [t[:, None] for t in (inputs, computed, samples.Y, samples.weight)]
        else:
            inputs = np.ascontiguousarray(samples.X.transpose(1, 0, 2))
            computed = values(network, theta, inputs)
            turned = (samples.Y.transpose(1, 0, 2), samples.weight.transpose(1, 0, 2))
            tables = [inputs, computed, *turned]
        past = np.zeros(network.n_inputs + network.n_neurons)
        if network.past_slot.size:
            past[network.n_inputs :] = all_values(network, "past", theta)
        nodes = np.concatenate(tables[:2], axis=2)
        are_rows = samples.sequences is None
        return cls(nodes, tables[2], tables[3], past, are_rows)

    def source(self, network, term: Term, used) -> np.ndarray:
        """The values of a source in the rows or steps `used`; DataError where they are not finite."""
        if term.node < 0:
            return np.ones(len(used))
        column = self._delayed(term.node, term.delay).ravel()[used]
        finite = np.isfinite(column)
        if not finite.all():
            place = divmod(int(used[np.argmin(finite)]), self.nodes.shape[1])
            where = "row {}" if self.are_rows else "sequence {}, step {}"
            raise DataError(
                f"{network.names[term.node]!r} is not finite in {where.format(*place)} (from 0): make its "
                "weights smaller"
            )
        return column

    def _delayed(self, node: int, delay: int) -> np.ndarray:
        """The values of a node so many steps ago, (n, n_steps)."""
        now = self.nodes[:, :, node]
        then = np.full(now.shape, self.past[node])
        then[:, delay:] = now[:, : now.shape[1] - delay]
        return then

    def weight_of(self, output: int) -> np.ndarray:
        """The weights of an output's targets, (n * n_steps,)."""
        width = self.weight.shape[2]
        return self.weight[:, :, output if width > 1 else 0].ravel()


def _alike(parts: list[Readout], samples: _Samples) -> list[list[Readout]]:
    """The read-outs, those together that have the same sources, forms and weights of targets."""
    groups: dict[tuple, list[Readout]] = {}
    for part in parts:
        own = part.output if samples.weight.shape[2] > 1 else 0
        groups.setdefault((part.columns, part.bias_sign, own), []).append(part)
    return list(groups.values())


def _solved(
    network, samples: _Samples, group: list[Readout], fixed, ridge: float, theta
) -> np.ndarray:
    """theta with the numbers of some read-outs that have the same columns."""
    weight = samples.weight_of(group[0].output)
    used = np.flatnonzero(weight)
    if not len(used):
        name = network.output_names[group[0].output]
        raise DataError(
            f"the output {name!r} has no targets: all weights are 0, or all steps are warm-up"
        )
    A = np.zeros((len(used), len(group[0].columns)))
    for place, terms in enumerate(group[0].columns):
        for term in terms:
            A[:, place] += term.sign * samples.source(network, term, used)
    T = np.stack(
        [_target(network, samples, part, fixed, used) for part in group], axis=1
    )
    found, bias = ridge_solution(A, T, weight[used], ridge, group[0].bias_sign != 0)
    theta = theta.copy()
    for q, part in enumerate(group):
        theta[part.weight_slots] = found[:, q]
        if part.bias_sign:
            theta[part.bias_slot] = part.bias_sign * bias[q]
    return theta


def _target(network, samples: _Samples, part: Readout, fixed, used) -> np.ndarray:
    """What the learnable numbers of an output have to sum up to: the targets less what is frozen."""
    link_values, bias_values = fixed
    target = samples.Y[:, :, part.output].ravel()[used] - bias_values[part.neuron]
    for link, term in part.frozen:
        target = target - link_values[link] * samples.source(network, term, used)
    return target


def ridge_solution(A, T, weight, ridge: float, has_bias: bool):
    """Weights and biases that minimise sum weight*(A@w + b - T)**2 + ridge*sum(w**2), column by column of T.

    Parameters
    ----------
    A : array (n, n_columns)
    T : array (n, n_targets)
    weight : array (n,), above 0
    ridge : float, 0 or more
    has_bias : bool

    Returns
    -------
    weights : array (n_columns, n_targets)
    biases : array (n_targets,)
    """
    mean_a, mean_t = np.zeros(A.shape[1]), np.zeros(T.shape[1])
    if has_bias:
        share = weight / weight.sum()
        mean_a, mean_t = share @ A, share @ T
    root = np.sqrt(weight)[:, None]
    left, size, right = np.linalg.svd(root * (A - mean_a), full_matrices=False)
    # Below this a singular value is rounding; without a penalty it would be divided by.
    least = size.max(initial=0.0) * np.finfo(float).eps * max(A.shape)
    kept = size > (0.0 if ridge else least)
    factor = np.zeros_like(size)
    # size/(size**2 + ridge) without the square; where ridge/size is too large, the factor is 0 in either form.
    with np.errstate(over="ignore"):
        factor[kept] = 1 / (size[kept] + ridge / size[kept])
    found = right.T @ (factor[:, None] * (left.T @ (root * (T - mean_t))))
    return found, mean_t - mean_a @ found

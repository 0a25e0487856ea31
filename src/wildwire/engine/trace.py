"""The numbers of one forward and one backward step: what a lecture puts on the board.

Comes in: a network, theta, one sample and its target. Goes out: a `Trace` of neurons and links.
Called by users (`ww.trace`) and the command line. All numbers come from the twin; their sums are
the engine's gradient (a test holds them together).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wildwire.engine import reference, reference_numbers
from wildwire.engine.checks import (
    check_inputs,
    check_targets,
    check_theta,
    refuse_memory,
)
from wildwire.engine.loss_targets import check_loss_targets
from wildwire.engine.machine import bind_loss
from wildwire.engine.output_losses import output_losses
from wildwire.engine.settling import refuse_settling
from wildwire.errors import DataError, SettingError
from wildwire.network.naming import number_names
from wildwire.program import compile_network

if TYPE_CHECKING:
    from wildwire.network import Network


@dataclass(frozen=True)
class NeuronTrace:
    """One neuron: its sum, output, slope and delta = dE/dz.

    `parameters` maps the names of its function's learnt parameters to (value, dE/dp, new value).
    """

    name: str
    z: float
    output: float
    slope: float
    delta: float
    parameters: dict


@dataclass(frozen=True)
class LinkTrace:
    """One link, a bias (source "1") or another number of a transfer (source ""): its value, dz/dw, dE/dw and new value.

    `dE_dw` is this link's own part; where links share one number, `new_weight` follows the sum of
    their parts.
    """

    name: str
    source: str
    target: str
    weight: float
    dz_dw: float
    dE_dw: float
    new_weight: float


@dataclass(frozen=True)
class Trace:
    """One step of learning, number by number.

    Attributes
    ----------
    inputs : dict of str to float
    targets, outputs : dict of str to float
    loss : float
    neurons : tuple of NeuronTrace, in evaluation order
    links : tuple of LinkTrace, neuron by neuron, the bias behind its links
    gradient : float64 array (n_theta,)
    theta : float64 array (n_theta,)
        After one step of gradient descent.
    rate : float
    """

    inputs: dict
    targets: dict
    outputs: dict
    loss: float
    neurons: tuple
    links: tuple
    gradient: np.ndarray
    theta: np.ndarray
    rate: float

    def __str__(self) -> str:
        """The numbers as two tables of text."""
        neurons = [
            (n.name, *_digits(n.z, n.output, n.slope, n.delta)) for n in self.neurons
        ]
        links = [
            (link.name, *_digits(link.weight, link.dz_dw, link.dE_dw, link.new_weight))
            for link in self.links
        ]
        return "\n".join(
            (
                f"loss {self.loss:.6g}, rate {self.rate:g}",
                *_columns(("neuron", "z", "output", "slope", "delta"), neurons),
                *_columns(("link", "weight", "dz/dw", "dE/dw", "new weight"), links),
            )
        )


def _digits(*numbers):
    return tuple(f"{number:.6g}" for number in numbers)


def _columns(head, rows):
    """Lines of text with aligned columns."""
    table = [head, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        first = row[0].ljust(widths[0])
        rest = (
            cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)
        )
        yield "  ".join((first, *rest))


def trace(network, theta, x, t, *, loss="squared", rate=0.1) -> Trace:
    """The numbers of one forward and backward step for one sample.

    Parameters
    ----------
    network : Network
    theta : array (n_theta,)
    x : array (n_inputs,)
    t : float or array (n_outputs,)
    loss : str, Function, list or dict
        As for `loss_and_gradient`.
    rate : float
        Of gradient descent, w <- w - rate * dE/dw, for the new weights.

    Returns
    -------
    Trace

    Raises
    ------
    DataError, SettingError, UntrainedError

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input x1\\ny = x1*0.5 + 1\\noutput y")
    >>> step = ww.trace(network, network.initial(seed=0), [2.0], 1.0)
    >>> step.loss, [link.dE_dw for link in step.links]
    (0.5, [2.0, 1.0])
    """
    if not rate >= 0:
        raise SettingError(f"rate is {rate}; it must be 0 or more")
    theta = check_theta(network, theta)
    refuse_settling(network, "trace")
    X, Y = _one_sample(network, x, t)
    loss = output_losses(loss, network)
    bind_loss(network, compile_network(network), loss, X.dtype)
    check_loss_targets(loss, network, Y)
    computed = reference.forward(network, theta, X)
    weight = np.ones(1)
    total, by_value, by_sum = reference.deltas(
        network, theta, computed, Y, loss, weight
    )
    _, gradient = reference.loss_and_gradient(
        network, theta, X, Y, loss=loss, gradient="sum"
    )
    after = theta - rate * gradient
    step = _Step(network, theta, after, computed, by_value, by_sum, gradient)
    return Trace(
        dict(zip(network.inputs, X[0].tolist(), strict=True)),
        dict(zip(network.output_names, Y[0].tolist(), strict=True)),
        dict(zip(network.output_names, computed.outputs[0].tolist(), strict=True)),
        total,
        tuple(step.neuron(j) for j in reference.evaluation_order(network)),
        _numbered(
            link for j in range(network.n_neurons) for link in step.links_into(j)
        ),
        gradient,
        after,
        float(rate),
    )


def _numbered(links):
    """The links, parallel ones told apart as in `theta_names`: `x -> h #2`."""
    seen: dict[str, int] = {}
    result = []
    for link in links:
        count = seen[link.name] = seen.get(link.name, 0) + 1
        name = link.name if count == 1 else f"{link.name} #{count}"
        result.append(replace(link, name=name))
    return tuple(result)


def _one_sample(network, x, t):
    refuse_memory(network, "trace")
    x = np.atleast_1d(np.asarray(x, float))
    t = np.atleast_1d(np.asarray(t, float))
    if x.ndim != 1 or t.ndim != 1:
        raise DataError("trace takes one sample: x (n_inputs,) and t (n_outputs,)")
    X = check_inputs(network, x[None, :], np.float64)
    return X, check_targets(network, t[None, :], 1, np.float64)


@dataclass(frozen=True)
class _Step:
    """The arrays of one step, to be read neuron by neuron."""

    network: Network
    theta: np.ndarray
    after: np.ndarray
    computed: reference.Values
    by_value: list
    by_sum: list
    gradient: np.ndarray

    def neuron(self, j) -> NeuronTrace:
        network, computed = self.network, self.computed
        return NeuronTrace(
            network.names[network.n_inputs + j],
            float(computed.z[j][0]),
            float(computed.nodes[network.n_inputs + j][0]),
            float(computed.slopes[j][0]),
            float(self.by_sum[j][0]),
            self._parameters(j),
        )

    def _parameters(self, j) -> dict:
        network = self.network
        function = network.functions[network.activation[j]]
        first = network.parameter_offset[j]
        result = {}
        for i, (name, _) in enumerate(function.parameters):
            if network.parameter_slot[first + i] == -1:
                continue
            slope = self.by_value[j][0] * self.computed.by_parameter[j][i][0]
            before = reference_numbers.parameters_of(network, self.theta, j)[i]
            after = reference_numbers.parameters_of(network, self.after, j)[i]
            result[name] = (float(before), float(slope), float(after))
        return result

    def links_into(self, j):
        """The links of neuron j, then its bias and other numbers of its transfer; its own formula has no weights."""
        network, slopes = self.network, self.computed.by_number[j]
        if self.computed.by_source[j] is not None and slopes is None:
            return
        target = network.names[network.n_inputs + j]
        delta = float(self.by_sum[j][0])
        links = reference_numbers.links_of(network, j)
        for place, link in enumerate(links):
            source = network.link_source[link]
            value = float(self.computed.nodes[source][0])
            if slopes is not None:
                value = float(slopes[place][0])
            yield LinkTrace(
                f"{network.names[source]} -> {target}",
                network.names[source],
                target,
                float(reference_numbers.weight_of(network, self.theta, link)),
                value,
                delta * value,
                float(reference_numbers.weight_of(network, self.after, link)),
            )
        if network.bias_slot[j] != -1 or network.bias_value[j] != 0:
            dz = 1.0 if slopes is None else float(slopes[len(links)][0])
            yield LinkTrace(
                f"{target} bias",
                "1",
                target,
                float(reference_numbers.bias_of(network, self.theta, j)),
                dz,
                delta * dz,
                float(reference_numbers.bias_of(network, self.after, j)),
            )
        if slopes is not None:
            yield from self._numbers_of_transfer(j, target, delta, slopes)

    def _numbers_of_transfer(self, j, target, delta, slopes):
        """The learnt numbers that a transfer has besides weights and bias, each at its place."""
        network = self.network
        first, last = network.transfer_offset[j : j + 2]
        before = reference_numbers.transfer_numbers_of(network, self.theta, j)
        after = reference_numbers.transfer_numbers_of(network, self.after, j)
        start = len(slopes) - int(last - first)
        for k, (what, name) in enumerate(number_names(network, j)):
            if network.transfer_slot[first + k] == -1:
                continue
            dz = float(slopes[start + k][0])
            shown = f"{what} -> {target}{name}" if what else f"{target}{name}"
            yield LinkTrace(
                shown, "", target, float(before[k]), dz, delta * dz, float(after[k])
            )

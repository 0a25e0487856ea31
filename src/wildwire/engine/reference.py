"""The twin: what a network means, in plain NumPy, one neuron and one link at a time.

Comes in: a network, theta, samples. Goes out: values, slopes, deltas, gradients, and how much all
of that is shaken by one unit in the last place. Slow and obvious on purpose: every kernel is tested
against it, and `trace.py` shows its numbers.

It works on the `Network` itself, not on the `Program`, so that a fault of the compiler of programs
is found as well.

    y_j = sigma_j(z_j),  z_j = b_j + sum_i w_ij o_i
    delta_j = sigma'_j * sum_k delta_k * dz_k/do_j,   dE/dw_ij = delta_j * dz_j/dw_ij = delta_j *
    o_i
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wildwire.engine.machine import is_partner_of
from wildwire.engine.output_losses import output_losses
from wildwire.engine.reference_numbers import (
    bias_of,
    links_of,
    parameters_of,
    weight_of,
)
from wildwire.engine.reference_transfers import (
    guards_of_transfer,
    of_one,
    slots_of_transfer,
    transferred,
)
from wildwire.errors import UnsupportedError
from wildwire.functions import find_loss


@dataclass
class Values:
    """All numbers of a forward pass; arrays of shape (n_samples,) by neuron number.

    `nodes` holds inputs first, then neurons; `outputs` (n_samples, n_outputs) is after heads.
    `by_source` holds dz/do of the sources of a neuron whose sources are not summed. Where it has a formula of
    its own, or a transfer that returns several numbers, z is y itself. `by_number` then holds dz over the
    weights, the bias if there is one, and the numbers of the transfer.
    """

    nodes: list
    z: list
    slopes: list
    by_parameter: list
    by_source: list
    by_number: list
    arguments: list  # of the activation, where there is a transfer that is not linear
    outputs: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))


def evaluation_order(network):
    """Neuron numbers such that every source stands before its targets."""
    sources: list[list[int]] = [[] for _ in range(network.n_neurons)]
    table = (network.link_source, network.link_target, network.link_delay)
    for source, target, delay in zip(*table, strict=True):
        if source >= network.n_inputs and delay == 0:
            sources[target].append(int(source) - network.n_inputs)
    order, done = [], set()
    for start in range(network.n_neurons):
        waiting = [(start, False)]
        while waiting:
            j, seen = waiting.pop()
            if j in done:
                continue
            if seen:
                done.add(j)
                order.append(j)
                continue
            waiting.append((j, True))
            waiting.extend((i, False) for i in sources[j] if i not in done)
    return order


def forward(network, theta, X, shake=None, past: Any = None, factors=None) -> Values:
    """Values, sums z and slopes of every neuron for every sample.

    Parameters
    ----------
    past : callable or None
        `past(node, delay)` gives the values (n_samples,) of a node that many steps ago; see `reference_sequences.py`.
    shake : callable or None
        Applied to every number on its way, to measure how rounding acts.
    factors : array (n_neurons, n_samples) or None
        What dropout multiplies values by.
    """
    if network.refusals:
        neuron, reason = network.refusals[0]
        raise UnsupportedError(f"neuron {neuron}: {reason}")
    if network.settle is not None:
        raise UnsupportedError("a network with `settle`: its twin is reference_settle")
    shake = shake or (lambda array: array)
    n, count = len(X), network.n_neurons
    nodes = [shake(X[:, i]) for i in range(network.n_inputs)] + [None] * count
    result = Values(nodes, *([None] * count for _ in range(6)))
    for j in evaluation_order(network):
        function = network.functions[network.activation[j]]
        parameters = [np.full(n, v) for v in parameters_of(network, theta, j)]
        sources = [
            value_of_source(network, nodes, link, past) for link in links_of(network, j)
        ]
        z = np.full(n, bias_of(network, theta, j), X.dtype)
        if function.kind == "expression":
            tables = function.evaluate(1, sources, parameters)
            first = 1 + len(sources)
            result.by_source[j] = [
                shake(np.broadcast_to(t, (n,))) for t in tables[1:first]
            ]
            z, slope = np.broadcast_to(tables[0], (n,)), np.ones(n)
        elif network.transfer[j] > 0:
            z = transferred(network, theta, j, sources, result, shake)
            result.arguments[j] = z
            tables = function.evaluate(1, z, parameters)
            first = 1 + len(z)
            slope = [np.broadcast_to(t, (n,)) for t in tables[1:first]]
            z, slope = of_one(result, j, z, slope, tables[0])
        else:
            for link, source in zip(links_of(network, j), sources, strict=True):
                z = shake(z + weight_of(network, theta, link) * source)
            tables = function.evaluate(1, [z], parameters)
            first, slope = 2, np.broadcast_to(tables[1], (n,))
        own = 1.0 if factors is None else factors[j]
        nodes[network.n_inputs + j] = shake(np.broadcast_to(tables[0], (n,)) * own)
        result.z[j] = z
        result.slopes[j] = shake(slope * own)
        result.by_parameter[j] = [
            np.broadcast_to(t, (n,)) * own for t in tables[first:]
        ]
    result.outputs = _outputs(network, nodes)
    return result


def value_of_source(network, nodes, link, past: Any = None):
    """The values that a link reads, (n_samples,)."""
    delay = int(network.link_delay[link])
    source = int(network.link_source[link])
    return nodes[source] if delay == 0 else past(source, delay)


def guard_counts(network, theta, X) -> list[int]:
    """In how many samples the guard of each neuron is active, as `wildwire.guards`, the slow way."""
    computed = forward(network, theta, X)
    counts = []
    for j in range(network.n_neurons):
        function = network.functions[network.activation[j]]
        parameters = [np.full(len(X), v) for v in parameters_of(network, theta, j)]
        arguments = [computed.z[j]]
        if function.kind == "expression":
            sources = network.link_source[links_of(network, j)]
            arguments = [computed.nodes[source] for source in sources]
        elif network.transfer[j] > 0:
            arguments = computed.arguments[j]
        active = function.guards(arguments, parameters)
        if network.transfer[j] > 0:
            active = np.maximum(active, guards_of_transfer(network, theta, j, computed))
        counts.append(int(active.sum()))
    return counts


def _outputs(network, nodes):
    outputs = np.stack([nodes[node] for node in network.output_node], axis=1)
    for head in network.heads:
        at = slice(head.first, head.first + head.count)
        z = outputs[:, at] - outputs[:, at].max(axis=1, keepdims=True)
        outputs[:, at] = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return outputs


def _fused(network, losses):
    """Outputs whose loss reads z, each neuron once: the partner form of the loss."""
    fused, seen = [], set()
    in_head = {
        q for head in network.heads for q in range(head.first, head.first + head.count)
    }
    for q, node in enumerate(network.output_node):
        j = node - network.n_inputs
        loss = losses.functions[q]
        partner = is_partner_of(loss, network.functions[network.activation[j]])
        fused.append(bool(partner and q not in in_head and node not in seen))
        if fused[-1]:
            seen.add(node)
    return fused


def _loss_numbers(network, computed, Y, losses):
    """Loss and its slope per sample and output, and which slopes are over z."""
    value, slope = np.zeros(Y.shape), np.zeros(Y.shape)
    for head in network.heads:
        at = slice(head.first, head.first + head.count)
        if losses.functions[head.first].name == "softmax":
            z = np.stack(
                [computed.nodes[node] for node in network.output_node[at]], axis=1
            )
            highest = z.max(axis=1, keepdims=True)
            level = np.log(np.exp(z - highest).sum(axis=1, keepdims=True)) + highest
            value[:, at] = np.where(Y[:, at] != 0, Y[:, at] * (level - z), 0.0)
            slope[:, at] = (
                computed.outputs[:, at] * Y[:, at].sum(axis=1, keepdims=True) - Y[:, at]
            )
    fused = _fused(network, losses)
    for q, loss in enumerate(losses.functions):
        if loss.name == "softmax":
            continue
        form = find_loss(loss.from_z) if fused[q] else loss
        j = network.output_node[q] - network.n_inputs
        argument = computed.z[j] if fused[q] else computed.outputs[:, q]
        parameters = [np.full(len(Y), float(d)) for _, d in form.parameters]
        tables = form.evaluate(1, [argument, Y[:, q]], parameters)
        value[:, q], slope[:, q] = tables[0], tables[1]
    weights = np.array(losses.weights)
    return weights * value, weights * slope, fused


def _weighed_targets(network, losses, Y, weights):
    """Where the outputs of a softmax weigh differently, its loss is that of the targets w_k t_k."""
    if weights.shape[1] == 1:
        return Y, weights
    Y, weights = np.array(Y, dtype=np.float64), np.array(weights, dtype=np.float64)
    for head in network.heads:
        at = slice(head.first, head.first + head.count)
        own = weights[:, at]
        differ = (own != own[:, :1]).any(axis=1)
        if losses.functions[head.first].name != "softmax" or not differ.any():
            continue
        told = np.where(own == 0, 0.0, own * Y[:, at])
        Y[:, at] = np.where(differ[:, None], told, Y[:, at])
        weights[:, at] = np.where(differ[:, None], 1.0, own)
    return Y, weights


def deltas(
    network, theta, computed, Y, loss, weight, later=None, to_past: Any = None
) -> tuple[float, list, list]:
    """Sum of the loss, dE/dy and delta = dE/dz of every neuron, (n_samples,) each.

    Of a step of a sequence `later` holds dE/dy of every neuron from later steps, and `to_past(node, delay, share)` is
    told what the step adds to those of nodes in earlier ones.
    """
    losses = output_losses(loss, network)
    weights = weight if weight.ndim == 2 else weight[:, None]
    Y, weights = _weighed_targets(network, losses, Y, weights)
    value, slope, fused = _loss_numbers(network, computed, Y, losses)
    kept = np.broadcast_to(weights, Y.shape) != 0
    total = float((weights * np.where(kept, value, 0.0)).sum())
    slope = np.where(kept, weights * slope, 0.0)
    for head in network.heads:  # dE/dz_k = p_k (g_k - sum_j g_j p_j)
        if losses.functions[head.first].name != "softmax":
            at = slice(head.first, head.first + head.count)
            p = computed.outputs[:, at]
            inner = (slope[:, at] * p).sum(axis=1, keepdims=True)
            slope[:, at] = p * (slope[:, at] - inner)
    by_value = later or [np.zeros(len(Y)) for _ in range(network.n_neurons)]
    by_sum = [np.zeros(len(Y)) for _ in range(network.n_neurons)]
    for q, node in enumerate(network.output_node):
        target = by_sum if fused[q] else by_value
        j = node - network.n_inputs
        target[j] = target[j] + slope[:, q]
    for k in reversed(evaluation_order(network)):
        by_sum[k] = by_sum[k] + by_value[k] * computed.slopes[k]
        by_source = computed.by_source[k]
        for place, link in enumerate(links_of(network, k)):
            i = network.link_source[link] - network.n_inputs
            slope = weight_of(network, theta, link)
            share = by_sum[k] * (slope if by_source is None else by_source[place])
            if network.link_delay[link] > 0:
                to_past(i + network.n_inputs, int(network.link_delay[link]), share)
            elif i >= 0:
                by_value[i] = by_value[i] + share
    return total, by_value, by_sum


def loss_and_gradient(
    network, theta, X, Y, *, loss="squared", gradient="mean", sample_weight=None,
    shake=None, factors=None,
):  # fmt: skip
    """Loss and gradient over theta, as `wildwire.loss_and_gradient`, the slow way; `factors` as in `forward`."""
    X, Y = np.asarray(X, float), np.asarray(Y, float).reshape(len(X), -1)
    weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight)
    computed = forward(network, theta, X, shake, factors=factors)
    total, by_value, by_sum = deltas(network, theta, computed, Y, loss, weight)
    sums = Gradient(network)
    sums.add(computed, by_value, by_sum)
    result = sums.over_theta(theta)
    if gradient == "mean":
        rows = weight.sum() if weight.ndim == 1 else weight.mean(axis=1).sum()
        return total / rows, result / rows
    return total, result


class Gradient:
    """The gradient over theta, added up: over samples, and over the steps of sequences."""

    def __init__(self, network):
        self.network = network
        self.result = np.zeros(network.n_theta)
        self.derived = np.zeros(network.derived.count)

    def put(self, slot, sign, amount):
        """Add the gradient of a weight to that of the number it is."""
        if slot >= 0:
            self.result[slot] += sign * amount
        elif slot <= -2:
            self.derived[-2 - slot] += sign * amount

    def add(self, computed, by_value, by_sum, past=None):
        """Add that of a pass: dE/dw_ij = delta_j * dz_j/dw_ij."""
        network = self.network
        for link in range(network.n_links):
            target = network.link_target[link]
            if computed.by_number[target] is None:
                source = value_of_source(network, computed.nodes, link, past)
                amount = (by_sum[target] * source).sum()
                self.put(network.link_slot[link], int(network.link_sign[link]), amount)
        for j in range(network.n_neurons):
            if computed.by_number[j] is None:
                sign = int(network.bias_sign[j])
                self.put(network.bias_slot[j], sign, by_sum[j].sum())
            else:
                slots = slots_of_transfer(network, j)
                for (slot, sign), table in zip(
                    slots, computed.by_number[j], strict=True
                ):
                    self.put(slot, int(sign), (by_sum[j] * table).sum())
            first = network.parameter_offset[j]
            for i, slope in enumerate(computed.by_parameter[j]):
                amount = (by_value[j] * slope).sum()
                sign = int(network.parameter_sign[first + i])
                self.put(network.parameter_slot[first + i], sign, amount)

    def over_theta(self, theta):
        """The sum, with that of derived numbers pulled back."""
        if not self.network.derived.count:
            return self.result
        theta = np.asarray(theta, float)
        return self.result + self.network.derived.pull_back(theta, self.derived)


def penalty_and_gradient(network, theta, penalty) -> tuple[float, np.ndarray]:
    """Sum of a penalty (a Function of the weight) over the numbers that are weights of links, and its gradient."""
    gradient = np.zeros(network.n_theta)
    weights = sorted({int(slot) for slot in network.link_slot if slot >= 0})
    total = 0.0
    for slot in weights:
        value, slope = penalty.evaluate(1, [np.array([theta[slot]])])
        total += float(value[0])
        gradient[slot] = slope[0]
    return total, gradient


def condition(compute, seed=0, shakes=3):
    """How strongly rounding acts on a computation of the twin.

    Parameters
    ----------
    compute : callable
        `compute(shake) -> array`, where `shake` moves every number by up to one unit in its last
        place.
    seed : int
    shakes : int
        Number of trials; the largest change counts.

    Returns
    -------
    array
        Change of each result in units of the machine's epsilon, at least its own size: a result may
        differ from another correct computation's by this times a small multiple of epsilon.
    """
    epsilon = np.finfo(np.float64).eps
    plain = np.asarray(compute(None), float)
    worst = np.abs(plain)
    rng = np.random.default_rng(seed)

    def shake(array):
        return array * (1 + epsilon * rng.uniform(-1, 1, np.shape(array)))

    for _ in range(shakes):
        moved = np.asarray(compute(shake), float)
        worst = np.maximum(worst, np.abs(moved - plain) / epsilon)
    return worst

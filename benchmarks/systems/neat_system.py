"""neat-python: evaluation of its FeedForwardNetwork, pure Python, one sample a call, float64."""

from itertools import pairwise

import numpy as np

from benchmarks.measure import Unavailable


def network_of(n_inputs, source, target, n_neurons, n_outputs, identity_outputs=True):
    """A FeedForwardNetwork of link arrays; neurons stand in an order of evaluation.

    Nodes are numbered as in the arrays: inputs first. The last neurons are the outputs.
    """
    try:
        from neat.activations import identity_activation, tanh_activation
        from neat.aggregations import sum_aggregation
        from neat.nn import FeedForwardNetwork
    except ImportError:
        raise Unavailable("not installed") from None
    first = np.searchsorted(target, np.arange(n_neurons + 1)).tolist()
    source = np.asarray(source).tolist()
    evaluations = []
    for neuron in range(n_neurons):
        links = [(node, 0.1) for node in source[first[neuron] : first[neuron + 1]]]
        is_output = identity_outputs and neuron >= n_neurons - n_outputs
        function = identity_activation if is_output else tanh_activation
        evaluations.append(
            (n_inputs + neuron, function, sum_aggregation, 0.0, 1.0, links)
        )
    nodes = n_inputs + n_neurons
    outputs = list(range(nodes - n_outputs, nodes))
    return FeedForwardNetwork(list(range(n_inputs)), outputs, evaluations)


def layer_links(sizes):
    """Sources and targets of full layers."""
    source, target, first = [], [], 0
    for n_in, n_out in pairwise(sizes):
        start = first + n_in - sizes[0]
        source.append(np.tile(np.arange(first, first + n_in), n_out))
        target.append(np.repeat(np.arange(start, start + n_out), n_in))
        first += n_in
    return np.concatenate(source), np.concatenate(target)

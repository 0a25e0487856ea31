"""The twin of sequences: the same network at every step, its past read from earlier steps.

Comes in: a network, theta, sequences of one length. Goes out: values, losses, gradients. Slow and obvious on purpose:
`sequence_kernels.py` and `sequence_values.py` are tested against it.

    o_j(t) = sigma_j(z_j(t)),  z_j(t) = b_j + sum over links i -> j with delay d of w_ij o_i(t - d)
    dE/do_i(t) = sum over links i -> j with delay d of delta_j(t + d) dz_j/do_i

Before the first step, t - d < 0, o_i is the start value of neuron i, or 0.
"""

import numpy as np

from wildwire.engine.reference import Gradient, Values, deltas, forward


def start_values(network, theta) -> np.ndarray:
    """What every node is before the first step: inputs 0, neurons 0 or what is stated."""
    values = np.zeros(network.n_inputs + network.n_neurons)
    for j in range(network.n_neurons if network.past_slot.size else 0):
        slot, sign = int(network.past_slot[j]), float(network.past_sign[j])
        number = network.past_value[j] if slot == -1 else theta[slot]
        values[network.n_inputs + j] = sign * number
    return values


def forward_sequence(
    network, theta, X, *, warm_up=0, feedback=None, shake=None
) -> list[Values]:
    """The values of every step; X (n_sequences, n_steps, n_inputs), feedback as in `wildwire.run`."""
    X, theta = np.array(X, float), np.asarray(theta, float)
    n, start = len(X), start_values(network, theta)
    steps: list[Values] = []
    for t in range(X.shape[1]):

        def past(node, delay, t=t):
            if t < delay:
                return np.full(n, start[node])
            return steps[t - delay].nodes[node]

        computed = forward(network, theta, X[:, t], shake, past)
        for source, target in (feedback or {}).items():
            if t >= warm_up:
                q = list(network.output_names).index(target)
                node = list(network.names).index(source)
                computed.nodes[node] = computed.outputs[:, q]
        steps.append(computed)
    return steps


def outputs_of(steps) -> np.ndarray:
    """Outputs (n_sequences, n_steps, n_outputs)."""
    return np.stack([step.outputs for step in steps], axis=1)


def loss_and_gradient(
    network, theta, X, Y, *, loss="squared", gradient="mean", weight=None, warm_up=0,
    truncate=None, feedback=None, shake=None,
):  # fmt: skip
    """Loss and gradient through time, as `wildwire.loss_and_gradient`.

    Parameters
    ----------
    Y : array (n_sequences, n_steps, n_outputs)
    weight : array (n_sequences, n_steps) or (n_sequences, n_steps, n_outputs) or None
    """
    X, Y = np.asarray(X, float), np.asarray(Y, float)
    n, count = X.shape[:2]
    weight = np.ones((n, count)) if weight is None else np.array(weight, float)
    weight[:, :warm_up] = 0
    options = {"warm_up": warm_up, "feedback": feedback, "shake": shake}
    steps = forward_sequence(network, theta, X, **options)
    way = _WayBack(network, theta, steps, n)
    for t in range(count - 1, -1, -1):
        if t >= warm_up:
            way.feed(t, feedback)
        way.step(t, Y[:, t], loss, weight[:, t])
        if truncate and t % truncate == 0 and t > 0:
            way.forget()
    result = way.finish()
    if gradient == "mean":
        total = weight.sum() if weight.ndim == 2 else weight.mean(axis=2).sum()
        return way.total / total, result / total
    return way.total, result


class _WayBack:
    """Back-propagation through time: what each step's nodes are told by later steps."""

    def __init__(self, network, theta, steps, n):
        self.network, self.theta, self.steps, self.n = network, theta, steps, n
        self.start = start_values(network, np.asarray(theta, float))
        self.forget()
        self.sums, self.total = Gradient(network), 0.0

    def forget(self):
        """Nothing from later steps."""
        self.told: dict = {}

    def feed(self, t, feedback):
        """What is told to a fed input is told to the output it took its value from."""
        network = self.network
        for source, target in (feedback or {}).items():
            node = list(network.names).index(source)
            q = list(network.output_names).index(target)
            share = self.told.pop((t, node), None)
            if share is not None:
                self._tell(t, int(network.output_node[q]), share)

    def _tell(self, t, node, share):
        self.told[t, node] = self.told.get((t, node), 0.0) + share

    def step(self, t, Y, loss, weight):
        """One step back."""
        network, first = self.network, self.network.n_inputs
        zero = np.zeros(self.n)
        later = [
            self.told.pop((t, first + j), zero) + zero for j in range(network.n_neurons)
        ]

        def past(node, delay):
            if t < delay:
                return np.full(self.n, self.start[node])
            return self.steps[t - delay].nodes[node]

        total, by_value, by_sum = deltas(
            network, self.theta, self.steps[t], Y, loss, weight, later,
            lambda node, delay, share: self._tell(t - delay, node, share),
        )  # fmt: skip
        self.total += total
        self.sums.add(self.steps[t], by_value, by_sum, past)

    def finish(self):
        """The gradient, with that of learnt values before the first step."""
        network = self.network
        for (t, node), share in self.told.items():
            if t < 0 and node >= network.n_inputs and network.past_slot.size:
                j = node - network.n_inputs
                sign = int(network.past_sign[j])
                self.sums.put(int(network.past_slot[j]), sign, share.sum())
        return self.sums.over_theta(self.theta)

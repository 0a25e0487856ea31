"""The twin of products with the Hessian: every neuron with its own dense matrix of second derivatives.

Comes in: a network, theta, samples or sequences, a vector. Goes out: `H v`, the same for the Gauss-Newton matrix, the
whole matrix. Slow and obvious on purpose: `second_order.py` is tested against it. It reads the `Network`, knows
nothing of blocks, tiles and expanded transfers, and keeps for every neuron its value y, the slopes g over its sources
and numbers, and their second derivatives S:

    R{y} = g . u,   told_k = G g_k,   R{told_k} = R{G} g_k + G (S u)_k        u: how sources and numbers move

(Pearlmutter, Fast exact multiplication by the Hessian, 1994: forward over backward). Where loops settle, see
`reference_second_settle.py`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wildwire.engine.machine import is_partner_of
from wildwire.engine.output_losses import output_losses
from wildwire.engine.reference import evaluation_order
from wildwire.engine.reference_numbers import links_of
from wildwire.engine.reference_second_local import local, slots_of
from wildwire.engine.reference_sequences import start_values
from wildwire.functions import find_loss


def moved_number(network, theta, v, slot, sign) -> float:
    """How a number of the network moves when theta moves along v."""
    if slot >= 0:
        return float(sign * v[slot])
    if slot == -1:
        return 0.0
    unit = np.zeros(network.derived.count)
    unit[-2 - slot] = 1.0
    return float(sign * (network.derived.pull_back(theta, unit) @ v))


def _derivative(x, power, order) -> float:
    """Derivative of x**power, 0 or more times."""
    return float((1.0, power, power * (power - 1))[order] * x ** float(power - order))


def curved_numbers(network, theta, v, gradient) -> np.ndarray:
    """`sum_d gradient_d (second derivatives of derived number d) v`, one pair of factors at a time."""
    derived, result = network.derived, np.zeros(network.n_theta)
    for term, number in enumerate(derived.number):
        places = range(*derived.offset[term : term + 2])
        for a in places:
            for b in places:
                slope = derived.coefficient[term] * gradient[number]
                for place in places:
                    x, power = theta[derived.slot[place]], int(derived.power[place])
                    slope *= _derivative(x, power, (place == a) + (place == b))
                result[derived.slot[a]] += slope * v[derived.slot[b]]
    return result


@dataclass
class Sums:
    """Gradient over theta and how it moves, added up number by number."""

    network: Any
    theta: np.ndarray
    v: np.ndarray
    moved: np.ndarray = field(init=False)

    def __post_init__(self):
        self.moved = np.zeros(self.network.n_theta)
        self.of_derived = np.zeros((2, self.network.derived.count))

    def put(self, slot, sign, amount, moved):
        """Add dE over a number, and how it moves."""
        if slot >= 0:
            self.moved[slot] += sign * moved
        elif slot <= -2:
            self.of_derived[:, -2 - slot] += sign * amount, sign * moved

    def finished(self) -> np.ndarray:
        """H v; numbers that are products have a second derivative of their own."""
        if not self.network.derived.count:
            return self.moved
        back = self.network.derived.pull_back(self.theta, self.of_derived[1])
        curved = curved_numbers(self.network, self.theta, self.v, self.of_derived[0])
        return self.moved + back + curved


class Losses:
    """The losses of a network: slopes over outputs or z, and how they move."""

    def __init__(self, network, loss, gauss_newton):
        self.network, self.gauss_newton = network, gauss_newton
        self.losses = output_losses(loss, network)
        self.in_head = {
            q for h in network.heads for q in range(h.first, h.first + h.count)
        }

    def seeds(self, locals_, nodes, moves, z_moves, Y, weight):
        """(neuron, whether over z, slope, how the slope moves) for every output; `weight` (n,) or (n, n_outputs)."""
        weight = np.broadcast_to(
            weight if weight.ndim == 2 else weight[:, None], Y.shape
        )
        weight = weight * np.array(self.losses.weights)
        found, seen = [], set()
        for head in self.network.heads:
            found += self._of_head(head, nodes, moves, Y, weight)
        for q, node in enumerate(self.network.output_node):
            j, loss = int(node) - self.network.n_inputs, self.losses.functions[q]
            if q in self.in_head:
                continue
            function = self.network.functions[self.network.activation[j]]
            reads_z = is_partner_of(loss, function) and node not in seen
            seen |= {node} if reads_z else set()
            form = find_loss(str(loss.from_z)) if reads_z else loss
            value = locals_[j].z.y if reads_z else nodes[node]
            slope, curved = self._derived(form, value, Y[:, q], weight[:, q])
            moved = curved * (z_moves[j] if reads_z else moves[node])
            found.append((j, reads_z, slope * (not self.gauss_newton), moved))
        return found

    def _derived(self, form, value, target, weight):
        """First and second derivative of a loss over its first argument; 0 where the weight is."""
        tables = form.evaluate(2, [value, target], list(form.defaults))
        second = tables[1 + 2 + form.n_parameters]
        absent = weight == 0
        return np.where(absent, 0, weight * tables[1]), np.where(
            absent, 0, weight * second
        )

    def _of_head(self, head, nodes, moves, Y, weight):
        """dE/dz_k of a softmax, p_k (g_k - sum_j g_j p_j), or of its own loss, p_k sum w t - w_k t_k, and R of it."""
        at = slice(head.first, head.first + head.count)
        members = self.network.output_node[at]
        z = np.stack([nodes[node] for node in members])
        Rz = np.stack([moves[node] for node in members])
        p = np.exp(z - z.max(axis=0))
        p /= p.sum(axis=0)
        Rp = p * (Rz - (p * Rz).sum(axis=0))
        w, T = weight[:, at].T, np.where(weight[:, at] == 0, 0, Y[:, at]).T
        if self.losses.functions[head.first].name == "softmax":
            mass = (w * T).sum(axis=0)
            slope, moved = p * mass - w * T, mass * Rp
        else:
            both = [
                self._derived(self.losses.functions[head.first + k], p[k], T[k], w[k])
                for k in range(head.count)
            ]
            g, Rg = np.array([a for a, _ in both]), np.array([b for _, b in both]) * Rp
            slope = p * (g - (g * p).sum(axis=0))
            moved = p * (Rg - (Rg * p).sum(axis=0))
            if not self.gauss_newton:
                moved += Rp * (g - (g * p).sum(axis=0)) - p * (g * Rp).sum(axis=0)
        slope = slope * (not self.gauss_newton)
        return [
            (int(node) - self.network.n_inputs, False, slope[k], moved[k])
            for k, node in enumerate(members)
        ]


class _Pass:
    """All steps of some sequences, forward and back, with how everything moves; rows are sequences of one step."""

    def __init__(self, network, theta, v, X, shake):
        self.network, self.theta, self.v = network, theta, v
        self.X, self.shake, self.n = X, shake or (lambda array: array), len(X)
        self.order, self.start = (
            evaluation_order(network),
            start_values(network, theta),
        )
        self.slots = [slots_of(network, j) for j in range(network.n_neurons)]
        self.numbers = [
            [moved_number(network, theta, v, *pair) for pair in own]
            for own in self.slots
        ]
        self.nodes, self.moves, self.locals, self.z_moves = [], [], [], []
        self.told: dict = {}
        self.sums = Sums(network, theta, v)

    def _of_past(self, table, t, node, first):
        """A value, or how it moves, of a node at step t; before the first step what is stated."""
        return table[t][node] if t >= 0 else np.full(self.n, first)

    def _start_move(self, node) -> float:
        j = node - self.network.n_inputs
        if j < 0 or not self.network.past_slot.size:
            return 0.0
        pair = self.network.past_slot[j], self.network.past_sign[j]
        return moved_number(self.network, self.theta, self.v, *pair)

    def _sources(self, t, j):
        """Node and step that each link of neuron j reads."""
        network = self.network
        return [
            (int(network.link_source[link]), t - int(network.link_delay[link]))
            for link in links_of(network, j)
        ]

    def _moving(self, t, j):
        """How sources and numbers of neuron j move, (K, n)."""
        rows = [
            self._of_past(self.moves, s, node, self._start_move(node))
            for node, s in self._sources(t, j)
        ]
        return np.array(rows + [np.full(self.n, x) for x in self.numbers[j]])

    def step(self, t):
        """One step forward."""
        network, n = self.network, self.n
        inputs = [self.shake(self.X[:, t, i]) for i in range(network.n_inputs)]
        self.nodes.append(inputs + [None] * network.n_neurons)
        self.moves.append([np.zeros(n)] * network.n_inputs + [None] * network.n_neurons)
        self.locals.append([None] * network.n_neurons)
        self.z_moves.append([None] * network.n_neurons)
        for j in self.order:
            sources = [
                self._of_past(self.nodes, s, node, self.start[node])
                for node, s in self._sources(t, j)
            ]
            made = local(network, self.theta, j, sources, self.shake)
            u = self._moving(t, j)
            self.locals[t][j] = made
            self.nodes[t][network.n_inputs + j] = self.shake(made.y)
            self.moves[t][network.n_inputs + j] = self.shake((made.slopes * u).sum(0))
            if made.z is not None:
                self.z_moves[t][j] = self.shake((made.z.slopes * u).sum(0))

    def feed(self, t, pairs):
        """Inputs that take an output's value, for the steps after t."""
        for source, target in pairs:
            self.nodes[t][source] = self.nodes[t][target]
            self.moves[t][source] = self.moves[t][target]

    def tell(self, t, node, slope, moved):
        """Add to dE/d(node at step t), and to how it moves."""
        known = self.told.get((t, node), (0.0, 0.0))
        self.told[t, node] = known[0] + slope, known[1] + moved

    def back(self, t, seeds):
        """One step back; `seeds` are those of the loss."""
        first, over_z = self.network.n_inputs, {}
        for j, reads_z, slope, moved in seeds:
            if reads_z:
                over_z[j] = slope, moved
            else:
                self.tell(t, first + j, slope, moved)
        for j in reversed(self.order):
            told = self.told.pop((t, first + j), (np.zeros(self.n),) * 2)
            self._neuron_back(t, j, self.locals[t][j], *told)
            if j in over_z:
                self._neuron_back(t, j, self.locals[t][j].z, *over_z[j])

    def _neuron_back(self, t, j, made, G, RG):
        sources, u = self._sources(t, j), self._moving(t, j)
        shares = G * made.slopes
        moved = RG * made.slopes + G * (made.seconds * u[None]).sum(axis=1)
        for k, (node, s) in enumerate(sources):
            self.tell(s, node, shares[k], moved[k])
        for k, (slot, sign) in enumerate(self.slots[j], len(sources)):
            self.sums.put(slot, sign, shares[k].sum(), moved[k].sum())

    def finished(self) -> np.ndarray:
        """H v, with the share of learnt values before the first step."""
        network = self.network
        for (t, node), (slope, moved) in self.told.items():
            j = node - network.n_inputs
            if t < 0 and j >= 0 and network.past_slot.size:
                pair = network.past_slot[j], network.past_sign[j]
                self.sums.put(*pair, np.sum(slope), np.sum(moved))
        return self.sums.finished()


def product(
    network, theta, v, X, Y, *, loss="squared", weight=None, warm_up=0, feedback=None,
    gauss_newton=False, shake=None,
) -> np.ndarray:  # fmt: skip
    """`H v` of the sum of the loss over samples, (n_theta,).

    Parameters
    ----------
    X, Y : array (n, ...) for rows, (n_sequences, n_steps, ...) for sequences
    weight : array (n,), (n, n_outputs); (n_sequences, n_steps) or (n_sequences, n_steps, n_outputs); or None
    gauss_newton : bool
        `sum_s w J^T H_loss J v` in place of `H v`: outputs count as linear in theta.
    """
    theta, v, X, Y = (np.asarray(array, float) for array in (theta, v, X, Y))
    if X.ndim == 2:
        X, Y = X[:, None], Y.reshape(len(X), 1, -1)
        weight = None if weight is None else np.asarray(weight, float)[:, None]
    weight = np.ones(X.shape[:2]) if weight is None else np.array(weight, float)
    weight[:, :warm_up] = 0
    if network.settle is not None:
        from wildwire.engine.reference_second_settle import product_settled

        return product_settled(
            network, theta, v, X[:, 0], Y[:, 0], loss, weight[:, 0], gauss_newton, shake
        )  # fmt: skip
    way, losses = (
        _Pass(network, theta, v, X, shake),
        Losses(network, loss, gauss_newton),
    )
    pairs = [_fed(network, *pair) for pair in (feedback or {}).items()]
    for t in range(X.shape[1]):
        way.step(t)
        way.feed(t, pairs if t >= warm_up else [])
    for t in range(X.shape[1] - 1, -1, -1):
        for source, target in pairs if t >= warm_up else []:
            if (t, source) in way.told:
                way.tell(t, target, *way.told.pop((t, source)))
        args = way.locals[t], way.nodes[t], way.moves[t], way.z_moves[t]
        way.back(t, losses.seeds(*args, Y[:, t], weight[:, t]))
    return way.finished()


def _fed(network, source, target):
    """Nodes of a fed input and of the output whose value it takes."""
    q = list(network.output_names).index(target)
    return list(network.names).index(source), int(network.output_node[q])


def matrix(network, theta, X, Y, **options) -> np.ndarray:
    """The whole Hessian (n_theta, n_theta), column by column."""
    columns = [
        product(network, theta, unit, X, Y, **options)
        for unit in np.eye(network.n_theta)
    ]
    return np.array(columns).reshape(network.n_theta, network.n_theta).T


__all__ = ["Losses", "Sums", "matrix", "moved_number", "product"]

"""Problems for products with the Hessian: networks of every kind with theta, samples, a loss; stencils without kinks.

`problem(kind, seed)` makes one. `stencil(problem, rng)` draws a direction along which no neuron and no loss crosses a
kink, a guard or a pole, and says how many had to be drawn again.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import recurrent_networks, settling_networks, transfer_networks
from wildwire.engine import evaluate, reference
from wildwire.engine import reference_second as twin
from wildwire.engine.memory import read_memory
from wildwire.engine.output_losses import output_losses
from wildwire.engine.reference_numbers import (
    links_of,
    numbers_of_transfer,
    parameters_of,
)
from wildwire.engine.reference_sequences import forward_sequence, start_values
from wildwire.engine.reference_settle import settled
from wildwire.engine.second_order import SecondOrder
from wildwire.errors import WildwireError
from wildwire.functions.evaluate import branches
from wildwire.network import Network

EPSILON = np.finfo(np.float64).eps
STENCIL = ((-2, 1), (-1, -8), (1, 8), (2, -1))
SMOOTH = ("tanh", "logistic", "sin", "softplus", "gaussian", "arctan", "gelu", "cos")
KINKED = ("relu", "abs", "hard_tanh", "leaky_relu", "elu")
OWN = """\
activation wave(z, k=1.5) = sin(k*z)*exp(-z*z/8)
activation bent(z, a=0.5, b=1.2, c=0.3) = a*tanh(b*z) + c*z*z/(1 + b*b)
let a = 0.7
let b = -0.4
"""
LOSSES = (
    "squared", "huber", "log_cosh", "expectile", "mine(o, t, p=0.6) = (o - t)**2*exp(-p*o)",
    "absolute",
)  # fmt: skip


@dataclass
class Problem:
    """A network with numbers, samples, a loss and settings."""

    network: Network
    theta: np.ndarray
    X: Any
    Y: Any
    weight: Any
    loss: Any = "squared"
    warm_up: int = 0
    feedback: dict = field(default_factory=dict)

    def second_order(self, threads=1) -> SecondOrder:
        memory = read_memory(self.warm_up, None, self.feedback or None)
        return SecondOrder(
            self.network, self.X, self.Y, loss=self.loss, sample_weight=self.weight,
            memory=memory, threads=threads,
        )  # fmt: skip

    def gradient(self, theta) -> tuple[float, np.ndarray]:
        return evaluate.loss_and_gradient(
            self.network, theta, self.X, self.Y, loss=self.loss, gradient="sum",
            sample_weight=self.weight, warm_up=self.warm_up,
            feedback=self.feedback or None,
        )  # fmt: skip

    def twin(self, v, gauss_newton=False, shake=None) -> np.ndarray:
        return twin.product(
            self.network, self.theta, v, self.X, self.Y, loss=self.loss,
            weight=self.weight, warm_up=self.warm_up, feedback=self.feedback,
            gauss_newton=gauss_newton, shake=shake,
        )  # fmt: skip

    def condition(self, v, gauss_newton=False) -> float:
        """How strongly rounding acts on the largest number of a product."""
        found = reference.condition(lambda shake: self.twin(v, gauss_newton, shake))
        return 1 + float(found.max(initial=0))


def plain_network(seed) -> Network:
    """Layers, lonely neurons, formulas, shared, derived and frozen numbers, parameters, heads."""
    rng = np.random.default_rng(seed)
    inputs = [f"x{i}" for i in range(int(rng.integers(1, 4)))]
    lines, known = ["input " + ", ".join(inputs)], list(inputs)
    kinds = SMOOTH + (KINKED if seed % 3 == 0 else ())
    groups: list[str] = []
    for number in range(int(rng.integers(1, 6))):
        name, pick = f"n{number}", rng.random()
        some = [str(s) for s in rng.choice(known, int(rng.integers(1, 5)))]
        listed = ", ".join(dict.fromkeys([*some, *groups[-1:]]))
        act = rng.choice(kinds)
        if pick < 0.25:
            lines.append(f"{name}[{int(rng.integers(2, 20))}] ~ {act}({listed})")
            groups.append(name)
            known.append(f"{name}[0]")
            continue
        lines.append(
            f"{name} ~ {act}({listed})"
            if pick < 0.45
            else f"{name} ~ {rng.choice(['wave', 'bent'])}({listed})"
            if pick < 0.6
            else f"{name} = tanh(a*{some[0]} - a*b*{some[-1]} + [0.5]*({some[0]} - ?))"
            if pick < 0.75
            else f"{name} = ?*{some[0]}*tanh({some[-1]})/(b*b + exp(?*{some[0]})) + a"
            if pick < 0.9
            else f"{name} = spline(?*{some[0]} + a, knots=4)"
        )
        known.append(name)
    made = [name for name in known if name[0] == "n"]
    outputs = [str(s) for s in dict.fromkeys(rng.choice(made, 3))]
    names = ", ".join(outputs)
    head = len(outputs) > 1 and rng.random() < 0.4
    lines.append(f"output softmax({names})" if head else f"output {names}")
    return Network.parse(OWN + "\n".join(lines))


def fed_network(seed) -> tuple[Network, dict]:
    """A network with memory whose first input takes an output's value."""
    rng = np.random.default_rng(seed)
    act, other = rng.choice(SMOOTH, 2)
    lag = int(rng.integers(1, 4))
    text = f"""
    input x, u
    g[{int(rng.integers(2, 12))}] ~ {act}(x@1, u, g@1)
    n ~ {other}(x@{lag}, u@2, g)
    y = tanh(?*n + ?*x@1*u + ?*g[0]@2)
    z ~ logistic(g, y@1)
    start n = ?
    output y, z
    """
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return Network.parse(lines), {"x": "y"}


def problem(kind, seed) -> Problem:
    """One of the KINDS."""
    return KINDS[kind](seed)


def _loss_of(network, rng):
    """A loss that the outputs take."""
    if network.heads:
        whole = sum(h.count for h in network.heads) == network.n_outputs
        return rng.choice(["softmax", "squared"]) if whole else {}
    names = {
        network.functions[network.activation[node - network.n_inputs]].name
        for node in network.output_node
    }
    if names == {"logistic"}:
        return rng.choice(["logistic", "squared"])
    if network.n_outputs > 1 and rng.random() < 0.3:
        some = rng.choice(LOSSES, network.n_outputs)
        return [(str(loss), float(rng.uniform(0.5, 2))) for loss in some]
    return str(rng.choice(LOSSES))


def _plain(seed):
    network, rng = plain_network(seed), np.random.default_rng(seed)
    theta = rng.uniform(-1, 1, network.n_theta)
    known = ~np.isnan(network.start)
    theta[known] = network.start[known]
    n = int(rng.choice([1, 2, 7, 33, 70]))
    X = rng.uniform(-1.5, 1.5, (n, network.n_inputs))
    Y = rng.uniform(0, 1, (n, network.n_outputs))
    for head in network.heads:
        own = Y[:, head.first : head.first + head.count]
        own /= own.sum(axis=1, keepdims=True)
    weight = rng.uniform(0.1, 2, n)
    weight[rng.random(n) < 0.1] = 0
    return Problem(network, theta, X, Y, weight, _loss_of(network, rng))


def _transfer(seed):
    network = transfer_networks.transfer_network(seed)
    theta = transfer_networks.numbers_for(network, seed)
    samples = transfer_networks.sample_for(network, seed, 5 + seed % 30)
    loss = _loss_of(network, np.random.default_rng(seed))
    return Problem(network, theta, *samples, loss)


def _sequences(network, seed, **options):
    theta = recurrent_networks.numbers_for(network, seed)
    n = 1 + seed % 4
    X, Y, weight = recurrent_networks.sequences_for(network, seed, n, 8)
    if seed % 3 == 0 and not options:  # of several lengths
        counts = np.random.default_rng(seed).integers(6, 9, n)
        X, Y, weight = (
            [own[:count] for own, count in zip(array, counts, strict=True)]
            for array in (X, Y, weight)
        )
    loss = _loss_of(network, np.random.default_rng(seed))
    return Problem(network, theta, X, Y, weight, loss, **options)


def _recurrent(seed):
    return _sequences(recurrent_networks.recurrent_network(seed), seed)


def _positive(seed):
    return _sequences(recurrent_networks.positive_network(seed), seed)


def _fed(seed):
    network, feedback = fed_network(seed)
    made = _sequences(network, seed, warm_up=seed % 4, feedback=feedback)
    made.weight[:, -1] = 1
    return made


def _settling(seed):
    network = settling_networks.settling_network(seed)
    theta = settling_networks.numbers_for(network, seed)
    X, Y, weight = settling_networks.samples_for(network, seed, 3 + seed % 5)
    loss = {} if network.heads else ("squared", "huber")[seed % 2]
    return Problem(network, theta, X, Y, weight, loss)


KINDS = {
    "plain": _plain, "transfers": _transfer, "recurrent": _recurrent,
    "positive": _positive, "fed": _fed, "settling": _settling,
}  # fmt: skip


# ---- the twin and differences --------------------------------------------------------------------------------------


def padded(problem_) -> tuple[Problem, int]:
    """For the twin: sequences filled up, and weights 0 behind their ends."""
    if not isinstance(problem_.X, list):
        return problem_, 0
    steps = max(len(x) for x in problem_.X)

    def full(arrays):
        return np.stack(
            [
                np.concatenate([a, np.repeat(a[-1:], steps - len(a), axis=0)])
                for a in arrays
            ]
        )

    weight = np.stack(
        [np.concatenate([w, np.zeros(steps - len(w))]) for w in problem_.weight]
    )
    made = Problem(**{**vars(problem_), "X": full(problem_.X), "Y": full(problem_.Y)})
    made.weight = weight
    return made, steps


def _sides(problem_, theta) -> list:
    """On which side of its kinks every neuron and loss is, for every sample and step."""
    network, full = problem_.network, padded(problem_)[0]
    start = start_values(network, theta)
    if network.settle is not None:
        loose, computed, past = settled(network, theta, full.X)
        steps, targets, of_past = [computed], [full.Y], lambda *_: past
    elif np.ndim(full.X) == 2:
        loose, steps = network, [reference.forward(network, theta, full.X)]
        targets, of_past = [full.Y], lambda *_: None
    else:
        loose = network
        steps = forward_sequence(
            network, theta, full.X, warm_up=full.warm_up, feedback=full.feedback
        )
        targets = list(full.Y.transpose(1, 0, 2))

        def of_past(t, delay):
            n = len(full.X)
            return (
                steps[t - delay].nodes
                if t >= delay
                else [np.full(n, value) for value in start]
            )

    losses = output_losses(problem_.loss, network)
    found = []
    for t, (computed, Y) in enumerate(zip(steps, targets, strict=True)):
        for j in range(network.n_neurons):
            found += _sides_of(loose, theta, j, computed, t, of_past)
        for q, loss in enumerate(losses.functions):
            if loss.name != "softmax":
                found.append(
                    branches(
                        loss, [computed.outputs[:, q], Y[:, q]], list(loss.defaults)
                    )
                )
    return found


def _sides_of(network, theta, j, computed, t, of_past) -> list:
    links = links_of(network, j)
    sources = [
        (of_past(t, delay) if delay else computed.nodes)[source]
        for source, delay in zip(
            network.link_source[links], network.link_delay[links], strict=True
        )
    ]
    function = network.functions[network.activation[j]]
    parameters = parameters_of(network, theta, j)
    found, arguments = [], [computed.z[j]]
    if function.kind == "expression":
        arguments = sources
    elif network.transfer[j] > 0:
        arguments = computed.arguments[j]
        transfer = network.transfers[network.transfer[j]]
        numbers = numbers_of_transfer(network, theta, j)
        for place in range(transfer.n_values):
            written = transfer.unrolled(len(sources), place)
            found.append(branches(written, sources, numbers))
    return [*found, branches(function, arguments, parameters)]


def free_numbers(network) -> np.ndarray:
    """Numbers that differences may move: not an exponent that is written, whose power has no slope below 0."""
    return (
        np.isnan(network.start) if network.n_delays else np.ones(network.n_theta, bool)
    )


def stencil(problem_, rng, step=2e-4, most=30):
    """A direction without kinks within the stencil, and how many were drawn in vain; (None, most) if none was found."""
    free = free_numbers(problem_.network)
    for drawn in range(most):
        v = rng.normal(size=len(free)) * free
        v /= max(np.abs(v).max(initial=0), 1e-9)
        try:
            here = [
                _sides(problem_, problem_.theta + k * step * v) for k in range(-2, 3)
            ]
        except (WildwireError, ArithmeticError):
            continue
        same = all(
            np.array_equal(a, b)
            for other in here
            for a, b in zip(here[0], other, strict=True)
        )
        if same:
            return v, drawn
    return None, most


def difference(problem_, v, step=2e-4):
    """How the gradient moves along v by central differences of fourth order, and the error that halving shows."""

    def of(h):
        return sum(
            c * problem_.gradient(problem_.theta + k * h * v)[1] for k, c in STENCIL
        ) / (12 * h)

    wide, narrow = of(step), of(step / 2)
    return narrow, np.abs(wide - narrow)

"""How a loop behaves: does it die out, explode or remember, and which neurons carry the memory.

Comes in: a network with memory, theta, a sequence. Goes out: a `Stability`, to be read or printed. Called by users
(`ww.stability`). The state of a network is what its delayed links can read; its map from one step to the next is
linearised by forward mode (`tangent.py`).
"""

from dataclasses import dataclass

import numpy as np

from wildwire.engine.checks import check_is_network, check_theta
from wildwire.engine.evaluate import run
from wildwire.engine.machine import dtype_of
from wildwire.engine.memory import read_feedback, read_memory
from wildwire.engine.runner import Runner
from wildwire.engine.sequences import check_long_enough, read_sequences
from wildwire.engine.tangent import Tangent
from wildwire.errors import DataError, SettingError

REST_STEPS = 2000
REST_TOLERANCE = 1e-10
LOOP_STEPS = 2000
FAR = 100.0
"""A closed loop is called unbounded when it leaves the range of the data by so many of its widths."""
STARTS = 12
FADED = 0.05
LONGEST_MEMORY = 500
HUGE = 1e300


@dataclass(frozen=True)
class Stability:
    """What `stability` has found.

    Attributes
    ----------
    spectral_radius : float
        Largest absolute eigenvalue of the state's map at rest: below 1 a small push dies out. Rest is the state that
        stands still under the mean inputs; nan where there is none that the network runs into.
    at_rest : bool
    lyapunov : float
        Largest Lyapunov exponent along the data (also of what is fed back), per step: the mean rate at which
        neighbouring states part (above 0) or come together (below 0). Minus infinity for a memory that ends after
        some steps.
    bounded : bool or None
        Whether the closed loop stays near the data; None without feedback.
    bounded_because : str
    memory : dict of str to int
        For every node that a later step reads, the nearest to the output first: steps after which a push of it has
        faded to 5 % of its largest effect on the outputs. 0: none of its past reaches an output.
    largest : dict of str to float
        The largest effect of a push of size 1 on an output, in units of the output.
    """

    spectral_radius: float
    at_rest: bool
    lyapunov: float
    bounded: bool | None
    bounded_because: str
    memory: dict[str, int]
    largest: dict[str, float]

    def __str__(self) -> str:
        rest = (
            f"spectral radius at rest {self.spectral_radius:.4g}: a small push "
            f"{'dies out' if self.spectral_radius < 1 else 'grows'}"
            if self.at_rest
            else "no state of rest under the mean inputs: the network keeps moving by itself"
        )
        sign = "apart" if self.lyapunov > 0 else "together"
        lines = [
            rest,
            f"largest Lyapunov exponent along the data {self.lyapunov:.4g} a step: neighbours come {sign}",
        ]
        if self.bounded is not None:
            word = "stays bounded" if self.bounded else "runs away"
            lines.append(f"closed loop {word}: {self.bounded_because}")
        lines.append(
            "memory (steps until a push has faded to 5 %; its largest effect):"
        )
        width = max((len(name) for name in self.memory), default=0)
        for name, steps in self.memory.items():
            told = f"{steps:5d}" if steps < LONGEST_MEMORY else f">{steps:4d}"
            lines.append(f"  {name:<{width}} {told}  {self.largest[name]:.3g}")
        return "\n".join(lines)


def stability(network, theta, X, *, feedback=None) -> Stability:
    """How the loops of a network behave along a sequence.

    Parameters
    ----------
    network : Network
        With memory.
    theta : array (n_theta,)
    X : array (n_steps, n_inputs), or sequences of which the first is taken
    feedback : dict of str to str or None
        The loop through the outside, as in `run`: it is linearised with the network.

    Returns
    -------
    Stability

    Raises
    ------
    SettingError
        The network has no memory.
    DataError, UntrainedError

    Notes
    -----
    Lyapunov exponent: Benettin et al. (1980), one direction, scaled back to length 1 at every step. The state's map is
    linearised exactly; O(links * state) a step for the eigenvalues, O(links) for the exponent.

    Examples
    --------
    >>> import numpy as np
    >>> import wildwire as ww
    >>> network = ww.parse("input x\\nm = [0.5]*m@1 + [1]*x\\noutput m")
    >>> found = ww.stability(network, [], np.ones((20, 1)))
    >>> round(found.spectral_radius, 6), round(float(np.exp(found.lyapunov)), 6), found.memory
    (0.5, 0.5, {'m': 5})
    """
    check_is_network(network)
    if network.n_delays == 0:
        raise SettingError(
            "this network has no memory: no link has a delay, so there is no loop to look at"
        )
    theta = check_theta(network, theta)
    memory = read_memory(0, None, feedback)
    data = read_sequences(network, X, dtype_of("float64"))
    if not data.n:
        raise DataError("X has no sequences: give one along which to look")
    check_long_enough(network, data)
    x = np.ascontiguousarray(data.X[: data.counts[0], 0])
    if network.settle is not None:
        run(network, theta, x)  # says where a step does not settle
    loop = _Loop(network, theta, x, memory)
    radius, at_rest = loop.at_rest()
    steps, largest = loop.memories()
    bounded, because = loop.stays_bounded()
    return Stability(
        radius, at_rest, loop.lyapunov(), bounded, because, steps, largest
    )  # fmt: skip


class _Loop:
    """The state of a network and its map from step to step."""

    def __init__(self, network, theta, X, memory):
        self.network, self.theta, self.X, self.memory = network, theta, X, memory
        self.feedback = dict(memory.feedback)
        self.places = _state_places(network)

    def _runner(self) -> Runner:
        runner = Runner(self.network, self.theta, feedback=self.feedback)
        runner.checks = False  # a loop that runs away is an answer here
        return runner

    def _tangent(self, n_directions) -> Tangent:
        return Tangent(self.network, self.theta, np.float64, n_directions, self.memory)

    def _directions(self) -> np.ndarray:
        """A direction for every number of the state, (n_delays, n_nodes, n_state)."""
        shape = (self.network.n_delays, self.network.n_inputs + self.network.n_neurons)
        found = np.zeros((*shape, len(self.places)))
        for k, (back, node) in enumerate(self.places):
            found[-back, node, k] = 1.0
        return found

    def map_at(self, state, x) -> np.ndarray:
        """The derivative of the next state by this one, (n_state, n_state)."""
        tangent = self._tangent(len(self.places))
        tangent.put_state(state, self._directions())
        tangent.run(x[None])
        moved = tangent.state()[1]
        return np.array([moved[-back, node] for back, node in self.places])

    def at_rest(self) -> tuple[float, bool]:
        """The spectral radius where the network stands still under the mean inputs."""
        runner, x = self._runner(), self.X.mean(axis=0)
        before = runner.state
        for _ in range(REST_STEPS):
            runner.step(x)
            now = runner.state
            if not np.isfinite(now).all():
                return float("nan"), False
            if np.abs(now - before).max() <= REST_TOLERANCE * (1 + np.abs(now).max()):
                values = np.linalg.eigvals(self.map_at(now, x))
                return float(np.abs(values).max(initial=0)), True
            before = now
        return float("nan"), False

    def lyapunov(self) -> float:
        """The mean logarithm by which a direction grows, along the data without its first tenth."""
        tangent = self._tangent(1)
        rng = np.random.default_rng(0)
        shape = (self.network.n_delays, self.network.n_inputs + self.network.n_neurons)
        direction, runner = np.zeros((*shape, 1)), self._runner()
        rows = tuple(np.array(self.places).T)
        at = (-rows[0], rows[1])
        direction[at] = rng.normal(size=(len(self.places), 1))
        growth, names = [], list(self.network.names)
        fed = [names.index(source) for source in self.feedback]
        tangent.put_state(runner.state, direction / np.linalg.norm(direction))
        for x in self.X:
            tangent.run(x[None])
            values, moved = tangent.state()
            kept = np.zeros_like(moved)
            kept[at] = moved[at]
            size = np.linalg.norm(kept)
            if size == 0 or not np.isfinite(size):
                return -np.inf if size == 0 else np.inf
            growth.append(np.log(size))
            for (
                node
            ) in fed:  # along the data, whatever the loop would have made of them
                values[-1, node] = x[node]
            tangent.put_state(values, kept / size)
        return float(np.mean(growth[len(growth) // 10 :]))

    def memories(self) -> tuple[dict[str, int], dict[str, float]]:
        """For every node of the state how long, and how much, a push of it moves the outputs."""
        network, runner = self.network, self._runner()
        nodes = sorted({node for _, node in self.places})
        tangent = self._tangent(len(nodes))
        shape = (network.n_delays, network.n_inputs + network.n_neurons, len(nodes))
        push = np.zeros(shape)
        push[-1, nodes, np.arange(len(nodes))] = 1.0
        count = max(min(LONGEST_MEMORY, len(self.X) - 1), 1)
        starts = set(np.linspace(0, len(self.X) - count, STARTS).astype(int).tolist())
        effect, done = np.zeros((count, len(nodes))), 0
        for start in sorted(starts):
            runner.run(self.X[done:start])
            done = start
            tangent.put_state(runner.state, push)
            moved = np.abs(tangent.run(self.X[start : start + count])[1]).max(axis=1)
            # Of an exploding loop: large, and still a number.
            effect += np.nan_to_num(moved, nan=HUGE, posinf=HUGE).clip(max=HUGE)
        steps, largest = {}, {}
        effect /= len(starts)
        for k in np.argsort(-effect.max(axis=0), kind="stable").tolist():
            name, top = network.names[nodes[k]], float(effect[:, k].max())
            alive = np.flatnonzero(effect[:, k] > FADED * top)
            steps[name] = int(alive[-1]) + 1 if top > 0 else 0
            largest[name] = top
        return steps, largest

    def stays_bounded(self) -> tuple[bool | None, str]:
        """Whether the closed loop stays near the data."""
        if not self.feedback:
            return None, "no feedback was given"
        network = self.network
        if _is_bounded(network, self.feedback):
            return True, "what is fed back comes from bounded neurons"
        runner = self._runner()
        runner.closed = False
        runner.run(self.X)
        runner.closed = True
        out = runner.run(np.resize(self.X, (LOOP_STEPS, network.n_inputs)))
        for source, target in self.feedback.items():
            seen = self.X[:, list(network.names).index(source)]
            own = out[:, list(network.output_names).index(target)]
            width = max(float(np.ptp(seen)), 1e-300)
            gone = ~(np.abs(own - seen.mean()) <= FAR * width)
            if gone.any():
                step = int(np.argmax(gone))
                return False, f"{target} leaves the data's range after {step} steps"
        return True, f"{LOOP_STEPS} steps after the data stay near their range"


def _state_places(network) -> list[tuple[int, int]]:
    """Steps back and node of every number that a later step reads."""
    delayed = network.link_delay > 0
    longest: dict[int, int] = {}
    for node, delay in zip(
        network.link_source[delayed].tolist(), network.link_delay[delayed].tolist(),
        strict=True,
    ):  # fmt: skip
        longest[node] = max(longest.get(node, 0), delay)
    return [
        (back, node)
        for node, most in sorted(longest.items())
        for back in range(1, most + 1)
    ]


def _is_bounded(network, feedback) -> bool:
    """Whether every output that is fed back is a neuron with a bounded function."""
    for _, q in read_feedback(network, tuple(feedback.items())):
        neuron = int(network.output_node[q]) - network.n_inputs
        function = network.functions[network.activation[neuron]]
        if function.range is None or not np.isfinite(function.range).all():
            return False
    return True

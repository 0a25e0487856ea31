"""Is the gradient right? The engine against central differences, and against the slow twin.

Comes in: a network, theta, samples and a loss. Goes out: a report, number by number, or an error that names the number
and both values. Called by users, as `ww.testing.check_gradient`, on networks with functions or losses of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wildwire.engine import checks, evaluate, reference
from wildwire.engine.output_losses import output_losses
from wildwire.errors import CheckError, SettingError
from wildwire.network.naming import look_up
from wildwire.testing import smoothness
from wildwire.testing.differences import Difference, central_difference

EPSILON = float(np.finfo(np.float64).eps)
FIRST_STEP, LEAST_STEP = 0.05, 1e-6
"""Steps beside 1 + |number|: where differences begin, and below which a kink is too near."""

ROUGH = 1e-2
"""A difference whose error is more of the gradient's size than this decides nothing."""


@dataclass(frozen=True)
class NumberCheck:
    """What was found for one number of theta.

    Attributes
    ----------
    name : str
    engine, twin : float
        The gradient that training uses, and that of the slow twin.
    difference : float
        By central differences; NaN where it was not measured.
    error : float
        Estimate of the difference's own error.
    reason : str or None
        Why there is no difference to compare with; None: it was compared, and agrees.
    """

    name: str
    engine: float
    twin: float
    difference: float
    error: float
    reason: str | None = None


@dataclass(frozen=True)
class GradientReport:
    """The result of `check_gradient`; prints as a readable summary.

    Attributes
    ----------
    numbers : tuple of NumberCheck
        In theta's order.
    """

    numbers: tuple[NumberCheck, ...]

    @property
    def compared(self) -> tuple[NumberCheck, ...]:
        """Those that agree with central differences."""
        return tuple(n for n in self.numbers if n.reason is None)

    @property
    def skipped(self) -> dict[str, tuple[str, ...]]:
        """Reason -> names of the numbers that were not compared with differences for it."""
        found: dict[str, list[str]] = {}
        for number in self.numbers:
            if number.reason is not None:
                found.setdefault(number.reason, []).append(number.name)
        return {reason: tuple(names) for reason, names in found.items()}

    def __str__(self) -> str:
        lines = [
            f"gradient of {len(self.numbers)} numbers: all agree with the twin, "
            f"{len(self.compared)} with central differences"
        ]
        if self.compared:
            worst = max(self.compared, key=lambda n: abs(n.engine - n.difference))
            lines.append(
                f"largest distance from a difference: {abs(worst.engine - worst.difference):.1e} "
                f"({worst.name}: {worst.engine:.6g}, difference known to {worst.error:.0e})"
            )
        for reason, names in self.skipped.items():
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            lines.append(f"not compared, {reason}: {', '.join(names[:5])}{more}")
        return "\n".join(lines)


def check_gradient(
    network,
    theta,
    X,
    Y,
    *,
    loss="squared",
    sample_weight=None,
    numbers: Sequence[str] | None = None,
    tolerance: float = 1e-6,
) -> GradientReport:
    """Check the gradient of a loss over the numbers of a network.

    Parameters
    ----------
    network : Network
    theta : array (n_theta,)
    X : array (n_samples, n_inputs)
    Y : array (n_samples,) or (n_samples, n_outputs)
    loss : str or Function
    sample_weight : array (n_samples,) or None
    numbers : sequence of str, optional
        Names of the numbers to check by differences (see `network.theta_names`); default: all.
    tolerance : float
        Relative distance from a difference that is accepted, beside the difference's own error.

    Returns
    -------
    GradientReport
        Says of every number whether it agrees, or why it was not compared: its gradient passes through a neuron with a
        training slope or with jumps, where gradient and difference are different things on purpose; a sample lies at a
        kink; or the loss is too rough there for differences.

    Raises
    ------
    CheckError
        A number's gradient differs from the twin's or from the difference; the message names it and
        both values, and `error.report` has the rest.

    Notes
    -----
    The twin is allowed rounding in proportion to the measured condition of the gradient: how far it moves when every
    number on the way is moved by one unit in its last place. Costs 16 losses a number, and the twin is slow: for
    networks up to a few thousand links.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse("input x\\nh ~ tanh(x)\\ny ~ step(h, slope=logistic)\\noutput y")
    >>> report = ww.testing.check_gradient(network, [0.5, 0.1, 2.0, -0.3], [[0.2], [0.9]], [0, 1])
    >>> list(report.skipped)
    ['y: step has a training slope']
    """
    checks.refuse_memory(network, "check_gradient")
    theta = checks.check_theta(network, theta)
    X = checks.check_inputs(network, X, np.float64)
    Y = checks.check_targets(network, Y, len(X), np.float64)
    loss = output_losses(loss, network)
    check = _Check(network, theta, X, Y, loss, sample_weight, tolerance)
    chosen = range(network.n_theta)
    if numbers is not None:
        places = {name: slot for slot, name in enumerate(network.theta_names)}
        chosen = [look_up(places, name, "learnable number") for name in numbers]
    if not tolerance > 0:
        raise SettingError(f"tolerance must be above 0; it is {tolerance!r}")
    report = GradientReport(tuple(check.number(slot) for slot in chosen))
    if check.faults:
        more = len(check.faults) - 1
        also = f" ({more} more differ)" if more else ""
        raise CheckError(f"{check.faults[0]}{also}", report)
    return report


class _Check:
    """All that is needed to judge one number after another."""

    def __init__(self, network, theta, X, Y, loss, sample_weight, tolerance):
        self.network, self.theta, self.X, self.Y = network, theta, X, Y
        self.loss, self.tolerance = loss, tolerance
        self.options = {"loss": loss, "sample_weight": sample_weight}
        self.faults: list[str] = []
        self.names = network.theta_names
        _, self.engine = evaluate.loss_and_gradient(
            network, theta, X, Y, **self.options
        )
        _, self.twin = reference.loss_and_gradient(network, theta, X, Y, **self.options)
        condition = reference.condition(self._shaken)
        self.noise = EPSILON * condition[0]
        # Two correct computations may differ by some roundings of what is shaken by one.
        # Slopes that cancel to 0 leave roundings of what the loss is made of.
        self.allowed = 100 * EPSILON * (condition[1:] + condition[1:].max(initial=0.0))
        self.allowed += self.noise
        self.reasons = _reasons(network, theta)
        kinks = smoothness.has_kinks(network, loss)
        self.sides = self._sides(0, 0.0) if kinks and len(theta) else None

    def _shaken(self, shake):
        value, gradient = reference.loss_and_gradient(
            self.network, self.theta, self.X, self.Y, **self.options, shake=shake
        )
        return np.append(value, gradient)

    def _moved(self, slot: int, distance: float) -> np.ndarray:
        moved = self.theta.copy()
        moved[slot] += distance
        return moved

    def _sides(self, slot: int, distance: float):
        moved = self._moved(slot, distance)
        return smoothness.sides_of(self.network, moved, self.X, self.Y, self.loss)

    def _value(self, slot: int, distance: float) -> float:
        moved = self._moved(slot, distance)
        return evaluate.loss_and_gradient(
            self.network, moved, self.X, self.Y, **self.options
        )[0]

    def number(self, slot: int) -> NumberCheck:
        """What is found for one number; faults are noted."""
        name, engine, twin = self.names[slot], self.engine[slot], self.twin[slot]
        if not abs(engine - twin) <= self.allowed[slot]:
            self._fault(
                name, engine, f"the slow twin says {twin!r}", self.allowed[slot]
            )
        found, reason = Difference(np.nan, np.nan, 0.0), self.reasons.get(slot)
        if reason is None:
            step, reason = self._first_step(slot)
            if reason is None:
                found = central_difference(
                    lambda distance: self._value(slot, distance), step, self.noise
                )
                reason = self._judge(slot, found)
        return NumberCheck(
            name, float(engine), float(twin), found.value, found.error, reason
        )

    def _judge(self, slot: int, found: Difference) -> str | None:
        """Note a fault, or say why the difference decides nothing."""
        engine = self.engine[slot]
        size = max(abs(engine), abs(found.value))
        allowed = 4 * found.error + self.tolerance * size + self.allowed[slot]
        if not np.isfinite(found.value):
            return "the loss is not finite beside theta"
        if abs(engine - found.value) > allowed:
            said = f"central differences say {found.value!r}"
            self._fault(self.names[slot], engine, said, allowed)
        elif found.error > ROUGH * max(size, ROUGH * np.abs(self.engine).max()):
            return "differences are too rough here"
        return None

    def _fault(self, name: str, engine: float, other: str, allowed: float) -> None:
        self.faults.append(
            f"the gradient of {name!r} is wrong: the engine says {float(engine)!r}, {other}; "
            f"they may differ by {allowed:.1e}"
        )

    def _first_step(self, slot: int) -> tuple[float, str | None]:
        """The largest step that crosses no kink, or the reason where a kink is too near."""
        size = 1 + abs(float(self.theta[slot]))
        step = FIRST_STEP * size
        if self.sides is None:
            return step, None
        kink = self._kink(slot, step)
        while kink is not None and step > LEAST_STEP * size:
            step /= 4
            kink = self._kink(slot, step)
        if kink is None:
            return step, None
        return step, f"{kink[0]}: sample {kink[1]} lies at a kink"

    def _kink(self, slot: int, step: float) -> tuple[str, int] | None:
        assert self.sides is not None  # asked for only where there are kinks
        for distance in (step, -step):
            kink = smoothness.crossed(self.sides, self._sides(slot, distance))
            if kink is not None:
                return kink
        return None


# ---- through which neurons a number's gradient passes ----------------------------------


def _reasons(network, theta) -> dict[int, str]:
    """Numbers whose gradient passes through a slope that is none, with the neuron and the reason."""
    own = smoothness.surrogates(network, theta)
    if not own:
        return {}
    first = network.n_inputs
    targets: list[list[int]] = [[] for _ in range(network.n_neurons)]
    for source, target in zip(network.link_source, network.link_target, strict=True):
        if source >= first:
            targets[source - first].append(int(target))
    behind: dict[int, int] = {}  # neuron -> a surrogate behind it
    reached: dict[int, int] = {}  # the same, itself included
    for j in reversed(reference.evaluation_order(network)):
        found = next((reached[k] for k in targets[j] if k in reached), None)
        if found is not None:
            behind[j] = found
        if j in own or found is not None:
            reached[j] = j if j in own else behind[j]
    reasons: dict[int, str] = {}
    for slot, neuron, is_parameter in _places(network):
        through = reached.get(neuron)
        # The slopes in its parameters are true where only the slope in z is a training slope.
        if (
            is_parameter
            and neuron in own
            and network.function_of(neuron).slope is not None
        ):
            through = behind.get(neuron)
        if through is not None and slot not in reasons:
            reasons[slot] = f"{network.names[first + through]}: {own[through]}"
    return reasons


def _places(network):
    """Slot, neuron, and whether as a parameter: every place of every learnable number."""
    members = {}
    derived = network.derived
    for term, number in enumerate(derived.number.tolist()):
        slots = derived.slot[derived.offset[term] : derived.offset[term + 1]].tolist()
        members.setdefault(number, []).extend(slots)
    neurons = np.arange(network.n_neurons)
    owners = np.repeat(neurons, np.diff(network.parameter_offset))
    for kind, owner in (
        ("link", network.link_target), ("bias", neurons), ("parameter", owners),
    ):  # fmt: skip
        slots = getattr(network, f"{kind}_slot").tolist()
        for slot, neuron in zip(slots, owner.tolist(), strict=True):
            for own in [slot] if slot >= 0 else members.get(-slot - 2, ()):
                # In a formula of its own a number and a source are read alike.
                yield own, neuron, kind == "parameter"

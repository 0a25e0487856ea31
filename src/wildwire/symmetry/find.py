"""`ww.symmetries`: everything that leaves a network's outputs alone.

Comes in: a network and theta. Goes out: `Symmetries`. Called by users.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wildwire.engine.checks import check_theta, refuse_memory
from wildwire.engine.settling import refuse_settling
from wildwire.errors import SettingError
from wildwire.functions.periods import period
from wildwire.functions.reflections import reflection
from wildwire.symmetry.forms import Forms
from wildwire.symmetry.graph import Weighted, weighted
from wildwire.symmetry.hidden import may_change_places, redundant, turnable_signs
from wildwire.symmetry.inputs import InputSearch
from wildwire.symmetry.result import FunctionSymmetry, InputSymmetry, Symmetries
from wildwire.symmetry.samples import Probe


def symmetries(network, theta, *, tolerance: float = 1e-9, seed: int = 0) -> Symmetries:
    """What may be exchanged or turned without changing what a network computes.

    Parameters
    ----------
    network : Network
    theta : array (n_theta,)
    tolerance : float, 0 to 0.1
        Numbers are the same up to this, relative to the largest in their sum; outputs relative to their spread.
    seed : int
        Of the random rows on which everything is tried: uniform over the `range` of an input where the network knows
        it, else standard normal.

    Returns
    -------
    Symmetries
        Prints as a report. Of inputs: which may be exchanged, singly or together, whose signs may be turned, which
        have no effect. Of hidden neurons: which may change places with their numbers, which are redundant and why,
        whose signs may be turned. Of functions: parity and period. What is "structural" follows from wiring and numbers
        and was confirmed on the rows; what is "numerical" was seen on the rows only.

    Raises
    ------
    SettingError
        tolerance or theta out of their range.
    UntrainedError, UnsupportedError
        As `ww.run`.

    Notes
    -----
    1,000 neurons with 10,000 links take a few seconds. `notes` of the result says what was left out: searches have
    limits on the number of inputs.

    Examples
    --------
    >>> import wildwire as ww
    >>> network = ww.parse('''
    ... input a, b
    ... h = tanh(2*a + 2*b)
    ... g = tanh(-2*a - 2*b)
    ... y = h - g
    ... output y
    ... ''')
    >>> print(ww.symmetries(network, network.start))
    functions
      tanh      odd
      identity  odd
    inputs
      may be exchanged: a, b (structural)
      signs turned of a, b: outputs negated (structural)
      signs of all inputs turned: the network is odd (structural)
    hidden neurons
      g: the negative of h (odd activation, negated weights) (structural)
    """
    refuse_memory(network, "symmetries")
    refuse_settling(network, "symmetries")
    theta = check_theta(network, theta)
    if not 0 < tolerance <= 0.1:
        raise SettingError(
            f"tolerance must be above 0 and at most 0.1, not {tolerance!r}"
        )
    graph = weighted(network, theta)
    forms, probe = Forms(graph, tolerance), Probe(graph, theta, tolerance, seed)
    notes: list[str] = []
    inputs, repeated = InputSymmetry(), []
    if probe.usable:
        search = InputSearch(forms, probe)
        inputs = search.search()
        repeated, hidden_notes = redundant(forms, probe)
        notes = [*search.notes, *hidden_notes]
    else:
        notes.append(
            "inputs and values: the outputs are not finite on most random rows"
        )
    return Symmetries(
        functions=tuple(_functions(graph)),
        inputs=inputs,
        interchangeable=may_change_places(network),
        redundant=tuple(repeated),
        signs=turnable_signs(forms),
        notes=tuple(notes),
    )


def _functions(graph: Weighted) -> list[FunctionSymmetry]:
    """One entry for each function, more where parity or period depend on the parameters of the neurons."""
    network = graph.network
    found: dict[tuple, list[str]] = {}
    names = network.names[network.n_inputs :]
    for neuron in range(network.n_neurons):
        function = network.function_of(neuron)
        if len(function.arguments) != 1:
            continue
        name = names[neuron] if function.kind == "expression" else function.name
        numbers = tuple(
            zip(
                (p for p, _ in function.parameters),
                graph.parameters[neuron],
                strict=True,
            )
        )
        if any(not np.isfinite(value) for _, value in numbers):
            continue
        rule = reflection(function, graph.parameters[neuron])
        parity = None if rule is None or rule.centre != 0 else rule.kind
        key = name, parity, period(replace(function, parameters=numbers))
        found.setdefault(key, []).append(names[neuron])
    return [
        FunctionSymmetry(name, parity, step, tuple(neurons))
        for (name, parity, step), neurons in found.items()
    ]

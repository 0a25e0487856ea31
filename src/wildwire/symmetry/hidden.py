"""Hidden neurons that may change places, that are redundant, or whose signs may be turned.

Comes in: a network under one theta with its forms. Goes out: groups of names, `Redundant` records, parities. Called
by `find.py`.
"""

from __future__ import annotations

import numpy as np

from wildwire.engine.evaluate import values
from wildwire.functions.reflections import reflection
from wildwire.symmetry.atoms import Form
from wildwire.symmetry.forms import Forms
from wildwire.symmetry.result import NUMERICAL, STRUCTURAL, Redundant
from wildwire.symmetry.samples import Probe
from wildwire.symmetry.slots import own_slots
from wildwire.symmetry.transfers import invariance, invariance_at

MOST_COMPARED = 3000
"""Up to this many hidden neurons the values of all pairs are compared."""


def hidden_neurons(network) -> list[int]:
    """Neurons that are no outputs."""
    outputs = set((network.output_node - network.n_inputs).tolist())
    return [neuron for neuron in range(network.n_neurons) if neuron not in outputs]


# ---- places ---------------------------------------------------------------------------------------------------------


def may_change_places(network) -> tuple[tuple[str, ...], ...]:
    """Groups of hidden neurons of the same function, sources and targets, whose numbers are their own.

    Exchanging two of them with all their numbers changes theta and nothing else, whatever theta is.
    """
    own = own_slots(network)
    into: list[list] = [[] for _ in range(network.n_neurons)]
    out: dict[int, list] = {}
    for link in range(network.n_links):
        source, target = int(network.link_source[link]), int(network.link_target[link])
        tag = _tag(network, "link", link, own)
        into[target].append((source, int(network.link_delay[link]), tag))
        out.setdefault(source, []).append((target, int(network.link_delay[link]), tag))
    groups: dict[tuple, list[int]] = {}
    for neuron in hidden_neurons(network):
        transfer = network.transfers[network.transfer[neuron]]
        ordered = (
            network.function_of(neuron).kind == "expression"
            or not invariance(transfer).order
        )
        begin, end = network.parameter_offset[neuron : neuron + 2]
        signature = (
            int(network.activation[neuron]),
            int(network.transfer[neuron]),
            tuple(into[neuron] if ordered else sorted(into[neuron])),
            tuple(sorted(out.get(network.n_inputs + neuron, []))),
            _tag(network, "bias", neuron, own),
            tuple(_tag(network, "parameter", i, own) for i in range(begin, end)),
        )
        groups.setdefault(signature, []).append(neuron)
    names = network.names[network.n_inputs :]
    return tuple(
        tuple(names[i] for i in group) for group in groups.values() if len(group) > 1
    )


def _tag(network, kind: str, place: int, own: np.ndarray) -> tuple:
    """What must agree between two numbers that change places: nothing where both are free."""
    slot = int(getattr(network, f"{kind}_slot")[place])
    if slot >= 0 and own[slot]:
        return ("free",)
    sign = int(getattr(network, f"{kind}_sign")[place])
    return ("fixed", slot, sign, float(getattr(network, f"{kind}_value")[place]))


# ---- signs ----------------------------------------------------------------------------------------------------------


def turnable_signs(forms: Forms) -> dict[str, str]:
    """Parity of the hidden neurons whose own numbers may change their signs together."""
    network = forms.network
    into, out_of = _free_signs(network)
    found = {}
    for neuron in hidden_neurons(network):
        function = network.function_of(neuron)
        rule = invariance_at(network, neuron)
        if function.kind == "expression" or not rule.negates or not into[neuron]:
            continue
        turned = reflection(function, forms.graph.parameters[neuron])
        if turned is None or turned.centre != 0:
            continue
        if turned.kind == "even" or out_of[neuron]:
            found[network.names[network.n_inputs + neuron]] = turned.kind
    return found


def _free_signs(network) -> tuple[np.ndarray, np.ndarray]:
    """Of every neuron, whether all numbers into it and all out of it may change their sign; (n_neurons,) each."""
    own = np.append(own_slots(network), False)  # slots below 0 find the last entry
    rules = [invariance(transfer).signs for transfer in network.transfers]
    slot, value = network.link_slot, network.link_value
    fixed = ~own[np.maximum(slot, -1)] & ~((slot == -1) & (value == 0))
    bias, constant = network.bias_slot, network.bias_value
    into = own[np.maximum(bias, -1)] | ((bias == -1) & (constant == 0))
    into[network.link_target[fixed]] = False
    out_of = np.ones(network.n_neurons, bool)
    inner = network.link_source - network.n_inputs
    keeps = ~np.array(rules)[network.transfer[network.link_target]]
    out_of[inner[(fixed | keeps) & (inner >= 0)]] = False
    return into, out_of


# ---- redundant ------------------------------------------------------------------------------------------------------


def redundant(forms: Forms, probe: Probe) -> tuple[list[Redundant], list[str]]:
    """Hidden neurons that could be done without, and notes on what was not searched.

    A neuron is compared with those before it in the text.
    """
    network, names = forms.network, forms.network.names
    n = network.n_inputs
    reaching = forms.graph.reaching()
    hidden = hidden_neurons(network)
    found: dict[int, Redundant] = {}
    for neuron in hidden:
        name, form = names[n + neuron], forms.plain[n + neuron]
        if not reaching[n + neuron]:
            reason = _why_dead(forms, neuron)
            found[neuron] = Redundant(name, "dead", reason, STRUCTURAL)
        elif not form.atoms:
            found[neuron] = _constant(name, form.constant, STRUCTURAL)
    living = [neuron for neuron in hidden if neuron not in found]
    found |= _proved_duplicates(forms, living)
    left = [neuron for neuron in living if neuron not in found]
    notes = []
    if len(left) > MOST_COMPARED:
        notes.append(
            f"values of hidden neurons: more than {MOST_COMPARED} ({len(left)})"
        )
    elif left:
        found |= _seen_duplicates(forms, probe, left)
    return [found[neuron] for neuron in sorted(found)], notes


def _why_dead(forms: Forms, neuron: int) -> str:
    node = forms.network.n_inputs + neuron
    weights = [
        w for links in forms.graph.links for source, w in links if source == node
    ]
    if not weights:
        return "nothing reads it"
    if not any(weights):
        return "all weights that read it are 0"
    return "only neurons that reach no output read it"


def _constant(name: str, value: float, evidence: str) -> Redundant:
    return Redundant(name, "constant", f"always {value:.6g}", evidence, shift=value)


def _proved_duplicates(forms: Forms, living: list[int]) -> dict[int, Redundant]:
    """Neurons whose form is that of an earlier one, times a number, plus a number."""
    n = forms.network.n_inputs
    known: dict[tuple, list[tuple[int, Form, np.ndarray]]] = {}
    found = {}
    for neuron in living:
        form = forms.plain[n + neuron]
        if len(form.atoms) == 1 and form.atoms[0] < n:
            continue  # an input in other units is no repetition
        direction = np.array(form.coefficients) / form.coefficients[0]
        size = forms.tolerance * np.abs(direction).max()
        earlier = known.setdefault(form.atoms, [])
        for other, old, known_direction in earlier:
            if np.abs(direction - known_direction).max() <= size:
                factor = form.coefficients[0] / old.coefficients[0]
                shift = form.constant - factor * old.constant
                found[neuron] = _duplicate(
                    forms, neuron, other, factor, shift, STRUCTURAL
                )
                break
        else:
            earlier.append((neuron, form, direction))
    return found


def _duplicate(
    forms: Forms, neuron: int, other: int, factor: float, shift: float, evidence: str
) -> Redundant:
    """The record of a neuron that is factor * other + shift."""
    network, n = forms.network, forms.network.n_inputs
    name = network.names[n + other]
    if abs(shift) < 1e-12 * max(1.0, abs(factor)):
        shift = 0.0
    if abs(abs(factor) - 1) < 1e-9:
        factor = float(np.sign(factor))
    if (factor, shift) == (1, 0):
        reason = f"the same as {name}"
    elif (factor, shift) == (-1, 0):
        reason = f"the negative of {name}"
        if _is_odd_pair(forms, neuron, other):
            reason += " (odd activation, negated weights)"
    elif factor == -1:
        reason = f"{shift:.6g} - {name}"
    else:
        reason = name if factor == 1 else f"{factor:.6g}*{name}"
        if shift:
            reason += f" {'+' if shift > 0 else '-'} {abs(shift):.6g}"
    return Redundant(
        network.names[n + neuron], "duplicate", reason, evidence, name, factor, shift
    )


def _is_odd_pair(forms: Forms, neuron: int, other: int) -> bool:
    """Whether both have the same odd activation."""
    function = forms.network.function_of(neuron)
    if function.kind == "expression" or forms.network.function_of(other) != function:
        return False
    rule = reflection(function, forms.graph.parameters[neuron])
    return rule is not None and rule.kind == "odd" and rule.centre == 0


def _seen_duplicates(
    forms: Forms, probe: Probe, left: list[int]
) -> dict[int, Redundant]:
    """Constants and duplicates that only the values on the probe's rows show."""
    network, n = forms.network, forms.network.n_inputs
    with np.errstate(all="ignore"):
        table = values(network, probe.theta, probe.rows)[:, left]
    finite = np.isfinite(table).all(axis=0)
    table = np.where(finite, table, 0.0)
    middle = table.mean(axis=0)
    centred = table - middle
    length = np.linalg.norm(centred, axis=0)
    largest = np.linalg.norm(table, axis=0)
    still = finite & (length <= forms.tolerance * largest)
    found = {}
    for place in np.flatnonzero(still):
        name = network.names[n + left[place]]
        found[left[place]] = _constant(name, float(middle[place]), NUMERICAL)
    moving = np.flatnonzero(finite & ~still)
    unit = centred[:, moving] / length[moving]
    cosine = unit.T @ unit
    for one, place in enumerate(moving):
        for other in np.flatnonzero(np.abs(cosine[one, :one]) > 1 - 1e-12):
            sign = np.sign(cosine[one, other])
            if np.abs(unit[:, one] - sign * unit[:, other]).max() > forms.tolerance:
                continue
            first = moving[other]
            factor = float(sign * length[place] / length[first])
            shift = float(middle[place] - factor * middle[first])
            found[left[place]] = _duplicate(
                forms, left[place], left[first], factor, shift, NUMERICAL
            )
            break
    return found

"""The value of every node as a form: a proof of equality from wiring and numbers.

Comes in: a network with its numbers, and optionally inputs exchanged or with turned signs. Goes out: one `Form`
per node. Called by `inputs.py` and `hidden.py`.

Weighted sums are added up; two neurons of one function are one atom when their sums are the same form. Atoms are
remembered between passes, so that a network whose inputs are exchanged gets the old atoms back wherever it computes
the old values: the symmetry holds when the outputs get their old forms. This proves more than a renumbering of the
neurons would (two neurons may do the work of one), and needs no search.
"""

from __future__ import annotations

from collections.abc import Mapping

from wildwire.functions import find
from wildwire.functions.reflections import reflection
from wildwire.symmetry.atoms import Atoms, Form, added, same
from wildwire.symmetry.formula import constant, form_of
from wildwire.symmetry.graph import Weighted
from wildwire.symmetry.transfers import invariance

LONGEST_SUM = 256
"""Sums over more atoms become atoms themselves, or long chains of wide linear layers would add up."""


class Forms:
    """The forms of one network; atoms are shared by all passes."""

    def __init__(self, graph: Weighted, tolerance: float):
        self.graph, self.tolerance = graph, tolerance
        self.network = graph.network
        self.atoms = Atoms(self.network.n_inputs, tolerance)
        identity = find("identity").key
        self.is_identity = [f.key == identity for f in self.network.functions]
        self.plain = self.forms({})

    def forms(self, moved: Mapping[int, tuple[int, int]]) -> list[Form]:
        """The form of every node, where input i has been replaced by (other input, sign)."""
        n = self.network.n_inputs
        found: list[Form] = []
        for i in range(n):
            node, sign = moved.get(i, (i, 1))
            found.append(Form((node,), (float(sign),)))
        found += [Form()] * self.network.n_neurons
        changed = set(moved)
        for neuron in self.graph.order:
            sources = (source for source, _ in self.graph.links[neuron])
            if moved and changed.isdisjoint(sources):
                found[n + neuron] = self.plain[n + neuron]
                continue
            found[n + neuron] = self._neuron(neuron, found)
            if moved and found[n + neuron] != self.plain[n + neuron]:
                changed.add(n + neuron)
        return found

    def keeps_outputs(
        self, moved: Mapping[int, tuple[int, int]], sign: int = 1
    ) -> bool:
        """Whether the outputs are sign times what they were when inputs are moved."""
        found = self.forms(moved)
        return all(
            same(found[node], self.plain[node], self.tolerance, sign)
            for node in self.network.output_node.tolist()
        )

    def _neuron(self, neuron: int, found: list[Form]) -> Form:
        network, parameters = self.network, self.graph.parameters[neuron]
        function = network.function_of(neuron)
        links = self.graph.links[neuron]
        if function.kind == "expression":
            parts = [found[source].scaled(weight) for source, weight in links]
            return form_of(function, parts, parameters, self.atoms)
        kind = (int(network.activation[neuron]), int(network.transfer[neuron]))
        transfer = network.transfers[kind[1]]
        if transfer is not None:
            return self._other_transfer(neuron, found, invariance(transfer).order)
        total = added(
            ((found[source], weight) for source, weight in links if weight != 0),
            self.graph.bias[neuron],
        )
        if self.is_identity[kind[0]] and len(total.atoms) <= LONGEST_SUM:
            return total
        if not total.atoms:
            return Form(constant=constant(function, [total.constant], parameters))
        turning = lambda: _turning(function, parameters)  # noqa: E731
        return self.atoms.made(("neuron", *kind), [total], parameters, turning)

    def _other_transfer(self, neuron: int, found: list[Form], any_order: bool) -> Form:
        """A neuron that is the same only where all its links are, one by one."""
        network = self.network
        links = [(found[source], weight) for source, weight in self.graph.links[neuron]]
        if any_order:
            links.sort(key=lambda link: (link[0].atoms, link[0].coefficients, link[1]))
        numbers = (
            *(weight for _, weight in links),
            self.graph.bias[neuron],
            *self.graph.parameters[neuron],
        )
        what = (
            "transfer",
            int(network.activation[neuron]),
            int(network.transfer[neuron]),
        )
        return self.atoms.made(what, [form for form, _ in links], numbers)


def _turning(function, parameters) -> tuple[float, float] | None:
    """Factor and shift of the value when the sum is negated, where the formula proves them."""
    rule = reflection(function, parameters)
    if rule is None or not rule.proved:
        return None
    return (1.0, 0.0) if rule.kind == "even" else (-1.0, 2 * rule.centre)

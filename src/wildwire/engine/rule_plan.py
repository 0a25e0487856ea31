"""What a local rule needs to know of a network, as tables: which numbers, where their sources stand, whose errors.

Comes in: a network, what its rule reads, which neurons it may change. Goes out: `RulePlan`, integer arrays for
`rule_kernel.py`; or a refusal that names the neuron. Called by `rule_walk.py`.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.engine.rule_items import Items
from wildwire.engine.rule_kernel import (
    AT,
    COUNT,
    FIRST,
    GENERAL,
    KIND,
    LINK,
    PLACE,
    PLAIN,
    ROW,
    SLOT,
    TRANSFER,
    UNIT,
)
from wildwire.errors import SettingError, UnsupportedError
from wildwire.language.words import nearest
from wildwire.program import plan as p
from wildwire.program.compile import Program, compile_apart

__all__ = ["RulePlan", "plan_rule"]

N_NEURON = 5
PROBES = 16
"""Places at which a function is tried for a slope."""


@dataclass(frozen=True, eq=False)
class RulePlan:
    """The tables of one network under one rule.

    Attributes
    ----------
    program : Program
    neurons, items, outputs : int32 arrays
        As in `rule_kernel.py`: a row per neuron, a column per item; outputs: row of the value, row of the neuron or -1.
    slots : int64 array
        Numbers of theta that change.
    places : tuple of arrays
        Where each of `slots` stands among the weights: pointers (n_slots + 1,), places, signs.
    shared, links : int32 arrays
        Neurons whose errors are shared, from the outputs back: row, first link, links; and of each link: place,
        row of the source, whether its source takes a share.
    numbers : list of int
        The network's number of each of `neurons`.
    """

    program: Program
    neurons: np.ndarray
    items: np.ndarray
    outputs: np.ndarray
    slots: np.ndarray
    places: tuple[np.ndarray, np.ndarray, np.ndarray]
    shared: np.ndarray
    links: np.ndarray
    numbers: list[int]


def plan_rule(network, formula, neurons=None, shares=False) -> RulePlan:
    """Tables for a network and a rule.

    Parameters
    ----------
    network : Network
    formula : RuleFormula
    neurons : sequence of str or None
        Names of those that may change; None for all that have free numbers.
    shares : bool
        Whether hidden neurons have errors, by shares.

    Raises
    ------
    UnsupportedError
        A network with memory or with loops.
    SettingError
        A neuron of which the rule reads what it does not have; it is named.
    """
    _refuse_time(network)
    program = compile_apart(network)
    making = _Making(network, program, formula)
    chosen = making.chosen(neurons)
    making.refuse_products()
    making.refuse_without_error(chosen, shares)
    making.refuse_flat(chosen)
    table, items = making.tables(chosen)
    shared, links = making.shares() if shares else (_empty(3), _empty(3))
    slots = np.unique(items[SLOT][items[SLOT] >= 0]).astype(np.int64)
    return RulePlan(
        program,
        table,
        items,
        making.outputs(),
        slots,
        places_of(program, slots),
        shared,
        links,
        chosen,
    )


def places_of(program, slots) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where numbers of theta stand among the weights of a program, slot by slot."""
    places = np.flatnonzero(np.isin(program.slot, slots))
    places = places[np.argsort(program.slot[places], kind="stable")]
    pointers = np.searchsorted(program.slot[places], slots)
    return (
        np.append(pointers, len(places)).astype(np.int64), places.astype(np.int64),
        program.sign[places].astype(np.int64),
    )  # fmt: skip


def _empty(width: int) -> np.ndarray:
    return np.zeros((0, width), np.int32)


def _refuse_time(network) -> None:
    if network.n_delays:
        raise UnsupportedError(
            f"a local rule is for networks without memory, and this one looks {network.n_delays} steps back: "
            "learners that follow the gradient take it"
        )
    if network.settle is not None:
        raise UnsupportedError(
            "a local rule is for networks without loops, and this one settles: "
            "learners that follow the gradient take it"
        )


class _Making:
    """Chooses and checks the neurons of one network, and lays out their items."""

    def __init__(self, network, program, formula):
        self.network, self.program, self.formula = network, program, formula
        self.plan, self.found = program.plan, Items(program)
        self.items, self.kinds = self.found.table, self.found.kinds
        self.first_row = 1 + int(self.plan[p.INPUTS])
        self.neuron_of = np.full(program.n_rows, -1)
        self.neuron_of[program.row_of_neuron] = np.arange(network.n_neurons)

    # ---- which neurons ----------------------------------------------------------------

    def name(self, neuron: int) -> str:
        return self.network.names[self.network.n_inputs + neuron]

    def chosen(self, names) -> list[int]:
        """Numbers of the neurons that may change, in program order."""
        free = self.items[self.items[:, 1 + SLOT] >= 0, 0]
        rows = [int(row) for row in np.unique(free)]
        found = [int(self.neuron_of[row]) for row in rows]
        if names is None:
            return found
        return [j for j in found if j in self._named(names)]

    def _named(self, names) -> set[int]:
        known = {self.name(j): j for j in range(self.network.n_neurons)}
        for name in names:
            if name not in known:
                near = nearest(str(name), known, 0.6)
                hint = f"; did you mean {near!r}?" if near else ""
                raise SettingError(f"neurons: there is no neuron {str(name)!r}{hint}")
        return {known[name] for name in names}

    def outputs(self) -> np.ndarray:
        """Row of the value and row of the neuron of each output."""
        network = self.network
        first = int(self.plan[p.OUTPUT_ROWS])
        values = self.plan[first : first + network.n_outputs]
        neurons = network.output_node - network.n_inputs
        rows = self.program.row_of_neuron[np.maximum(neurons, 0)]
        rows = np.where(neurons >= 0, rows, -1)
        return np.column_stack([values, rows]).astype(np.int32)

    # ---- what is refused --------------------------------------------------------------

    def refuse_products(self) -> None:
        """Numbers that are products of several of theta's have no change of their own."""
        made = self.items[self.items[:, 1 + SLOT] <= -2, 0]
        if len(made):
            name = self.name(int(self.neuron_of[made[0]]))
            raise SettingError(
                f"neuron {name}: a number in it is a product of learnable numbers, as in 0.5*(x - 3), and a local "
                "rule changes numbers that stand alone: freeze one of them, as in 0.5*(x - [3]), or write the "
                "brackets out"
            )

    def refuse_without_error(self, chosen: list[int], shares: bool) -> None:
        """Errors and targets belong to outputs; errors also to hidden neurons, where they are shared."""
        reads = set(self.formula.signals) & {"e", "t"}
        if not reads:
            return
        network = self.network
        outputs = (network.output_node - network.n_inputs).tolist()
        for j in chosen:
            if j in outputs or (shares and "t" not in reads):
                continue
            what = "t" if "t" in reads else "e"
            raise SettingError(
                f"the rule reads {what}, and neuron {self.name(j)} is no output: nobody says its "
                + ("target" if what == "t" else "error")
                + ". Freeze its numbers, name the neurons that learn (neurons=...), share errors back "
                "(BlameRule, or blame=('weight',) of Rule), or take a learner that follows the gradient"
            )

    def refuse_flat(self, chosen: list[int]) -> None:
        """A rule that multiplies by a slope learns nothing where there is none."""
        network = self.network
        for j in chosen:
            function = network.functions[network.activation[j]]
            general = function.kind == "expression"
            reads = general or "slope" in self.formula.signals
            if not reads or not _is_flat(function, general):
                continue
            what = "its formula" if general else function.name
            advice = (
                "write step(quadratic(...)) or step(a weighted sum), whose numbers have sources of their own"
                if general
                else "use a rule without slope (PerceptronRule), or give it a training slope: "
                f"{function.name}(..., slope=triangle)"
            )
            raise SettingError(
                f"neuron {self.name(j)}: {what} has slope 0 wherever it has one, so the rule would change "
                f"nothing; {advice}"
            )

    # ---- tables for the kernel --------------------------------------------------------

    def tables(self, chosen: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Neurons and items; frozen links only where the rule runs over all links."""
        items = self.items
        kept = items[:, 1 + SLOT] >= 0
        if self.formula.reduces:
            self._refuse_without_links(chosen)
            kept |= items[:, 1 + LINK] > 0
        rows = self.program.row_of_neuron[chosen] if chosen else np.zeros(0, np.int64)
        items = items[kept & np.isin(items[:, 0], rows)]
        table = np.zeros((len(rows), N_NEURON), np.int32)
        table[:, ROW] = rows
        table[:, FIRST] = np.searchsorted(items[:, 0], rows)
        table[:, COUNT] = (
            np.searchsorted(items[:, 0], rows, side="right") - table[:, FIRST]
        )
        table[:, KIND], table[:, TRANSFER] = (
            self.kinds[rows],
            self.found.transfers[rows],
        )
        return table, np.ascontiguousarray(items[:, 1:].astype(np.int32).T)

    def _refuse_without_links(self, chosen: list[int]) -> None:
        for j in chosen:
            if self.kinds[self.program.row_of_neuron[j]] == GENERAL:
                raise SettingError(
                    f"neuron {self.name(j)} has a formula of its own, and the rule runs over the links of a neuron"
                )

    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Neurons from the last to the first, with all their links: what errors go back along."""
        items, shared, links = self.items, [], []
        outputs = self.outputs()[:, 1].tolist()
        for row in range(self.program.n_rows - 1, self.first_row - 1, -1):
            if self.neuron_of[row] < 0:
                continue
            own = items[items[:, 0] == row, 1:]
            own = own[(own[:, UNIT] == 0) & ((own[:, LINK] > 0) | (own[:, AT] == 0))]
            self._refuse_unshared(row)
            takes = (own[:, AT] >= self.first_row) & ~np.isin(own[:, AT], outputs)
            if takes.any():
                shared.append((row, len(links), len(own)))
                links += zip(own[:, PLACE], own[:, AT], takes, strict=True)
        made = [
            np.array(list(rows), np.int32).reshape(-1, 3) for rows in (shared, links)
        ]
        return made[0], made[1]

    def _refuse_unshared(self, row: int) -> None:
        """Shares are by weights, which formulas of one's own and other transfers do not multiply by."""
        if self.kinds[row] == PLAIN:
            return
        j = int(self.neuron_of[row])
        network = self.network
        sources = network.link_source[network.link_target == j]
        if (sources >= network.n_inputs).any():
            raise SettingError(
                f"neuron {self.name(j)} is no weighted sum of its sources: errors are shared back by weights only"
            )


def _is_flat(function, general: bool) -> bool:
    """Whether all slopes are 0 at some places drawn once for all."""
    random = np.random.default_rng(0)
    arguments = [random.normal(scale=2.0, size=PROBES) for _ in function.arguments]
    numbers = list(function.starts)
    if general:
        numbers = random.normal(size=(function.n_parameters, PROBES)).tolist()
    tables = function.evaluate(1, arguments, [np.array(v) for v in numbers])
    first = 1 + len(arguments) if general else 1
    last = len(tables) if general else 1 + len(arguments)
    with np.errstate(invalid="ignore"):
        return last > first and bool((tables[first:last] == 0).all())

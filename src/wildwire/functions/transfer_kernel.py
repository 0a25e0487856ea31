"""What both kernels of a transfer have in common: leaves, rows of scratch, loops over links and pairs.

Comes in: a `Transfer` that returns one number. Goes out: lines of Python text. Called by
`transfer_values.py` and `transfer_deltas.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wildwire.functions.graph import Term
from wildwire.functions.kernel_lines import Lines
from wildwire.functions.reductions import BIAS_LEAF, LINK, OTHER_LINK, PAIR, REDUCED
from wildwire.functions.transfer_slopes import ADJOINT, argument_rows

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

__all__ = ["PER_LINK", "SOURCE", "WEIGHT", "TransferKernel", "scratch_rows"]

_LEAVES = {
    LINK: "a{}", OTHER_LINK: "b{}", PAIR: "q{}", REDUCED: "r{}", BIAS_LEAF: "bias",
    ADJOINT: "g{}", "parameter": "p{}",
}  # fmt: skip
PER_LINK = (LINK, OTHER_LINK, PAIR)
WEIGHT, SOURCE = 0, 1  # places of arguments


def scratch_rows(transfer: Transfer) -> tuple[int, int, int]:
    """Rows of scratch that a neuron needs.

    Returns
    -------
    kept : int
        From values to deltas, for each neuron.
    shared, shared_per_link : int
        In `deltas`, by one neuron after another; rows, and further rows for each link.
    """
    reductions = transfer.reduced.reductions
    kept = len(reductions) + len(argument_rows(reductions))
    kept += transfer.reduced.counts_links
    products = sum(r.kind == "prod" for r in reductions)
    sums = 2 * (transfer.n_parameters + 1)
    shared = len(reductions) + sums + 2 + 4 * len(transfer.arguments) + products
    return kept, shared, products


class TransferKernel:
    """What the two kernels have in common: rows, leaves, and how links and pairs are run through."""

    def __init__(self, transfer: Transfer) -> None:
        self.transfer, self.reduced = transfer, transfer.reduced
        self.graph, self.reductions = self.reduced.graph, self.reduced.reductions
        self.slopes = transfer.slopes
        self.picks = argument_rows(self.reductions)
        self.lines: list[str] = []
        self.used = {"load", "shifted", "store", "take", "real", "np"}

    def add(self, depth: int, *lines: str) -> None:
        """Lines of text, indented by so many levels inside the function."""
        self.lines += [f"{'    ' * (depth + 1)}{line}" for line in lines]

    def writer(self, outputs: Sequence[Term]) -> tuple[Lines, list[str]]:
        """A writer of these terms and the lines that form them."""
        writer = Lines(self.graph, outputs, _LEAVES)
        lines = writer.write(exact_sines=True)
        self.used |= writer.used
        return writer, lines

    def leaves(self, writer: Lines, *kinds: str) -> list[tuple[str, int]]:
        """The leaves of these kinds that a writer reads."""
        nodes = (self.graph.nodes[index] for index in writer.order)
        return [(n.operation, int(n.value)) for n in nodes if n.operation in kinds]

    def load_numbers(self) -> None:
        """Parameters and the bias, once for the neuron."""
        for j in range(self.transfer.n_parameters):
            self.add(0, f"p{j} = load(numbers, {j})")
        if self.transfer.has_bias:
            self.add(0, "bias = load(weights, bias_at) if bias_at >= 0 else real(0.0)")

    def kept_rows(self) -> None:
        """Where the reductions stand, and which links they picked."""
        for k in range(len(self.reductions)):
            self.add(0, f"r{k}_row = shifted(work, scratch + {k} * columns)")
        for k, place in self.picks.items():
            place += len(self.reductions)
            self.add(0, f"k{k}_row = shifted(work, scratch + {place} * columns)")

    def link_numbers(self, depth: int, prefix: str, i: str, leaves) -> None:
        """What is one number for link `i`: weight, further numbers, and the row of its source."""
        places = {value for _, value in leaves}
        if SOURCE in places:
            line = (
                f"{prefix}_row = shifted(work, np.int64(load(sources, {i})) * columns)"
            )
            self.add(depth, line)
        if WEIGHT in places:
            self.add(depth, f"{prefix}0 = load(weights, {i})")
        for place in self.reduced.link_places:
            if place in places:
                at = self.link_place(place, i)
                self.add(depth, f"{prefix}{place} = load(numbers, {at})")

    def pair_loop(self, distinct: bool, leaves) -> None:
        """The heads of the loops over pairs, and the numbers of the pair."""
        self.add(0, "for i in range(count):")
        own = [leaf for leaf in leaves if leaf[0] == LINK]
        self.link_numbers(1, "a", "i", own)
        if self.reduced.distinct:
            self.add(1, "first = i * count - i * (i + 3) // 2 - 1")
        else:
            self.add(1, "first = i * count - i * (i + 1) // 2")

    def pair_numbers(self, leaves) -> None:
        self.link_numbers(
            2, "b", "j", [leaf for leaf in leaves if leaf[0] == OTHER_LINK]
        )
        for k, place in enumerate(self.reduced.pair_places):
            if (PAIR, place) in leaves:
                self.add(2, f"q{place} = load(numbers, {self.pair_place(k)})")

    def pair_place(self, k: int) -> str:
        """Where number k of the pair (i, j) stands among the numbers."""
        size, links = len(self.reduced.pair_places), len(self.reduced.link_places)
        parts = [f"count * {links}"] if links else []
        parts.append("first + j" if size == 1 else f"(first + j) * {size}")
        constant = self.transfer.n_parameters + k
        return " + ".join([*parts, str(constant)] if constant else parts)

    def link_place(self, place: int, i: str) -> str:
        """Where a number of link i, argument number `place`, stands among the numbers."""
        k, count = self.reduced.link_places.index(place), len(self.reduced.link_places)
        constant = self.transfer.n_parameters + k
        at = i if count == 1 else f"{i} * {count}"
        return f"{at} + {constant}" if constant else at

    def sources_of(self, leaves) -> list[str]:
        """Lines that load the sources of a sample."""
        lines = []
        if (LINK, SOURCE) in leaves:
            lines.append("a1 = load(a_row, c)")
        if (OTHER_LINK, SOURCE) in leaves:
            lines.append("b1 = load(b_row, c)")
        return lines

    def text(self, head: str) -> str:
        return head + "".join(f"{line}\n" for line in self.lines)

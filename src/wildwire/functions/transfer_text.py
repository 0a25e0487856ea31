"""From a transfer to the Python text of its kernels.

Comes in: a `Transfer` that returns one number. Goes out: the text of a module with the kernels `values` and
`deltas` of one neuron for a tile of samples, one module per float type, ready for Numba. Called by `native.py`
and, for the catalogue, by `generate.py`. The calling convention is on docs/design/transfers.md.

Reductions of one depth run in one loop over the links (or pairs), whose inner loop runs over samples and
vectorises. `values` leaves the reductions in rows of scratch, where `deltas` finds them; terms are computed
again on the way back, which costs less than a row for every link would.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wildwire.functions.graph import Term
from wildwire.functions.kernel_lines import Lines
from wildwire.functions.kernel_text import import_lines
from wildwire.functions.reductions import BIAS_LEAF, LINK, OTHER_LINK, PAIR, REDUCED
from wildwire.functions.transfer import TRANSFER_CONVENTION
from wildwire.functions.transfer_slopes import ADJOINT, Group, argument_rows

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

__all__ = ["scratch_rows", "transfer_module"]

_LEAVES = {
    LINK: "a{}", OTHER_LINK: "b{}", PAIR: "q{}", REDUCED: "r{}", BIAS_LEAF: "bias",
    ADJOINT: "g{}", "parameter": "p{}",
}  # fmt: skip
_START = {"sum": "0.0", "mean": "0.0", "prod": "1.0", "max": "-inf", "min": "inf"}
_BETTER = {"max": ">", "min": "<"}
_PER_LINK = (LINK, OTHER_LINK, PAIR)
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
    products = sum(r.kind == "prod" for r in reductions)
    sums = 2 * (transfer.n_parameters + 1)
    shared = len(reductions) + sums + 2 + 4 * len(transfer.arguments) + products
    return kept, shared, products


class _Kernel:
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
        count = len(self.reduced.link_places)
        for k, place in enumerate(self.reduced.link_places):
            if place in places:
                at = f"{self.transfer.n_parameters + k} + {i} * {count}"
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
        size = len(self.reduced.pair_places)
        own = self.transfer.n_parameters
        links = len(self.reduced.link_places)
        return f"{own} + count * {links} + (first + j) * {size} + {k}"

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


_VALUES = """def values(
    work, sources, weights, numbers, guards, count, bias_at, columns, z, scratch
):
"""


class _Values(_Kernel):
    """Writes `values`: reductions depth by depth, then what is made of them."""

    def write(self) -> str:
        self.load_numbers()
        self.kept_rows()
        if self.reduced.guards(self.reduced.terms()):
            self.add(0, "active = 0")
        for group in self.slopes.groups:
            self._start(group)
            self._group(group)
        self._outcome()
        if self.reduced.guards(self.reduced.terms()):
            self.used.add("increase")
            self.add(0, "increase(guards, 0, active)")
        return self.text(_VALUES)

    def _start(self, group: Group) -> None:
        self.add(0, "for c in range(columns):")
        for k in group.members:
            kind = self.reductions[k].kind
            start = _START[kind].replace("inf", "np.inf")
            self.add(1, f"store({k}, r{k}_row, c, real({start}))")
            if k in self.picks:
                self.add(1, f"store({self._pick(k)}, k{k}_row, c, real(0.0))")

    def _pick(self, k: int) -> int:
        """Number of the table that remembers the link which reduction k picked."""
        return len(self.reductions) + self.picks[k]

    def _group(self, group: Group) -> None:
        terms = [self.reductions[k].term for k in group.members]
        writer, lines = self.writer(terms)
        leaves = self.leaves(writer, *_PER_LINK)
        depth = 1
        if group.over == "links":
            self.add(0, "for i in range(count):")
            self.link_numbers(1, "a", "i", leaves)
            if any(k in self.picks for k in group.members):
                self.add(1, "index = real(i)")
        else:
            self.pair_loop(group.over == "distinct", leaves)
            shift = " + 1" if group.over == "distinct" else ""
            self.add(1, f"for j in range(i{shift}, count):")
            self.pair_numbers(leaves)
            depth = 2
        self.add(depth, "for c in range(columns):")
        body = self.sources_of(leaves)
        body += [
            f"r{k} = take({k}, r{k}_row, c)" for _, k in self.leaves(writer, REDUCED)
        ]
        body += lines
        for k, term in zip(group.members, terms, strict=True):
            body += self._combine(k, writer.text(term))
        for guard in self._link_guards(terms):
            self.used.add("count_of")
            body.append(f"active += count_of({writer.activity(guard)})")
        self.add(depth + 1, *body)
        for k in group.members:
            if self.reductions[k].kind == "mean":
                self.add(0, "for c in range(columns):")
                mean = f"take({k}, r{k}_row, c) / real(count)"
                self.add(1, f"store({k}, r{k}_row, c, {mean})")

    def _combine(self, k: int, term: str) -> list[str]:
        """Add one term to reduction k."""
        kind, old = self.reductions[k].kind, f"take({k}, r{k}_row, c)"
        if kind in ("sum", "mean"):
            return [f"store({k}, r{k}_row, c, {old} + ({term}))"]
        if kind == "prod":
            return [f"store({k}, r{k}_row, c, {old} * ({term}))"]
        self.used.add("select")
        pick = self._pick(k)
        better = f"new{k} {_BETTER[kind]} old{k}"
        # A term that is no number is kept, or the result would hide it.
        return [
            f"old{k} = {old}",
            f"new{k} = {term}",
            f"picked{k} = take({pick}, k{k}_row, c)",
            f"store({pick}, k{k}_row, c, select({better}, index, picked{k}))",
            f"best{k} = select({better}, new{k}, old{k})",
            f"store({k}, r{k}_row, c, select(new{k} != new{k}, new{k}, best{k}))",
        ]

    def _link_guards(self, terms: Sequence[Term]) -> list[Term]:
        """Guards that depend on the link: counted for each."""
        return [g for g in self.reduced.guards(terms) if self._is_per_link(g)]

    def _is_per_link(self, guard: Term) -> bool:
        needed = self.graph.needed([guard])
        return any(self.graph.nodes[i].operation in _PER_LINK for i in needed)

    def _outcome(self) -> None:
        """The loop that makes z of the reductions."""
        value = self.reduced.values[0]
        found = self.reduced.guards(self.reduced.terms())
        guards = [g for g in found if not self._is_per_link(g)]
        writer, lines = self.writer([value, *guards])
        table = len(self.reductions) + len(self.picks)
        self.add(0, "z_row = shifted(work, z)", "for c in range(columns):")
        self.add(
            1,
            *(
                f"r{k} = take({k}, r{k}_row, c)"
                for _, k in self.leaves(writer, REDUCED)
            ),
            *lines,
            f"store({table}, z_row, c, {writer.text(value)})",
        )
        for guard in guards:
            self.used.add("count_of")
            self.add(1, f"active += count_of({writer.activity(guard)})")


_DELTAS = """def deltas(
    work, sources, weights, numbers, weight_gradient, number_gradient, count, bias_at,
    columns, delta, d, scratch, shared, first_row
):
"""


class _Deltas(_Kernel):
    """Writes `deltas`: shares of dE/dz from the value back to sources and numbers."""

    def __init__(self, transfer: Transfer) -> None:
        super().__init__(transfer)
        self.rows: dict[str, int] = {}  # name of a row of shared scratch -> its place
        self.products = [k for k, r in enumerate(self.reductions) if r.kind == "prod"]

    def row(self, name: str) -> int:
        """The table that belongs to a row of shared scratch, made when first named."""
        return self.rows.setdefault(name, len(self.rows))

    def put(self, name: str, value: str, adds: bool) -> str:
        """Write into a row of scratch, or add to it."""
        table = self.row(name)
        old = f"take({table}, {name}_row, c) + " if adds else ""
        value = f"({value})" if adds else value
        return f"store({table}, {name}_row, c, {old}{value})"

    def write(self) -> str:
        for k in range(len(self.reductions)):
            self.row(f"s{k}")
        self.row("dump")
        self._outer()
        for group in reversed(self.slopes.groups):
            self._way_back(group)
        body, self.lines = self.lines, []
        self.load_numbers()
        self.kept_rows()
        for name, place in self.rows.items():
            if name != "x":
                self.add(0, f"{name}_row = shifted(work, shared + {place} * columns)")
        products = scratch_rows(self.transfer)[1]
        for k in self.products:
            before = self.products.index(k)
            at = f"shared + ({products} + {before} * count) * columns"
            self.add(0, f"before{k}_at = {at}")
        self.lines += body
        return self.text(_DELTAS)

    def _reduced_values(self, writer: Lines) -> list[str]:
        return [f"r{k} = load(r{k}_row, c)" for _, k in self.leaves(writer, REDUCED)]

    def _outer(self) -> None:
        """Shares of dE/dz in the reductions, parameters and the bias."""
        outer = self.slopes.outer
        writer, lines = self.writer(list(outer.values()))
        own = len(self.reductions)
        self.add(0, "z_row = shifted(work, delta)", "for c in range(columns):")
        self.add(1, f"g{own} = load(z_row, c)", *self._reduced_values(writer), *lines)
        sums = []
        for k in range(own):
            term = outer.get((REDUCED, k))
            value = "real(0.0)" if term is None else writer.text(term)
            self.add(1, self.put(f"s{k}", value, adds=False))
        for (kind, value), term in outer.items():
            if kind != REDUCED:
                name = f"o{value}" if kind == "parameter" else "obias"
                self.add(1, self.put(name, writer.text(term), adds=False))
                sums.append((name, kind, value))
        self._add_sums(sums)

    def _add_sums(self, sums) -> None:
        """Sums over samples into the gradient of parameters and the bias."""
        for name, kind, value in sums:
            self.used |= {"add_to", "total"}
            amount = f"total({name}_row, columns)"
            if kind == "parameter":
                self.add(0, f"add_to(number_gradient, {value}, {amount})")
            else:
                self.add(0, "if bias_at >= 0:")
                self.add(1, f"add_to(weight_gradient, bias_at, {amount})")

    def _way_back(self, group: Group) -> None:
        writer, lines = self.writer(
            [*group.shares.values(), *(self._term(k) for k in self._products(group))]
        )
        kept = [leaf for leaf in group.shares if leaf[0] in ("parameter", BIAS_LEAF)]
        sums = [
            (f"p{value}_sum" if kind == "parameter" else "bias_sum", kind, value)
            for kind, value in kept
        ]
        if sums:
            self.add(0, "for c in range(columns):")
            for name, _, _ in sums:
                self.add(1, self.put(name, "real(0.0)", adds=False))
        if group.over == "links":
            self._links(group, writer, lines)
        else:
            self._pairs(group, writer, lines)
        self._add_sums(sums)

    def _term(self, k: int) -> Term:
        return self.reductions[k].term

    def _products(self, group: Group) -> list[int]:
        return [k for k in group.members if k in self.products]

    def _before(self, group: Group) -> None:
        """For products: the product of all terms before each."""
        products = self._products(group)
        writer, lines = self.writer([self._term(k) for k in products])
        leaves = self.leaves(writer, *_PER_LINK)
        self.add(0, "for c in range(columns):")
        for k in products:
            self.add(1, self.put(f"behind{k}", "real(1.0)", adds=False))
        self.add(0, "for i in range(count):")
        self.link_numbers(1, "a", "i", leaves)
        for k in products:
            self.add(1, f"before{k}_row = shifted(work, before{k}_at + i * columns)")
        self.add(1, "for c in range(columns):")
        self.add(2, *self.sources_of(leaves), *self._reduced_values(writer), *lines)
        for k in products:
            table = self.row(f"behind{k}")
            self.add(
                2,
                f"whole{k} = take({table}, behind{k}_row, c)",
                f"store({self._before_table(k)}, before{k}_row, c, whole{k})",
                f"store({table}, behind{k}_row, c, whole{k} * ({writer.text(self._term(k))}))",
            )
        self.add(0, "for c in range(columns):")
        for k in products:
            self.add(1, self.put(f"behind{k}", "real(1.0)", adds=False))

    def _before_table(self, k: int) -> int:
        return scratch_rows(self.transfer)[1] + self.products.index(k)

    def _adjoints(self, writer: Lines) -> list[str]:
        """dE/dt for each reduction of the group."""
        lines = []
        for _, k in self.leaves(writer, ADJOINT):
            share = f"take({self.row(f's{k}')}, s{k}_row, c)"
            kind = self.reductions[k].kind
            if kind == "mean":
                share = f"{share} / real(count)"
            elif kind == "prod":
                before = f"take({self._before_table(k)}, before{k}_row, c)"
                behind = f"take({self.row(f'behind{k}')}, behind{k}_row, c)"
                share = f"{share} * ({before} * {behind})"
            elif k in self.picks:
                self.used.add("select")
                share = f"select(load(k{k}_row, c) == index, {share}, real(0.0))"
            lines.append(f"g{k} = {share}")
        return lines

    def _links(self, group: Group, writer: Lines, lines: list[str]) -> None:
        products = self._products(group)
        if products:
            self._before(group)
            self.add(0, "for back in range(count):", "    i = count - 1 - back")
        else:
            self.add(0, "for i in range(count):")
        leaves = self.leaves(writer, *_PER_LINK)
        self.link_numbers(1, "a", "i", leaves)
        for k in products:
            self.add(1, f"before{k}_row = shifted(work, before{k}_at + i * columns)")
        if any(k in self.picks for k in group.members):
            self.add(1, "index = real(i)")
        if (LINK, SOURCE) in group.shares:
            self._delta_row(1, "x_row", "i")
        self.add(1, "for c in range(columns):")
        body = [*self.sources_of(leaves), *self._reduced_values(writer)]
        body += [*self._adjoints(writer), *lines]
        after = []
        for leaf, term in group.shares.items():
            body.append(self._share(leaf, writer.text(term)))
            after += self._gradient(leaf, "i")
        for k in products:
            table = self.row(f"behind{k}")
            old = f"take({table}, behind{k}_row, c)"
            term = writer.text(self._term(k))
            body.append(f"store({table}, behind{k}_row, c, {old} * ({term}))")
        self.add(2, *body)
        self.add(1, *after)

    def _delta_row(self, depth: int, name: str, i: str) -> None:
        """The row of deltas of the source of link i; a row that nobody reads if nobody wants them."""
        self.add(
            depth,
            f"source = np.int64(load(sources, {i}))",
            f"{name} = shifted(work, d + source * columns)",
            "if source < first_row:",
            f"    {name} = dump_row",
        )

    def _share(self, leaf: tuple[str, int], value: str) -> str:
        """One sample's share: added where several links meet, else left in a row that is summed."""
        kind, place = leaf
        if kind == REDUCED:
            return self.put(f"s{place}", value, adds=True)
        if kind == "parameter":
            return self.put(f"p{place}_sum", value, adds=True)
        if kind == BIAS_LEAF:
            return self.put("bias_sum", value, adds=True)
        if kind == LINK and place == SOURCE:
            return self.put("x", value, adds=True)
        return self.put(f"{_ROW_OF[kind]}{place}", value, adds=False)

    def _gradient(self, leaf: tuple[str, int], i: str) -> list[str]:
        """Lines behind the loop over samples: the sum into the gradient of a number of the link."""
        kind, place = leaf
        if kind not in (LINK, OTHER_LINK) or place == SOURCE:
            return []
        self.used |= {"add_to", "total"}
        amount = f"total({_ROW_OF[kind]}{place}_row, columns)"
        if place == WEIGHT:
            return [f"add_to(weight_gradient, {i}, {amount})"]
        k = self.reduced.link_places.index(place)
        count = len(self.reduced.link_places)
        at = f"{self.transfer.n_parameters + k} + {i} * {count}"
        return [f"add_to(number_gradient, {at}, {amount})"]

    def _pairs(self, group: Group, writer: Lines, lines: list[str]) -> None:
        """Pairs: what belongs to link i is collected over its pairs, what belongs to link j is added at once."""
        leaves = self.leaves(writer, *_PER_LINK)
        own = [leaf for leaf in group.shares if leaf[0] == LINK]
        self.pair_loop(group.over == "distinct", leaves)
        if own:
            self.add(1, "for c in range(columns):")
            for leaf in own:
                self.add(2, self.put(f"own{leaf[1]}", "real(0.0)", adds=False))
        shift = " + 1" if group.over == "distinct" else ""
        self.add(1, f"for j in range(i{shift}, count):")
        self.pair_numbers(leaves)
        if (OTHER_LINK, SOURCE) in group.shares:
            self._delta_row(2, "x_row", "j")
        self.add(2, "for c in range(columns):")
        body = [*self.sources_of(leaves), *self._reduced_values(writer)]
        body += [*self._adjoints(writer), *lines]
        after = []
        for leaf, term in group.shares.items():
            value = writer.text(term)
            if leaf[0] == LINK:
                body.append(self.put(f"own{leaf[1]}", value, adds=True))
            elif leaf == (OTHER_LINK, SOURCE):
                body.append(self.put("x", value, adds=True))
            else:
                body.append(self._share(leaf, value))
                after += self._gradient(leaf, "j")
                if leaf[0] == PAIR:
                    self.used |= {"add_to", "total"}
                    place = self.pair_place(self.reduced.pair_places.index(leaf[1]))
                    row = f"{_ROW_OF[PAIR]}{leaf[1]}_row"
                    after.append(
                        f"add_to(number_gradient, {place}, total({row}, columns))"
                    )
        self.add(3, *body)
        self.add(2, *after)
        self._own_of_pairs(own)

    def _own_of_pairs(self, own) -> None:
        for leaf in own:
            if leaf[1] == SOURCE:
                self._delta_row(1, "x_row", "i")
                self.add(1, "for c in range(columns):")
                table = self.row(f"own{SOURCE}")
                value = f"take({table}, own{SOURCE}_row, c)"
                self.add(2, self.put("x", value, adds=True))
            else:
                lines = self._gradient(leaf, "i")
                row = f"{_ROW_OF[LINK]}{leaf[1]}_row"
                self.add(1, *(line.replace(row, f"own{leaf[1]}_row") for line in lines))


_ROW_OF = {LINK: "link", OTHER_LINK: "other", PAIR: "pair"}


def transfer_module(transfer: Transfer, dtype: str) -> str:
    """Text of the module with both kernels of a transfer for one float type.

    Parameters
    ----------
    transfer : Transfer
        That returns one number.
    dtype : {"float64", "float32"}
        Float type of all tables.

    Returns
    -------
    str
        Python source; defines `values` and `deltas` as plain functions.
    """
    forward, back = _Values(transfer), _Deltas(transfer)
    texts = [forward.write(), back.write()]
    used = forward.used | back.used
    head = (
        f'"""Kernels of the transfer {transfer.name}, {dtype}. Generated by '
        f"wildwire.functions.generate.\n\n"
        f"Calling convention {TRANSFER_CONVENTION}, docs/design/transfers.md; "
        f'formula {transfer.key}.\n"""\n\n'
    )
    return head + import_lines(used - {"np"}, dtype) + "\n\n" + "\n\n".join(texts)

"""The kernel `deltas` of a transfer: from dE/dz back to its sources, weights and numbers.

Comes in: a `Transfer`. Goes out: the text of a Python function. Called by `transfer_text.py`. The equations
are those of `transfer_slopes.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wildwire.functions.graph import Term
from wildwire.functions.kernel_lines import Lines
from wildwire.functions.reductions import BIAS_LEAF, LINK, OTHER_LINK, PAIR, REDUCED
from wildwire.functions.transfer_kernel import (
    PER_LINK,
    SOURCE,
    WEIGHT,
    TransferKernel,
    scratch_rows,
)
from wildwire.functions.transfer_slopes import ADJOINT, Group

if TYPE_CHECKING:
    from wildwire.functions.transfer import Transfer

__all__ = ["DeltasKernel"]

_ROW_OF = {LINK: "link", OTHER_LINK: "other", PAIR: "pair"}


_DELTAS = """def deltas(
    work, sources, weights, numbers, weight_gradient, number_gradient, count, bias_at,
    columns, delta, d, scratch, shared, first_row
):
"""


class DeltasKernel(TransferKernel):
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
        if (
            not group.shares
        ):  # as of sum(where(x > 0, 1, 0)), which has no slope in anything
            return
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
        leaves = self.leaves(writer, *PER_LINK)
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
        leaves = self.leaves(writer, *PER_LINK)
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
            "if 0 <= source < first_row:",
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
        return [f"add_to(number_gradient, {self.link_place(place, i)}, {amount})"]

    def _pairs(self, group: Group, writer: Lines, lines: list[str]) -> None:
        """Pairs: what belongs to link i is collected over its pairs, what belongs to link j is added at once."""
        leaves = self.leaves(writer, *PER_LINK)
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

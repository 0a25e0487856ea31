"""The kernel `values` of a transfer: reductions depth by depth, then z.

Comes in: a `Transfer`. Goes out: the text of a Python function. Called by `transfer_text.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from wildwire.functions.graph import Term
from wildwire.functions.kernel_lines import Lines
from wildwire.functions.reductions import REDUCED
from wildwire.functions.transfer_kernel import PER_LINK, TransferKernel
from wildwire.functions.transfer_slopes import Group

__all__ = ["ValuesKernel"]

_START = {"sum": "0.0", "mean": "0.0", "prod": "1.0", "max": "-inf", "min": "inf"}
_BETTER = {"max": ">", "min": "<"}

_VALUES = """def values(
    work, sources, weights, numbers, guards, count, bias_at, columns, z, scratch
):
"""


class ValuesKernel(TransferKernel):
    """Writes `values`: reductions depth by depth, then what is made of them."""

    def write(self) -> str:
        self.load_numbers()
        self.kept_rows()
        if self.transfer.guarded:
            self.used.add("select")
            self.add(0, "active = 0")
        if self.reduced.counts_links:
            place = len(self.reductions) + len(self.picks)
            self.add(0, f"held_row = shifted(work, scratch + {place} * columns)")
            self.add(0, "for c in range(columns):")
            self.add(1, f"store({place}, held_row, c, real(0.0))")
        for group in self.slopes.groups:
            self._start(group)
            self._group(group)
        self._outcome()
        if self.transfer.guarded:
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
        leaves = self.leaves(writer, *PER_LINK)
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
        body += self._held(writer, terms)
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

    def _held(self, writer: Lines, terms: Sequence[Term]) -> list[str]:
        """Remember samples in which a guard is active for some link: such a sample counts once."""
        table = len(self.reductions) + len(self.picks)
        return [
            f"store({table}, held_row, c, select({writer.activity(guard)}, real(1.0), "
            f"take({table}, held_row, c)))"
            for guard in self.reduced.guards(terms)
            if self.reduced.is_per_link(guard)
        ]

    def _outcome(self) -> None:
        """The loop that makes z of the reductions."""
        value = self.reduced.values[0]
        found = self.reduced.guards(self.reduced.terms())
        guards = [g for g in found if not self.reduced.is_per_link(g)]
        writer, lines = self.writer([value, *guards])
        held = len(self.reductions) + len(self.picks)
        table = held + 1
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
        tests = [writer.activity(guard) for guard in guards]
        if self.reduced.counts_links:
            tests.append(f"take({held}, held_row, c) > real(0.0)")
        if tests:
            self.used.add("count_of")
            self.add(1, f"held = {tests[0]}")
            self.add(1, *(f"held = held | ({test})" for test in tests[1:]))
            self.add(1, "active += count_of(held)")

"""The twin of `compile_network`: what a program is, as lists and dictionaries, one neuron at a time.

Comes in: a network. Goes out: the arrays of its program. Slow and obvious; shares with the kernel
the numbers of `plan.py` only.
"""

from collections import Counter
from itertools import accumulate, groupby
from types import SimpleNamespace

import numpy as np

from program.slow_clusters import longer_lists, tame_neurons
from wildwire.program import plan as p
from wildwire.program.tame import tame_functions

ZERO = (-1, 1, 0.0)  # slot, sign and value of a link that is not there


class SlowProgram:
    def __init__(self, network):
        self.network = network
        n = network.n_neurons
        self.reads = [self._entries(j) for j in range(n)]
        self.lists = [tuple(source for source, _ in reads) for reads in self.reads]
        self.levels = [self._level(j) for j in range(n)]
        self.used = sorted(set(network.activation.tolist()))
        self.function = [self.used.index(f) for f in network.activation]
        self._fill_in()
        self.order = self._order()
        first = 1 + network.n_inputs
        self.row = {j: first + i for i, j in enumerate(self.order)}
        grouped = groupby(self.order, key=lambda j: self.lists[j])
        self.blocks = [list(members) for _, members in grouped]

    # ---- what a neuron reads ------------------------------------------------------------

    def _number(self, kind, place):
        columns = ("slot", "sign", "value")
        return tuple(getattr(self.network, f"{kind}_{c}")[place] for c in columns)

    def _entries(self, j):
        """Pairs of source and number; the bias reads -1; parallel links stay in order."""
        network = self.network
        links = np.flatnonzero(network.link_target == j)
        found = [(network.link_source[e], self._number("link", e)) for e in links]
        slot, _, value = self._number("bias", j)
        if slot != -1 or value != 0:
            found.append((-1, self._number("bias", j)))
        return sorted(found, key=lambda entry: entry[0])

    def _level(self, j):
        inner = [s - self.network.n_inputs for s in self.lists[j]]
        return 1 + max((self._level(s) for s in inner if s >= 0), default=-1)

    def _fill_in(self):
        """Zeros where a half-dense block is cheaper."""
        network = self.network
        order = sorted(range(len(self.lists)), key=lambda j: self.levels[j])
        flags = tame_functions(
            network.functions, bool((network.derived.power < 0).any())
        )
        tame = tame_neurons(
            network.n_inputs, self.lists, order, lambda j: flags[network.activation[j]]
        )
        for j, longer in enumerate(longer_lists(self.lists, self.levels, tame)):
            if longer != self.lists[j]:
                known = dict(self.reads[j])
                self.reads[j] = [(s, known.get(s, ZERO)) for s in longer]
        self.lists = [tuple(source for source, _ in reads) for reads in self.reads]

    def _order(self):
        """By level; within one, those that share their sources first, then by function."""
        shared, groups = Counter(self.lists), list(dict.fromkeys(self.lists))

        def key(j):
            alone = shared[self.lists[j]] == 1
            group = len(groups) if alone else groups.index(self.lists[j])
            return self.levels[j], group, self.function[j], j

        return sorted(range(len(self.lists)), key=key)

    # ---- weights ------------------------------------------------------------------------

    def weights(self):
        """Numbers of all weights: blocks source by source, then the parameters; and which are links."""
        links = [
            self.reads[j][k]
            for block in self.blocks
            for k in range(len(self.lists[block[0]]))
            for j in block
        ]
        parameters = [
            self._number("parameter", place)
            for j in self.order
            for place in range(*self.network.parameter_offset[j : j + 2])
        ]
        is_link = [source >= 0 and number is not ZERO for source, number in links]
        is_link += [False] * len(parameters)
        return [number for _, number in links] + parameters, is_link

    # ---- tables of the plan -------------------------------------------------------------

    def _rows_of(self, j):
        first = self.network.n_inputs
        return [1 + s if s < first else self.row[s - first] for s in self.lists[j]]

    def block_table(self):
        at_source = at_weight = 0
        for block in self.blocks:
            sources = self.lists[block[0]]
            early = sum(s < self.network.n_inputs for s in sources)
            yield (
                self.row[block[0]],
                len(block),
                at_source,
                len(sources),
                at_weight,
                early,
            )
            at_source += len(sources)
            at_weight += len(sources) * len(block)

    def run_table(self):
        offset = self.network.parameter_offset
        count = {j: offset[j + 1] - offset[j] for j in self.order}
        place = sum(len(sources) for sources in self.lists)
        for _, run in groupby(
            self.order, key=lambda j: (self.levels[j], self.function[j])
        ):
            run = list(run)
            j = run[0]
            yield (self.row[j], len(run), self.function[j], place, count[j], 0)
            place += sum(count[j] for j in run)

    def stage_table(self):
        blocks, runs = list(self.block_table()), list(self.run_table())
        for _, stage in groupby(self.order, key=lambda j: self.levels[j]):
            rows = [self.row[j] for j in stage]
            own_blocks = [i for i, block in enumerate(blocks) if block[0] in rows]
            own_runs = [i for i, run in enumerate(runs) if run[0] in rows]
            yield (
                own_blocks[0],
                len(own_blocks),
                own_runs[0],
                len(own_runs),
                rows[0],
                len(rows),
                *(0, 0),  # no expressions
                *(0, 0),  # no transfers
            )

    def out_links(self):
        """Per row the pairs (target row, weight) of the neurons that stand alone in their block."""
        readers = [[] for _ in range(1 + self.network.n_inputs + len(self.order))]
        for block, (row, _, _, _, weight, _) in zip(
            self.blocks, self.block_table(), strict=True
        ):
            if len(block) == 1:
                for k, source in enumerate(self._rows_of(block[0])):
                    readers[source] += [(row, weight + k)]
        return [[], *readers[1:]]  # nobody needs the delta of the constant

    def plan(self):
        network = self.network
        first = 1 + network.n_inputs
        outputs = [self.row[node - network.n_inputs] for node in network.output_node]
        pushed = {
            r
            for block in self.blocks
            if len(block) > 1
            for r in self._rows_of(block[0])
        }
        out_links = self.out_links()
        shown, heads, row = list(outputs), [], first + len(self.order)
        for head in network.heads:
            heads.append((head.first, row, head.count, head.first))
            shown[head.first : head.first + head.count] = range(row, row + head.count)
            row += head.count
        tables = {
            p.STAGE_TABLE: list(self.stage_table()),
            p.BLOCK_TABLE: list(self.block_table()),
            p.RUN_TABLE: list(self.run_table()),
            p.SOURCES: [self._rows_of(block[0]) for block in self.blocks],
            p.OUT_POINTERS: [0, *accumulate(len(readers) for readers in out_links)],
            p.OUT_LINKS: [pair for readers in out_links for pair in readers],
            p.KEEP: [r in pushed or r in outputs for r in range(first + len(self.order))],
            p.OUTPUT_ROWS: shown + outputs,
            p.HEAD_TABLE: heads,
            p.EXPRESSION_TABLE: [],
            p.TRANSFER_TABLE: [],
        }  # fmt: skip
        widths = np.diff(network.parameter_offset)
        plan = [0] * p.HEADER
        for place, table in tables.items():
            plan[place] = len(plan)
            plan += (
                np.hstack([np.ravel(entry) for entry in table]).tolist()
                if table
                else []
            )
        link_weights = sum(len(sources) for sources in self.lists)
        counts = {
            p.FORMAT: p.VERSION, p.ROWS: row, p.INPUTS: network.n_inputs,
            p.NEURONS: len(self.order), p.OUTPUTS: len(outputs),
            p.STAGES: len(tables[p.STAGE_TABLE]), p.BLOCKS: len(self.blocks),
            p.RUNS: len(tables[p.RUN_TABLE]), p.HEADS: len(heads),
            p.LINK_WEIGHTS: link_weights, p.WEIGHTS: link_weights + widths.sum(),
            p.MAX_PARAMETERS: widths.max(), p.FUNCTIONS: len(self.used),
            p.TRANSFER_KINDS: 1, p.LENGTH: len(plan),
        }  # fmt: skip
        for place, count in counts.items():
            plan[place] = count
        return plan


def slow_program(network):
    """The arrays of `Program`, and its `functions` and `one_to_one`."""
    slow = SlowProgram(network)
    numbers, is_link = slow.weights()
    slot, sign, value = (np.array(column) for column in zip(*numbers, strict=True))
    free = sorted(slot[slot >= 0])
    return SimpleNamespace(
        plan=np.array(slow.plan(), np.int32),
        slot=slot.astype(np.int32),
        sign=sign.astype(np.int8),
        constant=np.where(slot == -1, value * sign, 0.0),
        row_of_neuron=np.array([slow.row[j] for j in range(len(slow.order))], np.int32),
        is_link=np.array(is_link),
        functions=tuple(network.functions[f] for f in slow.used),
        one_to_one=free == list(range(network.n_theta))
        and bool(np.all(slot >= -1) and np.all(sign[slot >= 0] == 1)),
    )

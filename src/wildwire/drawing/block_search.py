"""Which neurons of a large network are drawn together.

Comes in: a network of any size. Goes out: blocks, and counts of the links between them. Called by `blocks.py`.
Costs a few passes over the link table; names are made for nothing that is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.language.printer import print_name
from wildwire.network.tables import Column, Group

if TYPE_CHECKING:
    from wildwire.network import Network

BLOCKS_SHOWN = 24


@dataclass
class Block:
    """Neighbouring nodes that are drawn as one.

    Attributes
    ----------
    name : str
    first, count : int
        Nodes first .. first + count - 1.
    kind : "input", "neuron" or "output"
    inside : int
        Links among its own nodes.
    """

    name: str
    first: int
    count: int
    kind: str
    inside: int = 0


def find_blocks(network: Network) -> list[Block]:
    """Inputs and neurons in text order, as blocks.

    A group is a block; what stands alone is joined with what stands alone beside it. Outputs stay apart from
    other neurons.
    """
    blocks = _runs(network.columns, 0, [False] * len(network.columns), "input")
    is_output = np.zeros(network.n_inputs + network.n_neurons, bool)
    is_output[network.output_node] = True
    first, shown = network.n_inputs, []
    for group in network.groups:
        shown.append(bool(is_output[first : first + group.count].all()))
        first += group.count
    blocks += _runs(network.groups, network.n_inputs, shown, "neuron")
    if len(blocks) > BLOCKS_SHOWN:
        blocks = _coarser(blocks)
    return blocks


def _runs(records: Sequence[Column | Group], first: int, is_output, kind: str):
    """Blocks from columns or groups; single ones in a row are joined."""
    blocks: list[Block] = []
    open_run = None
    for record, output in zip(records, is_output, strict=True):
        count = record.size if isinstance(record, Column) else record.count
        this = ("output" if output else kind, count == 1)
        name = _shown_name(record, count)
        if count == 1 and open_run == this:
            blocks[-1].count += 1
            blocks[-1].name = _span(blocks[-1].name, name)
        else:
            blocks.append(Block(name, first, count, this[0]))
        open_run = this
        first += count
    return blocks


def _shown_name(record: Column | Group, count: int) -> str:
    name = print_name(record.name)
    if count == 1:
        return name
    if isinstance(record, Group) and record.dissolved:
        return f"{name}_0 … {name}_{count - 1}"
    return f"{name}[{count}]"


def _span(one: str, other: str) -> str:
    """From the first name of one to the last name of the other."""
    return f"{one.split(' … ')[0]} … {other.split(' … ')[-1]}"


def _coarser(blocks: list[Block]) -> list[Block]:
    """One block for all inputs, one for all outputs at the end, one for each rest in a row."""
    joined: list[Block] = []
    for block in blocks:
        if joined and joined[-1].kind == block.kind:
            last = joined[-1]
            last.count += block.count
            last.name = _span(last.name, block.name)
        else:
            joined.append(block)
    return joined


def links_between(network: Network, blocks: list[Block]):
    """Counts of links per pair of blocks: forward, and back or from the past; links inside go into the block."""
    firsts = np.array([block.first for block in blocks])
    source = np.searchsorted(firsts, network.link_source, side="right") - 1
    target = network.link_target + network.n_inputs
    target = np.searchsorted(firsts, target, side="right") - 1
    n = len(blocks)
    pairs, counts = np.unique(source * n + target, return_counts=True)
    forward, back = {}, {}
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        begin, end = divmod(pair, n)
        if begin == end:
            blocks[begin].inside = count
        else:
            (forward if begin < end else back)[begin, end] = count
    return forward, back


def block_levels(n: int, links) -> list[int]:
    """Longest path from the inputs; links run from lower to higher blocks."""
    levels = [0] * n
    for begin, end in sorted(links, key=lambda pair: pair[1]):
        levels[end] = max(levels[end], levels[begin] + 1)
    return levels

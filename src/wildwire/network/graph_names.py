"""Groups found again in the names of a graph's nodes.

Comes in: names such as `h[0]`, `h[1]`, `y`. Goes out: names and sizes of groups. Called by
`graphs.from_networkx` when a graph was edited or does not come from a network.
"""

from __future__ import annotations

import re

from wildwire.language.words import read_text


def group_runs(names: list[str]) -> list[tuple[str, int | None]]:
    """(name, size) of whole groups `h[0], h[1], ...` in a row, (name, None) of all else.

    What an edit has left of a group becomes single neurons `h_0`, `h_2`.
    """
    split = [re.fullmatch(r"(.*)\[(\d+)\]", name, re.DOTALL) for name in names]
    bases = [
        found[1] if found else name for found, name in zip(split, names, strict=True)
    ]
    runs: list[tuple[str, int | None]] = []
    begin = 0
    while begin < len(names):
        end = begin + 1
        while end < len(names) and split[end] and bases[end] == bases[begin]:
            end += 1
        indices = [int(found[2]) for found in split[begin:end] if found]
        is_all = bases.count(bases[begin]) == len(indices)
        base = _unquoted(bases[begin])
        if is_all and indices == list(range(end - begin)):
            runs.append((base, end - begin))
        else:
            runs += [
                (f"{base}_{found[2]}" if found else base, None)
                for found in split[begin:end]
            ]
        begin = end
    return runs


def _unquoted(name: str) -> str:
    is_quoted = len(name) > 1 and name[0] == name[-1] == '"'
    return read_text(name) if is_quoted else name

"""New neurons from old ones, with their numbers tied.

Comes in: a part, and which of its numbers are one with others. Goes out: `Made`. Called by `builder.py`.
"""

from __future__ import annotations

from wildwire.symmetry.blocks import Place
from wildwire.symmetry.parts import FREE, Made, Orbit, Part, kept


def as_it_is(part: Part) -> Made:
    """The neuron with numbers of its own."""

    def own(cell):
        return Orbit([(part.values[cell], 1)]), 1

    cells = link_cells(part.links)
    links = [
        (source, ("tied", *own(cell)) if tag == FREE else kept(tag), 1)
        for (source, tag), cell in zip(part.links, cells, strict=True)
    ]
    return Made(part.neuron, links, *rest(part, own), same=True)


def link_cells(links) -> list[tuple]:
    """The key of `Pattern.cells` of every free link, in the order of the links."""
    rank: dict[int, int] = {}
    keys = []
    for source, tag in links:
        keys.append(("link", source, rank.get(source, 0)))
        if tag == FREE:
            rank[source] = rank.get(source, 0) + 1
    return keys


def rest(part: Part, orbit_of) -> tuple:
    """Bias and parameters; `orbit_of` gives orbit and sign of a free one."""
    pattern = part.pattern
    bias = (
        ("tied", *orbit_of(("bias",))) if pattern.bias == FREE else kept(pattern.bias)
    )
    parameters = [
        ("tied", *orbit_of(("parameter", i))) if tag == FREE else kept(tag)
        for i, tag in enumerate(pattern.parameters)
    ]
    return bias, parameters


def tied_neuron(place: Place, part: Part, numbers: dict, lost=()) -> Made:
    """The neuron at a place: its links as they stood, then the new ones."""
    links = list(part.links)
    count: dict = {}
    for link in links:
        count[link] = count.get(link, 0) + 1
    for link in place[0].links:
        count[link] = count.get(link, 0) - 1
        if count[link] < 0:
            links.append(link)
    made = []
    for (source, tag), cell in zip(links, link_cells(links), strict=True):
        if tag != FREE:
            made.append((source, kept(tag), 1))
        elif cell not in lost:
            made.append((source, ("tied", *numbers[place, cell]), 1))
    return Made(part.neuron, made, *rest(part, lambda cell: numbers[place, cell]))

"""The twin of `half_dense`: who shares a block with zeros filled in, with sets and lists.

Comes in: lists of sources by neuron, levels, tame neurons. Goes out: longer lists. Shares the numbers of `costs.py` and
the sizes of `clusters.py` with the kernel.
"""

from dataclasses import dataclass, field

from wildwire.program.clusters import ADVANCE, OPEN
from wildwire.program.costs import LINK, NARROWEST, PLACE, block_cost


@dataclass
class Cluster:
    lists: list = field(default_factory=list)
    neurons: int = 0
    links: int = 0
    apart: int = 0
    union: frozenset = frozenset()
    used: int = 0

    def added(self, sources, width):
        """Cost of the places that a list would add, or None where it does not fit."""
        union = self.union | set(sources)
        neurons, links = self.neurons + width, self.links + width * len(sources)
        more = PLACE * (neurons * len(union) - self.neurons * len(self.union))
        is_dense = PLACE * neurons * len(union) <= LINK * links
        fits = is_dense and more <= ADVANCE * width * len(sources)
        return more if fits else None

    def take(self, sources, width, time):
        self.lists.append(sources)
        self.union |= set(sources)
        self.neurons += width
        self.links += width * len(sources)
        self.apart += block_cost(width, len(sources))
        self.used = time

    @property
    def pays(self):
        return block_cost(self.neurons, len(self.union)) < self.apart


def tame_neurons(n_inputs, lists, order, is_tame):
    """Neurons that are tame, as are all before them."""
    found = set()
    for j in order:
        inner = [s - n_inputs for s in lists[j] if s >= n_inputs]
        if is_tame(j) and all(s in found for s in inner):
            found.add(j)
    return found


def clusters_of_level(candidates):
    """Closed clusters of the lists [(sources, width)] of one level."""
    places: list[Cluster | None] = [None] * OPEN
    closed = []
    for time, (sources, width) in enumerate(candidates):
        added = {
            k: cluster.added(sources, width)
            for k, cluster in enumerate(places)
            if cluster is not None
        }
        fitting = [k for k, more in added.items() if more is not None]
        if fitting:
            k = min(fitting, key=lambda k: (added[k], k))
        else:
            k = min(range(OPEN), key=lambda k: places[k].used if places[k] else -1)
            closed.append(places[k])
            places[k] = Cluster()
        places[k].take(sources, width, time)
    return [cluster for cluster in closed + places if cluster is not None]


def longer_lists(lists, levels, tame):
    """The lists, those of clusters that pay replaced by their union."""
    result = list(lists)
    if max(levels.count(level) for level in set(levels)) < NARROWEST:
        return result
    for level in sorted(set(levels)):
        here = [j for j in range(len(lists)) if levels[j] == level]
        readers: dict[tuple, list] = {}
        for j in here:
            readers.setdefault(lists[j], []).append(j)
        candidates = [
            (sources, len(members))
            for sources, members in readers.items()
            if set(members) <= tame and len(set(sources)) == len(sources)
        ]
        for cluster in clusters_of_level(candidates):
            for sources in cluster.lists if cluster.pays else []:
                for j in readers[sources]:
                    result[j] = tuple(sorted(cluster.union))
    return result

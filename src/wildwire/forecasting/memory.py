"""Which of a network's inputs is the series, and how far back its output looks.

Comes in: a network. Goes out: names and a number of steps. Called by `plan.py` and `saved.py`.
"""

from dataclasses import dataclass

import numpy as np

from wildwire.errors import DataError
from wildwire.forecasting.text import SUFFIX
from wildwire.network import Network


@dataclass(frozen=True, slots=True)
class Loop:
    """A forecasting network: its output of one step is its input of the next.

    Parameters
    ----------
    series : str
        Name of the input that takes the series.
    output : str
    others : tuple of str
        What the further inputs are called in a table; their future must be known.
    depth : int or None
        Steps that the output looks back, at most; None where it looks back for ever (a neuron with a state).
    """

    series: str
    output: str
    others: tuple[str, ...]
    depth: int | None

    @property
    def feedback(self) -> dict[str, str]:
        """As `ww.run` takes it."""
        return {self.series: self.output}


def loop_of(network: Network, name: str | None = None) -> Loop:
    """Recognise a network that forecasts.

    Parameters
    ----------
    name : str, optional
        What the series is called. Otherwise it is the input that the output is called after (`y` for `y_forecast`),
        or else the only input that is read with delays alone.

    Raises
    ------
    DataError
        More than one output, no input that is the series, or one that is read without delay.
    """
    if network.n_outputs != 1 or network.heads or network.classes is not None:
        raise DataError(
            f"a network that forecasts has one output that is a number; this one has {network.n_outputs} "
            f"({', '.join(map(str, network.output_names[:5]))})"
        )
    columns = network.columns
    if any(column.size != 1 or column.categories is not None for column in columns):
        raise DataError(
            "inputs of a network that forecasts are single numbers, no groups and no categories"
        )
    delays = _least_delays(network)
    output = network.output_names[0]
    place = _place(network, name, output, delays)
    if delays[place] < 1:
        raise DataError(
            f"the network reads '{columns[place].name}' of the same step, which is what it is to forecast: read "
            f"{columns[place].name}@1 and earlier ones"
        )
    others = tuple(c.header for i, c in enumerate(columns) if i != place)
    return Loop(columns[place].name, output, others, depth_of(network))


def _place(network: Network, name: str | None, output: str, delays: np.ndarray) -> int:
    columns = network.columns
    for wanted in (
        name,
        output.removesuffix(SUFFIX) if output.endswith(SUFFIX) else None,
    ):
        for place, column in enumerate(columns):
            if wanted is not None and wanted in (column.name, column.header):
                return place
    past = np.flatnonzero(delays >= 1)
    if len(past) == 1:
        return int(past[0])
    names = ", ".join(column.name for column in columns)
    raise DataError(
        f"which input of the network is the series? It has {names}; call the input as the target, or the output "
        f"'NAME{SUFFIX}'"
    )


def _least_delays(network: Network) -> np.ndarray:
    """The smallest delay with which each input is read; large where it is not read."""
    least = np.full(network.n_inputs + network.n_neurons, 2**31 - 1, dtype=np.int64)
    np.minimum.at(least, network.link_source, network.link_delay)
    return least[: network.n_inputs]


def depth_of(network: Network) -> int | None:
    """Steps that the outputs look back, along the longest way; None if there is no end to it.

    Notes
    -----
    O(nodes * links) at worst.
    """
    nodes = network.n_inputs + network.n_neurons
    depth = np.zeros(nodes, dtype=np.int64)
    target = network.link_target + network.n_inputs
    for _ in range(nodes + 1):
        before = depth.copy()
        np.maximum.at(depth, target, depth[network.link_source] + network.link_delay)
        if np.array_equal(before, depth):
            return int(depth[network.output_node].max())
    return None

"""The text of the network that is made for a series.

Comes in: a `Series`, its lags and the number of hidden neurons. Goes out: a `Wiring`: the text, and where the linear
model stands in it. Called by `plan.py`. Scaling stands in `fixed` lines, so that the text is the whole model: it
takes and gives values in the units of the series.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildwire.forecasting.lags import Lags
from wildwire.forecasting.linear import Linear
from wildwire.forecasting.series import Series
from wildwire.language.words import WORDS, print_name, print_text
from wildwire.network import Network
from wildwire.preparation.inputs import identifier
from wildwire.preparation.statistics import Moments, moments

SUFFIX = "_forecast"
"""Of the output's name, behind the name of the input that it goes back into."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one direct link reads.

    Parameters
    ----------
    name : str
        Of a `fixed` line.
    delay : int
        Of the link; the line itself may look back further.
    offset, scale : float
        Its value in the series' units is offset + scale times what it holds.
    """

    name: str
    delay: int
    offset: float
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """A network text with what is needed to start it from a linear model.

    Parameters
    ----------
    text : str
    series : str
        The input that the forecast goes back into.
    output : str
    head : str
        The neuron in front of the output, in scaled units.
    sources : tuple of Source
        In the order of the columns of a `Linear` of the same lags.
    offset, scale : float
        Of the head; in units of the series, or of its changes.
    """

    text: str
    series: str
    output: str
    head: str
    sources: tuple[Source, ...]
    offset: float
    scale: float


def series_text(
    series: Series,
    lags: Lags,
    hidden: Sequence[int],
    *,
    changes: bool = False,
    activation: str = "tanh",
) -> Wiring:
    """Hidden neurons and direct links that read lags, and a linear output.

    Parameters
    ----------
    series : Series
        Decides about scaling and ranges.
    hidden : sequence of int
        Sizes of layers; empty for linear autoregression.
    changes : bool
        Forecast the change from the last value; the sources are then changes, and the last value itself.

    Returns
    -------
    Wiring
    """
    scales = [_moments(series.X[: len(series), j]) for j in range(series.X.shape[1])]
    taken = set(WORDS)
    names = []
    for label in (series.name, *series.columns):
        names.append(identifier(label, taken))
        taken.add(names[-1])
    level = _moments(series.y)
    lines = ["wire 1", *_input_lines(series, names)]
    lines += _range_lines(names, [level, *scales])
    own, scaling, (offset, scale) = _own(series, names[0], lags, level, changes, taken)
    lines += scaling
    sources = list(own)
    for name, found in zip(names[1:], scales, strict=True):
        scaled = _name(f"{name}_scaled", taken)
        lines.append(
            f"fixed {scaled} = {_standardised(name, found.mean, found.spread)}"
        )
        sources += [Source(scaled, d, found.mean, found.spread) for d in lags.known]
    read = _read(sources)
    if changes:
        last = _name(f"{names[0]}_last", taken)
        lines.append(
            f"fixed {last} = {_standardised(f'{names[0]}@1', level.mean, level.spread)}"
        )
        read = f"{read}, {last}"
    above = read
    for number, size in enumerate(hidden, 1):
        name = _name("h" if len(hidden) == 1 else f"h{number}", taken)
        lines.append(f"{name}[{size}] ~ {activation}({above})")
        above = name
    head = _name(f"{names[0]}_{'step' if changes else 'next'}", taken)
    output = _name(f"{names[0]}{SUFFIX}", taken)
    lines.append(
        f"{head} ~ identity({above}, {read})"
        if hidden
        else f"{head} ~ identity({read})"
    )
    lines.append(f"fixed {output} = {_back(names[0], head, offset, scale, changes)}")
    text = "\n".join([*lines, f"output {output}"]) + "\n"
    return Wiring(text, names[0], output, head, tuple(sources), offset, scale)


def start_from(
    network: Network, wiring: Wiring, linear: Linear, seed: Any
) -> np.ndarray:
    """Numbers with which the network forecasts exactly as the linear model does.

    The hidden neurons have random numbers and no say yet.

    Parameters
    ----------
    network : Network
        Of the wiring's text.
    linear : Linear
        With the lags of the wiring.

    Returns
    -------
    ndarray of float64, shape (n_theta,)
    """
    theta = np.array(network.initial(seed), dtype=np.float64)
    head = network.node(wiring.head)
    into = network.link_target == head - network.n_inputs
    theta[network.link_slot[into]] = 0.0
    slopes = linear.weights / linear.spread
    for slope, source in zip(slopes, wiring.sources, strict=True):
        found = (
            into
            & (network.link_source == network.node(source.name))
            & (network.link_delay == source.delay)
        )
        theta[network.link_slot[np.argmax(found)]] = slope * source.scale / wiring.scale
    offsets = np.array([source.offset for source in wiring.sources])
    level = linear.level - wiring.offset + slopes @ (offsets - linear.mean)
    theta[network.bias_slot[head - network.n_inputs]] = level / wiring.scale
    return theta


# ---- private ------------------------------------------------------------------


def _own(
    series: Series,
    name: str,
    lags: Lags,
    level: Moments,
    changes: bool,
    taken: set[str],
) -> tuple[list[Source], list[str], tuple[float, float]]:
    """Sources of the own lags, the line that scales them, offset and scale of the head."""
    if not changes:
        last = _name(f"{name}_last", taken)
        line = f"fixed {last} = {_standardised(f'{name}@1', level.mean, level.spread)}"
        own = [Source(last, d - 1, level.mean, level.spread) for d in lags.own]
        return own, [line], (level.mean, level.spread)
    spread = _moments(np.diff(series.y)).spread
    change = _name(f"{name}_change", taken)
    line = f"fixed {change} = ({name}@1 - {name}@2)/{_number(spread)}"
    own = [Source(change, d - 1, 0.0, spread) for d in lags.own]
    return own, [line], (0.0, spread)


def _moments(values: np.ndarray) -> Moments:
    return moments(values, np.ones(len(values)))


def _name(wanted: str, taken: set[str]) -> str:
    name = identifier(wanted, taken)
    taken.add(name)
    return name


def _input_lines(series: Series, names: Sequence[str]) -> list[str]:
    labels = (series.name, *series.columns)
    return [
        f"input {print_name(name)}"
        + ("" if name == label else f" = {print_text(label)}")
        for name, label in zip(names, labels, strict=True)
    ]


def _range_lines(names: Sequence[str], found: Sequence[Moments]) -> list[str]:
    return [
        f"range {name} {_number(one.low)}..{_number(one.high)}"
        for name, one in zip(names, found, strict=True)
    ]


def _read(sources: Sequence[Source]) -> str:
    """Sources as a list: a run of delays of one name as `name@1..11`."""
    parts: list[str] = []
    i = 0
    while i < len(sources):
        name, first = sources[i].name, sources[i].delay
        j = i
        while (
            j + 1 < len(sources)
            and sources[j + 1].name == name
            and sources[j + 1].delay == sources[j].delay + 1
        ):
            j += 1
        last = sources[j].delay
        if first == 0:
            parts.append(name)
            first = 1
        if first < last:
            parts.append(f"{name}@{first}..{last}")
        elif first == last and last > 0:
            parts.append(f"{name}@{last}")
        i = j + 1
    return ", ".join(parts)


def _back(name: str, head: str, offset: float, scale: float, changes: bool) -> str:
    """From scaled units to the user's."""
    if changes:
        return f"{name}@1 + {_number(scale)}*{head}"
    return f"{_number(scale)}*{head}{_signed(offset)}"


def _standardised(name: str, mean: float, spread: float) -> str:
    if mean == 0:
        return f"{name}/{_number(spread)}"
    return f"({name}{_signed(-mean)})/{_number(spread)}"


def _signed(value: float) -> str:
    if value == 0:
        return ""
    return f" - {_number(-value)}" if value < 0 else f" + {_number(value)}"


def _number(value: float) -> str:
    value = float(value)
    whole = value == int(value) and abs(value) < 1e15
    return repr(int(value)) if whole else repr(value)

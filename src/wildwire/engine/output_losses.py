"""A loss for every output: one for all, a list, or by the outputs' names.

Comes in: what a user gives as `loss`, and a network. Goes out: `OutputLosses`. Called by `machine.py`,
`evaluate.py`, `session.py`, `population.py`, `reference.py` and `learning/`.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wildwire.errors import SettingError
from wildwire.functions import Function, find_loss, losses
from wildwire.language.words import nearest

__all__ = ["OutputLosses", "output_losses", "read_losses", "resolve_loss"]

OF_NUMBERS, OF_HEADS = "squared", "softmax"  # of outputs that a mapping leaves out
HINT = (
    "give a name such as 'squared', a formula over o and t, or wildwire.loss(...); for several outputs a "
    "list of these, or a dict by the outputs' names"
)


@dataclass(frozen=True)
class OutputLosses:
    """The loss of each output of a network.

    Attributes
    ----------
    functions : tuple of Function
    weights : tuple of float
        What minimised and reported losses are multiplied by; 1 if nothing was said.
    """

    functions: tuple[Function, ...]
    weights: tuple[float, ...]

    @functools.cached_property
    def width(self) -> int:
        """The most parameters that one of them has."""
        return max((len(loss.parameters) for loss in self.functions), default=0)

    @functools.cached_property
    def distinct(self) -> tuple[Function, ...]:
        """The different losses, in the order of the outputs."""
        return tuple(dict.fromkeys(self.functions))

    @functools.cached_property
    def key(self) -> str:
        """Equal for equal losses: what a checkpoint remembers."""
        keys = [
            " ".join((loss.key, *(value.hex() for _, value in loss.parameters)))
            for loss in self.functions
        ]
        told = [
            key if weight == 1 else f"{weight.hex()} {key}"
            for key, weight in zip(keys, self.weights, strict=True)
        ]
        return told[0] if len(set(told)) == 1 else "; ".join(told)

    def columns_of(self, loss: Function) -> np.ndarray:
        """Numbers of the outputs that have this loss."""
        if len(self.distinct) == 1:
            return np.arange(len(self.functions))
        return np.flatnonzero([one is loss or one == loss for one in self.functions])


def resolve_loss(loss) -> Function:
    """One loss by name, text or as a Function; see `wildwire.functions.find_loss`.

    Raises
    ------
    SettingError
        It is none of these, or a function of another kind.
    """
    loss = find_loss(loss) if isinstance(loss, str) else loss
    kind = getattr(loss, "kind", None)
    if kind != "loss":
        what = f"the {kind} {loss.name}" if kind else f"a {type(loss).__name__}"
        raise SettingError(f"loss is {what}: {HINT}")
    return loss


def read_losses(loss):
    """The same choice with every text read: what `output_losses` then needs no parser for.

    Parameters
    ----------
    loss : str, Function, sequence, mapping or OutputLosses
        One loss for all outputs; or one for each, in their order; or by name of the output, where outputs
        that are not named keep "squared", those of a softmax head "softmax". In a sequence or mapping,
        `(loss, weight)` multiplies a loss by a number above 0.

    Raises
    ------
    SettingError, FunctionError, LanguageError
    """
    if isinstance(loss, OutputLosses):
        return loss
    if isinstance(loss, Mapping):
        return {name: _weighted(one, f"of {name!r}") for name, one in loss.items()}
    if isinstance(loss, Sequence) and not isinstance(loss, str):
        return [_weighted(one, f"number {i}") for i, one in enumerate(loss)]
    return resolve_loss(loss)


def _weighted(one, where: str) -> tuple[Function, float]:
    """A loss and its weight from `loss` or `(loss, weight)`."""
    weight = 1.0
    if isinstance(one, Sequence) and not isinstance(one, str):
        if len(one) != 2:
            raise SettingError(
                f"loss {where} has {len(one)} parts: give a loss, or (loss, weight)"
            )
        one, given = one
        real = isinstance(given, int | float | np.number) and not isinstance(
            given, bool
        )
        weight = float(given) if real else math.nan
        if not 0 < weight < math.inf:
            raise SettingError(
                f"the weight of loss {where} is {given!r}: give a number above 0"
            )
    return resolve_loss(one), weight


def output_losses(loss, network) -> OutputLosses:
    """The losses of a network's outputs.

    Parameters
    ----------
    loss
        As `read_losses` takes or returns it.
    network : Network

    Raises
    ------
    SettingError
        Too few or too many of them, an output that does not exist, or two losses in one softmax head.
    """
    if isinstance(loss, OutputLosses):
        return loss
    chosen, n = read_losses(loss), network.n_outputs
    if isinstance(chosen, dict):
        pairs = _by_name(chosen, network)
    elif isinstance(chosen, list):
        if len(chosen) != n:
            names = ", ".join(network.output_names)
            raise SettingError(
                f"loss has {len(chosen)} entries, and the network {n} outputs: {names}"
            )
        pairs = chosen
    else:
        return OutputLosses((chosen,) * n, (1.0,) * n)
    for head in network.heads:
        own = pairs[head.first : head.first + head.count]
        if any(pair != own[0] for pair in own):
            names = network.output_names[head.first : head.first + head.count]
            raise SettingError(
                f"the outputs {', '.join(names)} are one softmax head and must have one loss"
            )
    return OutputLosses(*zip(*pairs, strict=True)) if pairs else OutputLosses((), ())


def _by_name(chosen: dict, network) -> list[tuple[Function, float]]:
    """One pair for each output; a name of a head's output stands for the head."""
    names = network.output_names
    for name in chosen:
        if name not in names:
            near = nearest(name, names, 0.5)
            hint = f"; did you mean {near!r}?" if near else ""
            raise SettingError(
                f"loss names no output {name!r}{hint} The outputs are {', '.join(names)}"
            )
    usual = (losses()[OF_NUMBERS], 1.0)
    pairs = [chosen.get(name, usual) for name in names]
    for head in network.heads:
        places = range(head.first, head.first + head.count)
        named = [chosen[names[q]] for q in places if names[q] in chosen]
        common = named[0] if named else (losses()[OF_HEADS], 1.0)
        for q in places:
            pairs[q] = chosen.get(names[q], common)
    return pairs

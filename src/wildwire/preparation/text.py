"""The text of the network that is made for a table.

Comes in: the inputs and targets that `inputs.py` and `targets.py` chose, and sizes of
hidden layers. Goes out: a text of the language. Called by `prepare.py`. Scaling stands
in `fixed` lines, so that it goes wherever the network goes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from wildwire.language.words import WORDS, print_name, print_text
from wildwire.preparation.inputs import Input, identifier
from wildwire.preparation.targets import Target

_PER_LINE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Wiring:
    """A network text with the names that its makers need again.

    Parameters
    ----------
    text : str
    read : tuple of str
        Names that read the inputs, scaled: sources of the direct links. A category
        stands for all its nodes.
    heads : tuple of str
        Neurons (or the group) that the direct links lead to.
    place : ndarray of int, shape (n_read,)
        Which columns of X the nodes behind `read` are.
    mean, spread : ndarray of float64, shape (n_read,)
        What scaling takes from them; 0 and 1 for categories.
    """

    text: str
    read: tuple[str, ...]
    heads: tuple[str, ...]
    place: np.ndarray
    mean: np.ndarray
    spread: np.ndarray

    def scaled(self, X: np.ndarray) -> np.ndarray:
        """What the nodes behind `read` hold for inputs X, shape (n, n_read)."""
        return (X[:, self.place] - self.mean) / self.spread


def network_text(
    inputs: Sequence[Input],
    targets: Sequence[Target],
    hidden: Sequence[int],
    *,
    activation: str = "tanh",
) -> Wiring:
    """Hidden layers of `activation`, linear outputs, and direct links to every output.

    Parameters
    ----------
    inputs : sequence of Input
    targets : sequence of Target
        Several regressions, or one classification.
    hidden : sequence of int
        Sizes of the layers; empty for the linear model.

    Returns
    -------
    Wiring
    """
    taken = {item.name for item in inputs} | WORDS
    lines = ["wire 1", *_input_lines(inputs)]
    lines += [
        f"missing {i.name} = {_value(i.missing)}"
        for i in inputs
        if i.missing is not None
    ]
    lines += [
        f"range {item.name} {_number(item.moments.low)}..{_number(item.moments.high)}"
        for item in inputs
        if item.moments is not None
    ]
    read = []
    for item in inputs:
        if not item.read:
            continue
        if item.moments is None:
            read.append(item.name)
            continue
        scaled = identifier(f"{item.name}_scaled", taken)
        taken.add(scaled)
        read.append(scaled)
        lines.append(f"fixed {scaled} = {_standardised(item)}")
    sources = ", ".join(read)
    above = sources
    for number, size in enumerate(hidden, 1):
        name = identifier("h" if len(hidden) == 1 else f"h{number}", taken)
        taken.add(name)
        lines.append(f"{name}[{size}] ~ {activation}({above})")
        above = name
    if hidden:
        above = f"{above}, {sources}"
    tail, heads = _output_lines(targets, above, taken)
    text = "\n".join([*lines, *tail]) + "\n"
    return Wiring(text, tuple(read), heads, *_scaling(inputs))


def _scaling(inputs: Sequence[Input]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places, means and spreads of the nodes that are read."""
    start, rows = 0, []
    for item in inputs:
        if item.read:
            found = item.moments
            mean, spread = (0.0, 1.0) if found is None else (found.mean, found.spread)
            rows += [(start + i, mean, spread) for i in range(item.size)]
        start += item.size
    place, mean, spread = np.array(rows, dtype=np.float64).T
    return place.astype(np.int64), mean, spread


def _input_lines(inputs: Sequence[Input]) -> list[str]:
    """`input` lines; names that need a label or categories have a line of their own."""
    lines, plain = [], []
    for item in inputs:
        label = "" if item.name == item.label else f" = {print_text(item.label)}"
        kinds = " | ".join(print_text(level) for level in item.categories)
        if label or kinds or len(plain) == _PER_LINE:
            lines += [f"input {', '.join(plain)}"] if plain else []
            plain = []
        if label or kinds:
            lines.append(f"input {item.name}{label}{': ' if kinds else ''}{kinds}")
        else:
            plain.append(item.name)
    return lines + ([f"input {', '.join(plain)}"] if plain else [])


def _standardised(item: Input) -> str:
    assert item.moments is not None
    mean, spread = item.moments.mean, item.moments.spread
    if mean == 0:
        return f"{item.name}/{_number(spread)}"
    return f"({item.name} {_signed(-mean)})/{_number(spread)}"


def _output_lines(
    targets: Sequence[Target], above: str, taken: set[str]
) -> tuple[list[str], tuple[str, ...]]:
    """Lines of the outputs, and the neurons that the direct links lead to."""
    if targets[0].task == "classification":
        return _class_lines(targets[0], above, taken)
    names = []
    for target in targets:
        names.append(output_name(target.name, taken))
        taken.add(names[-1])
    lines, heads = [], []
    for target, name in zip(targets, names, strict=True):
        assert target.moments is not None
        scaled = identifier(f"{identifier(name, ())}_scaled", taken)
        taken.add(scaled)
        heads.append(scaled)
        mean = "" if target.moments.mean == 0 else f" {_signed(target.moments.mean)}"
        spread = _number(target.moments.spread)
        lines.append(f"{scaled} ~ identity({above})")
        lines.append(f"fixed {print_name(name)} = {spread}*{scaled}{mean}")
    shown = ", ".join(map(print_name, names))
    return [*lines, f"output {shown}"], tuple(heads)


def _class_lines(
    target: Target, above: str, taken: set[str]
) -> tuple[list[str], tuple[str, ...]]:
    name = output_name(target.name, taken)
    labels = ", ".join(map(_label, target.classes))
    if len(target.classes) == 2:
        shown = print_name(name)
        lines = [f"{shown} ~ logistic({above})", f"output {shown} as {labels}"]
        return lines, (name,)
    lines = [
        f"{print_name(name)}[{len(target.classes)}] ~ identity({above})",
        f"output softmax({print_name(name)}) as {labels}",
    ]
    return lines, (name,)


def output_name(label: str, taken: Collection[str]) -> str:
    """The target's own name as a neuron, so that predictions are called as the column."""
    good = label.strip() and label.isprintable() and len(label) <= 60
    return label if good and label not in taken else identifier(label, taken)


def _label(label: str | float | bool) -> str:
    if isinstance(label, str):
        return print_text(label)
    if isinstance(label, bool):
        return "true" if label else "false"
    return _number(label)


def _number(value: float) -> str:
    value = float(value)
    return (
        repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    )


def _signed(value: float) -> str:
    return f"- {_number(-value)}" if value < 0 else f"+ {_number(value)}"


def _value(missing: float | str | None) -> str:
    assert missing is not None
    return print_text(missing) if isinstance(missing, str) else _number(missing)

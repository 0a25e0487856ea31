"""The text of the network that is made for a table.

Comes in: the inputs and targets that `inputs.py` and `targets.py` chose, and sizes of
hidden layers. Goes out: a text of the language. Called by `prepare.py`. Scaling stands
in `fixed` lines, so that it goes wherever the network goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wildwire.preparation.inputs import Input, identifier
from wildwire.preparation.targets import Target

# Words that start or part a line of the language, and names used below.
WORDS = frozenset(
    ("wire", "input", "output", "fixed", "let", "missing", "range", "start", "settle")
    + (
        "numbers",
        "activation",
        "transfer",
        "loss",
        "as",
        "in",
        "slope",
        "bias",
        "softmax",
    )
)
_PER_LINE = 8


@dataclass(frozen=True, slots=True)
class Wiring:
    """A network text with the names that its makers need again.

    Parameters
    ----------
    text : str
    read : tuple of str
        Names that read the inputs, scaled: sources of the direct links.
    heads : tuple of str
        Neurons (or the group) that the direct links lead to.
    outputs : tuple of str
    """

    text: str
    read: tuple[str, ...]
    heads: tuple[str, ...]
    outputs: tuple[str, ...]


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
    tail, heads, outputs = _output_lines(targets, above, taken)
    text = "\n".join([*lines, *tail]) + "\n"
    return Wiring(text, tuple(read), heads, outputs)


def _input_lines(inputs: Sequence[Input]) -> list[str]:
    """`input` lines; names that need a label or categories have a line of their own."""
    lines, plain = [], []
    for item in inputs:
        label = "" if item.name == item.label else f" = {quoted(item.label)}"
        kinds = " | ".join(quoted(level) for level in item.categories)
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
) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    if targets[0].task == "classification":
        return _class_lines(targets[0], above, taken)
    names = []
    for target in targets:
        names.append(identifier(target.name, taken))
        taken.add(names[-1])
    lines, heads = [], []
    for target, name in zip(targets, names, strict=True):
        assert target.moments is not None
        scaled = identifier(f"{name}_scaled", taken)
        taken.add(scaled)
        heads.append(scaled)
        mean = "" if target.moments.mean == 0 else f" {_signed(target.moments.mean)}"
        spread = _number(target.moments.spread)
        lines.append(f"{scaled} ~ identity({above})")
        lines.append(f"fixed {name} = {spread}*{scaled}{mean}")
    return [*lines, f"output {', '.join(names)}"], tuple(heads), tuple(names)


def _class_lines(
    target: Target, above: str, taken: set[str]
) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
    name = identifier(target.name, taken)
    labels = ", ".join(
        quoted(label) if isinstance(label, str) else _number(label)
        for label in target.classes
    )
    if len(target.classes) == 2:
        lines = [f"{name} ~ logistic({above})", f"output {name} as {labels}"]
        return lines, (name,), (name,)
    lines = [
        f"{name}[{len(target.classes)}] ~ identity({above})",
        f"output softmax({name}) as {labels}",
    ]
    return lines, (name,), (name,)


def quoted(label: str) -> str:
    """A text of the language: in double quotes, with \\ and " escaped."""
    escaped = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _number(value: float) -> str:
    value = float(value)
    return (
        repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    )


def _signed(value: float) -> str:
    return f"- {_number(-value)}" if value < 0 else f"+ {_number(value)}"


def _value(missing: float | str | None) -> str:
    assert missing is not None
    return quoted(missing) if isinstance(missing, str) else _number(missing)

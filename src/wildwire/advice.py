"""Advice on the size of a hidden layer: rules of thumb, and the one used by default.

Comes in: numbers of rows, inputs and outputs. Goes out: a number of neurons. Called by
`preparation` when the user names no size, and by reports. These are rules of thumb from
the literature, never laws.
"""

import math

from wildwire.errors import SettingError

_SMALLEST, _LARGEST = 2, 64
_ROWS_PER_NUMBER = 3.0  # the `a` of rows/(a*(inputs + outputs)); see `hidden_size`


def hidden_size(rows: float, inputs: int, outputs: int) -> int:
    """Advised number of neurons in one hidden layer.

    `rows/(a*(inputs + outputs))` with a = 3, between 2 and 64: every learnable number
    then has about three rows to learn from. The links from the inputs directly to the
    outputs come on top.

    Measured with the default procedure, which chooses the penalty on held-out rows: a = 2,
    3 and 4 differ by less than the folds do on twelve small tables (R2 in five folds, a =
    2 | 3 | 4: diabetes .503 | .509 | .495, Friedman's first function with 300 rows .906 |
    .916 | .923). The penalty decides, not the size.

    Parameters
    ----------
    rows : float
        Rows, or what the weights stand for; greater than 0.
    inputs, outputs : int
        Nodes, so that a category counts once per value; at least 1.

    Returns
    -------
    int

    Examples
    --------
    >>> hidden_size(442, 10, 1)
    13
    >>> hidden_size(10_000, 8, 1)
    64
    """
    _check(rows, inputs, outputs)
    size = round(rows / (_ROWS_PER_NUMBER * (inputs + outputs)))
    return min(_LARGEST, max(_SMALLEST, size))


def rules_of_thumb(rows: float, inputs: int, outputs: int) -> dict[str, float]:
    """The rules that the literature offers, by name, for a report.

    They disagree by factors of ten, which is why a comparison on rows that were not
    learnt from decides.

    Examples
    --------
    >>> rules_of_thumb(60, 6, 1)["rows / (2*(inputs + outputs))"]
    4.285714285714286
    """
    _check(rows, inputs, outputs)
    return {
        "mean of inputs and outputs": (inputs + outputs) / 2,
        "2/3 of the inputs, plus the outputs": 2 * inputs / 3 + outputs,
        "sqrt(inputs*outputs)": math.sqrt(inputs * outputs),
        "rows / (2*(inputs + outputs))": rows / (2 * (inputs + outputs)),
        "rows / (10*(inputs + outputs))": rows / (10 * (inputs + outputs)),
    }


def _check(rows: float, inputs: int, outputs: int) -> None:
    if not (rows > 0 and inputs >= 1 and outputs >= 1):
        raise SettingError(
            f"sizes need rows above 0 and at least one input and output, not {rows} "
            f"rows, {inputs} inputs, {outputs} outputs"
        )

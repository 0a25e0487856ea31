"""Networks of one hidden layer, as all scripts of this folder use them.

Comes in: sizes and a kind of output. Goes out: a `Network`, the name of its loss, and how wrong it is.
"""

import numpy as np

import wildwire as ww

LOSSES = {"linear": "squared", "logistic": "logistic", "softmax": "softmax"}


def layered(n_inputs: int, hidden: int, n_outputs: int, kind: str):
    """tanh within; `kind` is "linear", "logistic" (one output) or "softmax"."""
    transfer = "linear" if kind == "softmax" else kind
    lines = [
        f"input x[{n_inputs}]",
        f"h[{hidden}] ~ tanh(x)",
        f"y[{n_outputs}] ~ {transfer}(h)",
        "output softmax(y)" if kind == "softmax" else "output y",
    ]
    return ww.parse("\n".join(lines))


def wrong(predicted, Y) -> float:
    """Share of rows that get the wrong class; of one output, the classes are below and above 1/2."""
    if Y.shape[1] == 1:
        return float(((predicted[:, 0] > 0.5) != (Y[:, 0] > 0.5)).mean())
    return float((predicted.argmax(axis=1) != Y.argmax(axis=1)).mean())


def error(table, Y, predicted) -> float:
    """Of predictions (n, n_outputs); what is not finite is as bad as can be.

    Of numbers the root mean squared error over the targets' deviation, of classes the share of wrong ones.
    """
    predicted = np.nan_to_num(np.clip(predicted, -1e6, 1e6), nan=1e6)
    if table.kind != "linear":
        return wrong(predicted, Y)
    return float(np.sqrt(np.mean((Y - predicted) ** 2)) / Y.std())

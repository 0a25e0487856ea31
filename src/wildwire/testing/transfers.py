"""What Wildwire promises of transfers, checked for one transfer.

Comes in: a `Transfer`. Goes out: a report, or an error that names what does not hold. Called by
`functions.check_function`, which takes transfers as well.

Small networks of one neuron with 1, 2 and 5 links are run: the engine against the twin, which writes the formula
out, and against differences; with two types of float; and their text is read back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import CheckError, WildwireError
from wildwire.functions.define import activation
from wildwire.functions.transfer import Transfer
from wildwire.functions.transfer_symmetry import invariance_of
from wildwire.testing.report import FAILED, PASSED, SKIPPED, Check, Report

if TYPE_CHECKING:
    from wildwire.network import Network

__all__ = ["check_transfer"]

LINKS = (1, 2, 5)
SAMPLES = 20
MIXED = {
    2: "{}(a, b) = a + 2*b",
    3: "{}(a, b, c) = a + 2*b - c",
    4: "{}(a, b, c, d) = a + 2*b - c + 3*d",
}
"""What makes one number of several values, each with a weight of its own."""
SINGLE = 1e-3  # float32 and float64 may differ by this share of the largest number


def check_transfer(
    transfer: Transfer,
    *,
    low: float = 0.2,
    high: float = 1.5,
    seed: int = 0,
    raises=True,
) -> Report:
    """Check a transfer of your own; `check_function` calls this.

    Parameters
    ----------
    transfer : Transfer
    low, high : float
        Where sources and weights lie.
    seed : int
    raises : bool
        Whether a failure is an error; else the report tells.

    Raises
    ------
    CheckError
        A check failed.
    """
    subject = f"transfer {transfer.name}({', '.join(transfer.arguments)})"
    checks = [_text(transfer)]
    for links in LINKS:
        checks += _with_links(transfer, links, (low, high), seed)
    checks.append(Check("unchanged by", PASSED, str(invariance_of(transfer))))
    report = Report(subject, tuple(checks))
    if raises and not report.passed:
        raise report.error()
    return report


def _network(transfer: Transfer, links: int) -> Network:
    """One neuron with this transfer, and the identity or a sum around it."""
    from wildwire.network import Network

    around = "identity"
    if transfer.n_values > 1:
        taken, name = {name for name, _ in transfer.meanings}, "mixed"
        while name in taken:
            name += "_"
        around = activation(MIXED[transfer.n_values].format(name))
    return Network.from_arrays(
        links, np.arange(links), np.zeros(links, int), neurons=1, transfer=transfer,
        activation=around,
    )  # fmt: skip


def _text(transfer: Transfer) -> Check:
    """The definition, printed and read in a network's text."""
    from wildwire.network import Network

    name = "text reads back"
    try:
        network = Network.parse(_network(transfer, 2).to_text())
    except WildwireError as error:
        return Check(name, FAILED, str(error).splitlines()[0])
    again = network.transfers[-1]
    same = again is not None and again.key == transfer.key
    return Check(name, PASSED if same else FAILED, "" if same else "another formula")


def _with_links(transfer: Transfer, links: int, bounds, seed: int) -> Iterator[Check]:
    """Value, gradient and float32 for one number of links."""
    from wildwire.engine import evaluate
    from wildwire.testing.gradients import check_gradient

    label = f"{links} link{'s' if links > 1 else ''}"
    rng, (low, high) = np.random.default_rng(seed), bounds
    network = _network(transfer, links)
    theta = rng.uniform(low, high, network.n_theta)
    theta = np.where(np.isnan(network.start), theta, network.start)
    X, Y = rng.uniform(low, high, (SAMPLES, links)), rng.uniform(size=SAMPLES)
    values = evaluate.run(network, theta, X)
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values[:, 0])))
        detail = f"at sources {X[row].tolist()} and numbers {theta.tolist()} it is {values[row, 0]}"
        yield Check(f"value, {label}", FAILED, detail)
        return
    yield Check(f"value, {label}", PASSED, f"finite at {SAMPLES} places")
    name = f"slopes, {label}"
    try:
        found = check_gradient(network, theta, X, Y)
    except CheckError as error:
        yield Check(name, FAILED, str(error))
    else:
        compared, all_ = len(found.compared), len(found.numbers)
        status = PASSED if compared or not all_ else SKIPPED
        told = f"as the twin says; {compared} of {all_} compared with differences"
        yield Check(name, status, told)
    yield _single(network, theta, X, values, label)


def _single(network, theta, X, values, label: str) -> Check:
    from wildwire.engine import evaluate

    short = evaluate.run(network, theta, X, dtype="float32")
    size = 1 + np.abs(values).max()
    worst = float(np.abs(short - values).max() / size)
    status = PASSED if worst < SINGLE else FAILED
    return Check(f"float32, {label}", status, f"within {worst:.1e} of float64")

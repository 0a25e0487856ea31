"""Everything that Wildwire promises of a function, checked for one function.

Comes in: a `Function` or its text. Goes out: a report, or an error that names what does not hold. Called by users'
tests as `ww.testing.check_function`, and by ours for every built-in function.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wildwire.errors import SettingError
from wildwire.functions.function import Function
from wildwire.functions.transfer import Transfer
from wildwire.testing import exact
from wildwire.testing.derivatives import check_derivatives
from wildwire.testing.places import Domain, ordinary_places, read_domain
from wildwire.testing.report import Check, Report
from wildwire.testing.values import (
    check_finite,
    check_nan,
    check_parity,
    check_range,
    check_text,
)

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["check_function"]

SUBJECTS = ("text", "finite", "nan", "range", "parity", "derivatives", "kernels")
DTYPES = ("float64", "float32")
EXACT_PLACES = 12


def check_function(
    function: Function | Transfer | str,
    *,
    kind: str | None = None,
    domain: tuple[float, float] | Mapping[str, tuple[float, float]] | None = None,
    dtypes: Sequence[DTypeLike] = DTYPES,
    levels: Sequence[int] = (0, 1, 2),
    precise: bool | None = None,
    count: int = 100,
    seed: int = 0,
    skip: Collection[str] = (),
    raises: bool = True,
) -> Report:
    """Check that a function of your own keeps what Wildwire promises of functions.

    Parameters
    ----------
    function : Function, Transfer or str
        As `ww.activation`, `ww.transfer` or `ww.loss` gives it, or their text. Of a transfer, small networks are
        run: the engine against its slow twin and against differences, float32 against float64, and the text.
    kind : {"activation", "transfer", "loss"}, optional
        Of a text; default: an activation.
    domain : (float, float), or mapping of str to (float, float), optional
        Where the first argument, or each argument by name, may lie. Default: everywhere; for a loss with a
        range the outputs in it. Outside, the value need not be finite.
    dtypes : sequence
        Float types of the kernels that are compiled and compared, "float64" and "float32".
    levels : sequence of int
        Their levels: 0 value, 1 slopes, 2 second derivatives.
    precise : bool, optional
        Whether derivatives are compared with exact arithmetic by mpmath, else with differences. Default: where
        mpmath is installed.
    count : int
        Ordinary places that are tried.
    seed : int
        Start of everything random.
    skip : collection of str
        Checks that are not made, of "text", "finite", "nan", "range", "parity", "derivatives", "kernels".
    raises : bool
        Whether a failure is an error; else the report tells.

    Returns
    -------
    Report
        `str(report)` is one line for each check: passed, failed or skipped, with what was measured.

    Raises
    ------
    CheckError
        A check failed; the message names it, the arguments and both numbers. It is a FunctionError and an
        AssertionError, and has the whole report as `report`.
    FunctionError
        The text is no function.
    SettingError
        An option that does not exist.

    Notes
    -----
    What is checked:

    - text: the printed definition reads back to the same function;
    - finite: the value is finite on its domain, up to arguments of 1e77 and but for overflow;
    - nan: nan in any argument comes out as nan;
    - range, parity: they hold where they are stated or found;
    - derivatives: value, slopes and second derivatives in all arguments and parameters, away from kinks; a
      training slope is not compared with the derivative;
    - kernels: compiled kernels give the numbers of the NumPy twin and count the same guards, at ordinary places,
      zeros of both signs, subnormal, tiny and huge numbers, infinities and nan: within 16 units in the last
      place, and as much more as errors of 8 units in each operation can become.

    About 10 ms without kernels, and up to 0.3 s for each kernel that is compiled for the first time.

    Examples
    --------
    >>> import wildwire as ww
    >>> report = ww.testing.check_function("bump(z, k=10) = exp(-k*(1 - z)**2)", dtypes=["float64"])
    >>> report.passed, report["slope in k"].status
    (True, 'passed')
    """
    if isinstance(function, str):
        function = _read(function, kind)
    if isinstance(function, Transfer):
        from wildwire.testing.transfers import check_transfer

        low, high = domain if isinstance(domain, tuple) else (0.2, 1.5)
        return check_transfer(function, low=low, high=high, seed=seed, raises=raises)
    _check_options(function, dtypes, levels, skip)
    precise = exact.available() if precise is None else precise
    random = np.random.default_rng(seed)
    bounds = read_domain(function, domain)
    places = ordinary_places(function, bounds, count, random)
    checks: list[Check] = []
    if "text" not in skip:
        checks.append(check_text(function))
    if "finite" not in skip:
        checks.append(check_finite(function, places, bounds))
    if "nan" not in skip:
        checks += check_nan(function, places)
    if "range" not in skip:
        checks.append(check_range(function, places, bounds))
    if "parity" not in skip:
        checks.append(check_parity(function, places))
    if "derivatives" not in skip:
        few = places.only(np.arange(len(places)) < EXACT_PLACES) if precise else places
        checks += check_derivatives(function, few, precise)
    if "kernels" not in skip:
        checks += _check_kernels(function, dtypes, levels, bounds, count, seed)
    given = [f"{name}={value:g}" for name, value in function.parameters]
    subject = (
        f"{function.kind} {function.name}({', '.join([*function.arguments, *given])})"
    )
    report = Report(subject, tuple(checks))
    if raises and not report.passed:
        raise report.error()
    return report


def _read(text: str, kind: str | None) -> Function | Transfer:
    from wildwire.functions.define import activation, loss
    from wildwire.functions.define_transfer import transfer

    makers: dict[str, Any] = {"activation": activation, "loss": loss}
    makers["transfer"] = transfer
    if kind is not None and kind not in makers:
        raise SettingError(f"kind is activation, transfer or loss, not {kind!r}")
    first = text[:20].split(maxsplit=1)[:1]
    own = first[0] if first and first[0] in makers else "activation"
    return makers[kind or own](text)


def _check_options(
    function: object, dtypes: Sequence, levels: Sequence, skip: Collection
) -> None:
    if not isinstance(function, Function):
        raise SettingError(
            f"a Function or its text is checked, not {type(function).__name__}"
        )
    for option, given, known in (
        ("skip", skip, SUBJECTS),
        ("levels", levels, (0, 1, 2)),
        ("dtypes", [np.dtype(dtype).name for dtype in dtypes], DTYPES),
    ):
        for one in [given] if isinstance(given, str) else given:
            if one not in known:
                raise SettingError(
                    f"{option}: {one!r} is none of {', '.join(map(str, known))}"
                )


def _check_kernels(
    function: Function,
    dtypes: Sequence,
    levels: Sequence[int],
    bounds: Domain,
    count: int,
    seed: int,
) -> Iterator[Check]:
    from wildwire.testing.kernels import check_kernel

    for dtype in dtypes:
        for level in levels:
            yield check_kernel(
                function, level, np.dtype(dtype).name, bounds, count, seed
            )

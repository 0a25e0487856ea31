"""What `wildwire fit` tells: sentences and a table, or JSON.

Comes in: the facts of a fit and a `Comparison`. Goes out: words on stdout. Called by `fitting.py` and
`forecast_fit.py`.
"""

import json as json_format
from typing import Any

from wildwire.commands.output import notes, print_table, say
from wildwire.evaluation import Comparison
from wildwire.procedure.kept_errors import OPEN


def tell_fit(
    content: dict[str, Any],
    comparison: Comparison | None,
    report: Any,
    sentences: list[str],
    *,
    json: bool,
) -> None:
    """The verdict and table, if there was a comparison, and what was fitted.

    Parameters
    ----------
    content : dict
        For JSON.
    report : module
        What puts the comparison into words: `evaluation.report`, or that of forecasts.
    sentences : list of str
        What was fitted, for people.
    """
    if json:
        told = None if comparison is None else report.as_dict(comparison)
        say(json_format.dumps({**content, "comparison": told}, allow_nan=False))
        return
    if comparison is not None:
        _print_comparison(comparison, report)
    for sentence in sentences:
        say(sentence)


def _print_comparison(comparison: Comparison, report: Any) -> None:
    """The verdict, the table and how both were found."""
    say(report.verdict_sentence(comparison))
    print_table(report.headings(comparison), report.cells(comparison))
    if sentence := report.difference_sentence(comparison):
        say(sentence)
    say(report.setting_sentence(comparison))
    notes(comparison.notes)
    say("")


def fit_sentences(content: dict[str, Any]) -> list[str]:
    """What was fitted to a table, and how well it agrees with known errors, if there are any."""
    sentences = [fit_sentence(content)]
    if "chi_squared" in content:
        sentences.append(chi_squared_sentence(content["chi_squared"]))
    if told := content.get(OPEN):
        sentences.append(f"{told[0].upper()}{told[1:]}.")
    return sentences


def fit_sentence(content: dict[str, Any]) -> str:
    """What was fitted, in one line."""
    training = content["training"]
    if "rmse" in training:
        error = f"RMSE {training['rmse']:.4g}, R2 {training['r2']:.3f}"
    else:
        error = f"accuracy {100 * training['accuracy']:.1f} %"
    return (
        f"{content['model']}: {content['neurons']} neurons, {content['links']} links, "
        f"{content['learnt numbers']} learnt numbers; {error} on the {content['rows']} "
        f"rows it has learnt from ({content['epochs']} epochs, "
        f"{content['seconds']:.2g} s, {content['reason']})."
    )


def chi_squared_sentence(found: dict[str, Any]) -> str:
    """Chi-squared per degree of freedom, in one line."""
    total, freedom = found["chi_squared"], found["degrees_of_freedom"]
    if found["per_degree"] is None:
        return (
            f"Chi-squared {total:.4g}; no degrees of freedom are left: the network has "
            "as many learnt numbers as there are values, or more."
        )
    return (
        f"Chi-squared per degree of freedom {found['per_degree']:.3g} "
        f"({total:.4g} / {freedom})."
    )

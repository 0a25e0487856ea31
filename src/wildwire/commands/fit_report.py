"""What `wildwire fit` prints for people.

Comes in: the facts of a fit and a `Comparison`. Goes out: sentences and a table on
stdout. Called by `fitting.py`.
"""

from typing import Any

from wildwire.commands.output import notes, print_table, say
from wildwire.evaluation import Comparison, report


def print_fit(content: dict[str, Any], comparison: Comparison | None) -> None:
    """The verdict and table, if there was a comparison, and what was fitted."""
    if comparison is not None:
        print_comparison(comparison)
    say(fit_sentence(content))
    if "chi_squared" in content:
        say(chi_squared_sentence(content["chi_squared"]))


def print_comparison(comparison: Comparison) -> None:
    """The verdict, the table and how both were found."""
    say(report.verdict_sentence(comparison))
    print_table(report.headings(comparison), report.cells(comparison))
    if sentence := report.difference_sentence(comparison):
        say(sentence)
    say(report.setting_sentence(comparison))
    notes(comparison.notes)
    say("")


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

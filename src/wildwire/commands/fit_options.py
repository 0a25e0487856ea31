"""The options of `wildwire fit`, as Typer reads them.

Comes in: nothing. Goes out: one type for each option, with its help. Called by `cli.py`, so that the command itself
is read at a glance.
"""

from pathlib import Path
from typing import Annotated

import typer

TargetOption = Annotated[
    list[str],
    typer.Option(
        "--target",
        "-t",
        help="Column to predict, by name or number (from 1); may be repeated.",
        metavar="COLUMN",
    ),
]
NetworkOption = Annotated[
    Path | None, typer.Option(help="Wiring to train, a .wire file.", metavar="FILE")
]
HiddenOption = Annotated[
    str | None, typer.Option(help="Sizes of hidden layers.", metavar="16,8")
]
TaskOption = Annotated[
    str | None,
    typer.Option(help="regression or classification; else recognised.", metavar="TASK"),
]
LearnerOption = Annotated[
    str | None,
    typer.Option(
        help="auto, adam, levenberg-marquardt, lbfgs, ant-colony, ...", metavar="NAME"
    ),
]
RateOption = Annotated[float | None, typer.Option(help="Step of the learner.")]
LossOption = Annotated[
    list[str] | None,
    typer.Option(
        help="squared, huber(delta=0.5), a formula over o and t, ...; once, or once per target.",
        metavar="LOSS",
    ),
]
PenaltyOption = Annotated[
    str | None,
    typer.Option(
        help="On the weight w of every link, such as 0.01*abs(w).",
        metavar="FORMULA",
    ),
]
EpochsOption = Annotated[
    int | None, typer.Option(help="Passes over the data, at most.")
]
TimeLimitOption = Annotated[
    str | None,
    typer.Option(help="For fit and comparison together: 90, 90s, 5m.", metavar="T"),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option(help="Column to leave out; may be repeated.", metavar="COLUMN"),
]
WeightOption = Annotated[
    str | None,
    typer.Option(help="Column with the weight of each row.", metavar="COLUMN"),
]
SigmaOption = Annotated[
    str | None,
    typer.Option(help="Column with the error of each target value.", metavar="COLUMN"),
]
GroupOption = Annotated[
    str | None,
    typer.Option(help="Column of rows that belong together.", metavar="COLUMN"),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        "--output",
        help="Model file, .wire or .safetensors.",
        metavar="FILE",
    ),
]
CompareOption = Annotated[
    bool, typer.Option("--compare/--no-compare", help="Against plain models.")
]
JobsOption = Annotated[
    int | None, typer.Option(help="Processes of the comparison.", min=1)
]
HorizonOption = Annotated[
    int | None,
    typer.Option(help="The rows are a series: forecast so many steps.", min=1),
]
TimeColumnOption = Annotated[
    str | None,
    typer.Option(
        "--time-column",
        help="Column with the time of each row, equally spaced.",
        metavar="COLUMN",
    ),
]
SeasonOption = Annotated[
    int | None,
    typer.Option(help="Steps of one season of the series.", min=2),
]
LagsOption = Annotated[
    str | None,
    typer.Option(
        help="Steps back that are read: 12, or 1,2,12; else chosen.", metavar="LAGS"
    ),
]
KnownOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Column whose future is known, for a series; may be repeated.",
        metavar="COLUMN",
    ),
]

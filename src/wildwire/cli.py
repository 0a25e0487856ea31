"""The command `wildwire`: its commands and options, and how errors are told.

Comes in: the words of a command line. Goes out: results on stdout, progress and notes
on stderr, and an exit code: 0 done, 1 a defect of ours, 2 bad input, 130 interrupted.
Called by the shell. The work is done in `commands/`, imported when it is needed, so
that `wildwire --help` is quick.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from wildwire._version import __version__
from wildwire.commands.failing import INTERRUPTED, exit_code, hear_lost_interrupt, say
from wildwire.commands.fit_options import (
    CompareOption,
    EpochsOption,
    GroupOption,
    HiddenOption,
    HorizonOption,
    IgnoreOption,
    JobsOption,
    KnownOption,
    LagsOption,
    LearnerOption,
    LossOption,
    NetworkOption,
    OutOption,
    PenaltyOption,
    RateOption,
    SeasonOption,
    SigmaOption,
    TargetOption,
    TaskOption,
    TimeColumnOption,
    TimeLimitOption,
    WeightOption,
)


class _Commands(TyperGroup):
    """The group of all commands; turns every error into one line and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        try:
            code = super().main(args, prog_name, complete_var, False, **extra)
            sys.stdout.flush()
        except BaseException as error:
            code = exit_code(error)
        if not standalone_mode:
            return code
        if code == INTERRUPTED:
            say("interrupted")
        sys.exit(code if isinstance(code, int) else 0)


app = typer.Typer(
    cls=_Commands,
    help="Neural networks of any wiring: fit them to a table, read them, compare them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; the entry point of the installed command."""
    sys.unraisablehook = hear_lost_interrupt
    app(prog_name="wildwire")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wildwire {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show it."),
    ] = False,
) -> None:
    pass


Seed = Annotated[int, typer.Option(help="Start of everything random.", min=0)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only results and errors.")]
Json = Annotated[bool, typer.Option("--json", help="Results as JSON on stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files that exist.")]
ModelFile = Annotated[Path, typer.Argument(help="A model file.", metavar="MODEL.wire")]
DataFile = Annotated[
    Path,
    typer.Argument(help="CSV or Parquet; - is standard input.", metavar="DATA.csv"),
]


def _hush(quiet: bool) -> None:
    """Without a word about kernels that are compiled."""
    if quiet:
        from wildwire.functions.cache import set_compile_notice

        set_compile_notice(None)


@app.command()
def fit(
    data: DataFile,
    target: TargetOption,
    network: NetworkOption = None,
    hidden: HiddenOption = None,
    task: TaskOption = None,
    learner: LearnerOption = None,
    rate: RateOption = None,
    loss: LossOption = None,
    penalty: PenaltyOption = None,
    epochs: EpochsOption = None,
    time_limit: TimeLimitOption = None,
    ignore: IgnoreOption = None,
    weight: WeightOption = None,
    sigma: SigmaOption = None,
    group: GroupOption = None,
    horizon: HorizonOption = None,
    time_column: TimeColumnOption = None,
    season: SeasonOption = None,
    lags: LagsOption = None,
    known: KnownOption = None,
    out: OutOption = None,
    force: Force = False,
    seed: Seed = 0,
    compare: CompareOption = True,
    jobs: JobsOption = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit a network to a table or a series, save it, and compare it with plain models."""
    words = dict(locals())  # before anything else: they are what was said, by name
    from wildwire.commands.fitting import FitOptions, fit_command

    _hush(quiet)
    raise typer.Exit(fit_command(FitOptions.of(**words)))


@app.command()
def predict(
    model: ModelFile,
    data: DataFile,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="CSV file; else stdout.", metavar="FILE"),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(help="Continue a series by so many steps.", min=1),
    ] = None,
    time_column: TimeColumnOption = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Predict the rows of a table with a model, or continue a series."""
    from wildwire.commands.predicting import predict_command

    _hush(quiet)
    predict_command(
        model,
        data,
        out,
        force=force,
        quiet=quiet,
        horizon=horizon,
        time_column=time_column,
    )


@app.command()
def show(
    model: ModelFile,
    digits: Annotated[
        int | None, typer.Option(help="Digits of each number.", min=1, max=17)
    ] = None,
    json: Json = False,
) -> None:
    """Show a model: its formulas and what it consists of."""
    from wildwire.commands.showing import show_command

    show_command(model, digits, json=json)


@app.command()
def trace(
    model: ModelFile,
    data: DataFile,
    row: Annotated[int, typer.Option(help="Row of data, from 1.", min=1)] = 1,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "-t",
            help="Column; else by the output's name.",
            metavar="COLUMN",
        ),
    ] = None,
    rate: Annotated[float, typer.Option(help="Step of the new weights.")] = 0.1,
    loss: Annotated[
        str | None,
        typer.Option(help="squared, logistic, ...; else the model's.", metavar="NAME"),
    ] = None,
    digits: Annotated[
        int, typer.Option(help="Digits of each number.", min=1, max=17)
    ] = 5,
    json: Json = False,
) -> None:
    """Show the numbers of one forward and one backward step."""
    from wildwire.commands.tracing import trace_command

    trace_command(
        model,
        data,
        row,
        targets=target or (),
        rate=rate,
        loss=loss,
        digits=digits,
        json=json,
    )


@app.command()
def functions(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help='Names, or definitions: "bump(z, k=10) = exp(-k*(1 - z)**2)".',
            metavar="[NAME]...",
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="activation or loss.", metavar="KIND")
    ] = None,
    draw: Annotated[
        Path | None,
        typer.Option(help="Draw them: a directory, or one file.", metavar="DIR|FILE"),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="svg (else) or png.", metavar="FORMAT"),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """List the built-in functions, show one, or draw them; your own as well."""
    from wildwire.commands.functions import FunctionsOptions, functions_command

    options = FunctionsOptions(
        names=tuple(names or ()),
        kind=kind,
        draw=draw,
        format=format_,
        force=force,
        json=json,
    )
    functions_command(options)


@app.command()
def warmup(
    dtype: Annotated[
        str, typer.Option(help="float64, float32 or both.", metavar="TYPE")
    ] = "both",
    quiet: Quiet = False,
) -> None:
    """Compile the engine ahead, so that no later process waits for it."""
    from wildwire.commands.warming import warmup_command

    warmup_command(dtype, quiet=quiet)


@app.command()
def demo(
    directory: Annotated[
        Path, typer.Argument(help="Where tables and models are put.")
    ] = Path("wildwire-demo"),
    force: Force = False,
    seed: Seed = 0,
) -> None:
    """Fit networks to two real tables and compare them with plain models."""
    from wildwire.demo import run_demo

    run_demo(directory, force=force, seed=seed)

"""`wildwire demo`: two real tables through the real command line.

Comes in: a directory. Goes out: two CSV files and two models in it, and on stdout what
the commands print. Called by `cli.py`. The tables come with scikit-learn: diabetes
(Efron et al. 2004, 442 patients) and wine (Aeberhard & Forina 1991, 178 wines).
"""

import io
import shlex
import time
from pathlib import Path
from typing import Any

from wildwire.commands.failing import INTERRUPTED
from wildwire.commands.output import note, say
from wildwire.disk import write_atomically
from wildwire.errors import FileError, WildwireError

TABLES = (("diabetes", "progression"), ("wine", "cultivar"))


def run_demo(directory: Path, *, force: bool, seed: int) -> None:
    """Write the tables, fit a network to each, show one model and one prediction.

    Parameters
    ----------
    directory : Path
        Made if it is missing. Files of an earlier demo are replaced, others only with
        `force`.

    Raises
    ------
    FileError
        The directory or a file in it cannot be written, or holds another table.
    WildwireError
        A command failed.
    """
    started = time.perf_counter()
    contents = {name: table_text(name) for name, _ in TABLES}
    prepare_directory(directory, contents, force=force)
    say(f"Tables and models are put into {directory}")
    for name, target in TABLES:
        data, model = directory / f"{name}.csv", directory / f"{name}.wire"
        write_atomically(data, contents[name].encode())
        run_command(
            "fit", data, "--target", target, "--out", model, "--force", "--seed", seed
        )
    run_command("show", directory / "wine.wire", "--digits", 3)
    seconds = time.perf_counter() - started
    say("")
    say(
        f"Done in {seconds:.0f} s. Now your own table: wildwire fit TABLE --target COLUMN"
    )


def prepare_directory(
    directory: Path, contents: dict[str, str], *, force: bool
) -> None:
    """Make the directory, and refuse to replace files that no demo has written.

    Raises
    ------
    FileError
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make {directory}: {error.strerror}") from error
    for name, text in contents.items():
        data, model = directory / f"{name}.csv", directory / f"{name}.wire"
        # A model beside our own table is the one of an earlier demo.
        ours = data.is_file() and data.read_bytes() == text.encode()
        taken = [path for path in (data, model) if path.exists()]
        if taken and not ours and not force:
            raise FileError(
                f"{taken[0]} exists and is not of a demo; give another directory, or "
                "--force to replace it"
            )


def table_text(name: str) -> str:
    """A table that comes with scikit-learn, as the CSV file that a user would have."""
    from sklearn.datasets import load_diabetes, load_wine

    # as_frame decides what these return, which their type information cannot say.
    loaders: dict[str, Any] = {"diabetes": load_diabetes, "wine": load_wine}
    if name == "diabetes":
        bunch = loaders[name](as_frame=True, scaled=False)
        frame = bunch.frame.rename(columns={"target": "progression"})
    else:
        bunch = loaders[name](as_frame=True)
        frame = bunch.frame.drop(columns="target")
        frame["cultivar"] = [f"cultivar {'ABC'[code]}" for code in bunch.target]
    text = io.StringIO()
    frame.to_csv(text, index=False, lineterminator="\n")
    return text.getvalue()


def run_command(*words: Any) -> None:
    """Run one command line in this process, after showing it as a user would type it.

    Raises
    ------
    KeyboardInterrupt
        The command was interrupted.
    WildwireError
        It ended with another exit code than 0.
    """
    from wildwire.cli import app

    arguments = [str(word) for word in words]
    say("")
    say(f"$ wildwire {shlex.join(arguments)}")
    # The note below is written to another stream and must come after the line above.
    print(end="", flush=True)
    code = app(arguments, prog_name="wildwire", standalone_mode=False)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if code:
        note("the demo ends here")
        raise WildwireError(f"wildwire {arguments[0]} ended with exit code {code}")

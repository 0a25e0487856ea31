"""How errors end a command: one line on stderr and an exit code, never a traceback.

Comes in: whatever a command raised. Goes out: 2 for bad input, 130 for Ctrl-C, 1 for a
defect of ours. Called by `cli.py`.
"""

import os
import sys
from typing import Any

import typer

from wildwire.errors import WildwireError

# Typer carries Click inside since 0.20 and imports it before: only this way to the class
# of all usage errors works for both.
_UsageError: Any = typer.BadParameter.__base__


INTERRUPTED = 130


def exit_code(error: BaseException) -> int:
    """Tell an error in one line on stderr; the exit code that goes with it.

    An interruption is told by the caller, who also gets it as a bare code from Typer.
    """
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0
    if isinstance(error, typer.Exit):
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        # The reader of our output has left, as in `wildwire show m.wire | head`. Python
        # would complain again while it flushes stdout at its end. Typer returns 1, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, _UsageError):
        where = error.ctx.command_path if error.ctx is not None else "wildwire"
        say(f"error: {error.format_message()} (see {where} --help)")
        return 2
    if isinstance(error, (WildwireError, OSError)):
        say(f"error: {_one_line(error)}")
        return 2
    if _lost_interrupts:
        return INTERRUPTED
    return _defect(error)


# Ctrl-C while a kernel is compiled is raised inside a callback of LLVM, from where Python
# cannot raise it further: it is printed, and the compilation fails a moment later.
_lost_interrupts: list[bool] = []


def hear_lost_interrupt(lost: Any) -> None:
    """Note an interrupt that a callback has swallowed; tell anything else as usual."""
    if lost.exc_type is KeyboardInterrupt:
        _lost_interrupts.append(True)
    else:
        sys.__unraisablehook__(lost)


def _one_line(error: BaseException) -> str:
    """The message in one line; a place in a text keeps its caret below."""
    head, *rest = str(error).split("\n")
    if not head and isinstance(error, OSError):
        head = os.strerror(error.errno or 0)
    return "\n".join([head, *rest])


def _defect(error: BaseException) -> int:
    if os.environ.get("WILDWIRE_TRACEBACK"):
        raise error
    say(
        f"defect: {type(error).__name__}: {error}. This should not happen: please report "
        "it, with what WILDWIRE_TRACEBACK=1 shows"
    )
    return 1


def say(text: str) -> None:
    """One line on stderr in the name of the program."""
    print(f"wildwire: {text}", file=sys.stderr)

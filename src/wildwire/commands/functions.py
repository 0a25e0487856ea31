"""`wildwire functions`: what is built in, as a table, one by one, or drawn; a user's own as well.

Comes in: names or definitions, a kind, where drawings go. Goes out: a table or entries on stdout, drawings as files.
Called by `cli.py`.
"""

from __future__ import annotations

import json as json_format
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import wildwire.functions as registry
from wildwire.commands.output import check_free, print_table, say
from wildwire.disk import write_atomically
from wildwire.errors import FileError, FunctionError, SettingError
from wildwire.functions.entry import Entry, entry_of
from wildwire.functions.listing import KINDS

if TYPE_CHECKING:
    from wildwire.functions.listing import Listing

FORMATS = ("svg", "png")
SHEET = "overview"
TITLE = "Built-in functions"

_NAME = re.compile(r"\w+( +\w+)?")
_SIGNATURE = re.compile(r"\s*\w+\s*\(([^()]*)\)\s*=(?!=)")


@dataclass(frozen=True)
class FunctionsOptions:
    """What `wildwire functions` was asked for; see `cli.py`."""

    names: tuple[str, ...] = ()
    kind: str | None = None
    draw: Path | None = None
    format: str | None = None
    force: bool = False
    json: bool = False


def functions_command(options: FunctionsOptions) -> None:
    """Print or draw functions.

    Raises
    ------
    FunctionError
        No such function or kind, or a definition that is none.
    SettingError
        A format that does not exist, or that is not the file's.
    FileError
        A file that exists, a directory that does not.
    DependencyError
        PNG without Matplotlib.
    """
    _check_kind(options.kind)
    entries = [_entry(name, options.kind) for name in options.names]
    if not entries:
        entries = list(_listing().entries(options.kind))
    if options.draw is not None:
        _draw(entries, options)
    elif options.json:
        say(json_format.dumps([_content(entry) for entry in entries], indent=1))
    elif options.names:
        say("\n\n".join(map(str, entries)))
    else:
        _print(entries)


def _listing() -> Listing:
    assert isinstance(registry, registry.Listing), "the package is its own registry"
    return registry


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        from wildwire.functions.reader import suggestion

        raise SettingError(
            f"there is no kind {kind!r}{suggestion(kind, list(KINDS))} "
            f"Kinds are {', '.join(KINDS)}"
        )


def _entry(text: str, kind: str | None) -> Entry:
    """A function of the catalogue by name, or the user's own by its definition."""
    listing = _listing()
    if _NAME.fullmatch(text.strip()):
        named = text if kind is None or text.split()[0] in KINDS else f"{kind} {text}"
        entry = listing[named]
        if kind not in (None, entry.kind):
            raise FunctionError(f"{entry.name} is of the kind {entry.kind}, not {kind}")
        return entry
    kind = kind or _kind_of(text)
    makers = {"loss": registry.loss, "transfer": registry.transfer}
    return entry_of(makers.get(kind, registry.activation)(text))


def _kind_of(text: str) -> str:
    """What a definition defines: it may say so; else an argument more makes it a loss."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    if first in KINDS:
        return first
    signature = _SIGNATURE.match(text)
    if signature is None:
        names = set(re.findall(r"\b[zot]\b", text[:1000]))
        return "activation" if names == {"z"} else "loss"
    arguments = [part for part in signature[1].split(",") if "=" not in part]
    if len(arguments) > 1 and re.search(r"\b(sum|prod|mean|pairs)\(", text):
        return "transfer"
    return "activation" if len(arguments) < 2 else "loss"


def _content(entry: Entry) -> dict:
    """The entry as plain data."""
    names = [field.name for field in fields(entry) if field.name != "function"]
    content = {name: getattr(entry, name) for name in names}
    content["parameters"] = dict(entry.parameters)
    content["kinks"] = [str(place) for place in entry.kinks]
    limits = entry.range or (None, None)
    content["range"] = [v if v is not None and abs(v) < 1e308 else None for v in limits]
    return content


def _print(entries: Sequence[Entry]) -> None:
    for kind in dict.fromkeys(entry.kind for entry in entries):
        own = [entry for entry in entries if entry.kind == kind]
        if kind == "transfer":
            rows = [(e.signature, e.meaning, e.domain, _unchanged(e)) for e in own]
            headings = [kind, "formula", "domain", "unchanged by"]
            print_table(headings, rows, texts=4)
            continue
        headings = [
            kind,
            "formula",
            f"slope in {own[0].arguments[0]}",
            "domain",
            "parity",
        ]
        several = any(len(entry.arguments) > 1 for entry in own)
        count = 4 if several else 5  # of one argument alone one asks for parity
        print_table(
            headings[:count], [_row(entry)[:count] for entry in own], texts=count
        )


def _unchanged(entry: Entry) -> str:
    return entry.facts()["unchanged by"]


def _row(entry: Entry) -> tuple[str, ...]:
    name = entry.signature if entry.parameters else entry.name
    slope = entry.slope or "too long to be read"
    if entry.trained:
        slope += " (training slope)"
    return name, entry.meaning, slope, entry.domain, entry.parity or ""


# ---- drawings ---------------------------------------------------------------------------


def _draw(entries: Sequence[Entry], options: FunctionsOptions) -> None:
    """Drawings as files: one file that was named, or one for each function and a sheet of all."""
    target = options.draw
    assert target is not None, "asked for only with a target"
    ending = target.suffix.lower().removeprefix(".")
    if ending in FORMATS and not target.is_dir():
        form = _format(options.format or ending)
        if form != ending:
            raise SettingError(
                f"{target} is not a {form} file; name it so, or leave out --format"
            )
        check_free(target, options.force)
        whole = (
            _one(entries[0], form)
            if len(entries) == 1
            else _sheet(entries, options, form)
        )
        write_atomically(target, whole)
        say(str(target))
        return
    form = _format(options.format or "svg")
    paths = {entry: target / f"{_stem(entry)}.{form}" for entry in entries}
    sheet = target / f"{SHEET}.{form}"
    wanted = [*paths.values(), *([sheet] if len(entries) > 1 else [])]
    _prepare(target, wanted, options.force)
    for entry, path in paths.items():
        write_atomically(path, _one(entry, form))
    if len(entries) > 1:
        write_atomically(sheet, _sheet(entries, options, form))
    say(f"{len(wanted)} {'drawings' if len(wanted) > 1 else 'drawing'} in {target}")


def _format(name: str) -> str:
    if name.lower() not in FORMATS:
        raise SettingError(f"drawings are {' or '.join(FORMATS)}, not {name!r}")
    return name.lower()


def _stem(entry: Entry) -> str:
    return entry.name if entry.kind == "activation" else f"{entry.kind}_{entry.name}"


def _prepare(folder: Path, paths: Sequence[Path], force: bool) -> None:
    """Make the directory, and refuse to write over files before anything is drawn."""
    if folder.exists() and not folder.is_dir():
        raise FileError(
            f"{folder} is a file; give a directory, or a name ending in .svg or .png"
        )
    there = [path.name for path in paths if path.exists()]
    if there and not force:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise FileError(
            f"{folder} holds {there[0]}{more} already; give --force to replace it"
        )
    folder.mkdir(exist_ok=True)


def _one(entry: Entry, form: str) -> bytes:
    if form == "png":
        from wildwire.drawing.function_png import function_png

        return function_png(entry)
    from wildwire.drawing.function_svg import draw_function

    return draw_function(entry).encode()


def _sheet(entries: Sequence[Entry], options: FunctionsOptions, form: str) -> bytes:
    title = "Functions" if options.names else TITLE
    if form == "png":
        from wildwire.drawing.function_png import sheet_png

        return sheet_png(entries, title)
    from wildwire.drawing.function_svg import draw_sheet

    return draw_sheet(entries, title).encode()

"""Going on with a run: what its parts must have in common.

Comes in: the data and settings of a fit, and the checkpoint to resume. Goes out: the facts that a checkpoint holds
about them, or the state of the loop as it was. Called by `learning/fitting.py`.
"""

import hashlib

import numpy as np

from wildwire.engine.memory import NO_MEMORY
from wildwire.errors import FileError, SettingError
from wildwire.language.printer import print_expression
from wildwire.learning.binding import Problem
from wildwire.learning.data import Rows
from wildwire.learning.sequences import SequenceRows
from wildwire.learning.settings import Settings
from wildwire.learning.shuffling import seed_key
from wildwire.learning.state import State, from_checkpoint

__all__ = ["check_same", "facts_of", "resume_state", "run_key"]

# What may differ between the parts of a resumed run: where it ends and who watches.
_FREE = {"epochs", "time_limit", "threads", "patience", "steady"}


def run_key(seed, saved: tuple[dict, dict] | None, path) -> int:
    """The key of the seed; a `Generator` cannot tell what it gave the first part of a run, so the checkpoint does."""
    if saved is None or not isinstance(seed, np.random.Generator):
        return seed_key(seed)
    key = saved[1].get("settings", {}).get("seed", "")
    if not key.isdigit():
        raise FileError(f"{path} is damaged: the seed is missing")
    return int(key)


def facts_of(problem: Problem) -> dict[str, str]:
    """What the parts of a resumed run must have in common, as text."""
    settings, held = problem.settings, problem.held
    facts = {
        name: repr(getattr(settings, name))
        for name in settings.__dataclass_fields__
        if name not in _FREE
    }
    facts["batch"] = repr(settings.batch or "full")
    facts["seed"] = str(problem.key)
    # Not there where they are not used: checkpoints from before there were such settings go on.
    facts.pop("penalty")
    for name in ("dropout", "weight_noise", "max_norm"):
        if not getattr(settings, name):
            facts.pop(name)
    if settings.penalty is not None:
        facts["penalty"] = repr(print_expression(settings.penalty.formula))
    facts["loss"] = problem.loss.key
    if problem.rows.memory != NO_MEMORY:
        facts["memory"] = repr(problem.rows.memory)
    facts["network"] = _network_hash(problem.network)
    facts["training rows"] = _rows_hash(problem.rows)
    facts["validation rows"] = "none" if held is None else _rows_hash(held)
    return facts


def _network_hash(network) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in (network, network.derived):
        for name, value in sorted(vars(part).items()):
            # Empty where nothing is stated, as before there were values of the past.
            if name.startswith("past_") and not value.size:
                continue
            if isinstance(value, np.ndarray):
                digest.update(name.encode() + value.tobytes())
    words = [*network.theta_names, *network.output_names]
    words += [function.key for function in network.functions]
    words += [str(head) for head in network.heads]
    words += [] if network.settle is None else [str(network.settle)]
    digest.update("\n".join(map(str, words)).encode())
    return digest.hexdigest()


def _rows_hash(rows: Rows | SequenceRows) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for table in rows.tables:
        digest.update(b"none" if table is None else table.tobytes())
    return digest.hexdigest()


def resume_state(
    state: State, session, saved: tuple[dict, dict], facts: dict, path
) -> None:
    """Put a read checkpoint into `state` and `session`.

    Raises
    ------
    SettingError
        Data or settings are not those of the first part; each difference is named.
    FileError
        The checkpoint is damaged.
    """
    arrays, told = saved
    check_same(told.get("settings", {}), facts, path)
    from_checkpoint(state, session, arrays, told.get("counts", {}), path)


def check_same(before: dict, facts: dict, path) -> None:
    """SettingError where data or settings are not those of the first part; each difference is named."""
    names = [*facts, *(name for name in before if name not in facts)]
    differing = [name for name in names if before.get(name) != facts.get(name)]
    if differing:
        shown = "; ".join(
            f"{name} was {before.get(name)}, is {facts.get(name)}"
            if name in Settings.__dataclass_fields__
            else f"another {name}"
            for name in differing
        )
        raise SettingError(f"cannot resume {path}: {shown}")

"""`wildwire warmup`: every kernel compiled ahead, for container images and shared machines.

Comes in: float types. Goes out: a filled directory of compiled code, and one line that
says how full. Called by `cli.py`; a program may call `warm_up`.

Nothing here knows a kernel by name. Small networks are run, differentiated and fitted:
one for every function of the catalogue, every loss and rule, and some whose shapes take
the engine through each of its parts. What a part compiles then follows by itself.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from wildwire.commands.output import progress_bar, say
from wildwire.errors import FileError, SettingError
from wildwire.functions.cache_place import LOCATION_VARIABLE, writable_directory

DTYPES = {
    "float64": ("float64",),
    "float32": ("float32",),
    "both": ("float64", "float32"),
}
ROWS = 128
"""Enough for matrix products: the engine takes them for wide blocks and wide tiles."""

SHARED = """
input a, b
let w = 0.3
h = tanh(w*a - w*b + ?)
u = w*h + [2]*a + ?
output u
"""
EXPRESSION = """
input a, b
h ~ tanh(a, b)
y = 0.3*h*b + exp(-a)
output y
"""
TRANSFER = """
input a, b
h ~ distance(a, b)
y ~ linear(h, a)
output y
"""
SETTLING = "input x\nh ~ tanh(x, h)\nsettle\ny ~ identity(h)\noutput y"
MEMORY = "input x\nh[2] ~ tanh(x, h@1)\ny ~ identity(h, x@2)\noutput y"
HEAD = """
input a, b
h[3] ~ tanh(a, b)
z[3] ~ identity(h, a)
output softmax(z)
"""


@dataclass(frozen=True)
class Warmed:
    """What a warm-up has done.

    Attributes
    ----------
    kernels : int
        Files of compiled code in the directory, with those of a user's own functions.
    compiled : int
        Kernels that were not there before.
    seconds : float
    directory : Path
    """

    kernels: int
    compiled: int
    seconds: float
    directory: Path


def warmup_command(dtype: str, *, quiet: bool) -> None:
    """Compile everything ahead and say what is there.

    Raises
    ------
    SettingError
        No such type.
    FileError
        Nothing can be kept.
    """
    if dtype not in DTYPES:
        raise SettingError(f"--dtype is {dtype!r}: use {', '.join(DTYPES)}")
    with progress_bar("compiling", quiet=quiet) as update:
        warmed = warm_up(DTYPES[dtype], update, quiet=quiet or sys.stderr.isatty())
    say(
        f"{warmed.kernels} kernels are ready, {warmed.compiled} of them new, after "
        f"{warmed.seconds:.1f} s, in {warmed.directory}"
    )


def warm_up(
    dtypes: tuple[str, ...] = ("float64", "float32"),
    update: Callable[[int, int], None] = lambda done, planned: None,
    *,
    quiet: bool = True,
) -> Warmed:
    """Compile every kernel that the built-in functions, losses and learners can need.

    Parameters
    ----------
    dtypes : tuple of {"float64", "float32"}
    update : callable
        `update(done, planned)` after each of some 150 tasks.
    quiet : bool
        Do not say on stderr that kernels are compiled.

    Returns
    -------
    Warmed

    Raises
    ------
    FileError
        The directory cannot be made or written, or the disk is full.

    Notes
    -----
    About half a minute from nothing, a second or two where all is there. Code fits the
    kind of processor, the versions of Python and Numba, and this version of Wildwire.
    """
    from wildwire.functions.cache import say_compiling, set_compile_notice, statistics

    began = time.perf_counter()
    try:
        directory = writable_directory()
    except OSError as error:
        raise _unwritable(error) from error
    before = dict(statistics)
    set_compile_notice(None if quiet else say_compiling)
    tasks = [task for dtype in dtypes for task in _tasks(dtype)]
    for done, task in enumerate(tasks):
        update(done, len(tasks))
        task()
        if statistics["unkept"] > before["unkept"]:
            raise FileError(
                f"compiled kernels cannot be written to {directory} any more: make room "
                f"there, or set {LOCATION_VARIABLE} to another directory"
            )
    return Warmed(
        kernels=sum(1 for _ in directory.glob("*.nbc")),
        compiled=statistics["misses"] - before["misses"],
        seconds=time.perf_counter() - began,
        directory=directory,
    )


def _unwritable(error: OSError) -> FileError:
    reason = error.strerror or str(error)
    place = f" ({error.filename})" if error.filename and error.strerror else ""
    return FileError(
        f"compiled kernels cannot be kept: {reason}{place}; set {LOCATION_VARIABLE} to "
        "a directory of your own"
    )


def _tasks(dtype: str) -> list[Callable[[], object]]:
    """Everything to be done for one type, in pieces of a second or less."""
    from wildwire.functions import catalogue, losses, transfers
    from wildwire.functions.native import transfer_addresses
    from wildwire.learning.update_rules import RULES, rule_address

    return [
        *(partial(_use_shape, text, dtype) for text in _shapes()),
        partial(_use_population, dtype),
        partial(_use_memory, dtype),
        partial(_use_dropout, dtype),
        *([_use_local_rules] if dtype == "float64" else []),
        *(partial(rule_address, name, dtype) for name in RULES),
        *(partial(_use_activation, name, dtype) for name in catalogue()),
        *(partial(_use_loss, name, dtype) for name in losses()),
        *(partial(transfer_addresses, made, dtype) for made in transfers().values()),
    ]


def _shapes() -> list[str]:
    """Networks that lead through the parts of the engine.

    A number used twice and a frozen one; a formula of its own; another transfer; a softmax head; a block wide
    enough for matrix products, which also has links enough for the compiled arrangement of programs.
    """
    from wildwire.engine.blas import WIDE_WEIGHTS

    wide = (
        f"input x[{WIDE_WEIGHTS // 256}]\nh[256] ~ relu(x)\ny ~ identity(h)\noutput y\n"
    )
    return [SHARED, EXPRESSION, TRANSFER, HEAD, wide]


def _use_dropout(dtype: str) -> None:
    """Training steps with silent neurons, which have a forward pass of their own."""
    from wildwire.learning import fit
    from wildwire.network import Network

    network = Network.parse("input x\nh ~ tanh(x)\ny ~ identity(h)\noutput y\n")
    X = np.ones((ROWS, 1))
    fit(network, X, X, epochs=1, dropout=0.5, dtype=dtype, progress=False)


def _use_shape(text: str, dtype: str) -> None:
    """Everything that a user can do with a network, on single samples and on many."""
    from wildwire.engine.evaluate import input_gradient, run, values
    from wildwire.learning import fit, uncertainty
    from wildwire.learning.second_order import SMALL
    from wildwire.network import Network

    network = Network.parse(text)
    theta = network.initial(0)
    for rows in (1, ROWS):
        X, Y = np.ones((rows, network.n_inputs)), np.zeros((rows, network.n_outputs))
        run(network, theta, X, dtype=dtype)
        values(network, theta, X, dtype=dtype)
        input_gradient(network, theta, X, dtype=dtype)
    loss = "softmax" if network.heads else "squared"
    Y[:, 0] = 1
    for batch in (1, "full"):
        fit(
            network, X, Y, loss=loss, batch=batch, epochs=1, validation=(X, Y),
            dtype=dtype, seed=0, progress=False,
        )  # fmt: skip
    if dtype == "float64":
        _use_second_order(network, theta, X, Y, loss)
        _use_second_order(network, theta, X[:1], Y[:1], loss)
    if dtype == "float64" and network.n_theta <= SMALL:
        uncertainty(network, theta, X, Y, loss=loss, sigma_known=True).prediction_std(X)


def _use_second_order(network, theta, X, Y, loss) -> None:
    """Products with the Hessian; they know float64 only."""
    from wildwire.engine.second_order import SecondOrder

    second = SecondOrder(network, X, Y, loss=loss)
    second.at(theta)
    second.product(np.ones(network.n_theta))
    second.gauss_newton_product(np.ones(network.n_theta))


def _use_population(dtype: str) -> None:
    """Several networks in one call, on two threads; one network at several thetas."""
    from wildwire.engine.population import loss_and_gradient_many, run_many
    from wildwire.engine.population_losses import PopulationLosses
    from wildwire.network import Network

    networks = [Network.parse(text) for text in (SHARED, EXPRESSION)]
    thetas = [network.initial(0) for network in networks]
    X, Y = np.ones((ROWS, 2)), np.zeros((ROWS, 1))
    run_many(networks, thetas, X, dtype=dtype, threads=2)
    loss_and_gradient_many(networks, thetas, X, Y, dtype=dtype, threads=2)
    if dtype == "float64":  # learners that compare thetas know no other type
        PopulationLosses(networks[0], X, Y, loss="squared").values(thetas[:1])


def _use_memory(dtype: str) -> None:
    """Sequences, one and many; step by step; forward mode; loops that settle."""
    from wildwire.engine.jacobian import jacobian
    from wildwire.engine.runner import Runner
    from wildwire.learning import fit
    from wildwire.network import Network

    network = Network.parse(MEMORY)
    theta = network.initial(0)
    for n in (1, ROWS):
        X = np.ones((n, 4, network.n_inputs))
        Y = X[:, :, :1] + 1
        fit(network, X, Y, epochs=1, dtype=dtype, seed=0, progress=False)
    settling = Network.parse(SETTLING)
    for x in (np.ones((1, 1)), np.ones((ROWS, 1))):
        fit(settling, x, x, epochs=1, dtype=dtype, seed=0, progress=False)
    Runner(network, theta, dtype=dtype).run(X[0])
    jacobian(network, theta, X[0], dtype=dtype)
    without = Network.parse(HEAD)
    jacobian(without, without.initial(0), np.ones((2, 2)), dtype=dtype)
    if dtype == "float64":
        _use_normal_equations(network, theta, X, Y, "squared")
        _use_second_order(network, theta, X, Y, "squared")
        _use_second_order(settling, settling.initial(0), x, x, "squared")


def _use_local_rules() -> None:
    """The rules of the library, row by row and all rows at once; they know float64 only."""
    from wildwire.learning import fit, learners
    from wildwire.network import Network

    network = Network.parse("input x\ny ~ tanh(x)\noutput y")
    x = np.ones((4, 1))
    names = ("perceptron", "delta", "hebb", "oja", "blame")
    for learner in (
        *(learners.by_name(name) for name in names),
        learners.PerceptronRule((0.1, 0.1)),
        learners.DeltaRule(online=False),
    ):
        fit(network, x, x, learner=learner, epochs=1, seed=0, progress=False)


def _use_activation(name: str, dtype: str) -> None:
    _gradient_and_values(f"input x\ny ~ {name}(x)\noutput y", "squared", dtype)


def _use_loss(name: str, dtype: str) -> None:
    """Outputs of each kind that stays within 0..1: the loss's partner, and others."""
    from wildwire.functions import catalogue

    if name == "softmax":
        _gradient_and_values(HEAD, name, dtype, is_curved=True)
        return
    lines, names = ["input x"], []
    for function in catalogue().values():
        low, high = function.range or (-np.inf, np.inf)
        if low >= 0 and high <= 1:
            names.append(f"y_{function.name}")
            lines.append(f"{names[-1]} ~ {function.name}(x)")
    lines.append("output " + ", ".join(names))
    _gradient_and_values("\n".join(lines), name, dtype, is_curved=True)


def _gradient_and_values(text: str, loss: str, dtype: str, is_curved=False) -> None:
    from wildwire.engine.evaluate import loss_and_gradient, run
    from wildwire.network import Network

    network = Network.parse(text)
    theta = network.initial(0)
    X, Y = np.full((8, network.n_inputs), 0.5), np.ones((8, network.n_outputs))
    if network.heads:
        Y[:, 1:] = 0  # the targets of a softmax sum to 1
    run(network, theta, X, dtype=dtype)
    loss_and_gradient(network, theta, X, Y, loss=loss, dtype=dtype)
    if is_curved and dtype == "float64":
        _use_normal_equations(network, theta, X, Y, loss)


def _use_normal_equations(network, theta, X, Y, loss) -> None:
    """Rows and sums for learners of second order, unless the loss has no curvature."""
    from wildwire.engine.normal_equations import NormalEquations

    try:
        equations = NormalEquations(network, X, Y, loss=loss)
    except SettingError:
        return
    equations.at(theta)
    equations.pull_back(theta, equations.curve(theta, equations.outputs(theta)))

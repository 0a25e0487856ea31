"""`fit`: from a network and rows to learnt numbers.

Comes in: a network, data and settings as the user writes them. Goes out: a `Result`. Called by users, models,
estimators and the command line. This file checks; `running.py` binds the network to its data and starts the loop.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence

from wildwire.engine.memory import read_memory
from wildwire.learning.arguments import (
    as_callables,
    check_places,
    read_losses,
    read_saved,
    start_theta,
    watched_places,
)
from wildwire.learning.binding import Problem
from wildwire.learning.checkpoint import Checkpoint, as_checkpoint
from wildwire.learning.data import as_samples, split_validation
from wildwire.learning.learner import Learner, Stepwise
from wildwire.learning.learners import Adam
from wildwire.learning.progress import (
    announce_compiling,
    check_progress,
    choose_progress,
)
from wildwire.learning.result import Result
from wildwire.learning.resuming import run_key
from wildwire.learning.running import Run, by_epochs, by_steps
from wildwire.learning.settings import check_network, check_settings, dtype_name
from wildwire.learning.slopes import read_slopes

__all__ = ["fit"]

DEFAULT_LEARNER = Adam(rate=0.01)


def fit(
    network,
    X,
    Y,
    theta=None,
    loss="squared",
    learner: Learner | str = DEFAULT_LEARNER,
    batch: int | str = "auto",
    epochs: int | None = None,
    gradient: str = "mean",
    shuffle: bool = True,
    validation=None,
    sample_weight=None,
    time_limit: float | str | None = None,
    threads: int = 1,
    dtype: str = "float64",
    seed=0,
    callbacks: Sequence[Callable] = (),
    *,
    initialiser="default",
    l1: float = 0.0,
    l2: float = 0.0,
    l1_dies: bool = True,
    penalty=None,
    clip: float | None = None,
    patience: int | None = 20,
    steady: float | None = 1e-10,
    scale_loss: bool | str = "auto",
    dropout: float | Mapping[str, float] = 0.0,
    weight_noise: float = 0.0,
    max_norm: float | None = None,
    history_of: Sequence[str] = (),
    progress: bool | None = None,
    checkpoint: Checkpoint | str | os.PathLike | None = None,
    resume: str | os.PathLike | None = None,
    warm_up: int = 0,
    truncate: int | None = None,
    feedback: Mapping[str, str] | None = None,
    dY=None,
    slope_weight=1.0,
) -> Result:
    """Learn the numbers of a network from rows of data, its structure fixed.

    Parameters
    ----------
    network : Network
    X : array_like of shape (n, n_inputs)
        Inputs in the order of the network; (n,) is accepted for one input. Columns of a data frame are matched by
        name (or label), and by position only where no name is an input's. Sequences are (n, n_steps, n_inputs), a list
        of arrays (n_steps, n_inputs) of any lengths, or, for a network with memory, one (n_steps, n_inputs); "rows"
        below are sequences then.
    Y : array_like of shape (n, n_outputs)
        Targets; (n,) is accepted for one output. For a softmax output one column per class (1 for the row's class,
        else 0). Of sequences as for `wildwire.loss_and_gradient`: at every step, or at the last one.
    theta : array_like of shape (n_theta,), optional
        Where to start, within the bounds of `let`; None starts at `network.initial(seed, initialiser)`.
    loss : str, Function, list or dict
        "squared" is (o - t)**2 / 2; further names of the catalogue, a formula in `o` and `t`, or a `Function`.
        Summed over outputs. A list has a loss for each output; a dict some by the outputs' names, the others
        keep "squared" (a softmax "softmax"). In these, `(loss, weight)` multiplies a loss by a number.
    learner : Learner or str
        One of `ww.learners`; the `rate` of a first-order one is a number or a schedule. "auto" chooses by the number
        of weights and rows and by the slopes of neurons and losses; the message of the result says why.
    batch : int, "full" or "auto"
        Rows per step: 1 learns online, "full" takes all rows at once. The last batch of an epoch may be smaller.
        "auto" is 32 for first-order learners; all others take all rows at every step.
    epochs : int, optional
        How often all rows are gone through, 1 or more; for learners that are not first-order the steps they make.
        None: 200, or what the learner is used to.
    gradient : "mean" or "sum"
        Whether a step takes the (weighted) mean or the sum of its rows' gradients.
    shuffle : bool
        Go through the rows in a new random order each epoch.
    validation : float, (X, Y) or (X, Y, weight), optional
        A share of the rows to hold out, or rows of their own. The theta of their lowest loss is what is returned.
    sample_weight : array_like of shape (n,), optional
        Weight of every row, 0 or more; of sequences also of every step (n, n_steps) and output.
    time_limit : float or str, optional
        90, "90s", "5m", "1h"; of this call, also when it resumes another.
    threads : int
        1 or more; the result does not depend on it.
    dtype : "float64" or "float32"
        Type of the numbers while learning.
    seed : int, SeedSequence or Generator
        For start values, row orders and held-out rows.
    callbacks : sequence of callable
        Each is called as `callback(state)` once an epoch (see `learning.result.Progress`); returning True stops the
        run.
    initialiser : str or Initialiser
        How unknown numbers are drawn; see `Network.initial`.
    l1, l2 : float
        Penalties l1*sum|w| and l2/2*sum w**2 on the weights of links, not on biases, added to the gradient of every
        step.
    l1_dies : bool
        With l1, a link whose weight would cross zero stays at zero for good.
    penalty : str or Function, optional
        A formula of the weight `w` of a link, `"0.01*abs(w)"`, `"0.001*w**2 + 0.01*abs(w)"`: its sum over links (as
        for l1 and l2, and besides them) is added to what every step minimises. No link dies of it.
    clip : float, optional
        Longest gradient; a longer one is shortened to it.
    patience : int, optional
        With validation: stop after so many epochs without a new lowest validation loss; None never does.
    steady : float, optional
        Stop when no number has changed by more than this part of the largest one within an epoch, ten epochs in a
        row; None never does.
    scale_loss : "auto" or bool
        Divide outputs and targets by the target's spread inside the loss, so that units do not matter; reports are
        in the user's units. "auto" does so where a spread lies outside 1e-3..1e3; losses of probabilities are never
        scaled.
    dropout : float or dict of str to float
        How often a hidden neuron is silent for a row in a step, 0 <= dropout < 1; otherwise its output counts
        1/(1 - dropout). A number is that of all hidden neurons with numbers of their own, a dict names neurons or
        groups. Validation, and the network that is handed back, have all neurons.
    weight_noise : float
        Standard deviation of normal noise on the weights of links, for the gradient of each step only.
    max_norm : float, optional
        After every step the vector of learnt weights that enter a neuron is shortened to this length.
    history_of : sequence of str
        Names of `network.theta_names` to record after every epoch.
    progress : bool, optional
        Show progress; None shows it on a terminal's stderr and in notebooks.
    checkpoint : path or Checkpoint, optional
        Where to write the run down, every 60 seconds and at its end.
    resume : path, optional
        A checkpoint to go on from, with the same data and settings (`epochs`, `time_limit`, `patience`, `steady` and
        `threads` may differ). The bits are those of an uninterrupted run.
    warm_up : int
        Steps at the beginning of every sequence without loss, in which the network's memory fills.
    truncate : int, optional
        Cut gradients through time off every so many steps; None: exact gradients.
    feedback : dict of str to str, optional
        Closed loop: from step `warm_up` on an input takes an output's value, as in `wildwire.run`.
    dY : array_like of shape (n, n_outputs, n_inputs), optional
        Targets of the slopes d output / d input, such as forces beside energies; (n, n_inputs) is accepted for one
        output. Outputs and inputs in the network's order; NaN where there is none. Rows only. The squared loss of each
        is added to the losses of outputs, and to `history["loss"]`; validation looks at values alone.
    slope_weight : float or array_like
        What the loss of a slope is multiplied by; numbers for (n_outputs, n_inputs), or broadcast to that. 0 leaves
        a slope out.

    Returns
    -------
    Result

    Raises
    ------
    SettingError
        A setting outside its range; an unknown name (the nearest is suggested).
    DataError
        Rows that cannot be learnt from: wrong shapes, NaN (row and column named), no rows.
    FileError
        A checkpoint that cannot be read or written.

    Notes
    -----
    A run ends with a named reason (`learning.stopping.Reason`); Ctrl-C ends it too and keeps the best theta.
    Cost per epoch: one forward and one backward pass per row, plus one pass over theta per step. With `dY` the passes
    are those of `wiring.slope_network`.
    """
    began = time.perf_counter()
    check_network(network)
    losses, memory = (
        read_losses(loss, network),
        read_memory(warm_up, truncate, feedback),
    )
    samples = as_samples(network, X, Y, sample_weight, memory)
    asked = (l1, clip, dropout, weight_noise, max_norm)
    learner, why = _chosen(learner, network, samples, losses, batch, dtype, asked)
    settings = check_settings(
        learner=learner, batch=batch, epochs=epochs, gradient=gradient, shuffle=shuffle,
        time_limit=time_limit, threads=threads, dtype=dtype, l1=l1, l2=l2,
        l1_dies=l1_dies, penalty=penalty, clip=clip, patience=patience, steady=steady, scale_loss=scale_loss,
        dropout=dropout, weight_noise=weight_noise, max_norm=max_norm,
    )  # fmt: skip
    check_places(checkpoint=checkpoint, resume=resume)
    check_progress(progress)
    point, watched = as_checkpoint(checkpoint), watched_places(network, history_of)
    told_to = as_callables(callbacks)
    saved = read_saved(resume, theta)
    key = run_key(seed, saved, resume)
    rows, held = split_validation(network, samples, validation, key)
    slopes = read_slopes(network, rows, losses, dY, slope_weight, len(samples))
    problem = Problem(network, rows, held, losses, settings, key).with_slopes(slopes)
    start = start_theta(network, theta, seed, initialiser) if saved is None else None
    announce_compiling(progress)
    run = Run(
        problem, start, watched, told_to, choose_progress(progress), point, saved, resume,
        began, why,
    )  # fmt: skip
    return by_steps(run) if isinstance(settings.learner, Stepwise) else by_epochs(run)


def _chosen(learner, network, samples, losses, batch, dtype, asked: tuple):
    """The learner, and why it was chosen where it was to be.

    `asked` are settings that only first-order learners know. Nothing has been checked yet.
    """
    if not isinstance(learner, str) or learner != "auto":
        return learner, ""
    from wildwire.learning.choosing import choose_learner

    by_rows = isinstance(batch, str) and batch in ("auto", "full")
    by_rows = by_rows and all(
        value is None or (isinstance(value, (int, float, Mapping)) and not value)
        for value in asked
    )
    by_rows = by_rows and dtype_name(dtype) == "float64"
    return choose_learner(network, samples, losses, batches=not by_rows)

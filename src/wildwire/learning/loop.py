"""The one loop of learning: epochs, steps in slices, validation, stopping, history, checkpoints.

Comes in: a `Task` of a session bound to data, a learner and settings. Goes out: a `Result`. Called by
`learning/fitting.py`.

A kernel call covers as many mini-batches as take some 10 ms; between two calls Ctrl-C, the time limit, progress and
checkpoints have their turn. The length of such a slice follows from an estimate of the work, not from measured
time: losses are summed slice by slice, and a sum whose parts depended on the machine's load would have other bits
every time.
"""

import math
import time

import numpy as np

from wildwire.learning.checkpoint import write_checkpoint
from wildwire.learning.interrupt import Interruption, listening
from wildwire.learning.result import Progress, Result
from wildwire.learning.shuffling import epoch_order
from wildwire.learning.state import State, to_checkpoint
from wildwire.learning.stopping import Reason, Steadiness, outlook
from wildwire.learning.task import Task

__all__ = ["Loop"]

STEADY_EPOCHS = 10


class Loop:
    """One run; `run()` gives its result."""

    def __init__(self, task: Task, state: State):
        self.task, self.state = task, state
        self.session, self.settings = task.session, task.settings
        steady = task.settings.steady
        self.steadiness = None
        if steady is not None:
            self.steadiness = Steadiness(steady, STEADY_EPOCHS, state.still)
        # What no epoch changes: small full-batch problems run a hundred thousand epochs.
        n_batches = self.session.n_batches
        self.shuffled = task.settings.shuffle and n_batches > 1
        self.in_order = np.arange(task.n_rows)
        self.offsets = np.arange(n_batches) / n_batches
        self.schedule = task.settings.first_order.schedule
        self.plateau = self.schedule.plateau
        self.numbers = task.settings.first_order.numbers
        self.written = time.perf_counter()
        self.trouble = ""

    def run(self) -> Result:
        """Run until there is a reason to stop."""
        reason = None
        try:
            with listening() as interruption:
                while reason is None and self.state.epoch < self.settings.epochs:
                    reason = self._epoch(interruption)
        finally:
            self.task.told.close()
        reason = reason or Reason.EPOCHS
        if reason is not Reason.DIVERGED:
            self._write()
        return self._result(reason)

    # ---- one epoch ------------------------------------------------------------------------------

    def _epoch(self, interruption: Interruption) -> Reason | None:
        """Run the rest of the epoch under way; a reason if the run must end."""
        state, n_batches = self.state, self.session.n_batches
        order, rates, reason = self._order(), self._rates(), None
        while state.batch < n_batches:
            count = min(self.task.slice, n_batches - state.batch)
            if self._steps(order, rates[state.batch : state.batch + count]):
                return self._diverged(order)
            reason = self._asked(interruption)
            if reason and state.batch < n_batches:
                return reason
        return self._end_epoch() or reason

    def _order(self) -> np.ndarray:
        if not self.shuffled:
            return self.in_order
        return epoch_order(self.task.key, self.state.epoch, self.task.n_rows)

    def _rates(self) -> np.ndarray:
        now = self.state.epoch + self.offsets
        return self.schedule.rates(now, self.settings.epochs, self.state.reductions)

    def _steps(self, order: np.ndarray, rates: np.ndarray) -> int:
        """Run one slice; 0, or the status of a failure."""
        state = self.state
        report = self.session.steps(
            self.task.rule, state.vectors, self.numbers, rates, order,
            state.batch, state.step + 1,
        )  # fmt: skip
        state.totals += report.loss
        done = report.status - 1 if report.status else len(rates)
        state.batch += done
        state.step += done
        return report.status

    def _asked(self, interruption: Interruption) -> Reason | None:
        """Between two slices: tell, write, and see whether the user or the clock wants to stop."""
        state, n_batches = self.state, self.session.n_batches
        done = state.epoch + state.batch / n_batches
        self.task.told.update(done, self.settings.epochs, *self._latest())
        point = self.task.checkpoint
        if (
            point
            and point.seconds
            and time.perf_counter() - self.written >= point.seconds
        ):
            self._write()
        if interruption.asked:
            return Reason.INTERRUPTED
        if time.perf_counter() - self.task.began >= self.settings.time_limit:
            return Reason.TIME
        return None

    def _end_epoch(self) -> Reason | None:
        """Take in a finished epoch: losses, best theta, stopping criteria, callbacks."""
        state, session = self.state, self.session
        theta = session.theta()
        loss = float(state.totals.sum() / self.task.weight)
        validation = (
            None if self.task.validation is None else self.task.validation.loss(theta)
        )
        if validation is not None and not math.isfinite(validation):
            self.trouble = self.task.locate(theta, None)
            return Reason.DIVERGED
        self._record(theta, loss, validation)
        stop = self._judge(theta, loss, validation)
        state.totals[:] = 0
        state.batch = 0
        state.epoch += 1
        if self._callbacks(loss, validation):
            stop = stop or Reason.CALLBACK
        point = self.task.checkpoint
        if point and point.epochs and state.epoch % point.epochs == 0:
            self._write()
        return stop

    def _latest(self) -> tuple[float | None, float | None]:
        """Losses of the last finished epoch."""
        history = self.state.history
        last = [(history.get(name) or [None])[-1] for name in ("loss", "validation")]
        return last[0], last[1]

    def _record(self, theta: np.ndarray, loss: float, validation: float | None) -> None:
        history = self.state.history
        history["loss"].append(loss)
        if validation is not None:
            history["validation"].append(validation)
        for name, place in self.task.watched.items():
            history[name].append(float(theta[place]))

    def _judge(self, theta, loss: float, validation: float | None) -> Reason | None:
        """Keep the best theta, lower the rate on a plateau, and see whether to stop.

        The training loss of an epoch is that of the steps made in it, so it vouches for the theta at its beginning; a
        validation loss belongs to the theta at its end.
        """
        state, settings = self.state, self.settings
        alive = self._alive()
        seen = loss if validation is None else validation
        if state.improvement.see(seen):
            if validation is None:
                best = (state.started, state.started_alive, state.epoch)
            else:
                best = (theta, alive, state.epoch + 1)
            state.best_theta, state.best_alive, state.best_epoch = best
        plateau = self.plateau
        if (
            plateau
            and not state.plateau.see(seen)
            and state.plateau.waited >= plateau.patience
        ):
            state.reductions += 1
            state.plateau.waited = 0
        steady = self.steadiness is not None and self.steadiness.see(
            state.started, theta
        )
        state.still = self.steadiness.counted if self.steadiness else 0
        state.started, state.started_alive = theta, alive
        waited = state.improvement.waited if validation is not None else 0
        if settings.patience is not None and waited >= settings.patience:
            return Reason.EARLY_STOP
        return Reason.STEADY if steady else None

    def _alive(self) -> np.ndarray:
        # Without an L1 penalty no link dies, and the mask need not be copied every epoch.
        if self.settings.l1 == 0:
            return self.state.started_alive
        return np.array(self.session.alive, dtype=bool)

    def _callbacks(self, loss: float, validation: float | None) -> bool:
        """Call every callback once; True if one asks to stop."""
        if not self.task.callbacks:
            return False
        state = self.state
        seen = Progress(
            state.epoch, self.settings.epochs, loss, validation, state.improvement.best,
            self._seconds(), state.started.copy,
        )  # fmt: skip
        answers = [callback(seen) for callback in self.task.callbacks]
        return any(answer is not None and bool(answer) for answer in answers)

    # ---- the end --------------------------------------------------------------------------------

    def _diverged(self, order: np.ndarray) -> Reason:
        size = self.session.batch
        first = self.state.batch * size
        self.trouble = self.task.locate(
            self.session.theta(), order[first : first + size]
        )
        return Reason.DIVERGED

    def _seconds(self) -> float:
        return self.state.seconds + time.perf_counter() - self.task.began

    def _write(self) -> None:
        """Write a checkpoint, if one was asked for."""
        if self.task.checkpoint is None:
            return
        arrays, counts = to_checkpoint(self.state, self.session, self._seconds())
        facts = {"counts": counts, "settings": self.task.facts}
        write_checkpoint(self.task.checkpoint.path, arrays, facts)
        self.written = time.perf_counter()

    def _chosen(self, reason: Reason) -> tuple[np.ndarray, np.ndarray]:
        """The theta to hand back, with its mask: the best seen or the last one."""
        state = self.state
        best = (state.best_theta, state.best_alive)
        if reason is Reason.DIVERGED:
            return best
        last = (self.session.theta(), np.array(self.session.alive, dtype=bool))
        held = self.task.validation
        if held is not None and state.batch == 0 and state.epoch > 0:
            return best
        if held is None and reason is not Reason.INTERRUPTED:
            return last
        # Stopped in the middle: nobody has seen the loss of the last theta yet.
        judge = self.session if held is None else held
        return last if judge.loss(last[0]) <= judge.loss(best[0]) else best

    def _result(self, reason: Reason) -> Result:
        state = self.state
        theta, alive = self._chosen(reason)
        guards, guarded = self.task.guards(theta)
        parts = (
            reason.sentence, outlook(reason, state.history), self.trouble, guarded, self.task.note,
        )  # fmt: skip
        told = " ".join(part for part in parts if part)
        history = {name: np.array(values) for name, values in state.history.items()}
        return Result(
            theta=theta.copy(), reason=reason, message=told, history=history,
            seconds=self._seconds(), epochs=state.epoch, steps=state.step,
            best_epoch=state.best_epoch, alive=alive.copy(), guards=guards,
        )  # fmt: skip

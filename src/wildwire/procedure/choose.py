"""The penalty and the number of epochs, chosen on held-out rows; then learning from all.

Comes in: prepared data and options. Goes out: theta and how it was found. Called by
`fit_table.py`. The choice costs up to `folds * penalties` fits; the last fit learns from all
rows for the epochs found, so that nothing held out is lost.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.fitting import fit
from wildwire.learning.learner import Learner, Stepwise
from wildwire.learning.result import Result
from wildwire.learning.stopping import Reason
from wildwire.preparation import Prepared, row_count
from wildwire.procedure.holdout import fold_numbers, held_out, row_keys
from wildwire.procedure.options import (
    DISTINCT,
    FOLDED,
    HOLD_OUT,
    PATIENCE,
    PATIENCE_FULL,
    PENALTIES,
    SLIGHT,
    SMALL,
    Clock,
    Options,
)
from wildwire.procedure.start import start_theta

FOLDS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and on what.

    Parameters
    ----------
    l2 : float
    epochs : int
    note : str
    learner : Learner, str or None
        None: the first candidate.
    lost : float
        Mean loss on the held-out rows; infinite where there were none.
    """

    l2: float
    epochs: int
    note: str
    learner: Learner | str | None = None
    lost: float = np.inf


class Learning:
    """Fits of one prepared table with one set of options.

    Parameters
    ----------
    prepared : Prepared
    options : Options
    weight : ndarray, shape (n,)
        Of the rows in the loss: sample weights times class weights.
    seed : int
    theta : ndarray or None
        Where to start instead of the data's own start.
    """

    def __init__(
        self,
        prepared: Prepared,
        options: Options,
        weight: np.ndarray,
        seed: int,
        theta: np.ndarray | None = None,
    ):
        self.prepared, self.options, self.seed = prepared, options, seed
        self.weight, self.theta = weight, theta
        self.clock = Clock(options.time_limit)
        self.rows = row_count(prepared.weight)
        self.batch = options.chosen_batch(self.rows)
        self.epochs = options.chosen_epochs(self.batch)
        self.learner = options.chosen_learner(self.batch, self.epochs)

    def run(self) -> tuple[Result, Choice]:
        """Choose what is open, learn from all rows."""
        choice, interrupted = self._choose()
        if interrupted is not None:
            return interrupted, choice
        everything = np.ones(len(self.weight), dtype=bool)
        if np.isinf(choice.lost):
            result, choice = self._last_of_two(everything, choice)
        else:
            self.learner = choice.learner or self.learner
            result = self.fit(everything, None, choice.l2, choice.epochs)
        if result.reason == Reason.INTERRUPTED:
            told = f"interrupted after {result.epochs} epochs; {choice.note}"
            choice = replace(choice, note=told.removesuffix("; "))
        return result, choice

    def _last_of_two(self, rows: np.ndarray, choice: Choice) -> tuple[Result, Choice]:
        """Nothing was held out: learn by both candidates, and take the lower objective.

        The second order first: where both find the same minimum, it has done so to the last digits, and rows counted
        twice by weights give the same numbers as rows that stand there twice.
        """
        from wildwire.procedure.penalised import second_learner

        first, second = self.learner, second_learner(self, exact=True)
        if second is None:
            return self.fit(rows, None, choice.l2, choice.epochs), choice
        self.learner = second
        exact = self.fit(rows, None, choice.l2, second.default_epochs, share=0.5)
        if exact.reason in (Reason.INTERRUPTED, Reason.TIME):
            return exact, choice
        self.learner = first
        other = self.fit(rows, None, choice.l2, choice.epochs)
        lower = self.objective(other, choice.l2) < 0.999 * self.objective(
            exact, choice.l2
        )
        if lower:
            return other, choice
        self.learner = second
        return exact, choice

    def objective(self, result: Result, l2: float) -> float:
        """What was minimised, at the theta of a result."""
        from wildwire.engine.output_losses import output_losses
        from wildwire.learning.objective import Objective
        from wildwire.learning.scaling import scaled_losses

        prepared = self.prepared
        losses = output_losses(self.loss, prepared.network)
        scaled, _ = scaled_losses(
            losses, prepared.Y, self.weight, prepared.task == "regression"
        )
        return Objective(
            prepared.network, prepared.X, prepared.Y, loss=scaled,
            sample_weight=self.weight, l2=l2, penalty=self.options.penalty,
        ).value(result.theta)  # fmt: skip

    def fit(
        self,
        train: np.ndarray,
        held: np.ndarray | None,
        l2: float,
        epochs: int,
        *,
        patience: int | None = None,
        share: float = 1.0,
    ) -> Result:
        """One fit on the rows of a mask, watched on those of another."""
        prepared, options = self.prepared, self.options
        theta = self.theta
        if theta is None:
            theta = start_theta(prepared, train, self.weight, l2, self.seed)
        validation = None
        if held is not None:
            X, Y = prepared.X[held], prepared.Y[held]
            validation = (X, Y, self.weight[held])
        return fit(
            prepared.network,
            prepared.X[train],
            prepared.Y[train],
            theta=theta,
            loss=self.loss,
            learner=self.learner,
            batch="full" if isinstance(self.learner, Stepwise) else self.batch,
            epochs=epochs,
            validation=validation,
            sample_weight=self.weight[train],
            time_limit=self.clock.left(share),
            threads=options.threads,
            dtype=options.dtype,
            seed=self.seed,
            l2=l2,
            penalty=options.penalty,
            patience=patience,
            scale_loss=prepared.task == "regression",
            progress=options.progress,
        )

    @property
    def loss(self):
        """The loss of the options, or the one that suits the task."""
        if self.options.loss is not None:
            return self._by_output(self.options.loss)
        if self.prepared.task == "regression":
            return "squared"
        return "softmax" if self.prepared.network.heads else "logistic"

    def _by_output(self, loss):
        """Losses by the names of targets as losses by the names of the outputs."""
        if not isinstance(loss, Mapping):
            return loss
        targets = [target.name for target in self.prepared.targets]
        names = self.prepared.network.output_names
        if self.prepared.task == "classification":
            # All outputs together are the one target.
            return [loss[targets[0]]] * len(names) if targets[0] in loss else loss
        outputs = dict(zip(targets, names, strict=True))
        return {outputs.get(name, name): one for name, one in loss.items()}

    # ---- choosing -------------------------------------------------------------

    def _choose(self) -> tuple[Choice, Result | None]:
        """What to learn with; and a result, if the user stopped the search."""
        options = self.options
        # A penalty of the user's own is not to be mixed with one that is chosen here.
        own = self.prepared.wiring is None or self.theta is not None
        own = own or options.penalty is not None
        penalties = (options.l2,) if options.l2 is not None else (0.0,)
        if options.l2 is None and not own:
            if self._few_distinct():
                return Choice(SLIGHT / self.rows, self.epochs, ""), None
            if options.early_stopping is False:
                return Choice(1.0 / self.rows, self.epochs, ""), None
            penalties = tuple(alpha / self.rows for alpha in PENALTIES)
        elif not options.wants_rows_held_out(self.rows):
            return Choice(penalties[0], self.epochs, ""), None
        if self.rows > SMALL and len(penalties) > 1:
            # So many rows hold the network by themselves.
            penalties = (1.0 / self.rows,)
        return self._search(penalties)

    def _few_distinct(self) -> bool:
        """Whether the different rows are so few that each of them is needed to learn.

        A truth table is the example: no row of it can be guessed from the others.
        """
        if self.rows > HOLD_OUT * DISTINCT:
            return False
        keys = row_keys(self.prepared.X, self.prepared.Y, self.seed)
        return len(np.unique(keys)) < DISTINCT

    def _search(self, penalties: tuple[float, ...]) -> tuple[Choice, Result | None]:
        splits = list(self._splits())
        from wildwire.procedure.penalised import search_penalised

        best, found = np.inf, Choice(penalties[0], self.epochs, "")
        for number, l2 in enumerate(penalties):
            if number == 2 and found.l2 == penalties[1]:
                break  # less was better than the middle: more need not be tried
            curves = []
            for train, held in splits:
                if self.clock.used(0.5):
                    break
                result = self._watched(train, held, l2)
                if result.reason == Reason.INTERRUPTED:
                    note = "interrupted: learnt without the held-out rows"
                    return Choice(l2, result.best_epoch, note), result
                curves.append(result.history["validation"])
            if not curves or (len(curves) < len(splits) and best < np.inf):
                break
            curve = _mean_curve(curves)
            epoch = int(np.argmin(curve))
            if curve[epoch] < best:
                best = curve[epoch]
                found = Choice(l2, epoch + 1, "")
        found = replace(found, lost=best)
        if best < np.inf:
            other, interrupted = search_penalised(self, splits, penalties, best)
            if interrupted is not None:
                return other, interrupted
            found = other if other.lost < found.lost else found
        kind = f"{len(splits)} folds" if len(splits) > 1 else "held-out rows"
        name = "" if found.learner is None else f"{type(found.learner).__name__}, "
        note = f"chosen on {kind}: {name}{found.epochs} epochs, l2 = {found.l2:.3g}"
        return replace(found, note=note), None

    def _watched(self, train: np.ndarray, held: np.ndarray, l2: float) -> Result:
        small = self.batch == "full" and not isinstance(self.learner, Stepwise)
        patience = PATIENCE_FULL if small else PATIENCE
        return self.fit(train, held, l2, self.epochs, patience=patience, share=0.5)

    def _splits(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Masks of rows to learn from and to hold out; none of them empty."""
        prepared = self.prepared
        keys = row_keys(prepared.X, prepared.Y, self.seed)
        strata = None
        if prepared.task == "classification":
            strata = prepared.targets[0].values
        if self.options.l2 is None and self.rows <= FOLDED and prepared.wiring:
            folds = fold_numbers(keys, strata, FOLDS)
            masks = [folds == number for number in range(FOLDS)]
        else:
            share = self.options.validation_fraction
            masks = [held_out(keys, strata, prepared.weight, share)]
        for held in masks:
            if held.any() and not held.all():
                yield ~held, held


def _mean_curve(curves: list[np.ndarray]) -> np.ndarray:
    """Mean of losses per epoch; a run that ended early keeps its last value."""
    length = max(map(len, curves))
    padded = [np.pad(curve, (0, length - len(curve)), "edge") for curve in curves]
    mean = np.mean(padded, axis=0)
    return np.where(np.isfinite(mean), mean, np.inf)


def class_weights(prepared: Prepared, wanted: object) -> np.ndarray:
    """A factor per row from `class_weight`.

    Raises
    ------
    SettingError
        A class that is not there, a weight that is negative, a regression.
    """
    if wanted is None:
        return np.ones(len(prepared.weight))
    if prepared.task != "classification":
        raise SettingError("class_weight needs classes, and this is a regression")
    target = prepared.targets[0]
    count = len(target.classes)
    if wanted == "balanced":
        mass = np.bincount(target.values, weights=prepared.weight, minlength=count)
        factors = mass.sum() / (count * np.maximum(mass, 1e-300))
    else:
        factors = _given_factors(target.classes, wanted)
    return factors[target.values]


def _given_factors(classes: tuple, wanted) -> np.ndarray:
    place = {label: i for i, label in enumerate(classes)}
    factors = np.ones(len(classes))
    for label, factor in wanted.items():
        if label not in place:
            raise SettingError(
                f"class_weight: there is no class {label!r}; the classes are "
                f"{', '.join(map(repr, classes[:8]))}"
            )
        if not np.isfinite(factor) or factor < 0:
            raise SettingError(f"class_weight of {label!r} is {factor!r}; 0 or more")
        factors[place[label]] = factor
    return factors

"""A checked problem, bound to the engine.

Comes in: a network, rows, a loss and settings. Goes out: sessions, the update rule's address, the first state of
the loop, and the place where a number stopped being finite. Called by `learning/fitting.py`.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wildwire.errors import SettingError
from wildwire.learning.data import Rows
from wildwire.learning.dropout import dropout_shares
from wildwire.learning.objective import link_weights
from wildwire.learning.scaling import Scaling, scaled_losses, scaling_of
from wildwire.learning.sequences import SequenceRows
from wildwire.learning.settings import Settings
from wildwire.learning.slopes import SlopeTargets, scaled_with_slopes
from wildwire.learning.state import State
from wildwire.learning.update_rules import rule_address

if TYPE_CHECKING:
    from wildwire.engine.output_losses import OutputLosses
    from wildwire.engine.session import Session
    from wildwire.network import Network

__all__ = ["Problem"]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is to be learnt: network, rows to train and to validate on (or None), loss, settings, the seed's key.

    `slopes` and `values` belong together: what is learnt besides values, and the problem of the values alone, by which
    validation rows are judged and targets are scaled.
    """

    network: "Network"
    rows: Rows | SequenceRows
    held: Rows | SequenceRows | None
    loss: "OutputLosses"
    settings: Settings
    key: int
    slopes: SlopeTargets | None = None
    values: "Problem | None" = None

    def with_slopes(self, slopes: SlopeTargets | None) -> "Problem":
        """The problem with targets of slopes as well, if there are any."""
        if slopes is None:
            return self
        if self.settings.dropout:
            raise SettingError(
                "dropout silences neurons, and the neurons of slopes would not know which: leave out dropout, or dY"
            )
        assert isinstance(self.rows, Rows)
        return replace(
            self, network=slopes.network, loss=slopes.losses,
            rows=slopes.beside(self.rows), slopes=slopes, values=self,
        )  # fmt: skip

    @property
    def plain(self) -> "Problem":
        """The problem of the values alone."""
        return self if self.values is None else self.values

    def scaled_losses(self) -> tuple["OutputLosses", np.ndarray]:
        """The loss for those who see sums only, and units, as `scaling.scaled_losses` gives them."""
        plain = self.plain
        losses, units = scaled_losses(
            plain.loss, plain.rows.targets, plain.rows.target_weight,
            self.settings.scale_loss,
        )  # fmt: skip
        if self.slopes is None:
            return losses, units
        units = np.concatenate((units, units[self.slopes.outputs]))
        weights = (np.array(self.loss.weights) / units).tolist()
        return replace(self.loss, weights=tuple(weights)), units

    def bind(self) -> tuple["Session", "Session | None"]:
        """Sessions of the training rows and of the validation rows.

        Both are scaled by the training rows: a validation loss must not depend on how its rows spread.

        Raises
        ------
        SettingError, DataError
            The loss does not suit the outputs, or the targets.
        """
        s, plain = self.settings, self.plain
        own = scaling = scaling_of(
            plain.loss, plain.rows.targets, plain.rows.target_weight, s.scale_loss,
            s.dtype,
        )  # fmt: skip
        if self.slopes is not None:
            scaling = scaled_with_slopes(own, self.slopes.outputs)
        training = self._session(
            self.rows, scaling, batch=s.batch or "full", gradient=s.gradient, l1=s.l1,
            l2=s.l2, l1_dies=s.l1_dies, penalty=s.penalty, clip=s.clip or 0.0,
            dropout=dropout_shares(self.network, s.dropout), weight_noise=s.weight_noise,
            max_norm=s.max_norm or 0.0, key=self.key, norms_of=plain.network,
        )  # fmt: skip
        # After the session: a loss that does not suit the outputs is the better explanation.
        self.rows.check_loss(self.loss, self.network, "")
        if self.held is None:
            return training, None
        self.held.check_loss(plain.loss, plain.network, "validation ")
        return training, plain._session(self.held, own, batch="full")

    def _session(
        self, rows: Rows | SequenceRows, scaling: Scaling, **options
    ) -> "Session":
        from wildwire.engine.session import Session

        X, Y, weight = rows.samples
        return Session(
            self.network, X, Y, loss=self.loss, sample_weight=weight, memory=rows.memory,
            dtype=self.settings.dtype, output_scale=scaling.scale,
            output_factor=scaling.factor, output_unit=scaling.unit,
            loss_parameters=scaling.parameters, threads=self.settings.threads,
            row_weight=rows.row_weight, **options,
        )  # fmt: skip

    def rule(self) -> int:
        """Address of the learner's update rule."""
        return rule_address(self.settings.first_order.rule, self.settings.dtype)

    def first_state(
        self, session: "Session", start: np.ndarray | None, watched: dict[str, int]
    ) -> State:
        """The state of a run that begins at `start` (None: a checkpoint will be put in); loads it into `session`."""
        learner, network = self.settings.first_order, self.network
        session.load(np.zeros(network.n_theta) if start is None else start)
        theta = session.theta()  # rounded to the session's type
        vectors = np.zeros((learner.n_state, session.vector_size), self.settings.dtype)
        for i, vector in enumerate(learner.first_state(link_weights(network))):
            vectors[i] = session.state_from_theta_order(vector)
        alive = np.array(session.alive, dtype=bool)
        names = ["loss", *(["validation"] if self.held else []), *watched]
        return State(
            vectors=vectors, totals=np.zeros(network.n_outputs), started=theta,
            started_alive=alive, best_theta=theta, best_alive=alive,
            history={name: [] for name in names},
        )  # fmt: skip

    def locate(self, theta: np.ndarray, order: np.ndarray | None) -> str:
        """Where the first non-finite number arises, as a sentence.

        `order` numbers the training rows to look at; None takes the validation rows.
        """
        from wildwire.engine.evaluate import first_non_finite

        seen, what = self.rows, self.rows.word
        if order is not None:
            seen = self.rows.take(order)
        elif self.held is not None:
            seen, what = self.held, f"validation {self.held.word}"
        told = self._unsettled(theta, seen, what)
        if told:
            return told
        found = first_non_finite(self.network, theta, seen.samples[0], seen.memory)
        if found is None:
            return self._unbounded_penalty(theta) or (
                "All neurons were still finite; the loss or its gradient overflowed."
            )
        neuron, row, *step = found
        where, hint = f"{what} {seen.number[row]}", ""
        if step:
            where += f", step {step[0]}"
        else:
            hint = self._undefined(
                theta, neuron, np.asarray(seen.samples[0][row : row + 1])
            )
        return f"The first non-finite number arose in neuron {neuron!r}, {where}{hint}."

    def _unsettled(self, theta: np.ndarray, seen, what: str) -> str:
        """The first sample of a network with `settle` that does not stand still, as a sentence, or nothing."""
        if self.network.settle is None:
            return ""
        from wildwire.engine.evaluate import neuron_values
        from wildwire.engine.settling import why_unsettled

        X, dtype = seen.samples[0], self.settings.dtype
        computed = neuron_values(self.network, theta, X, dtype, seen.memory)
        found = why_unsettled(
            self.network, theta, X, dtype, computed, bool(seen.memory.feedback)
        )
        if found is None:
            return ""
        (row, *step), reason = found
        where = f"{what} {seen.number[row]}" + (f", step {step[0]}" if step else "")
        return f"With `settle`, {where} did not stand still within {self.network.settle.steps} sweeps: {reason}."

    def _unbounded_penalty(self, theta: np.ndarray) -> str:
        """The first weight for which the penalty or its slope is not finite, as a sentence, or nothing."""
        if self.settings.penalty is None:
            return ""
        places = np.flatnonzero(link_weights(self.network))
        weights = theta[places].astype(self.settings.dtype)
        tables = self.settings.penalty.evaluate(1, [weights])
        bad = ~np.isfinite(tables).all(axis=0)
        if not bad.any():
            return ""
        at = places[int(np.argmax(bad))]
        name = self.network.theta_names[at]
        return (
            f"The penalty or its slope has no finite value at {name!r} = {theta[at]:g}."
        )

    def _undefined(self, theta: np.ndarray, neuron: str, x: np.ndarray) -> str:
        """Why the neuron's value is nan in a row where its sources are finite, if its formula tells."""
        from wildwire.engine.evaluate import values
        from wildwire.functions.guarding import undefined_below_zero

        network = self.network
        place = network.names.index(neuron) - network.n_inputs
        words = undefined_below_zero(network.functions[network.activation[place]])
        if not words or not np.isnan(values(network, theta, x)[0, place]):
            return ""
        return f": it has {' or '.join(words)}, which negative numbers have not"

    def guards(self, theta: np.ndarray) -> tuple[dict[str, int], str]:
        """How often guards are active on the training rows, and sentences about those that are."""
        from wildwire.engine.guards import guard_sentences, guarded_neurons, guards

        settings, network = self.settings, self.plain.network
        if not guarded_neurons(network).size:
            return {}, ""
        counts = guards(
            network, theta, self.rows.samples[0], dtype=settings.dtype,
            threads=settings.threads,
        )  # fmt: skip
        told = guard_sentences(network, theta, counts, len(self.rows.targets))
        return counts, " ".join(f"{sentence}." for sentence in told)

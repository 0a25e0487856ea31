"""A checked problem, bound to the engine.

Comes in: a network, rows, a loss and settings. Goes out: sessions, the update rule's address, the first state of
the loop, and the place where a number stopped being finite. Called by `learning/fitting.py`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wildwire.learning.data import Rows
from wildwire.learning.dropout import dropout_shares
from wildwire.learning.objective import link_weights
from wildwire.learning.scaling import Scaling, scaling_of
from wildwire.learning.sequences import SequenceRows
from wildwire.learning.settings import Settings
from wildwire.learning.state import State
from wildwire.learning.update_rules import rule_address

if TYPE_CHECKING:
    from wildwire.engine.output_losses import OutputLosses
    from wildwire.engine.session import Session
    from wildwire.network import Network

__all__ = ["Problem"]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is to be learnt: network, rows to train and to validate on (or None), loss, settings, the seed's key."""

    network: "Network"
    rows: Rows | SequenceRows
    held: Rows | SequenceRows | None
    loss: "OutputLosses"
    settings: Settings
    key: int

    def bind(self) -> tuple["Session", "Session | None"]:
        """Sessions of the training rows and of the validation rows.

        Both are scaled by the training rows: a validation loss must not depend on how its rows spread.

        Raises
        ------
        SettingError, DataError
            The loss does not suit the outputs, or the targets.
        """
        s = self.settings
        scaling = scaling_of(
            self.loss, self.rows.targets, self.rows.target_weight, s.scale_loss, s.dtype
        )
        training = self._session(
            self.rows, scaling, batch=s.batch or "full", gradient=s.gradient, l1=s.l1,
            l2=s.l2, l1_dies=s.l1_dies, penalty=s.penalty, clip=s.clip or 0.0,
            dropout=dropout_shares(self.network, s.dropout), weight_noise=s.weight_noise,
            max_norm=s.max_norm or 0.0, key=self.key,
        )  # fmt: skip
        # After the session: a loss that does not suit the outputs is the better explanation.
        self.rows.check_loss(self.loss, self.network, "")
        if self.held is None:
            return training, None
        self.held.check_loss(self.loss, self.network, "validation ")
        return training, self._session(self.held, scaling, batch="full")

    def _session(
        self, rows: Rows | SequenceRows, scaling: Scaling, **options
    ) -> "Session":
        from wildwire.engine.session import Session

        X, Y, weight = rows.samples
        return Session(
            self.network, X, Y, loss=self.loss, sample_weight=weight, memory=rows.memory,
            dtype=self.settings.dtype, output_scale=scaling.scale,
            output_factor=scaling.factor, output_unit=scaling.unit,
            loss_parameters=scaling.parameters, threads=self.settings.threads, **options,
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

        settings = self.settings
        if not guarded_neurons(self.network).size:
            return {}, ""
        counts = guards(
            self.network, theta, self.rows.samples[0], dtype=settings.dtype,
            threads=settings.threads,
        )  # fmt: skip
        told = guard_sentences(self.network, theta, counts, len(self.rows.targets))
        return counts, " ".join(f"{sentence}." for sentence in told)

"""The loop of learning once more, slow and obvious: one batch after the other, in Python.

Gradients come from the engine's own twin (`engine/reference.py`), update rules from `rule_twins.py`. It shares with
`wildwire.learning` only the values that define a run: learners with their schedules, row orders, the catalogue's
losses.
"""

import numpy as np

from learning.rule_twins import twin_step
from wildwire.engine import reference
from wildwire.engine.output_losses import resolve_loss
from wildwire.learning.objective import link_weights
from wildwire.learning.shuffling import epoch_order, seed_key


class SlowRun:
    """theta, history["loss"] and alive of a run; arguments as for `fit`."""

    def __init__(
        self, network, X, Y, theta, *, loss="squared", learner, batch, epochs,
        gradient="mean", shuffle=True, sample_weight=None, seed=0, l1=0.0, l2=0.0,
        l1_dies=True, clip=None,
    ):  # fmt: skip
        self.network, self.learner, self.loss = network, learner, resolve_loss(loss)
        self.X, self.Y = np.asarray(X, float), np.asarray(Y, float).reshape(len(X), -1)
        self.weight = np.ones(len(X)) if sample_weight is None else sample_weight
        self.penalty = (l1, l2, l1_dies, clip)
        self.is_mean = gradient == "mean"
        self.theta, self.memory, self.step = np.array(theta, float), {}, 0
        self.alive = np.ones(len(theta), bool)
        self.losses = []
        size = len(X) if batch == "full" else batch
        n_batches = -(-len(X) // size)
        for epoch in range(epochs):
            order = np.arange(len(X))
            if shuffle and n_batches > 1:
                order = epoch_order(seed_key(seed), epoch, len(X))
            total = 0.0
            for k in range(n_batches):
                time = np.array([epoch + k / n_batches])
                rate = learner.schedule.rates(time, epochs, 0)[0]
                total += self.one_step(order[k * size : (k + 1) * size], rate)
            self.losses.append(total / self.weight.sum())

    def one_step(self, rows, rate):
        """One mini-batch; the sum of weight * loss before the update."""
        weight = self.weight[rows]
        value, slope = reference.loss_and_gradient(
            self.network, self.theta, self.X[rows], self.Y[rows],
            loss=self.loss, gradient="sum", sample_weight=weight,
        )  # fmt: skip
        self.step += 1
        if weight.sum() == 0:
            return value
        if self.is_mean:
            slope = slope / weight.sum()
        slope = self.penalised(slope) * self.alive
        weights = link_weights(self.network)
        moved = twin_step(
            self.learner, self.theta, slope, self.memory, self.step, rate, weights
        )
        moved = np.where(self.alive, moved, self.theta)
        if self.penalty[0] > 0 and self.penalty[2]:
            crossed = (weights == 1) & (moved * self.theta < 0)
            moved[crossed] = 0
            self.alive &= ~crossed
        self.theta = moved
        return value

    def penalised(self, slope):
        l1, l2, _, clip = self.penalty
        weights = link_weights(self.network)
        slope = slope + weights * (l1 * np.sign(self.theta) + l2 * self.theta)
        slope = slope * self.alive
        length = np.sqrt((slope**2).sum())
        return slope * clip / length if clip is not None and length > clip else slope

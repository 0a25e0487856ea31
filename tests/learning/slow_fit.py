"""The loop of learning once more, slow and obvious: one batch after the other, in Python.

Gradients come from the engine's own twin (`engine/reference.py`), update rules from `rule_twins.py`. It shares with
`wildwire.learning` only the values that define a run: learners with their schedules, row orders, the catalogue's
losses.
"""

import numpy as np

from learning.random_twins import factor, normal
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
        l1_dies=True, clip=None, shares=None, weight_noise=0.0, max_norm=None,
    ):  # fmt: skip
        self.shares, self.weight_noise, self.max_norm = shares, weight_noise, max_norm
        self.key, self.epoch = seed_key(seed), 0
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
            self.epoch = epoch
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
        self.step += 1
        value, slope = reference.loss_and_gradient(
            self.network, self.shaken(), self.X[rows], self.Y[rows],
            loss=self.loss, gradient="sum", sample_weight=weight,
            factors=self.factors(rows),
        )  # fmt: skip
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
        self.theta = self.shortened(moved)
        return value

    def factors(self, rows):
        if self.shares is None:
            return None
        return np.array([
            [factor(self.key, self.epoch, row, j, share) for row in rows]
            for j, share in enumerate(self.shares)
        ])  # fmt: skip

    def shaken(self):
        """theta with noise on the weights of living links."""
        noise = [
            normal(self.key, self.step, i) if self.alive[i] and linked else 0.0
            for i, linked in enumerate(link_weights(self.network))
        ]
        return self.theta + self.weight_noise * np.array(noise)

    def shortened(self, theta):
        if self.max_norm is None:
            return theta
        for j in range(self.network.n_neurons):
            mine = self.network.link_slot[self.network.link_target == j]
            mine = sorted({int(slot) for slot in mine if slot >= 0})
            length = np.sqrt((theta[mine] ** 2).sum())
            if length > self.max_norm:
                theta[mine] *= self.max_norm / length
        return theta

    def penalised(self, slope):
        l1, l2, _, clip = self.penalty
        weights = link_weights(self.network)
        slope = slope + weights * (l1 * np.sign(self.theta) + l2 * self.theta)
        slope = slope * self.alive
        length = np.sqrt((slope**2).sum())
        return slope * clip / length if clip is not None and length > clip else slope

"""The methods that `tables.py` compares: fits of one and the same hidden layer.

Comes in: a `Table`, its `Rows`, a seed. Goes out: predictions for the test rows. Called by `tables.py`.

scikit-learn divides its penalty by the number of rows, so that `l2 = alpha/rows` is the same objective. pyrenn's
outputs are linear and its error is squared: classes are learnt as columns of 0 and 1, the largest output wins. It has
no end of its own at a minimum, where no damping lets it go on. Its fits and ours are cut off after `SECONDS` of the
CPU; scikit-learn's run to their own end.
"""

import contextlib
import io
import time
import warnings
from collections.abc import Callable

import numpy as np

import wildwire as ww
from benchmarks.learners.data import Table
from benchmarks.learners.networks import LOSSES, error, layered
from benchmarks.measure import Unavailable

ALPHA = 1e-4  # scikit-learn's default
ALPHAS = (1e-4, 1e-1, 1.0, 10.0)
STEPS, SKLEARN_STEPS = 100, 1000
HELD = 0.2
SECONDS = 1.0

Predict = Callable[[np.ndarray], np.ndarray]


def _wildwire(table: Table, X, Y, seed: int, bayesian=False, **more) -> Predict:
    network = layered(X.shape[1], table.hidden, Y.shape[1], table.kind)
    began = time.process_time()
    result = ww.fit(
        network, X, Y, loss=LOSSES[table.kind], seed=seed, progress=False, scale_loss=False,
        learner=ww.learners.LevenbergMarquardt(bayesian=bayesian), epochs=(1 + bayesian) * STEPS,
        callbacks=(lambda _: time.process_time() - began > SECONDS,), **more,
    )  # fmt: skip
    return lambda X: np.asarray(ww.run(network, result.theta, X))


def early_stopping(table, rows, seed):
    """Levenberg-Marquardt; a fifth of the rows says when."""
    return _wildwire(table, rows.X, rows.Y, seed, validation=HELD)(rows.X_test)


def _penalised(table, X, Y, seed, alpha) -> Predict:
    """Levenberg-Marquardt on scikit-learn's own objective."""
    return _wildwire(table, X, Y, seed, l2=alpha / len(X))


def same_penalty(table, rows, seed):
    """With scikit-learn's default penalty."""
    return _penalised(table, rows.X, rows.Y, seed, ALPHA)(rows.X_test)


def penalty_chosen(table, rows, seed):
    """With the penalty that a fifth of the rows chooses."""
    return _chosen(_penalised, table, rows, seed)


def bayesian(table, rows, seed):
    """Levenberg-Marquardt that chooses its penalty by the evidence."""
    return _wildwire(table, rows.X, rows.Y, seed, bayesian=True)(rows.X_test)


def _chosen(fit, table, rows, seed) -> np.ndarray:
    """The penalty of four with the least error on a fifth of the rows, then all rows."""
    held = max(1, int(HELD * len(rows.X)))
    order = np.random.default_rng([seed, 4]).permutation(len(rows.X))
    own, other = order[held:], order[:held]

    def held_error(alpha):
        predict = fit(table, rows.X[own], rows.Y[own], seed, alpha)
        return error(table, rows.Y[other], predict(rows.X[other]))

    alpha = min(ALPHAS, key=held_error)
    return fit(table, rows.X, rows.Y, seed, alpha)(rows.X_test)


# ---- scikit-learn -------------------------------------------------------------------------------


def _sklearn(table, X, Y, seed, alpha) -> Predict:
    from sklearn import neural_network
    from sklearn.exceptions import ConvergenceWarning

    kind = "MLPRegressor" if table.kind == "linear" else "MLPClassifier"
    model = getattr(neural_network, kind)(
        hidden_layer_sizes=(table.hidden,), activation="tanh", solver="lbfgs", alpha=alpha,
        max_iter=SKLEARN_STEPS, max_fun=10 * SKLEARN_STEPS, random_state=seed,
    )  # fmt: skip
    target = Y[:, 0] if Y.shape[1] == 1 else Y.argmax(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, target)
    return lambda X: _predicted(model, X, Y.shape[1])


def _predicted(model, X, n_outputs) -> np.ndarray:
    """(n, n_outputs); a class that the rows to learn from lack has no probability."""
    if not hasattr(model, "predict_proba"):
        return model.predict(X)[:, None]
    found = model.predict_proba(X)
    if n_outputs == 1:
        return found[:, 1:]
    whole = np.zeros((len(X), n_outputs))
    whole[:, model.classes_.astype(int)] = found
    return whole


def sklearn_default(table, rows, seed):
    """As it comes, but for solver, activation and steps."""
    return _sklearn(table, rows.X, rows.Y, seed, ALPHA)(rows.X_test)


def sklearn_chosen(table, rows, seed):
    """With the penalty that a fifth of the rows chooses."""
    return _chosen(_sklearn, table, rows, seed)


# ---- pyrenn -------------------------------------------------------------------------------------


class _Enough(Exception):
    """The time of a fit is over."""


def pyrenn_library():
    """The module, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            import pyrenn
    except ImportError:
        raise Unavailable("pyrenn is not installed") from None
    return pyrenn


def pyrenn_lm(table, rows, seed):
    """`train_LM`, drawn as its own `CreateNN` draws, from our generator."""
    pyrenn = pyrenn_library()
    net = pyrenn.CreateNN([rows.X.shape[1], table.hidden, rows.Y.shape[1]])
    net["w"] = np.random.default_rng([seed, 5]).uniform(-0.5, 0.5, net["N"])
    net["w"] = _trained(pyrenn, rows.X.T, rows.Y.T, net)
    found = pyrenn.NNOut(rows.X_test.T, net)
    return np.atleast_2d(found).T


def _trained(pyrenn, P, Y, net) -> np.ndarray:
    """The best weights met within the time."""
    best = [np.inf, net["w"]]
    began, plain = time.process_time(), pyrenn.calc_error

    def watched(net, data):
        found = plain(net, data)
        if found < best[0]:
            best[:] = found, net["w"]
        if time.process_time() - began > SECONDS:
            raise _Enough
        return found

    pyrenn.calc_error = watched
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(_Enough),
            np.errstate(all="ignore"), warnings.catch_warnings(),
        ):  # fmt: skip
            warnings.simplefilter("ignore")
            pyrenn.train_LM(P, Y, net, k_max=STEPS, E_stop=1e-10)
    finally:
        pyrenn.calc_error = plain
    return best[1]


METHODS = {
    "LM, held-out rows": early_stopping,
    "LM, l2": same_penalty,
    "LM, l2 chosen": penalty_chosen,
    "LM, bayesian": bayesian,
    "pyrenn": pyrenn_lm,
    "sklearn": sklearn_default,
    "sklearn, alpha chosen": sklearn_chosen,
}
PAIRS = (
    ("LM, held-out rows", "pyrenn"), ("LM, l2", "sklearn"),
    ("LM, l2 chosen", "sklearn, alpha chosen"), ("LM, bayesian", "pyrenn"),
    ("LM, bayesian", "sklearn"), ("LM, bayesian", "sklearn, alpha chosen"),
)  # fmt: skip

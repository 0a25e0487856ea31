"""Estimators: scikit-learn's contract, and what it does not ask."""

import inspect
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from wildwire.errors import DataError, SettingError, WildwireError
from wildwire.estimators import NetworkClassifier, NetworkRegressor
from wildwire.estimators.base import threads
from wildwire.learning.learners import Adam
from wildwire.model import load
from wildwire.network import Network

MINI_BATCHES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "mini-batches are drawn by rows: a row of weight 2 stands in one batch, two rows "
        "may stand in two"
    )
}


@parametrize_with_checks(
    [
        NetworkRegressor(),
        NetworkClassifier(),
        NetworkClassifier(batch=8, epochs=20, hidden=4, early_stopping=False),
    ],
    expected_failed_checks=lambda estimator: MINI_BATCHES if estimator.batch else {},
)
# scikit-learn's own array namespace casts a NaN while it checks for NaN.
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", [NetworkRegressor, NetworkClassifier])
def test_at_most_thirteen_arguments(kind):
    assert len(inspect.signature(kind).parameters) <= 13


# ---- how well --------------------------------------------------------------------


def test_diabetes_is_predicted_as_well_as_by_ridge_regression():
    X, y = load_diabetes(return_X_y=True)
    scores = cross_val_predict(NetworkRegressor(random_state=0), X, y, cv=5)
    assert 1 - ((y - scores) ** 2).sum() / ((y - y.mean()) ** 2).sum() > 0.47


@pytest.mark.parametrize(("load_set", "least"), [(load_wine, 0.96), (load_iris, 0.94)])
def test_classes_are_told_apart(load_set, least):
    X, y = load_set(return_X_y=True)
    assert cross_val_score(NetworkClassifier(random_state=0), X, y, cv=3).mean() > least


@pytest.mark.parametrize("repeats", [1, 5])
@pytest.mark.parametrize("seed", range(5))
def test_a_truth_table_is_learnt_by_heart(repeats, seed):
    """Nothing can be held out of it: no row can be guessed from the others."""
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * repeats)
    y = X[:, 0] ^ X[:, 1]
    classifier = NetworkClassifier(hidden=4, random_state=seed).fit(X, y)
    assert classifier.score(X, y) == 1.0


def test_no_linear_model_could_do_this():
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (300, 2))
    y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
    assert (
        NetworkClassifier(random_state=0).fit(X[:200], y[:200]).score(X[200:], y[200:])
        > 0.9
    )


# ---- frames ----------------------------------------------------------------------

N = 60
RNG = np.random.default_rng(3)
FRAME = pd.DataFrame({
    "size (m2)": RNG.normal(50, 9, N),
    "colour": RNG.choice(["red", "green"], N),
    "gap": np.where(RNG.random(N) < 0.2, np.nan, RNG.normal(size=N)),
})  # fmt: skip
PRICE = pd.Series(FRAME["size (m2)"] + 20 * (FRAME["colour"] == "red"), name="price")
QUICK = {"epochs": 40, "hidden": 2, "random_state": 0}


def test_every_library_of_frames_gives_the_same_model():
    frames = [FRAME, pl.from_pandas(FRAME), pl.from_pandas(FRAME).to_arrow()]
    thetas = [
        NetworkRegressor(**QUICK).fit(frame, PRICE.to_numpy()).model_.theta.tobytes()
        for frame in frames
    ]
    assert thetas[0] == thetas[1] == thetas[2]


def test_frames_keep_names_categories_and_rules_for_missing_values():
    regressor = NetworkRegressor(**QUICK).fit(FRAME, PRICE)
    assert regressor.feature_names_in_.tolist() == list(FRAME.columns)
    model = regressor.model_
    assert model.columns == tuple(FRAME.columns) and model.outputs == ("price",)
    assert regressor.score(FRAME, PRICE) > 0.9
    # the model matches by name, in any order; the estimator asks for scikit-learn's order
    turned = FRAME[FRAME.columns[::-1]]
    assert np.array_equal(model.predict(turned), regressor.predict(FRAME))
    with pytest.raises(ValueError, match="feature names"):
        regressor.predict(turned)


def test_arrays_must_not_hold_nan():
    with pytest.raises(ValueError, match="NaN"):
        NetworkRegressor(**QUICK).fit(FRAME[["gap"]].to_numpy(), PRICE)


def test_a_feature_with_the_name_of_the_target():
    frame = FRAME.rename(columns={"gap": "price", "size (m2)": "y"})
    assert NetworkRegressor(**QUICK).fit(frame, PRICE).model_.outputs == ("price_",)
    assert NetworkRegressor(**QUICK).fit(frame, PRICE.to_numpy()).model_.outputs == (
        "y_",
    )


# ---- targets ---------------------------------------------------------------------

X = RNG.normal(size=(N, 3))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]), np.array([False, True]), np.array([-1, 7]), np.array([2.0, 5.0]),
        np.array(["c", "a", "b"]), np.array([5, 0, -3]), np.array(["x", 1, None], dtype=object)[:2],
    ],
)  # fmt: skip
def test_labels_of_every_kind_come_back(labels):
    y = labels[np.arange(N) % len(labels)]
    if y.dtype == object:
        y = y.astype(str)
    features = X + 3 * np.eye(3)[np.arange(N) % len(labels)]
    classifier = NetworkClassifier(**QUICK).fit(features, y)
    predicted = classifier.predict(features)
    assert predicted.dtype == y.dtype and (predicted == y).mean() > 0.9
    assert classifier.classes_.tolist() == sorted(set(y.tolist()))
    probabilities = classifier.predict_proba(features)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    own = classifier.model_.predict(features)
    assert [str(v) for v in own] == [
        str(int(v) if y.dtype == float else v) for v in predicted
    ]


def test_several_targets():
    Y = np.column_stack([X[:, 0] * 1e6, X[:, 1] - X[:, 2]])
    regressor = NetworkRegressor(epochs=200, hidden=2, random_state=0).fit(X, Y)
    assert regressor.predict(X).shape == (N, 2) and regressor.score(X, Y) > 0.95
    assert regressor.model_.outputs == ("y0", "y1")
    assert NetworkRegressor(**QUICK).fit(X, Y[:, :1]).predict(X).shape == (N, 1)
    assert NetworkRegressor(**QUICK).fit(X, Y[:, 0]).predict(X).shape == (N,)


# ---- networks and settings -------------------------------------------------------


@pytest.mark.parametrize("form", [str, Network.parse])
def test_a_network_of_the_users_own(form):
    text = "input a, b, c\nh ~ tanh(a, b)\ny ~ identity(h, c)\noutput y\n"
    regressor = NetworkRegressor(form(text), epochs=300, random_state=1).fit(
        X, np.tanh(X[:, 0]) + X[:, 2]
    )
    assert regressor.model_.network.theta_names == Network.parse(text).theta_names
    assert regressor.score(X, np.tanh(X[:, 0]) + X[:, 2]) > 0.9


def test_a_users_classifier_gets_labels():
    text = "input x1, x2\nh ~ tanh(x1, x2)\ny ~ logistic(h, x1, x2)\noutput y"
    y = np.where(X[:, 0] > 0, "yes", "no")
    classifier = NetworkClassifier(text, epochs=300, random_state=0).fit(X[:, :2], y)
    assert 'output y as "no", "yes"' in classifier.model_.to_text()
    assert classifier.score(X[:, :2], y) > 0.9


BAD = {
    "network": ({"network": 3}, SettingError, "text or a Network"),
    "text": ({"network": "outputs y"}, WildwireError, "line 1"),
    "inputs": ({"network": "input a\ny ~ tanh(a)\noutput y"}, DataError, "3 columns"),
    "both": ({"network": "input a\ny ~ tanh(a)\noutput y", "hidden": 3}, SettingError, "not both"),
    "hidden": ({"hidden": -1}, SettingError, "hidden"),
    "epochs": ({"epochs": 0}, SettingError, "epochs"),
    "l2": ({"l2": -1.0}, SettingError, "l2"),
    "learner": ({"learner": "adma"}, SettingError, "adam"),
    "early stopping": ({"early_stopping": 2.0}, SettingError, "between 0 and 1"),
    "jobs": ({"n_jobs": 0}, SettingError, "n_jobs"),
    "time": ({"time_limit": -3}, SettingError, "time limit"),
    "loss": ({"loss": "squard"}, WildwireError, "squared"),
    "batch": ({"batch": "all"}, SettingError, "batch"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_settings_are_refused_in_fit(name):
    options, error, words = BAD[name]
    regressor = NetworkRegressor(**options)
    with pytest.raises(error, match=words):
        regressor.fit(X, X[:, 0])
    assert issubclass(error, WildwireError)


def testthreads():
    cores = os.cpu_count() or 1
    assert (threads(None), threads(3), threads(-1)) == (1, 3, cores)
    assert threads(-cores - 5) == 1


def test_results_do_not_depend_on_the_number_ofthreads():
    y = np.sin(X[:, 0])
    one, two = (
        NetworkRegressor(n_jobs=n, **QUICK).fit(X, y).model_.theta for n in (1, 2)
    )
    assert one.tobytes() == two.tobytes()


def test_early_stopping_takes_a_share():
    y = np.sin(X[:, 0])
    held = NetworkRegressor(l2=0.0, early_stopping=0.3, random_state=0).fit(X, y)
    assert "chosen on held-out rows" in held.notes_[-1]
    free = NetworkRegressor(l2=0.0, early_stopping=False, epochs=25).fit(X, y)
    assert free.n_iter_ == 25 == len(free.loss_curve_)


def test_losses_and_penalties_change_the_fit():
    y = X[:, 0].copy()
    y[0] = 500.0
    squared = NetworkRegressor(hidden=0, epochs=300, l2=0.0, learner=Adam(0.05)).fit(
        X, y
    )
    absolute = clone(squared).set_params(loss="absolute").fit(X, y)
    rest = slice(1, None)
    worse, better = (
        abs(m.predict(X[rest]) - y[rest]).mean() for m in (squared, absolute)
    )
    assert better < worse / 3
    tight = clone(squared).set_params(l2=100.0).fit(X, X[:, 0])
    assert np.var(tight.predict(X)) < 0.01 * np.var(X[:, 0])


# ---- going on --------------------------------------------------------------------


def test_warm_start_goes_on_from_the_last_fit():
    y = np.sin(2 * X[:, 0])
    regressor = NetworkRegressor(
        hidden=4, epochs=30, early_stopping=False, warm_start=True, random_state=0
    )
    first = regressor.fit(X, y).model_
    again = regressor.fit(X, y).model_
    assert again.network.theta_names == first.network.theta_names
    assert regressor.loss_curve_[-1] < np.mean((first.predict(X) - y) ** 2) / 2
    cold = clone(regressor).set_params(warm_start=False)
    assert (
        cold.fit(X, y).model_.theta.tobytes() == cold.fit(X, y).model_.theta.tobytes()
    )


def test_partial_fit_learns_from_rows_as_they_come():
    y = np.where(X[:, 0] + X[:, 1] > 0, "b", "a")
    classifier = NetworkClassifier(random_state=0, learner=Adam(0.02))
    classifier.partial_fit(X[:2], ["a", "a"], classes=["a", "b"])
    for _ in range(40):
        classifier.partial_fit(X[:30], y[:30]).partial_fit(X[30:], y[30:])
    assert classifier.classes_.tolist() == ["a", "b"]
    assert classifier.score(X, y) > 0.9
    assert classifier.n_iter_ == 81 == len(classifier.loss_curve_)
    with pytest.raises(DataError, match="'c'"):
        classifier.partial_fit(X, ["c"] * N)


def test_partial_fit_of_numbers():
    regressor = NetworkRegressor(random_state=0, hidden=2, learner=Adam(0.02))
    for _ in range(60):
        regressor.partial_fit(X, X @ [1.0, 2, 3])
    assert regressor.score(X, X @ [1.0, 2, 3]) > 0.95


# ---- in company ------------------------------------------------------------------


def test_pipelines_searches_and_pickles():
    pipeline = make_pipeline(StandardScaler(), NetworkRegressor(**QUICK))
    search = GridSearchCV(pipeline, {"networkregressor__hidden": [0, 2]}, cv=2).fit(
        X, X[:, 0]
    )
    best = search.best_estimator_[-1]
    again = pickle.loads(pickle.dumps(best))
    assert again.predict(X).tobytes() == best.predict(X).tobytes()
    assert "NetworkRegressor" in search._repr_html_()


@pytest.mark.parametrize("suffix", [".wire", ".safetensors"])
def test_the_saved_model_predicts_the_same_bits(tmp_path, suffix):
    regressor = NetworkRegressor(**QUICK).fit(FRAME, PRICE)
    again = load(regressor.model_.save(tmp_path / f"m{suffix}"))
    assert again.predict(FRAME).tobytes() == regressor.predict(FRAME).tobytes()
    assert again.provenance["target"] == "price (regression)"


def test_scikit_learn_is_imported_with_the_estimators_only():
    code = "import sys, wildwire.model, wildwire.procedure; print('sklearn' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_active_guards_stand_in_the_notes():
    X = np.array([[0.0], [0.0], [1.0], [2.0], [3.0]])
    own = "input x\nr = reciprocal([1]*x)\ny ~ identity(r, x)\noutput y"
    fitted = NetworkRegressor(own, epochs=3).fit(X, X[:, 0])
    assert fitted.result_.guards == {"r": 2}
    assert "r: the guard of 1/z was active in 2 of 5 rows" in fitted.notes_[-1]


TWO = (
    "input a, b\nh[4] ~ tanh(a, b)\nv ~ identity(h, a)\nu ~ identity(h, b)\noutput v, u"
)


@pytest.mark.parametrize("network", [None, TWO])
def test_every_target_may_have_a_loss_of_its_own(network):
    """By place of the target or by its name, whatever the order of the outputs."""
    random = np.random.default_rng(0)
    X = pd.DataFrame(random.normal(size=(40, 2)), columns=["a", "b"])
    y = pd.DataFrame({"u": X.a * X.b, "v": X.a + random.standard_cauchy(40)})
    settings = {"network": network, "epochs": 20, "l2": 0.01, "random_state": 0}
    by_place, by_name, weighted, plain = (
        NetworkRegressor(loss=loss, **settings).fit(X, y)
        for loss in (
            ["squared", "absolute"],
            {"v": "absolute"},
            {"v": ("absolute", 3.0)},
            "squared",
        )
    )
    assert np.array_equal(by_place.model_.theta, by_name.model_.theta)
    assert not np.array_equal(by_place.model_.theta, weighted.model_.theta)
    assert not np.array_equal(by_place.model_.theta, plain.model_.theta)
    clone(by_place).fit(X, y)
    for loss, words in (
        (["squared"], "1 entries for 2 targets: u, v"),
        ({"w": "huber"}, "no output 'w'"),
    ):
        with pytest.raises(SettingError, match=words):
            NetworkRegressor(loss=loss, **settings).fit(X, y)


def test_a_penalty_by_formula_replaces_the_chosen_one():
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = X[:, 0] * X[:, 1]
    fitted = NetworkRegressor(penalty="0.01*w**2/2", epochs=15, random_state=0).fit(
        X, y
    )
    same = NetworkRegressor(l2=0.01, epochs=15, random_state=0).fit(X, y)
    none = NetworkRegressor(l2=0.0, epochs=15, random_state=0).fit(X, y)
    # The ridge solution that l2 starts from is not that of the formula.
    assert not np.allclose(fitted.model_.theta, none.model_.theta, rtol=1e-3)
    assert not np.array_equal(fitted.model_.theta, same.model_.theta)
    assert "l2 0, penalty 0.01*w**2/2" in fitted.model_.provenance["learner"]
    classes = NetworkClassifier(penalty="0.1*abs(w)", epochs=15, random_state=0).fit(
        X, y > 0
    )
    assert classes.score(X, y > 0) > 0.5

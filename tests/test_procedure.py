"""The procedure from a table to a model: choices, weights, provenance."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from wildwire.errors import DataError, LanguageError, SettingError
from wildwire.learning.learners import GradientDescent
from wildwire.model import load
from wildwire.network import Network
from wildwire.preparation import prepare
from wildwire.procedure import (
    Options,
    chi_squared,
    choose,
    fit_table,
    learn,
    row_weights,
)
from wildwire.procedure.holdout import fold_numbers, held_out, row_keys
from wildwire.procedure.options import Clock
from wildwire.procedure.start import start_theta
from wildwire.tables import as_table

RNG = np.random.default_rng(11)
X = RNG.normal(size=(90, 3))
Y = X @ [1.0, -2, 0.5] + 0.3 * RNG.normal(size=90)
DATA = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "y": Y}


def fitted(data=DATA, target="y", **options):
    return fit_table(data, target, **({"progress": False, "epochs": 60} | options))


def told(notes):
    return " / ".join(notes)


# ---- the start is the best linear model ----------------------------------------


def ridge(Z, t, w, penalty):
    """Weights and bias of ridge regression, as in a textbook."""
    A = np.column_stack([Z, np.ones(len(Z))]) * np.sqrt(w)[:, None]
    D = np.diag([penalty * w.sum()] * Z.shape[1] + [0.0])
    return np.linalg.solve(A.T @ A + D, A.T @ (t * np.sqrt(w)))


def test_learning_starts_from_ridge_regression():
    weight = RNG.uniform(0.5, 2, 90)
    prepared = prepare(as_table(DATA), "y", hidden=4, weight=weight)
    rows = np.arange(90) % 3 > 0
    theta = start_theta(prepared, rows, weight, 0.02, seed=1)
    Z = prepared.wiring.scaled(prepared.X)
    scale = prepared.targets[0].moments
    T = (Y - scale.mean) / scale.spread
    expected = ridge(Z[rows], T[rows], weight[rows], 0.02)
    numbers = prepared.network.numbers(theta)
    found = [numbers[f"{n}_scaled -> y_scaled"] for n in "abc"]
    np.testing.assert_allclose([*found, numbers["y_scaled bias"]], expected, atol=1e-9)
    assert all(numbers[f"h[{i}] -> y_scaled"] == 0 for i in range(4))
    assert all(numbers[f"a_scaled -> h[{i}]"] != 0 for i in range(4))


@pytest.mark.parametrize("classes", [2, 3])
def test_classes_start_at_their_frequencies(classes):
    labels = np.array(["p", "q", "r"])[:classes][
        RNG.integers(0, classes, 90) ** 2 % classes
    ]
    prepared = prepare(as_table({**DATA, "y": labels}), "y", hidden=2)
    everything = np.ones(90, bool)
    theta = start_theta(prepared, everything, np.ones(90), 0.0, seed=0)
    from wildwire.model import Model

    p = Model(prepared.network, theta).predict_proba(DATA)
    share = np.array([(labels == label).mean() for label in prepared.classes])
    np.testing.assert_allclose(p, np.tile(share, (90, 1)), atol=0.02)


# ---- rows held out -------------------------------------------------------------


def test_equal_rows_stay_together_and_order_does_not_matter():
    rows = RNG.integers(0, 25, 200)
    table, target = RNG.normal(size=(25, 2))[rows], RNG.normal(size=(25, 1))[rows]
    keys = row_keys(table, target, seed=3)
    assert len(np.unique(keys)) == len(np.unique(rows))
    folds = fold_numbers(keys, None, 3)
    held = held_out(keys, None, np.ones(200), 0.25)
    for number in np.unique(rows):
        assert len(set(folds[rows == number])) == 1
        assert len(set(held[rows == number])) == 1
    order = RNG.permutation(200)
    again = row_keys(table[order], target[order], seed=3)
    assert np.array_equal(fold_numbers(again, None, 3), folds[order])
    assert np.array_equal(held_out(again, None, np.ones(200), 0.25), held[order])
    assert not np.array_equal(row_keys(table, target, seed=4), keys)


def test_a_row_of_weight_3_is_three_rows():
    table, target = RNG.normal(size=(40, 2)), RNG.normal(size=(40, 1))
    weight = RNG.integers(1, 4, 40)
    keys = row_keys(table, target, 0)
    once = held_out(keys, None, weight.astype(float), 0.3)
    again = held_out(np.repeat(keys, weight), None, np.ones(weight.sum()), 0.3)
    assert np.array_equal(np.repeat(once, weight), again)
    assert abs(weight[once].sum() / weight.sum() - 0.3) < 0.1


def test_both_zeros_are_one_row():
    plus, minus = np.array([[0.0]]), np.array([[-0.0]])
    assert row_keys(plus, plus, 0) == row_keys(minus, minus, 0)


def test_classes_are_spread_evenly_and_never_lost():
    strata = np.array([0] * 60 + [1] * 30 + [2])
    keys = row_keys(RNG.normal(size=(91, 1)), np.zeros((91, 1)), 0)
    folds = fold_numbers(keys, strata, 3)
    assert [np.bincount(folds[strata == s], minlength=3).tolist() for s in (0, 1)] == [
        *([20] * 3, [10] * 3)
    ]
    held = held_out(keys, strata, np.ones(91), 0.2)
    assert [held[strata == s].sum() for s in range(3)] == [12, 6, 0]


# ---- weights --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["regression", "classification"])
@pytest.mark.parametrize("held_out_rows", [False, True])
def test_weights_are_repetitions_of_rows(kind, held_out_rows):
    y = Y if kind == "regression" else np.where(Y > 0.3, "up", "down")
    data = {**DATA, "y": y}
    weight = RNG.integers(0, 4, 90)
    rows = RNG.permutation(np.repeat(np.arange(90), weight))
    options = {"l2": 0.01, "early_stopping": True} if held_out_rows else {}
    one = fitted({**data, "w": weight}, weight="w", **options)
    two = fitted({name: values[rows] for name, values in data.items()}, **options)
    assert one.model.network == two.model.network
    assert one.notes[1:] == two.notes[1:]
    # Of the targets' spread: a prediction near 0 has no digits of its own to keep.
    np.testing.assert_allclose(
        one.model.run(DATA), two.model.run(DATA), rtol=1e-8, atol=1e-8
    )


def test_a_common_factor_of_the_weights_changes_nothing():
    weight = RNG.uniform(0.2, 3, 90)
    one, two = (fitted(weight=weight * factor).model for factor in (1.0, 1e-9))
    np.testing.assert_allclose(one.run(DATA), two.run(DATA), rtol=1e-7)


def test_sigmas_are_weights_and_give_chi_squared():
    sigma = np.where(np.arange(90) < 45, 0.3, 3.0)
    rng = np.random.default_rng(4)
    y = X @ [1.0, -2, 0.5] + sigma * rng.normal(size=90)
    data = {**DATA, "y": y, "s": sigma}
    one = fitted(data, sigma="s", hidden=0)
    assert "s" not in one.model.columns
    residuals = (y - one.model.predict(data)) / sigma
    value, freedom = chi_squared(
        one.model, as_table(data), prepare(as_table(data), "y", ignore=["s"]), "s"
    )
    assert value == pytest.approx((residuals**2).sum(), rel=1e-12)
    assert freedom == 90 - 4 and 0.5 < value / freedom < 1.6
    assert f"chi-squared per degree of freedom: {value / freedom:.4g}" in told(
        one.notes
    )
    two = fitted({**DATA, "y": y}, weight=1 / sigma**2, hidden=0)
    np.testing.assert_allclose(one.model.run(DATA), two.model.run(DATA), rtol=1e-5)


BAD_WEIGHTS = {
    "both": ({"weight": "w", "sigma": "w"}, {}, SettingError, "not both"),
    "zero sigma": ({"sigma": "w"}, {3: 0.0}, DataError, "row 3.*'w' is 0.0.*above 0"),
    "negative": ({"weight": "w"}, {3: -1.0}, DataError, "row 3.*'w' is -1.0"),
    "missing": ({"weight": "w"}, {3: np.nan}, DataError, "row 3.*'w' is missing"),
    "unknown": ({"weight": "v"}, {}, DataError, "no column 'v'"),
    "all zero": (
        {"weight": "w"},
        dict.fromkeys(range(90), 0.0),
        DataError,
        "all weights",
    ),
}


@pytest.mark.parametrize("name", BAD_WEIGHTS)
def test_bad_weights_are_refused(name):
    options, changes, error, words = BAD_WEIGHTS[name]
    w = np.ones(90)
    for row, value in changes.items():
        w[row] = value
    with pytest.raises(error, match=words):
        fitted({**DATA, "w": w}, **options)


def test_weights_of_text_are_refused():
    with pytest.raises(DataError, match="'heavy', and numbers are needed"):
        row_weights(as_table({**DATA, "w": ["heavy"] * 90}), "w", None)


def test_sigma_needs_numbers_to_predict():
    with pytest.raises(DataError, match="chi-squared needs"):
        fitted({**DATA, "y": Y > 0, "s": np.ones(90)}, sigma="s")


# ---- choices --------------------------------------------------------------------


def test_the_penalty_follows_the_noise():
    """Noise wants a strong penalty, a curve without noise a weak one."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, 120)
    noise = fit_table({"x": x, "y": rng.normal(size=120)}, "y", progress=False)
    curve = fit_table({"x": x, "y": np.sin(2 * x)}, "y", progress=False)
    assert np.var(noise.model.predict({"x": x})) < 0.35
    error = curve.model.predict({"x": x}) - np.sin(2 * x)
    assert np.mean(error**2) < 0.02 * np.var(np.sin(2 * x))


def test_what_was_chosen_is_said():
    notes = told(fitted().notes)
    assert "'y' is a number: regression" in notes
    assert "one hidden layer of 8 (advised" in notes
    assert "chosen on 3 folds" in notes and "l2 = " in notes


def test_rows_are_held_out_from_200_up_and_all_are_learnt_from():
    text = "input x\nh[3] ~ tanh(x)\ny ~ identity(h)\noutput y"
    x = np.linspace(-2, 2, 199)
    assert "held-out" not in told(fitted({"x": x, "y": np.sin(x)}, network=text).notes)
    x = np.linspace(-2, 2, 200)
    found = fitted({"x": x, "y": np.sin(x)}, network=text)
    assert "chosen on held-out rows" in told(found.notes)
    assert found.result.steps == found.result.epochs  # full batch, one fit
    assert "validation" not in found.result.history


def test_the_users_options_are_used():
    found = fitted(
        learner=GradientDescent(rate=0.1), batch=10, epochs=7, l2=0.25, hidden="2,3"
    )
    assert found.result.epochs == 7 and found.result.steps == 7 * 9
    told_learner = found.model.provenance["learner"]
    assert (
        "GradientDescent(rate=0.1" in told_learner
        and "batch 10, l2 0.25" in told_learner
    )
    sizes = [group.count for group in found.model.network.groups if group.size]
    assert sizes == [2, 3]


def test_the_seed_decides():
    one, two, other = (fitted(seed=s, hidden=3).model.theta for s in (5, 5, 6))
    assert one.tobytes() == two.tobytes() and one.tobytes() != other.tobytes()


def test_a_time_limit_is_kept():
    big = {name: np.tile(values, 300) for name, values in DATA.items()}
    fitted(big, epochs=1)
    began = time.perf_counter()
    found = fitted(big, epochs=10**6, time_limit=0.5)
    assert time.perf_counter() - began < 3
    assert np.isfinite(found.model.theta).all()


@pytest.mark.parametrize("searching", [True, False])
def test_an_interrupt_keeps_the_best_so_far(searching, monkeypatch):
    monkeypatch.setattr(choose, "PATIENCE", 10**9)
    x = np.linspace(-3, 3, 6000)
    data = {"x": x, "y": np.sin(2 * x)}
    options = {"l2": 0.0, "early_stopping": searching, "batch": 1000}
    fitted(data, **{**options, "epochs": 1})
    timer = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        found = fitted(data, **options, epochs=10**6, time_limit=20)
    finally:
        timer.cancel()
    assert "interrupted" in told(found.notes)
    assert found.result.reason == "interrupted"
    assert np.isfinite(found.model.predict(data)).all()


def test_the_clock():
    assert Clock(None).left() is None and not Clock(None).used(0.5)
    clock = Clock(100)
    assert 49 < clock.left(0.5) <= 50
    clock.began -= 60
    assert clock.used(0.5) and not clock.used(1.0) and clock.left(0.5) == 1e-3


def test_class_weights():
    rare = np.where(X[:, 0] + 0.8 * RNG.normal(size=90) > 1.2, "rare", "often")
    data = {**DATA, "y": rare}
    plain, balanced = (fitted(data, class_weight=w) for w in (None, "balanced"))
    counts = [(f.model.predict(data) == "rare").sum() for f in (plain, balanced)]
    assert counts[1] > counts[0]
    same = {
        "rare": 90 / (2 * (rare == "rare").sum()),
        "often": 90 / (2 * (rare == "often").sum()),
    }
    given = fitted(data, class_weight=same)
    np.testing.assert_allclose(
        given.model.run(data), balanced.model.run(data), rtol=1e-9
    )


BAD_OPTIONS = {
    "class weights of numbers": ({"class_weight": "balanced"}, "regression"),
    "odd class weights": ({"class_weight": 3}, "balanced"),
    "odd early stopping": ({"early_stopping": "yes"}, "early_stopping"),
    "odd share": ({"validation_fraction": 1.5}, "between 0 and 1"),
    "no epochs": ({"epochs": 0}, "epochs"),
    "negative penalty": ({"l2": -1.0}, "l2"),
    "odd time": ({"time_limit": "soon"}, "time limit"),
    "unknown learner": ({"learner": "adamm"}, "adam"),
    "unknown loss": ({"loss": "sqared"}, "squared"),
    "network and hidden": (
        {"network": "input a\ny = a\noutput y", "hidden": 2},
        "not both",
    ),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_bad_options_are_refused(name):
    options, words = BAD_OPTIONS[name]
    from wildwire.errors import WildwireError

    with pytest.raises(WildwireError, match=words):
        fitted(**options)


def test_unknown_options_and_bad_networks():
    with pytest.raises(TypeError, match="speed"):
        fitted(speed=3)
    with pytest.raises(LanguageError, match="line 1"):
        fitted(network="inputs a")


def test_unknown_class_in_class_weights():
    with pytest.raises(SettingError, match="no class 'q'"):
        fitted({**DATA, "y": Y > 0}, class_weight={"q": 1.0})


# ---- results --------------------------------------------------------------------


def test_provenance_says_where_the_model_comes_from(tmp_path):
    found = fitted(seed=4, hidden=2)
    facts = load(found.model.save(tmp_path / "m.wire")).provenance
    assert facts["seed"] == "4" and facts["target"] == "y (regression)"
    assert as_table(DATA).hash() in facts["data"] and "90 rows" in facts["data"]
    predicted = found.model.predict(DATA)
    r2 = 1 - ((Y - predicted) ** 2).sum() / ((Y - Y.mean()) ** 2).sum()
    assert facts["fit"].startswith(f"R2 {r2:.4f} ")


def test_units_do_not_matter():
    base = fitted(hidden=3).model.predict(DATA)
    for factor in (1e-21, 1e9):
        scaled = fitted(
            {**DATA, "y": Y * factor, "a": X[:, 0] * factor}, hidden=3
        ).model
        again = scaled.predict({**DATA, "a": X[:, 0] * factor})
        assert np.corrcoef(again, base)[0, 1] > 0.998


def test_a_users_network_is_learnt_from_its_own_numbers():
    text = "input a, b, c\ny = 1*a - 2*b + 0.5*c + 0\noutput y"
    found = fitted(
        network=text, learner=GradientDescent(rate=1e-6), epochs=1, batch="full"
    )
    np.testing.assert_allclose(found.model.theta, [1, -2, 0.5, 0], atol=1e-3)
    network = Network.parse(text)
    assert found.model.network.theta_names == network.theta_names


def test_learning_can_go_on_from_a_theta():
    prepared = prepare(as_table(DATA), "y", hidden=2)
    theta = np.full(prepared.network.n_theta, 0.125)
    options = Options(
        epochs=1, batch="full", learner=GradientDescent(rate=0.0), progress=False
    )
    _, result, choice = learn(prepared, options, 0, theta)
    assert np.array_equal(result.theta, theta) and choice.l2 == 0


def test_missing_values_and_categories_go_through_to_the_file(tmp_path):
    group = np.array(["u", "v", None], dtype=object)[np.arange(90) % 3]
    a = np.where(np.arange(90) % 5 == 0, np.nan, X[:, 0])
    data = {"a": a, "g": group, "y": X[:, 0] + 3 * (group == "u")}
    model = fitted(data).model
    again = load(model.save(tmp_path / "m.wire"))
    assert again.predict(data).tobytes() == model.predict(data).tobytes()
    difference = model.predict({"a": [0.0, 0], "g": ["u", "v"], "y": [0, 0]})
    assert 2 < difference[0] - difference[1] < 4

"""Preparation: from a table to a network's text and encoded arrays."""

import numpy as np
import pytest

from wildwire.advice import hidden_size, rules_of_thumb
from wildwire.engine.evaluate import run, values
from wildwire.errors import DataError, SettingError
from wildwire.network import Network
from wildwire.preparation import encode_table, hidden_sizes, prepare, row_count
from wildwire.preparation.inputs import identifier
from wildwire.preparation.statistics import moments
from wildwire.tables import as_table

RNG = np.random.default_rng(5)
N = 40
BASE = {
    "age": RNG.normal(50, 10, N),
    "col": RNG.choice(["red", "green"], N),
    "y": RNG.normal(3, 2, N),
}


def prepared(targets="y", *, drop=(), ignore=(), **columns):
    options = {k[1:]: columns.pop(k) for k in list(columns) if k.startswith("_")}
    data = {k: v for k, v in {**BASE, **columns}.items() if k not in drop}
    return prepare(as_table(data), targets, ignore=ignore, **options)


def told(result):
    return " / ".join(result.notes)


# ---- what is refused ----------------------------------------------------------


def changed(column, row, value):
    copy = np.array(BASE[column], dtype=object if isinstance(value, str) else float)
    copy[row] = value
    return copy


REFUSED = {
    "missing target": ({"y": changed("y", 7, np.nan)}, "row 7.*'y' is missing"),
    "infinite target": ({"y": changed("y", 7, -np.inf)}, "row 7.*'y' is infinite"),
    "infinite input": ({"age": changed("age", 3, np.inf)}, "row 3.*'age' is infinite"),
    "constant target": ({"y": np.full(N, 2.0)}, "'y' is 2 in every row"),
    "one class": ({"y": ["a"] * N}, "one class only"),
    "text in every row": ({"y": [f"t{i}" for i in range(N)]}, "40 different values"),
    "text for a regression": (
        {"y": changed("y", 4, "12kg"), "_task": "regression"},
        "row 4.*'12kg'.*regression needs numbers",
    ),
    "slip in a target": ({"y": changed("y", 4, "12kg")}, "row 4 is no number"),
    "slip in an input": ({"age": changed("age", 4, "12kg")}, "row 4.*'12kg'"),
    "dates": ({"when": ["2020-01-01"] * N}, "'when' holds dates.*--ignore 'when'"),
    "date target": (
        {"y": ["2020-01-01", "2020-01-02"] * 20},
        "target 'y' holds dates",
    ),
    "weights of another length": ({"_weight": np.ones(3)}, r"shape \(3,\)"),
    "negative weight": ({"_weight": -np.ones(N)}, "row 0.*weight -1"),
    "nan weight": ({"_weight": np.full(N, np.nan)}, "weight nan"),
    "one row with weight": ({"_weight": np.eye(N)[0]}, "1 row.* too few"),
    "classes among targets": ({"targets": ["y", "col"]}, "'col' holds classes"),
    "nothing to learn from": (
        {"drop": ["age", "col"], "k": np.ones(N)},
        "no column is left.*'k' left out",
    ),
    "unknown target": ({"targets": "yy"}, "did you mean 'y'"),
    "unknown ignored": ({"ignore": ["aeg"]}, "did you mean 'age'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_learnt_from_is_refused_in_one_line(name):
    arguments, words = REFUSED[name]
    with pytest.raises(DataError, match=words) as caught:
        prepared(**arguments)
    assert "\n" not in str(caught.value)


def test_a_network_and_hidden_sizes_exclude_one_another():
    network = Network.parse("input age\ny ~ identity(age)\noutput y")
    with pytest.raises(SettingError, match="not both"):
        prepared(_network=network, _hidden=3)


@pytest.mark.parametrize("hidden", ["a", "3,,-1", -1, (2, 0), 2.5, "1000000", None])
def test_sizes_that_are_no_sizes_are_refused(hidden):
    with pytest.raises(SettingError, match="hidden must be"):
        hidden_sizes(hidden)


# ---- regression or classification ---------------------------------------------

TASKS = {
    "fractions": (np.arange(N) / 3, "regression", None),
    "many whole numbers": (np.arange(N), "regression", None),
    "few whole numbers": (np.arange(N) % 3, "classification", (0, 1, 2)),
    "few whole numbers, few rows": (np.arange(N) % 8, "regression", None),
    "two numbers": (np.arange(N) % 2 * 5, "classification", (0, 5)),
    "texts": (["b", "a"] * 20, "classification", ("a", "b")),
    "booleans": (np.arange(N) % 2 > 0, "classification", (False, True)),
}


@pytest.mark.parametrize("name", TASKS)
def test_the_task_is_recognised_and_said(name):
    y, task, classes = TASKS[name]
    result = prepared(y=np.asarray(y))
    assert (result.task, result.classes) == (task, classes)
    assert result.network.classes == classes
    assert result.notes[0].startswith("'y' is a") and task in result.notes[0]


def test_the_task_can_be_said():
    y = np.arange(N) % 2
    assert prepared(y=y, _task="regression").task == "regression"
    many = np.arange(N) % 8
    assert prepared(y=many, _task="classification").classes == tuple(range(8))


def test_targets_of_classes():
    two = prepared(y=["no", "yes"] * 20)
    assert two.Y[:, 0].tolist() == [0.0, 1.0] * 20
    three = prepared(y=(["a", "b", "c"] * 14)[:N])
    assert three.Y.tolist() == [list(np.eye(3)[i % 3]) for i in range(N)]


# ---- the text -----------------------------------------------------------------


def test_the_network_of_a_regression():
    result = prepared(_hidden="3,2")
    text = result.network.to_text()
    assert 'input col: "green" | "red"' in text
    assert "h1[3] ~ tanh(age_scaled, col)" in text
    assert "h2[2] ~ tanh(h1)" in text
    # direct links: the linear model is inside
    assert "y_scaled ~ identity(h2, age_scaled, col)" in text
    assert text.startswith("wire 1\n")


def test_scaling_has_mean_0_and_spread_1_inside_the_network():
    result = prepared(_hidden=0)
    network = result.network
    table = values(network, network.initial(0), result.X)
    scaled = table[:, network.node("age_scaled") - network.n_inputs]
    assert abs(scaled.mean()) < 1e-3 and abs(scaled.std() - 1) < 1e-3
    assert np.allclose(result.wiring.scaled(result.X)[:, 0], scaled, atol=1e-12)


def test_the_output_is_in_the_units_of_the_target():
    scale = prepared(y=BASE["y"] * 1e-21, _hidden=0)
    numbers = np.zeros(scale.network.n_theta)
    outputs = run(scale.network, numbers, scale.X)
    assert np.allclose(outputs, (BASE["y"] * 1e-21).mean(), rtol=1e-3)


def test_several_targets_share_the_hidden_neurons():
    result = prepared(["y", "z"], z=BASE["y"] ** 2, _hidden=2)
    assert result.network.output_names == ("y", "z")
    assert result.Y.shape == (N, 2)
    assert np.array_equal(result.Y[:, 1], BASE["y"] ** 2)
    assert "y_scaled ~ identity(h, age" in result.network.to_text()


def test_awkward_names_get_aliases_and_outputs_keep_theirs():
    result = prepared(
        "price (€)", **{"price (€)": BASE["y"], "a b": BASE["age"], "h": BASE["age"]},
        **{"input": BASE["age"], "2": BASE["age"], "y_scaled": BASE["age"]},
    )  # fmt: skip
    network = result.network
    assert network.output_names == ("price (€)",)
    headers = {column.header for column in network.columns}
    assert headers == {"age", "col", "y", "a b", "h", "input", "2", "y_scaled"}
    again = Network.parse(network.to_text())
    assert again == network


NAMES = {"a": "a", "sepal length (mm)": "sepal_length_mm", "2nd": "c_2nd", "€": "c",
         "Größe": "Groe", "_x": "x", " ": "c"}  # fmt: skip


@pytest.mark.parametrize("label", NAMES)
def test_identifiers(label):
    assert identifier(label, ()) == NAMES[label]
    assert identifier(label, {NAMES[label]}) == NAMES[label] + "_2"


# ---- what is filled in and left out --------------------------------------------


def test_missing_numbers_are_filled_in_inside_the_network():
    age = changed("age", 2, np.nan)
    result = prepared(age=age)
    column = result.network.columns[0]
    assert column.missing == pytest.approx(np.nanmean(age), rel=1e-4)
    assert result.X[2, 0] == column.missing
    assert "1 missing" in told(result) and "missing age = " in result.network.to_text()
    assert prepared().network.columns[0].missing is None


def test_missing_categories_are_a_category():
    col = BASE["col"].astype(object)
    col[1] = None
    result = prepared(col=col)
    column = result.network.columns[1]
    assert (
        column.categories == ("green", "red", "missing") and column.missing == "missing"
    )
    assert result.X[1].tolist()[1:] == [0, 0, 1]


LEFT_OUT = {
    "constant": (np.ones(N), "is 1 in every row"),
    "constant text": (["a"] * N, "is 'a' in every row"),
    "empty": (np.full(N, np.nan), "no value"),
    "identifier": ([f"n{i}" for i in range(N)], "40 different texts"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_useless_columns_are_left_out_and_said(name):
    column, words = LEFT_OUT[name]
    result = prepared(extra=column)
    assert [c.name for c in result.network.columns] == ["age", "col"]
    assert "'extra' left out" in told(result) and words in told(result)


def test_columns_that_count_rows_are_noted_and_left_out_by_their_name():
    result = prepared(id=np.arange(N), time=np.arange(N) + 7)
    assert [c.name for c in result.network.columns] == ["age", "col", "time"]
    assert "'id' left out" in told(result)
    assert "'time' counts the rows" in told(result) and "--ignore" in told(result)


def test_arrays_keep_every_column_in_its_place():
    X = np.column_stack([np.ones(N), BASE["age"], BASE["y"]])
    result = prepare(as_table(X), 3, hidden=2, keep_all=True)
    network = result.network
    assert [c.name for c in network.columns] == ["x0", "x1"]
    assert np.array_equal(result.X, X[:, :2])
    # the constant is declared and nobody reads it: its other values change nothing
    theta = network.initial(0)
    other = np.column_stack([np.full(N, 9.0), BASE["age"]])
    assert np.array_equal(run(network, theta, X[:, :2]), run(network, theta, other))


def test_ranges_are_those_of_the_rows_with_weight():
    weight = np.ones(N)
    weight[np.argmax(BASE["age"])] = 0
    column = prepared(_weight=weight).network.columns[0]
    used = np.delete(BASE["age"], np.argmax(BASE["age"]))
    assert (column.low, column.high) == (used.min(), used.max())


# ---- weights ------------------------------------------------------------------


def test_weights_are_repetitions():
    weight = RNG.integers(0, 4, N)
    once = prepared(_weight=weight.astype(float))
    rows = RNG.permutation(np.repeat(np.arange(N), weight))
    table = as_table(BASE).take(rows)
    again = prepare(table, "y")
    assert once.network == again.network
    assert once.n_rows == again.n_rows == weight.sum()


def test_moments_do_not_depend_on_the_unit():
    x, ones = BASE["age"], np.ones(N)
    base = moments(x, ones)
    for factor in (1e-200, 1e-21, 1e21, 1e200):
        found = moments(x * factor, ones)
        assert found.mean == pytest.approx(base.mean * factor, rel=1e-4)
        assert found.spread == pytest.approx(base.spread * factor, rel=1e-3)
        assert not found.constant


def test_moments_far_from_zero_and_of_constants():
    shifted = moments(1e9 + np.arange(4.0), np.ones(4))
    assert shifted.mean == pytest.approx(1e9 + 1.5, abs=1e-3)
    assert shifted.spread == pytest.approx(1.118, rel=1e-3)
    assert moments(np.full(3, 0.1) * 3, np.ones(3)).constant
    assert moments(np.array([1e9, 1e9 * (1 + 1e-16)]), np.ones(2)).constant


def test_row_count_counts_repetitions_and_precision():
    assert row_count(np.array([2.0, 0.0, 3.0])) == 5
    assert row_count(np.array([0.5, 0.5])) == pytest.approx(2)
    assert row_count(np.array([1e-9, 0.5])) == pytest.approx(1)
    # a common factor says nothing
    assert row_count(np.array([0.3, 0.7])) == pytest.approx(1 / 0.58)
    assert row_count(np.array([0.03, 0.07])) == pytest.approx(1 / 0.58)


def test_advice():
    assert hidden_size(60, 6, 1) == 3
    assert hidden_size(5, 30, 1) == 2 and hidden_size(1e6, 3, 1) == 64
    assert rules_of_thumb(60, 6, 1)["rows / (2*(inputs + outputs))"] == 60 / 14
    with pytest.raises(SettingError):
        hidden_size(0, 1, 1)


# ---- encoding of new rows ------------------------------------------------------

COLUMNS = Network.parse(
    'input x = "the x", c: "a" | "b", g[2], n: 1 | 2\nmissing x = 5\nmissing c = "b"\n'
    "y ~ identity(x, c, g, n)\noutput y"
).columns
ROWS = {"g1": [5.0, 6], "the x": [1.0, np.nan], "more": [0, 0], "g0": [3.0, 4],
        "n": [2, 1], "c": ["b", None]}  # fmt: skip


def test_tables_are_matched_by_name():
    X = encode_table(COLUMNS, as_table(ROWS))
    assert X.tolist() == [[1, 0, 1, 3, 5, 0, 1], [5, 0, 1, 4, 6, 1, 0]]


def test_arrays_are_matched_by_position():
    array = np.array([[1.0, "b", 3.0, 5.0, 2]], dtype=object)
    assert encode_table(COLUMNS, as_table(array)).tolist() == [[1, 0, 1, 3, 5, 0, 1]]
    with pytest.raises(DataError, match="4 columns where the network reads 5"):
        encode_table(COLUMNS, as_table(array[:, :4]))


BAD_ROWS = {
    "absent": ({"the x": None, "the xx": [1.0, 2]}, "no column 'the x'.*'the xx'"),
    "absent group": ({"g1": None}, r"'g\[0\]' ... 'g\[1\]'"),
    "unseen": ({"c": ["a", "d"]}, "row 1.*'c' is 'd'.*never seen"),
    "text": ({"the x": ["u", "v"]}, "row 0.*'the x' is 'u'.*number"),
    "infinite": ({"g0": [1, np.inf]}, "row 1.*infinite"),
    "no rule": ({"g0": [1, np.nan]}, "row 1.*'g0' is missing"),
    "no rule for a category": ({"n": [1, np.nan]}, "row 1.*'n' is missing"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_rows_that_do_not_fit_are_refused(name):
    change, words = BAD_ROWS[name]
    data = {k: v for k, v in {**ROWS, **change}.items() if v is not None}
    with pytest.raises(DataError, match=words):
        encode_table(COLUMNS, as_table(data))


# ---- a network of the user's own ------------------------------------------------

OWN = '# mine\ninput age, col: "red" | "green"\nh ~ tanh(age, col)\n'


def test_ranges_and_rules_are_written_into_the_users_text():
    network = Network.parse(OWN + "y ~ identity(h)\noutput y\n")
    result = prepared(age=changed("age", 0, np.nan), _network=network)
    text = result.network.to_text()
    assert text.startswith(OWN) and "range age " in text and "missing age = " in text
    assert result.network.theta_names == network.theta_names
    assert result.wiring is None
    red = (BASE["col"] == "red").astype(float)
    assert np.array_equal(result.X[:, 1], red)


def test_lines_that_the_user_wrote_stand():
    network = Network.parse(
        OWN + "missing age = 1\nrange age 0..1\ny ~ identity(h)\noutput y"
    )
    result = prepared(age=changed("age", 0, np.nan), _network=network)
    assert result.network == network and result.X[0, 0] == 1


def test_labels_are_written_into_the_users_text():
    network = Network.parse(OWN + "p ~ logistic(h)\noutput p\n")
    result = prepared(y=["no", "yes"] * 20, _network=network)
    assert 'output p as "no", "yes"' in result.network.to_text()
    assert result.network.classes == ("no", "yes")


def test_codes_follow_the_users_order_of_classes():
    network = Network.parse(OWN + 'p ~ logistic(h)\noutput p as "yes", "no"\n')
    result = prepared(y=["no", "yes"] * 20, _network=network)
    assert result.Y[:, 0].tolist() == [1.0, 0.0] * 20


MISMATCHES = {
    "number for classes": (OWN + 'p ~ logistic(h)\noutput p as "a", "b"', BASE["y"], "is a number"),
    "three for one": (OWN + "p ~ logistic(h)\noutput p", ["a", "b", "c", "a"] * 10, "softmax over 3"),
    "unknown class": (
        OWN + 'p ~ logistic(h)\noutput p as "yes", "no"', ["yes", "noo"] * 20, "did you mean 'no'",
    ),
    "two outputs": (OWN + "a ~ identity(h)\nb ~ identity(h)\noutput a, b", BASE["y"], "1 target"),
    "no such column": ("input q\ny ~ identity(q)\noutput y", BASE["y"], "no column 'q'"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISMATCHES)
def test_a_network_that_does_not_fit_the_table_is_refused(name):
    text, y, words = MISMATCHES[name]
    with pytest.raises(DataError, match=words):
        prepared(y=np.asarray(y), _network=Network.parse(text))


def test_targets_follow_the_networks_outputs():
    network = Network.parse(
        "input age\nz ~ identity(age)\ny ~ identity(age)\noutput z, y"
    )
    result = prepared(["y", "z"], z=BASE["y"] * 2, _network=network)
    assert np.array_equal(result.Y[:, 0], BASE["y"] * 2)


def test_a_network_from_arrays_gets_records():
    network = Network.from_arrays(["age"], [0], [0])
    result = prepared(_network=network)
    assert result.network.columns[0].low == BASE["age"].min()
    assert result.network.n_links == 1

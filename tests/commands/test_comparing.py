"""The network's side of a comparison: refitting in folds, and the data of the rivals."""

import numpy as np
import pytest

import wildwire as ww
from wildwire.commands.comparing import (
    NetworkProcedure,
    columns_read,
    nodes_read_by_outputs,
    problem_of,
)
from wildwire.commands.recipe import Recipe
from wildwire.engine.evaluate import values
from wildwire.tables import as_table

RNG = np.random.default_rng(0)
N = 60
X = RNG.normal(size=(N, 2))
COLOURS = np.array(["red", "green", "blue"])[RNG.integers(0, 2, N)]
COLOURS[7] = "blue"
GAPPY = X[:, 1].copy()
GAPPY[11] = np.nan
Y = 2 * X[:, 0] + (COLOURS == "red")
KINDS = np.where(Y > 0, "up", "down")
KINDS[3] = "rare"
COLUMNS = {"x1": X[:, 0], "gappy": GAPPY, "colour": COLOURS, "id": np.arange(N)}
TABLE = as_table({**COLUMNS, "y": Y})
KIND_TABLE = as_table({"x1": X[:, 0], "kind": KINDS})
RECIPE = Recipe(("y",), hidden="2", epochs=5)
KIND_RECIPE = Recipe(("kind",), hidden="2", epochs=5)


@pytest.fixture(scope="module")
def model():
    return RECIPE.fit(TABLE, seed=0, time_limit=None).model


@pytest.fixture(scope="module")
def kind_model():
    return KIND_RECIPE.fit(KIND_TABLE, seed=0, time_limit=None).model


def test_rivals_get_the_columns_that_the_network_reads(model):
    problem = problem_of(RECIPE, TABLE, model)
    read = [column.name for column in columns_read(model, RECIPE.inputs(TABLE))]
    assert read == ["x1", "gappy", "colour"]  # `id` only counts the rows
    assert problem.categorical.tolist() == [False, False, True]
    assert np.array_equal(problem.inputs[:, 1], GAPPY, equal_nan=True)
    assert problem.target[:, 0] == pytest.approx(Y)
    levels = TABLE.column("colour").levels
    assert [levels[int(code)] for code in problem.inputs[:, 2]] == COLOURS.tolist()


def test_class_codes_follow_the_order_of_the_model(kind_model):
    problem = problem_of(KIND_RECIPE, KIND_TABLE, kind_model)
    assert problem.class_count == 3
    labels = [kind_model.classes[code] for code in problem.target]
    assert labels == KINDS.tolist()


def test_folds_do_not_read_what_the_whole_did_not(model):
    read = [column.name for column in columns_read(model, RECIPE.inputs(TABLE))]
    recipe = RECIPE.for_folds(TABLE, read, "regression")
    assert recipe.ignore == ("id",)
    shuffled = TABLE.take(RNG.permutation(N)[:40])
    inner = recipe.fit(shuffled, seed=0, time_limit=None).model
    assert "id" not in inner.columns
    assert "id" in RECIPE.fit(shuffled, seed=0, time_limit=None).model.columns


def test_special_columns_stay_special_in_folds():
    table = as_table(
        {"x1": X[:, 0], "w": np.ones(N) * 2, "g": np.arange(N) % 5, "y": Y}
    )
    recipe = Recipe(("y",), weight="w", group="g").for_folds(
        table, ["x1"], "regression"
    )
    assert recipe.ignore == ()
    assert recipe.inputs(table).names == ("x1",)
    assert recipe.weights(table).tolist() == [2.0] * N
    assert recipe.groups(table).tolist() == (np.arange(N) % 5).tolist()


def test_what_train_rows_have_not_seen_is_replaced():
    """The only blue row and the only gap are test rows."""
    train = np.setdiff1d(np.arange(N), [7, 11])
    procedure = NetworkProcedure(
        RECIPE.for_folds(TABLE, ["x1", "gappy", "colour"], "regression"), TABLE, None
    )
    predictor = procedure.fit(train, 0)
    found = predictor.predict(np.array([7, 11]))
    usual = max(set(COLOURS[train]), key=list(COLOURS[train]).count)
    mean = np.mean(GAPPY[train])
    stand_in = as_table(
        {
            "x1": X[[7, 11], 0],
            "gappy": [GAPPY[7], mean],
            "colour": [usual, COLOURS[11]],
        }
    )
    assert found == pytest.approx(predictor.model.run(stand_in))


def test_rows_of_the_whole_table_decide_nothing():
    """Changing test rows must not change a network that has not seen them."""
    train = np.arange(40)
    changed = {name: np.array(values) for name, values in COLUMNS.items()}
    changed["x1"][40:] += 100
    other = as_table({**changed, "y": np.where(np.arange(N) < 40, Y, 1e6)})
    recipe = RECIPE.for_folds(TABLE, ["x1", "gappy", "colour"], "regression")
    thetas = [
        NetworkProcedure(recipe, table, None).fit(train, 0).model.theta
        for table in (TABLE, other)
    ]
    assert np.array_equal(*thetas)


def test_a_class_that_train_rows_lack_has_probability_zero(kind_model):
    procedure = NetworkProcedure(
        KIND_RECIPE.for_folds(KIND_TABLE, ["x1"], "classification"),
        KIND_TABLE,
        kind_model.classes,
    )
    predictor = procedure.fit(np.setdiff1d(np.arange(N), [3]), 0)
    assert len(predictor.model.classes) == 2
    found = predictor.predict(np.arange(N))
    assert found.shape == (N, 3)
    assert np.all(found[:, kind_model.classes.index("rare")] == 0)
    assert found.sum(axis=1) == pytest.approx(1)
    up = kind_model.classes.index("up")
    assert np.corrcoef(found[:, up], KINDS == "up")[0, 1] > 0.5


READ_BY_OUTPUTS = [
    ("input a, b\nh ~ tanh(a, b)\ny ~ identity(h)\noutput y\n", ["h"]),
    ("input a, b\nh ~ tanh(a)\ny ~ logistic(h, b)\noutput y\n", ["b", "h"]),
    (
        "input a, b\nfixed s = (a - 1)/2\nh ~ tanh(s)\nz ~ identity(h, s)\n"
        "fixed y = 3*z + 1\noutput y\n",
        ["a", "h"],
    ),
    (
        "input a\nh ~ tanh(a)\ng ~ sin(h)\ny ~ identity(g)\nx ~ tanh(h)\noutput y, x\n",
        ["h", "g"],
    ),
]


@pytest.mark.parametrize(("text", "names"), READ_BY_OUTPUTS)
def test_neurons_that_outputs_read(text, names):
    network = ww.parse(text)
    nodes = nodes_read_by_outputs(network)
    assert [network.names[node] for node in nodes] == names


def test_hidden_values_are_those_of_the_engine(model):
    predictor = NetworkProcedure(RECIPE, TABLE, None).predictor(model, TABLE)
    rows = np.arange(5)
    hidden = predictor.hidden(rows)
    everything = values(model.network, model.theta, model.encode(TABLE.take(rows)))
    names = [n for n in model.network.names if n.startswith("h")]
    assert names == ["h[0]", "h[1]"]
    place = [model.network.names.index(n) - model.network.n_inputs for n in names]
    assert np.array_equal(hidden[:, -2:], everything[:, place])


def test_ctrl_c_in_a_fold_ends_the_comparison():
    class Interrupted:
        class result:
            reason = "interrupted"

        model = None

    class Stopping(Recipe):
        def fit(self, table, **options):
            return Interrupted

    with pytest.raises(KeyboardInterrupt):
        NetworkProcedure(Stopping(("y",)), TABLE, None).fit(np.arange(20), 0)

"""A run that was broken off and resumed has the bits of one that was not."""

import numpy as np
import pytest

import wildwire as ww
from learning.problems import REGRESSION, SHARED, network, rows
from learning.rule_twins import LEARNERS
from wildwire.errors import FileError, SettingError
from wildwire.learning import Checkpoint, task
from wildwire.learning.checkpoint import read_checkpoint, write_checkpoint
from wildwire.learning.learners import Adam, AdamW, GradientDescent, schedules
from wildwire.learning.stopping import Reason

X, Y, WEIGHT = rows(30)


def assert_same_bits(one, other):
    assert one.theta.tobytes() == other.theta.tobytes()
    assert one.history.keys() == other.history.keys()
    for name, values in one.history.items():
        assert values.tobytes() == other.history[name].tobytes(), name
    assert np.array_equal(one.alive, other.alive)
    facts = [(r.reason, r.epochs, r.steps, r.best_epoch) for r in (one, other)]
    assert facts[0] == facts[1]


def broken_and_whole(text, path, settings, first=5, epochs=12):
    """The results of a run of `epochs`, and of the same in two parts."""
    made, theta = network(text)
    data = X, (Y if made.n_outputs == 1 else np.column_stack([Y, Y**2]))
    whole = ww.fit(made, *data, theta, epochs=epochs, **settings)
    part = ww.fit(
        made, *data, theta, epochs=epochs, checkpoint=path,
        callbacks=[lambda state: state.epoch == first], **settings,
    )  # fmt: skip
    assert part.reason is Reason.CALLBACK
    return ww.fit(made, *data, epochs=epochs, resume=path, **settings), whole


@pytest.mark.parametrize("learner", LEARNERS, ids=repr)
@pytest.mark.parametrize("text", [REGRESSION, SHARED], ids=["free", "shared"])
def test_every_learner(tmp_path, learner, text):
    settings = {"learner": learner, "batch": 8, "validation": 0.2, "history_of": []}
    assert_same_bits(*broken_and_whole(text, tmp_path / "run", settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"dtype": "float32", "learner": Adam(0.01)},
        {"learner": AdamW(0.05), "l1": 0.05, "batch": 4},
        {
            "l1": 0.05,
            "l2": 0.1,
            "clip": 0.2,
            "learner": GradientDescent(0.2),
            "batch": "full",
        },
        {"learner": Adam(schedules.Warmup(schedules.Cosine(0.05), epochs=7))},
        {
            "learner": Adam(schedules.Plateau(0.5, patience=1)),
            "validation": (X[:5], Y[:5]),
        },
        {"sample_weight": WEIGHT, "history_of": ["a -> h", "h bias"], "seed": 11},
        {"learner": Adam(0.3), "validation": 0.3, "patience": 6},
        {"scale_loss": True, "loss": "huber"},
    ],
    ids=str,
)
def test_every_setting(tmp_path, settings):
    resumed, whole = broken_and_whole(REGRESSION, tmp_path / "run", settings, epochs=30)
    assert_same_bits(resumed, whole)
    if settings.get("l1"):
        assert not resumed.alive.all()


def test_in_the_middle_of_an_epoch(tmp_path, monkeypatch):
    """Slices of one step, a checkpoint after each, a time limit that strikes anywhere."""
    monkeypatch.setattr(task, "SLICE_WORK", 0)
    made, theta = network(REGRESSION)
    settings = {"batch": 2, "epochs": 40, "validation": 0.2, "steady": None}
    whole = ww.fit(made, X, Y, theta, **settings)
    path = tmp_path / "run"
    part = ww.fit(
        made,
        X,
        Y,
        theta,
        checkpoint=Checkpoint(path, seconds=1e-9),
        time_limit=1e-9,
        **settings,
    )
    parts = 1
    while part.reason is Reason.TIME:
        part = ww.fit(
            made,
            X,
            Y,
            resume=path,
            checkpoint=path,
            time_limit=2e-3 * parts,
            **settings,
        )
        parts += 1
    assert parts > 2
    assert_same_bits(part, whole)


def test_going_on_further_than_planned(tmp_path):
    made, theta = network(REGRESSION)
    path = tmp_path / "run"
    ww.fit(made, X, Y, theta, epochs=4, checkpoint=path)
    longer = ww.fit(made, X, Y, epochs=9, resume=path)
    assert_same_bits(longer, ww.fit(made, X, Y, theta, epochs=9))
    done = ww.fit(made, X, Y, epochs=4, resume=path)
    assert done.reason is Reason.EPOCHS
    assert done.steps == 4
    assert done.seconds > 0


def test_a_generator_need_not_be_given_again(tmp_path):
    made, _ = network(REGRESSION)
    path = tmp_path / "run"
    whole = ww.fit(made, X, Y, epochs=6, batch=8, seed=np.random.default_rng(4))
    ww.fit(
        made, X, Y, epochs=3, batch=8, seed=np.random.default_rng(4), checkpoint=path
    )
    resumed = ww.fit(
        made, X, Y, epochs=6, batch=8, seed=np.random.default_rng(99), resume=path
    )
    assert_same_bits(resumed, whole)


def test_checkpoints_are_written_every_so_many_epochs(tmp_path):
    made, theta = network(REGRESSION)
    path, seen = tmp_path / "run", []

    def look(state):
        if path.exists():
            seen.append(read_checkpoint(path)[1]["counts"]["epoch"])

    point = Checkpoint(path, seconds=None, epochs=2)
    ww.fit(made, X, Y, theta, epochs=6, checkpoint=point, callbacks=[look])
    assert seen == [2, 2, 4, 4]
    assert read_checkpoint(path)[1]["counts"]["epoch"] == 6


def test_a_diverged_run_leaves_the_last_good_checkpoint(tmp_path):
    made, theta = network(REGRESSION)
    path = tmp_path / "run"
    point = Checkpoint(path, seconds=None, epochs=1)
    explosive = GradientDescent(schedules.Exponential(0.05, factor=1.4))
    result = ww.fit(
        made,
        X,
        Y,
        theta,
        batch="full",
        learner=explosive,
        epochs=3000,
        checkpoint=point,
    )
    assert result.reason is Reason.DIVERGED
    assert np.isfinite(read_checkpoint(path)[0]["theta"]).all()


DIFFERENT = [
    ({"learner": Adam(0.02)}, r"learner was Adam\(rate=0.01.*is Adam\(rate=0.02"),
    ({"batch": 3}, "batch was 32, is 3"),
    ({"l2": 1.0}, "l2 was 0.0, is 1.0"),
    ({"loss": "absolute"}, "another loss"),
    ({"seed": 1}, "seed"),
    ({"Y": Y + 1}, "another training rows"),
    ({"validation": 0.1}, "rows"),
    ({"history_of": ["a -> h"]}, "recorded loss; resume it with the same history_of"),
    ({"theta": np.zeros(11)}, "give theta or resume, not both"),
]


@pytest.mark.parametrize(("changed", "words"), DIFFERENT, ids=lambda v: str(v)[:30])
def test_another_run_is_refused(tmp_path, changed, words):
    made, theta = network(REGRESSION)
    path = tmp_path / "run"
    ww.fit(made, X, Y, theta, epochs=2, checkpoint=path)
    with pytest.raises(SettingError, match=words):
        ww.fit(made, **{"X": X, "Y": Y, "epochs": 4, "resume": path} | changed)


def test_another_network_is_refused(tmp_path):
    made, theta = network(REGRESSION)
    path = tmp_path / "run"
    ww.fit(made, X, Y, theta, epochs=2, checkpoint=path)
    other = ww.parse(REGRESSION.replace("logistic", "tanh"))
    with pytest.raises(SettingError, match="another network"):
        ww.fit(other, X, Y, epochs=4, resume=path)


@pytest.mark.parametrize("missing", ["theta", "state 1", "history loss", "totals"])
def test_an_incomplete_file_is_refused(tmp_path, missing):
    made, theta = network(REGRESSION)
    path = tmp_path / "run"
    ww.fit(made, X, Y, theta, epochs=2, checkpoint=path)
    arrays, facts = read_checkpoint(path)
    if missing == "history loss":
        arrays[missing] = arrays[missing][:1]
    else:
        del arrays[missing]
    write_checkpoint(path, arrays, facts)
    with pytest.raises(FileError, match=f"damaged: '{missing}'"):
        ww.fit(made, X, Y, epochs=4, resume=path)


def test_counts_that_are_missing_are_refused(tmp_path):
    made, theta = network(REGRESSION)
    path = tmp_path / "run"
    ww.fit(made, X, Y, theta, epochs=2, checkpoint=path)
    arrays, facts = read_checkpoint(path)
    facts["counts"]["step"] = "many"
    write_checkpoint(path, arrays, facts)
    with pytest.raises(FileError, match="the count 'step'"):
        ww.fit(made, X, Y, epochs=4, resume=path)

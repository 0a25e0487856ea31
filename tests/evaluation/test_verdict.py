"""The verdict on losses made up so that the right answer is known."""

import numpy as np
import pytest

from wildwire.evaluation.intervals import over_rows
from wildwire.evaluation.problem import make_problem
from wildwire.evaluation.verdict import Tally, judge, paired_interval

FOLDS = 5


def setting(n, **more):
    problem = make_problem(np.zeros((n, 1)), np.arange(float(n)), **more)
    rng = np.random.default_rng(n + 2)
    fold_of = np.stack([rng.permutation(n) % FOLDS for _ in range(4)])
    return problem, fold_of, rng


def tally(rng, n, shift, parameters, common):
    noise = 0.2 * rng.normal(size=n)
    return Tally(np.tile(common + noise + shift, (4, 1)), parameters)


CASES = [
    (200, -0.3, "better", "net"),
    (200, 0.3, "worse", "line"),
    (200, 0.0, "no difference", "line"),
    (60, -0.3, "better", "net"),
    (60, 0.3, "worse", "line"),
    (29, -0.3, "cannot tell", None),
]


@pytest.mark.parametrize(("n", "shift", "kind", "recommended"), CASES)
def test_three_verdicts_and_no_verdict(n, shift, kind, recommended):
    problem, fold_of, rng = setting(n)
    common = rng.exponential(size=n)
    plain = {
        "mean": tally(rng, n, 1.0, 1, common),
        "line": tally(rng, n, 0.01, 5, common),
        "forest": tally(rng, n, 0.0, 500, common),
    }
    found = judge(problem, tally(rng, n, shift, 40, common), plain, fold_of, "net")
    assert (found.kind, found.recommended) == (kind, recommended)
    assert found.rival in ("line", "forest")
    assert found.difference.method == ("rows" if n >= 100 else "folds")


def test_a_simpler_network_without_difference_is_recommended():
    problem, fold_of, rng = setting(300)
    common = rng.exponential(size=300)
    plain = {"forest": tally(rng, 300, 0.0, 500, common)}
    found = judge(problem, tally(rng, 300, 0.0, 40, common), plain, fold_of, "net")
    assert (found.kind, found.recommended) == ("no difference", "net")


def test_pairing_sees_what_separate_intervals_hide():
    """Losses of rows vary by 10, the models differ by 0.05 on every row."""
    problem, fold_of, rng = setting(200)
    common = 10 * rng.exponential(size=200)
    network = Tally(np.tile(common - 0.05, (4, 1)), 9)
    found = judge(
        problem, network, {"line": Tally(np.tile(common, (4, 1)), 2)}, fold_of
    )
    assert found.kind == "better"


def test_groups_are_the_units():
    problem, fold_of, rng = setting(400, group=np.arange(400) // 20)
    common = np.zeros(400)
    network = tally(rng, 400, -1, 9, common)
    found = judge(problem, network, {"mean": tally(rng, 400, 0, 1, common)}, fold_of)
    assert (found.units, found.kind) == (20, "cannot tell")


def test_rows_that_were_not_tested_are_left_out():
    problem, fold_of, rng = setting(200)
    differences = rng.normal(1, 0.1, (4, 200))
    differences[:, 150:] = np.nan
    differences[1:, :] = np.nan
    fold_of = np.where(np.isnan(differences), -1, fold_of)
    interval = paired_interval(problem, differences, fold_of)
    assert interval.mean == pytest.approx(differences[0, :150].mean())


def test_the_corrected_interval_is_wider_than_the_naive_one():
    problem, fold_of, rng = setting(60)
    differences = rng.normal(size=(4, 60))
    corrected = paired_interval(problem, differences, fold_of)
    means = [
        differences[r][fold_of[r] == f].mean() for r in range(4) for f in range(FOLDS)
    ]
    naive = np.std(means, ddof=1) * np.sqrt(1 / 20)
    widened = np.std(means, ddof=1) * np.sqrt(1 / 20 + 1 / 4)
    reach = (corrected.high - corrected.low) / 2
    assert reach == pytest.approx(2.093024 * widened)
    assert reach > 2 * naive


def alarms(fit_luck: float, row_spread: float) -> float:
    """Share of simulated comparisons without a difference that are told as one."""
    count = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        problem, _, _ = setting(150)
        fold_of = np.stack([rng.permutation(150) % FOLDS for _ in range(4)])
        luck = fit_luck * rng.normal(size=(4, FOLDS))
        rows = row_spread * rng.normal(size=150)
        differences = rows + 0.3 * rng.normal(size=(4, 150))
        differences += np.take_along_axis(luck, fold_of, axis=1)
        interval = paired_interval(problem, differences, fold_of)
        count += not interval.low <= 0 <= interval.high
    return count / 200


@pytest.mark.parametrize("fit_luck", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("row_spread", [0.0, 1.0])
def test_false_alarms_with_and_without_luck(fit_luck, row_spread):
    assert alarms(fit_luck, row_spread) <= 0.085


def test_luck_of_fits_widens_the_interval_and_its_absence_does_not():
    problem, fold_of, rng = setting(150)
    stable = np.tile(rng.normal(size=150), (4, 1))
    lucky = stable + np.array([-0.5, 0.5])[fold_of % 2]
    by_row = over_rows(stable[0], np.ones(150), None)
    assert paired_interval(problem, stable, fold_of).high == pytest.approx(
        by_row.high, rel=0.05
    )
    found = paired_interval(problem, lucky, fold_of)
    assert found.high - found.low > 1.5 * (by_row.high - by_row.low)

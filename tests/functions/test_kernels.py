"""The calling convention, version 1: strides, tables, parameters, guards, own rows."""

import numpy as np
import pytest

from functions.kernel_calls import at, run_kernel
from wildwire.errors import FunctionError
from wildwire.functions import catalogue, find, find_loss, native

RANDOM = np.random.default_rng(3)


@pytest.mark.parametrize("gap", [0, 1, 5])
@pytest.mark.parametrize("columns", [1, 2, 7, 8, 33])
@pytest.mark.parametrize("name", ["tanh", "bump", "reciprocal"])
def test_rows_may_stand_apart(name, columns, gap):
    function = find(name)
    z = RANDOM.normal(0.5, 1, (1, 3, columns))
    parameters = RANDOM.uniform(0.5, 2, (3, function.n_parameters))
    tables, _ = run_kernel(function, 1, z, parameters, gap=gap)
    for row in range(3):
        plain = function.evaluate(1, [z[0, row]], parameters[row])
        np.testing.assert_allclose(tables[:, row], plain, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_every_row_has_its_own_parameters(level):
    huber = find_loss("huber")
    o, t = RANDOM.normal(0, 2, (2, 4, 9))
    delta = np.array([[0.1], [0.5], [1.0], [4.0]])
    tables, _ = run_kernel(huber, level, [o, t], delta, gap=2)
    plain = huber.evaluate(level, [o, t], [delta])
    np.testing.assert_allclose(tables, plain, rtol=1e-13, atol=1e-15)
    # value; slopes in o, t, delta; second derivatives oo, ot, od, tt, td, dd
    assert len(tables) == (1, 4, 10)[level]


def test_second_derivatives_stand_as_upper_triangle_row_by_row():
    squared = find_loss("squared")
    tables = at(squared, 2, [3.0], [1.0])
    value, in_o, in_t, oo, ot, tt = tables[:, 0]
    assert (value, in_o, in_t, oo, ot, tt) == (2.0, 2.0, -2.0, 1.0, -1.0, 1.0)


def test_guards_are_counted_per_row_and_added():
    z = np.array([[0.0, 1e-13, 1.0], [2.0, 3.0, 4.0], [-1e-13, -0.0, 0.0]])
    function = find("reciprocal")
    _, counts = run_kernel(function, 1, z[None], gap=0)
    np.testing.assert_array_equal(counts, [2, 0, 3])
    np.testing.assert_array_equal(function.guards([z]).sum(axis=1), [2, 0, 3])


def test_slope_in_a_guard_is_that_of_a_constant():
    tables = at(find("log"), 2, [-3.0, 0.0, 1e-13, 1e-12, 2.0])
    np.testing.assert_array_equal(tables[1:, :4], 0)
    assert np.all(tables[0, :4] == np.log(1e-12))
    assert tables[1, 4] == 0.5


@pytest.mark.parametrize("name", list(catalogue()))
def test_float32_slope_is_that_of_the_twin_in_float32(name):
    function = find(name)
    z = RANDOM.normal(0, 2, 40).astype(np.float32)
    z = z[function.margin([z.astype(float)]) > 0.05]
    tables = at(function, 1, z, parameters=function.starts, dtype="float32")
    plain = function.evaluate(1, [z.astype(float)])
    assert tables.dtype == np.float32
    size = np.abs(plain) + 0.05 * np.abs(plain).max(axis=1, keepdims=True)
    assert np.all(np.abs(tables - plain) <= 2e-6 * size)
    assert function.evaluate(1, [z]).dtype == np.float32


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["sin", "cos", "sinc"])
def test_huge_sines_are_as_exact_as_small_ones(name, dtype):
    import mpmath as mp

    z = np.array([0.5, 99999.5, 1.5e5, -3e7, 1e15, 1.0]).astype(dtype)
    function = find(name)
    exact = {"sin": mp.sin, "cos": mp.cos, "sinc": lambda z: mp.sin(z) / z}[name]
    with mp.workdps(60):
        expected = [float(exact(mp.mpf(float(place)))) for place in z]
    tolerance = 2e-15 if dtype == "float64" else 5e-7
    np.testing.assert_allclose(at(function, 1, z, dtype=dtype)[0], expected, tolerance)


def test_no_rows_or_no_columns_is_no_work():
    for shape in [(1, 0, 4), (1, 3, 0)]:
        tables, counts = run_kernel(find("sqrt"), 1, np.zeros(shape))
        assert tables.size == 0
        assert not counts.any()


def test_an_address_is_found_once_and_kept():
    assert native.address(find("tanh"), 1, "float64") == native.address(
        find("tanh"), 1, np.dtype("float64")
    )
    assert native.address(find("tanh"), 1, np.float32) != native.address(
        find("tanh"), 1, np.float64
    )


@pytest.mark.parametrize(
    ("level", "dtype"), [(3, "float64"), (-1, "float64"), (1, "int64"), (1, None)]
)
def test_levels_and_types_that_do_not_exist_are_refused(level, dtype):
    with pytest.raises(FunctionError):
        native.address(find("tanh"), level, dtype)


def test_loops_are_vectors_two_at_a_time():
    """Without vectors everything is right and five times slower: only this shows it."""
    import llvmlite.binding
    import numba

    from wildwire.functions.generated import tanh_float64
    from wildwire.functions.interleave import InterleavingCompiler

    if not llvmlite.binding.get_host_cpu_features().get("avx2"):
        pytest.skip("counts the vector divisions of AVX2 or wider")

    def divisions(**options):
        compiled = numba.cfunc(
            native.kernel_signature("float64"),
            error_model="numpy",
            fastmath={"contract"},
            **options,
        )(tanh_float64.level_0)
        lines = compiled._library.get_asm_str().splitlines()
        return sum(
            "vdivpd" in line and ("ymm" in line or "zmm" in line) for line in lines
        )

    assert divisions() >= 1
    assert divisions(pipeline_class=InterleavingCompiler) == 2 * divisions()

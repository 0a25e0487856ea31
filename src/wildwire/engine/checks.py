"""What users give the engine, checked: networks, theta, rows, weights, threads.

Comes in: arguments of any kind. Goes out: arrays of the engine's type, or an error of our own that says what is wrong
and where. Called by everything in `engine/` that users call, and by `symmetry/`, `testing/` and `learning/`. Sequences
are read by `sequences.py`.
"""

import numpy as np

from wildwire.errors import DataError, SettingError, UnsupportedError, UntrainedError


def real_numbers(values, dtype, what, error=DataError) -> np.ndarray:
    """`values` as an array of the type; an error names text, complex numbers and rows of several lengths."""
    try:
        found = np.asarray(values)
        if found.dtype.kind == "c":
            raise error(f"{what} holds complex numbers: give real ones")
        return np.asarray(found, dtype)
    except (TypeError, ValueError) as problem:
        if isinstance(problem, error):
            raise
        told = " ".join(str(problem).split())
        raise error(f"{what} cannot be read as numbers: {told}") from None


def dimensions(values) -> int:
    """Dimensions of an array or nested list; 0 for what is no array, such as rows of several lengths."""
    try:
        return np.ndim(values)
    except ValueError:
        return 0


def check_is_network(network) -> None:
    """SettingError for what is no network, such as its text."""
    if not hasattr(network, "n_theta"):
        raise SettingError(
            f"network is a {type(network).__name__}: read a text with wildwire.parse(text)"
        )


def refuse_memory(network, what) -> None:
    """UnsupportedError for a network with memory: an output depends on the inputs of all steps before."""
    check_is_network(network)
    if network.n_delays:
        raise UnsupportedError(
            f"{what} is for networks without memory, and this one looks {network.n_delays} steps back: "
            "wildwire.jacobian and wildwire.stability tell how its past acts"
        )


def read_theta(network, theta) -> np.ndarray:
    """theta as float64 (n_theta,), of which some may be NaN: unknown.

    Raises
    ------
    SettingError
        No numbers, or a wrong length.
    """
    check_is_network(network)
    theta = real_numbers(theta, np.float64, "theta", SettingError)
    if theta.shape != (network.n_theta,):
        raise SettingError(
            f"theta has shape {theta.shape}; this network needs ({network.n_theta},)"
        )
    return theta


def check_theta(network, theta) -> np.ndarray:
    """theta as float64 (n_theta,), all numbers known.

    Raises
    ------
    SettingError
        Wrong length.
    UntrainedError
        A number is NaN; the first is named.
    """
    theta = read_theta(network, theta)
    unknown = np.isnan(theta)
    if unknown.any():
        name = network.theta_names[int(np.argmax(unknown))]
        raise UntrainedError(
            f"the number {name!r} is unknown ({int(unknown.sum())} of {theta.size}): "
            "fit the network, or start from network.initial(seed=0)"
        )
    return theta


def _two_dimensional(array, dtype, what) -> np.ndarray:
    array = real_numbers(array, dtype, what)
    if array.ndim == 1 and what != "X":
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(
            f"{what} has {array.ndim} dimensions; it needs 2 (rows, columns)"
        )
    return np.ascontiguousarray(array)


def _finite(array, what) -> None:
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise DataError(
            f"{what} is {array[row, column]} in row {row}, column {column} (from 0): "
            "remove or replace it"
        )


def check_inputs(network, X, dtype) -> np.ndarray:
    """X as a finite C-ordered array (n, n_inputs); DataError names row and column."""
    check_is_network(network)
    if network.n_inputs == 1 and dimensions(X) == 1:
        X = np.reshape(X, (-1, 1))
    X = _two_dimensional(X, dtype, "X")
    if X.shape[1] != network.n_inputs:
        raise DataError(
            f"X has {X.shape[1]} columns; this network has {network.n_inputs} inputs"
        )
    _finite(X, "X")
    return X


def check_targets(network, Y, n, dtype) -> np.ndarray:
    """Y as an array (n, n_outputs); (n,) is one output, and nothing is broadcast."""
    Y = _two_dimensional(Y, dtype, "Y")
    if Y.shape != (n, network.n_outputs):
        raise DataError(
            f"Y has shape {Y.shape}; {n} rows and {network.n_outputs} outputs need "
            f"({n}, {network.n_outputs})"
        )
    _finite(Y, "Y")
    return Y


def check_weights(network, sample_weight, n, dtype) -> np.ndarray:
    """Weights as (n, 1) or (n, n_outputs), finite and not negative."""
    if sample_weight is None:
        return np.ones((n, 1), dtype)
    weight = _two_dimensional(sample_weight, dtype, "sample_weight")
    if len(weight) != n or weight.shape[1] not in (1, network.n_outputs):
        raise DataError(f"sample_weight has shape {weight.shape}; X has {n} rows")
    _finite(weight, "sample_weight")
    if (weight < 0).any():
        row = int(np.argwhere(weight < 0)[0][0])
        raise DataError(f"sample_weight is negative in row {row} (from 0)")
    return weight


def check_threads(threads) -> int:
    """A whole number of threads, at least 1."""
    whole = isinstance(threads, int | np.integer) and not isinstance(threads, bool)
    if not whole or threads < 1:
        raise SettingError(f"threads must be a whole number from 1 up, not {threads!r}")
    return int(threads)

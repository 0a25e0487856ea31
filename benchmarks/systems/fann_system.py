"""FANN, the C library, called by ctypes (Debian: `apt-get install libfann2`).

It has no Adam and no mini-batches: `incremental` learns sample by sample, `rprop` takes all samples before a step.
`libfloatfann` is its float32 build, `libdoublefann` its float64 build.
"""

import ctypes
from ctypes.util import find_library
from functools import cache

import numpy as np

from benchmarks.measure import Prepared, Unavailable
from benchmarks.systems import steps
from benchmarks.workloads import data

NAMES = {"float32": "floatfann", "float64": "doublefann"}
REALS = {"float32": ctypes.c_float, "float64": ctypes.c_double}
ACTIVATIONS = {"identity": 0, "logistic": 3, "tanh": 5}
ALGORITHMS = {"incremental": 0, "rprop": 2}
POINTER, UNSIGNED = ctypes.c_void_p, ctypes.c_uint


@cache
def library(dtype):
    """The shared library for a type."""
    path = find_library(NAMES[dtype])
    if path is None:
        raise Unavailable("not installed (apt-get install libfann2)")
    fann = ctypes.CDLL(path)
    real = ctypes.POINTER(REALS[dtype])
    for name, result, *arguments in (
        ("create_standard_array", POINTER, UNSIGNED, ctypes.POINTER(UNSIGNED)),
        ("set_activation_function_hidden", None, POINTER, ctypes.c_int),
        ("set_activation_function_output", None, POINTER, ctypes.c_int),
        ("set_training_algorithm", None, POINTER, ctypes.c_int),
        ("set_learning_rate", None, POINTER, ctypes.c_float),
        ("train_epoch", ctypes.c_float, POINTER, POINTER),
        ("test_data", ctypes.c_float, POINTER, POINTER),
        ("run", real, POINTER, real),
    ):
        function = getattr(fann, f"fann_{name}")
        function.restype, function.argtypes = result, arguments
    return fann


def network_of(workload, dtype):
    """The library and a pointer to the network in layers."""
    if workload.sizes is None:
        raise Unavailable("has layers only")
    fann = library(dtype)
    sizes = (UNSIGNED * len(workload.sizes))(*workload.sizes)
    network = fann.fann_create_standard_array(len(workload.sizes), sizes)
    fann.fann_set_activation_function_hidden(network, ACTIVATIONS[workload.hidden])
    fann.fann_set_activation_function_output(network, ACTIVATIONS[workload.output])
    fann.fann_set_learning_rate(network, 0.001)
    return fann, network


def samples_of(fann, workload, dtype):
    """Pointer to the workload's samples in FANN's form."""
    X, Y = data(workload)
    real = ctypes.POINTER(REALS[dtype])
    kind = ctypes.CFUNCTYPE(None, UNSIGNED, UNSIGNED, UNSIGNED, real, real)

    def fill(sample, n_inputs, n_outputs, x, y):
        np.ctypeslib.as_array(x, (n_inputs,))[:] = X[sample]
        np.ctypeslib.as_array(y, (n_outputs,))[:] = Y[sample]

    create = fann.fann_create_train_from_callback
    create.restype, create.argtypes = POINTER, [UNSIGNED, UNSIGNED, UNSIGNED, kind]
    return create(len(X), X.shape[1], Y.shape[1], kind(fill))


def training(workload, dtype, algorithm="incremental") -> Prepared:
    """An epoch; counted in the workload's steps, whatever the algorithm's own are."""
    fann, network = network_of(workload, dtype)
    fann.fann_set_training_algorithm(network, ALGORITHMS[algorithm])
    samples = samples_of(fann, workload, dtype)
    return Prepared(
        lambda: fann.fann_train_epoch(network, samples), steps(workload),
        note=f"{algorithm}; FANN has no Adam",
    )  # fmt: skip


def one_sample(workload, dtype) -> Prepared:
    """`fann_run` on one sample, arrays made beforehand."""
    fann, network = network_of(workload, dtype)
    x = (REALS[dtype] * workload.n_inputs)(*data(workload)[0][0])
    run = fann.fann_run
    return Prepared(lambda: run(network, x), note="bare call by ctypes")


def many_samples(workload, dtype) -> Prepared:
    """`fann_test_data`: runs every sample and sums the errors."""
    fann, network = network_of(workload, dtype)
    samples = samples_of(fann, workload, dtype)
    return Prepared(
        lambda: fann.fann_test_data(network, samples), workload.rows,
        note="fann_test_data, which also sums errors",
    )  # fmt: skip

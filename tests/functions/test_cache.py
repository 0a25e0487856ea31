"""The private cache: what makes it miss, what a second process finds, two at once."""

import os
import subprocess
import sys
import textwrap

from wildwire.functions import cache, fingerprint

USES_KERNELS = """
    from wildwire.functions import activation, cache, find, find_loss, native
    from wildwire.functions.vectormath.float64 import tanh
    notices = []
    cache.set_compile_notice(lambda: notices.append("notice"))
    native.address(find("tanh"), 1, "float64")
    native.address(find_loss("squared"), 1, "float32")
    native.address(activation("bump(z, k=3) = exp(-k*(1 - z)**2)"), 1, "float64")
    print(cache.statistics["hits"], cache.statistics["misses"], len(notices))
"""


def run(code, location, **variables):
    environment = {**os.environ, cache.LOCATION_VARIABLE: str(location), **variables}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def files_below(folder):
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_second_process_only_hits_and_adds_no_file(tmp_path):
    first = run(USES_KERNELS, tmp_path)
    hits, misses, notices = map(int, first.stdout.split())
    assert hits == 0
    assert misses >= 3
    assert notices == 1
    before = files_below(tmp_path)
    assert sum(name.endswith(".nbc") for name in before) >= 3
    second = run(USES_KERNELS, tmp_path, NUMBA_CACHE_LOCATOR_CLASSES="ZipCacheLocator")
    assert second.stdout.split() == ["3", "0", "0"]
    assert files_below(tmp_path) == before


def test_a_changed_user_file_is_not_believed(tmp_path):
    code = """
        import ctypes, numpy as np
        from wildwire.functions import activation, native
        f = activation("twice(z) = 2*z")
        kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p]*4, *[ctypes.c_int64]*5)(
            native.address(f, 0, "float64"))
        z, out, none = np.ones(1), np.zeros(1), np.zeros(1, np.int64)
        kernel(z.ctypes.data, z.ctypes.data, out.ctypes.data, none.ctypes.data,
               1, 1, 1, 1, 1)
        print(out[0])
    """
    assert run(code, tmp_path).stdout.strip() == "2.0"
    (kernels,) = tmp_path.rglob("user_*.py")
    kernels.write_text(kernels.read_text().replace("real(2.0)", "real(7.0)"))
    assert run(code, tmp_path).stdout.strip() == "2.0"
    assert "real(2.0)" in kernels.read_text()


def test_without_a_writable_place_kernels_work_and_one_line_is_logged(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = """
        import logging
        logging.basicConfig(format="%(name)s: %(message)s")
        from wildwire.functions import activation, cache, find, native
        cache.set_compile_notice(None)
        assert native.address(find("identity"), 0, "float64")
        assert native.address(activation("f(z) = 3*z"), 0, "float64")
    """
    done = run(code, blocked)
    lines = [line for line in done.stderr.splitlines() if line.startswith("wildwire:")]
    assert len(lines) == 1
    assert "is not a directory" in lines[0]
    assert cache.LOCATION_VARIABLE in lines[0]


AT_ONCE = """
    import ctypes, sys, time
    from pathlib import Path
    import numpy as np
    from wildwire.functions import activation, cache, native
    from wildwire.learning.update_rules import rule_address
    print("ready", flush=True)
    sys.stdin.readline()
    rule = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p]*5, *[ctypes.c_int64]*2)
    for dtype in sys.argv[1:]:
        native.address(activation("thrice(z) = 3*z"), 0, dtype)
        call = rule(rule_address("gradient_descent", dtype))
        x, gradient, free, numbers = (np.full(3, v, dtype) for v in (1, 2, 1, 0.25))
        call(*(v.ctypes.data for v in (x, gradient, free, x, numbers)), 3, 1)
        print(x.tolist())
    print(cache.statistics["misses"])
"""


def start(code, location, *words):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *words],
        env={**os.environ, cache.LOCATION_VARIABLE: str(location)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_start_at_once_do_not_harm_each_other(tmp_path):
    """Both types of one rule: they must not take each other's file."""
    types = ("float64", "float32")
    both = [start(AT_ONCE, tmp_path, *order) for order in (types, types[::-1])]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    after = start(AT_ONCE, tmp_path, *types)
    for process, misses in (*((one, None) for one in both), (after, "0")):
        out, told = process.communicate("go\n", timeout=120)
        lines = [line for line in out.splitlines() if line != "ready"]
        assert process.returncode == 0, told
        assert lines[:2] == ["[0.5, 0.5, 0.5]"] * 2
        assert misses in (None, lines[2])
        assert "Traceback" not in told
    assert not list(tmp_path.rglob("*.tmp*"))


def package(root, **files):
    for name, text in files.items():
        path = root / "wildwire" / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return root / "wildwire"


def make(root, callee="return x + SIZE", size="SIZE = 3", other="words = 1"):
    return package(
        root,
        engine__kernel="""
            from wildwire.functions.cache import cached_njit
            from wildwire.engine import callee
            """,
        engine__callee=f"""
            from wildwire.layout import (
                SIZE,
            )
            def call(x):
                {callee}
            """,
        layout=size,
        other=other,
    )


def test_the_fingerprint_follows_callees_and_constants(tmp_path):
    original = fingerprint.kernel_fingerprint(make(tmp_path / "a"))
    assert fingerprint.kernel_fingerprint(make(tmp_path / "b")) == original
    changed = [
        make(tmp_path / "c", callee="return x - SIZE"),
        make(tmp_path / "d", size="SIZE = 4"),
    ]
    for root in changed:
        assert fingerprint.kernel_fingerprint(root) != original
    unrelated = make(tmp_path / "e", other="words = 2")
    assert fingerprint.kernel_fingerprint(unrelated) == original


def test_the_fingerprint_follows_the_processor_that_code_is_made_for():
    """Numba's variables choose one, for images that run elsewhere."""
    code = "from wildwire.functions import cache; print(cache.kernel_fingerprint())"
    own = run(code, "unused").stdout
    general = run(code, "unused", NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="")
    assert own.strip() == fingerprint.kernel_fingerprint() != general.stdout.strip()


def test_the_fingerprint_covers_every_kernel_file():
    found = {
        path.relative_to(fingerprint.PACKAGE).as_posix()
        for path in fingerprint.kernel_files()
    }
    assert {
        "functions/intrinsics.py",
        "functions/interleave.py",
        "functions/vectormath/float64.py",
        "functions/vectormath/float32.py",
        "functions/generated/tanh_float64.py",
        "functions/kernel_text.py",
        "functions/derive.py",
    } <= found
    assert "cli.py" not in found


def test_names_and_formulas_need_neither_numba_nor_the_parser():
    code = """
        import sys
        from wildwire.functions import find, find_loss
        find("tanh"), find_loss("logistic").from_z, find("gelu").key, find("relu").smooth
        heavy = {"numba", "numpy", "scipy", "lark", "llvmlite"} & set(sys.modules)
        assert not heavy, heavy
    """
    run(code, "unused")


def test_numbas_own_settings_stay_untouched(tmp_path):
    code = """
        from numba.core import config
        before = {k: v for k, v in vars(config).items() if k.isupper()}
        from wildwire.functions import find, native
        native.address(find("identity"), 0, "float64")
        after = {k: v for k, v in vars(config).items() if k.isupper()}
        assert before == after
    """
    run(code, tmp_path)

"""Model files: what is written is read back; what is damaged is refused, and only refused."""

import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildwire import files
from wildwire.disk import write_atomically
from wildwire.errors import FileError, SettingError, UntrainedError, WildwireError
from wildwire.files import Stored
from wildwire.model import Model, load
from wildwire.network import Network

GOLDEN = Path(__file__).parent / "golden"
TEXT = """# a comment that stays
wire 1
input a, b: "x" | "y", g[2]
missing a = 1.5
range a -1..2.25
fixed s = (a - 0.1)/3
h[3] ~ tanh(s, b, g)
y ~ logistic(h, s)   # another
output y as "no", "yes"
"""
PROVENANCE = {"wildwire": "0.1.0", "seed": "0", "odd": "a: b #| c é"}
SUFFIXES = (".wire", ".safetensors")


def stored(seed=0, text=TEXT, scale=1.0):
    network = Network.parse(text)
    theta = network.initial(seed) * scale
    return Stored(network, theta, dict(PROVENANCE))


# ---- round trips --------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_everything_comes_back(tmp_path, suffix):
    model = stored()
    path = files.save(tmp_path / f"m{suffix}", model)
    again = files.load(path)
    assert again.theta.tobytes() == model.theta.tobytes()
    assert again.provenance == PROVENANCE
    assert again.network.columns == model.network.columns
    assert again.network.classes == ("no", "yes")
    assert again.network.theta_names == model.network.theta_names
    assert "# a comment that stays" in again.network.to_text()
    # written again, the file has the same bytes
    twice = files.save(tmp_path / f"n{suffix}", again)
    if suffix == ".wire":
        assert twice.read_bytes() == path.read_bytes()


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    numbers=st.lists(
        st.floats(allow_nan=False, allow_infinity=False, width=64),
        min_size=20,
        max_size=20,
    ),
    suffix=st.sampled_from(SUFFIXES),
)
def test_every_number_comes_back_to_the_bit(tmp_path_factory, numbers, suffix):
    network = Network.parse(TEXT)
    theta = np.resize(np.array(numbers), network.n_theta)
    path = tmp_path_factory.mktemp("f") / f"m{suffix}"
    files.save(path, Stored(network, theta, {}))
    assert files.load(path).theta.tobytes() == theta.tobytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_untrained_file_loads_and_names_the_first_unknown_number(tmp_path, suffix):
    model = stored()
    theta = model.theta.copy()
    theta[[2, 5]] = np.nan
    files.save(tmp_path / f"m{suffix}", Stored(model.network, theta, {}))
    again = load(tmp_path / f"m{suffix}")
    assert np.array_equal(np.isnan(again.theta), np.isnan(theta))
    name = model.network.theta_names[2]
    with pytest.raises(UntrainedError) as caught:
        again.predict({"a": [1.0], "b": ["x"], "g0": [0.0], "g1": [0.0]})
    assert repr(name)[1:-1] in str(caught.value) and "first of 2" in str(caught.value)


def test_a_text_by_hand_needs_neither_version_nor_provenance(tmp_path):
    path = tmp_path / "m.wire"
    path.write_bytes(b"\xef\xbb\xbfinput x\r\ny = 2*x\r\noutput y")
    model = load(path)
    assert model.predict(np.array([[3.0]])).tolist() == [6.0]
    assert dict(model.provenance) == {}
    model.save(path)
    assert path.read_text().startswith("wire 1\n")


def test_the_default_format_follows_the_size():
    assert files.default_suffix(stored().network) == ".wire"
    wide = Network.parse("input x[150]\nh[150] ~ tanh(x)\ny ~ identity(h)\noutput y")
    assert wide.n_links > files.TEXT_LINKS
    assert files.default_suffix(wide) == ".safetensors"


@pytest.mark.parametrize("name", sorted(p.stem for p in GOLDEN.glob("*.json")))
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_golden_files_load_for_ever(name, suffix):
    record = json.loads((GOLDEN / f"{name}.json").read_text())

    def floats(rows):
        return np.array([[float.fromhex(v) for v in row] for row in rows])

    model = load(GOLDEN / f"{name}{suffix}")
    theta = floats([record["theta"]])[0]
    assert model.theta.tobytes() == theta.tobytes()
    outputs = model.run_encoded(floats(record["inputs"]))
    np.testing.assert_allclose(
        outputs, floats(record["outputs"]), rtol=1e-12, atol=1e-30
    )
    assert model.provenance["note"] == "golden"


# ---- what is refused ----------------------------------------------------------


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(SettingError, match=r"not as '\.pkl'"):
        files.save(tmp_path / "m.pkl", stored())
    assert not list(tmp_path.iterdir())


BAD_TEXTS = {
    "empty": (b"  \n", "empty"),
    "newer": (b"# c\nwire 2\ninput x\n", "version 2.*install a newer"),
    "much newer": (b"wire 99999999999999999999\n", "version 999999999"),
    "version 0": (b"wire 0\n", "version 0"),
    "not text": (b"\xff\xfe\x00\x01", "not UTF-8"),
    "no network": (b"hello\n", "line 1, column"),
    "no such source": (b"input x\ny ~ tanh(z)\noutput y\n", "'z'"),
    "loop": (b"input x\na ~ tanh(b, x)\nb ~ tanh(a)\noutput b\n", "loop"),
    "giant": (b"input x[2000000000]\nh[2000000000] ~ tanh(x)\noutput h\n", "too large"),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_bad_text_is_a_file_error_that_names_the_file(tmp_path, name):
    data, words = BAD_TEXTS[name]
    path = tmp_path / "m.wire"
    path.write_bytes(data)
    with pytest.raises(FileError, match=words) as caught:
        load(path)
    assert "m.wire" in str(caught.value)


def test_missing_files_and_directories(tmp_path):
    with pytest.raises(FileError, match="no file"):
        load(tmp_path / "no.wire")
    with pytest.raises(FileError, match="directory"):
        load(tmp_path)
    with pytest.raises(FileError):
        load("a\0b")


def test_every_truncated_text_is_refused():
    model = stored()
    data = files.to_text(model)
    for length in range(data.index(b"#| "), len(data) - 1):
        try:
            again = files.from_text(data[:length], "m.wire")
        except FileError:
            continue
        # only the provenance block is gone with the rest: nothing was cut from the network
        pytest.fail(f"cut at {length}: {again}")


def test_every_truncated_or_extended_array_file_is_refused():
    data = files.to_safetensors(stored())
    for length in range(9, len(data)):
        with pytest.raises(FileError):
            files.from_safetensors(data[:length], "m")
    with pytest.raises(FileError, match="truncated or damaged"):
        files.from_safetensors(data + b"12345678", "m")


def arrays(header: str, body: bytes) -> bytes:
    return struct.pack("<Q", len(header.encode())) + header.encode() + body


META = (
    '"__metadata__":{"wildwire":"1","structure":"input x\\ny ~ identity(x)\\noutput y"}'
)
GOOD = f'{{{META},"theta":{{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}}}'
BODY = struct.pack("<2d", 1.5, 2.5)

BAD_HEADERS = {
    "header of 2**63 bytes": struct.pack("<Q", 2**63) + b"{}" + BODY,
    "header of 100 MB": struct.pack("<Q", 10**8) + b"{}" + BODY,
    "duplicate key": arrays(GOOD[:-1] + "," + GOOD.split(",", 2)[2], BODY),
    "duplicate metadata": arrays(
        GOOD.replace('"wildwire":"1"', '"wildwire":"1","wildwire":"1"'), BODY
    ),
    "not a table": arrays("{}", BODY),
    "a foreign file": arrays('{"w":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}', BODY),
    "a list": arrays("[1]", BODY),
    "broken json": arrays('{"a":', BODY),
    "deep json": arrays('{"a":' * 5000, BODY),
    "NaN": arrays(GOOD.replace("[2]", "[NaN]"), BODY),
    "newer": arrays(GOOD.replace('"wildwire":"1"', '"wildwire":"7"'), BODY),
    "version in words": arrays(GOOD.replace('"wildwire":"1"', '"wildwire":"one"'), BODY),
    "digits that are none": arrays(GOOD.replace('"wildwire":"1"', '"wildwire":"²"'), BODY),
    "numbers for texts": arrays(GOOD.replace('"wildwire":"1"', '"wildwire":1'), BODY),
    "giant shape": arrays(GOOD.replace("[2]", "[99999999999999]"), BODY),
    "float shape": arrays(GOOD.replace("[2]", "[2.5]"), BODY),
    "two dimensions": arrays(GOOD.replace("[2]", "[2,1]"), BODY),
    "another type": arrays(GOOD.replace("F64", "I64"), BODY),
    "offsets with a hole": arrays(GOOD.replace("[0,16]", "[8,16]"), BODY),
    "offsets beyond": arrays(GOOD.replace("[0,16]", "[0,160]"), BODY),
    "too few numbers": arrays(GOOD.replace("[2]", "[1]").replace("[0,16]", "[0,8]"), BODY[:8]),
    "too many numbers": arrays(
        GOOD.replace("[2]", "[3]").replace("[0,16]", "[0,24]"), BODY + BODY[:8]
    ),
    "odd bytes": arrays(GOOD, BODY + b"x"),
    "bad structure": arrays(GOOD.replace("identity", "nosuch"), BODY),
    "no structure": arrays(GOOD.replace("structure", "structures"), BODY),
    "another array": arrays(GOOD[:-1] + ',"b":{"dtype":"F64","shape":[0],"data_offsets":[16,16]}}', BODY),
    "provenance that is none": arrays(GOOD.replace('"wildwire":', '"provenance":"[1]","wildwire":'), BODY),
    "provenance of numbers": arrays(
        GOOD.replace('"wildwire":', '"provenance":"{\\"a\\":1}","wildwire":'), BODY
    ),
}  # fmt: skip


def test_the_good_header_is_good():
    again = files.from_safetensors(arrays(GOOD, BODY), "m")
    assert again.theta.tolist() == [1.5, 2.5]


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_a_bad_array_file_is_refused(tmp_path, name):
    path = tmp_path / "m.safetensors"
    path.write_bytes(BAD_HEADERS[name])
    with pytest.raises(FileError, match=r"m\.safetensors"):
        load(path)


def test_the_library_reads_what_we_write(tmp_path):
    from safetensors import safe_open

    path = files.save(tmp_path / "m.safetensors", stored())
    with safe_open(path, framework="numpy") as opened:
        assert list(opened.keys()) == ["theta"]
        assert np.array_equal(opened.get_tensor("theta"), stored().theta)
        assert opened.metadata()["wildwire"] == "1"


def mutate(data, rng):
    """A file with some bytes changed, inserted, deleted, doubled or moved."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        place = int(rng.integers(0, len(data)))
        kind = rng.integers(0, 5)
        if kind == 0:
            data[place] = int(rng.integers(0, 256))
        elif kind == 1:
            data[place:place] = rng.bytes(int(rng.integers(1, 5)))
        elif kind == 2:
            del data[place : place + int(rng.integers(1, 9))]
        elif kind == 3:
            data[place:place] = data[place : place + int(rng.integers(1, 40))]
        else:
            other = int(rng.integers(0, len(data)))
            data[place], data[other] = data[other], data[place]
        if not data:
            return b""
    return bytes(data)


# As many as fit into some seconds; more with WILDWIRE_FUZZ.
CASES = int(os.environ.get("WILDWIRE_FUZZ", "700"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_mutated_files_raise_only_our_errors(suffix):
    writer = files.to_text if suffix == ".wire" else files.to_safetensors
    data, rng = writer(stored()), np.random.default_rng(1)
    refused = 0
    for case in range(CASES):
        broken = mutate(data, rng)
        began = time.perf_counter()
        try:
            if suffix == ".wire":
                again = files.from_text(broken, "m")
            else:
                again = files.from_safetensors(broken, "m")
            assert again.theta.shape == (again.network.n_theta,)
        except FileError:
            refused += 1
        assert time.perf_counter() - began < 5, f"case {case}: {broken!r}"
    assert refused > CASES / 4


# ---- writing ------------------------------------------------------------------


def test_an_existing_file_survives_a_failed_write(tmp_path, monkeypatch):
    path = tmp_path / "m.wire"
    path.write_text("old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError, match=r"cannot write .*No space left"):
        write_atomically(path, b"new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["m.wire"]  # noqa: PTH208


def test_an_interrupt_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.wire"
    path.write_text("old")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("m.wire", "old")]


def test_a_network_that_cannot_be_printed_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.wire"
    path.write_text("old")
    model = stored()
    monkeypatch.setattr(Network, "to_text", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        files.save(path, model)
    assert path.read_text() == "old"


WRITER = """
import sys
from wildwire.disk import write_atomically
print("ready", flush=True)
while True:
    for letter in b"ab":
        write_atomically(sys.argv[1], bytes([letter]) * 300_000)
"""


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "m.wire"
    path.write_bytes(b"a" * 300_000)
    for delay in (0.003, 0.01, 0.02, 0.03):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE
        )
        with process:
            process.stdout.readline()
            time.sleep(delay)
            process.kill()
        data = path.read_bytes()
        assert len(data) == 300_000 and len(set(data)) == 1


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(FileError, match="cannot write"):
        write_atomically(tmp_path / "no" / "m.wire", b"x")
    with pytest.raises(FileError, match="directory"):
        write_atomically(tmp_path, b"x")


def test_permissions_and_links_are_kept(tmp_path):
    real, link = tmp_path / "real.wire", tmp_path / "link.wire"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_atomically(link, b"new")
    assert link.is_symlink() and real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640
    mask = os.umask(0)
    os.umask(mask)
    write_atomically(tmp_path / "fresh", b"x")
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o666 & ~mask


def test_no_file_of_the_package_can_run_what_it_reads():
    package = Path(files.__file__).parent
    for path in (package / "files.py", package / "disk.py", package / "model.py"):
        text = path.read_text()
        for word in ("pickle", "eval(", "exec(", "__import__", "marshal", "joblib"):
            assert word not in text, f"{path.name}: {word}"


def test_errors_are_of_one_tree():
    assert issubclass(FileError, WildwireError) and issubclass(FileError, ValueError)


def test_a_model_refuses_theta_of_another_length():
    with pytest.raises(SettingError, match="shape"):
        Model(Network.parse(TEXT), [1.0])

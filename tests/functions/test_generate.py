"""What is committed below `generated/` is what the catalogue gives."""

import pytest

from wildwire.functions import activation, catalogue, find, find_loss, generate, losses
from wildwire.functions.kernel_text import kernel_module

FILES = generate.generated_files()
FOLDER = generate.HERE / "generated"


@pytest.mark.parametrize("name", list(FILES))
def test_committed_files_are_what_the_generator_writes(name):
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == FILES[name], "run python -m wildwire.functions.generate"


def test_no_file_is_left_over():
    there = {path.name for path in FOLDER.glob("*.py")} - {"__init__.py"}
    assert there == set(FILES)


def test_the_index_holds_the_catalogue():
    read = generate.read_catalogue()
    assert [f for f in read if f.kind == "activation"] == list(catalogue().values())
    assert [f for f in read if f.kind == "loss"] == list(losses().values())
    for function in read:
        find_function = find if function.kind == "activation" else find_loss
        assert find_function(function.name).key == function.key


def test_writing_changes_only_what_differs(tmp_path, monkeypatch):
    folder = tmp_path / "generated"
    folder.mkdir()
    monkeypatch.setattr(generate, "HERE", tmp_path)
    (folder / "old_float64.py").write_text("stale")
    (folder / "__init__.py").write_text("")
    generate.write({"new_float64.py": "text", "same_float64.py": "same"})
    (folder / "same_float64.py").touch()
    before = (folder / "same_float64.py").stat().st_mtime_ns
    generate.write({"new_float64.py": "other", "same_float64.py": "same"})
    assert {path.name for path in folder.iterdir()} == {
        "__init__.py", "new_float64.py", "same_float64.py",
    }  # fmt: skip
    assert (folder / "new_float64.py").read_text() == "other"
    assert (folder / "same_float64.py").stat().st_mtime_ns == before


def test_equal_parts_are_computed_once():
    text = kernel_module(
        activation("f(z) = exp(sin(z)) * exp(sin(z)) + sin(z)"), "float64"
    )
    level_0 = text[text.index("def level_0") : text.index("def level_1")]
    loop = level_0[: level_0.index("if large")]
    assert loop.count(" sin(") == 1
    assert loop.count(" exp(") == 1


def test_names_of_users_never_reach_the_text():
    text = kernel_module(
        activation("f(rows, out=2, load=3) = rows*out + load"), "float64"
    )
    compile(text, "kernel", "exec")
    assert "rows * out" not in text.replace("rows * columns", "")


def test_lines_fit_the_page():
    for name, text in FILES.items():
        if name.endswith(("float64.py", "float32.py")):
            long = [line for line in text.splitlines()[4:] if len(line) > 110]
            assert not long, (name, long[:1])

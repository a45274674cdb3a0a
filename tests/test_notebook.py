"""The lesson on the input pipeline: every cell runs, and its check tells a solution from an empty exercise."""

import json
from pathlib import Path
from typing import Any

import matplotlib
import pytest

NOTEBOOK = Path(__file__).parents[1] / "scripts" / "notebooks" / "input_pipeline.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = [(cell["metadata"].get("tags", []), "".join(cell["source"])) for cell in CELLS if cell["cell_type"] == "code"]


def run(*, without: str = "", changed: dict[str, str] | None = None) -> dict[str, Any]:
    """Execute the code cells in one namespace, but for those with this tag, with these words replaced in the solution."""
    names: dict[str, Any] = {"__name__": "lesson"}
    with matplotlib.rc_context({"backend": "agg"}):
        for number, (tags, source) in enumerate(CODE):
            if without in tags:
                continue
            for old, new in (changed or {}).items() if "solution" in tags else ():
                assert source.count(old) == 1, old
                source = source.replace(old, new)
            exec(compile(source, f"cell {number}", "exec"), names)
    return names


def test_every_cell_runs_and_the_solution_is_what_training_does(capsys):
    names = run()
    assert "All four schemes agree" in capsys.readouterr().out
    assert len(names["figure"].axes) == 8


@pytest.mark.slow
def test_it_runs_in_a_kernel_of_its_own_as_jupyter_runs_it():
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    place = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=place).execute()
    printed = [output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("All four schemes agree" in text for text in printed)
    drawn = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert drawn


def test_the_empty_exercise_does_not_pass_the_check():
    with pytest.raises(AssertionError, match="returns nothing yet"):
        run(without="solution")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x_TD * math.sqrt(x_TD.shape[1])", "x_TD"),
        ("angle.cos()", "angle.sin()"),
        ("return table_ND[:n_tokens]", "return table_ND[1 : n_tokens + 1]"),
        ('if position in ("rope", "alibi")', 'if position not in ("sinusoidal", "learned")'),
        ("if n_tokens > len(table_ND)", "if False"),
    ],
)
def test_a_wrong_solution_does_not_pass_the_check(old, new):
    with pytest.raises((AssertionError, RuntimeError)):
        run(changed={old: new})


def test_the_lesson_is_one_exercise_with_one_solution_and_carries_no_output():
    tags = [tag for tags, _ in CODE for tag in tags]
    assert tags == ["exercise", "solution", "check"]
    assert not [cell for cell in CELLS if cell.get("outputs") or cell.get("execution_count")]
    (solution,) = (source for tags, source in CODE if "solution" in tags)
    assert 40 <= len(solution.splitlines()) <= 60 and "embed_text" not in solution

"""dvc.yaml says what is true of the scripts: what they run, what they read, how they are called."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from ruamel.yaml import YAML

PIPELINE: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text())
STAGES: dict[str, Any] = PIPELINE["stages"]
CODE = (".py", ".css")
WATCHING = ("drawing", "feed", "outcome", "provenance", "record", "training_record")
UNLISTED = {  # what decides over none of a stage's outputs; of training, what shows it to whoever watches
    "track": {Path("src/penlift/tracking.py")},  # has no output, and is always run
    "train": {Path(f"src/penlift/{name}.py") for name in WATCHING},
}


def module_file(name: str) -> Path | None:
    bare = ROOT / "src" / Path(*name.split("."))
    found = [path for path in (bare.with_suffix(".py"), bare / "__init__.py") if path.is_file()]
    return found[0].relative_to(ROOT) if found else None


def imported_by(path: Path) -> set[Path]:
    """The project's own files that a file imports, wherever in it the import stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    files = {Path("pipeline/checkout.py")} if "checkout" in names else set()
    for name in names:
        parts = name.split(".")
        parents = (module_file(".".join(parts[:depth])) for depth in range(1, len(parts) + 1))
        files |= {file for file in parents if file and parts[0] == "penlift"}
    return files


def code_of(script: Path) -> set[Path]:
    """A script, all modules that run with it, and the style sheets that bear their names."""
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imported_by(path)
    return seen | {path.with_suffix(".css") for path in seen if (ROOT / path).with_suffix(".css").is_file()}


def sections_of(stage: str) -> set[str]:
    """The sections of params.yaml that a script asks for by name, or all where it reads the whole file."""
    text = (ROOT / "pipeline" / f"{stage}.py").read_text()
    if "read_params(" in text:
        return set(YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text()))
    return set(re.findall(r'\bsection\("(\w+)"', text))


def test_every_stage_is_a_script_of_its_name_and_every_script_a_stage() -> None:
    scripts = {path.stem for path in (ROOT / "pipeline").glob("*.py")} - {"checkout"}

    assert scripts == set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_all_the_code_it_runs_and_on_no_other(stage: str) -> None:
    listed = {Path(dep) for dep in STAGES[stage]["deps"] if dep.endswith(CODE)}

    assert listed == code_of(Path(f"pipeline/{stage}.py")) - UNLISTED.get(stage, set())


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_parameters_it_reads_and_on_no_other(stage: str) -> None:
    assert set(STAGES[stage].get("params", [])) == sections_of(stage)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_all_the_paths_that_it_is_given(stage: str) -> None:
    given = shlex.split(STAGES[stage]["cmd"])[2:]
    made = [next(iter(out)) if isinstance(out, dict) else out for key in ("outs", "metrics")
            for out in STAGES[stage].get(key, [])]  # fmt: skip
    needed = [dep for dep in STAGES[stage]["deps"] if not dep.endswith(CODE)]

    assert set(given) == set(made) | set(needed)


def test_only_tracking_imports_mlflow_and_nothing_imports_dvc() -> None:
    texts = {path: path.read_text() for folder in ("src", "pipeline") for path in (ROOT / folder).rglob("*.py")}

    importers = {path.name for path, text in texts.items() if re.search(r"^\s*(from|import) mlflow", text, re.M)}
    assert importers == {"tracking.py"}
    assert not [path for path, text in texts.items() if re.search(r"^\s*(from|import) dvc\b", text, re.M)]


@pytest.mark.parametrize("stage", STAGES)
def test_a_script_without_arguments_prints_its_usage_in_one_line(stage: str) -> None:
    script = [sys.executable, f"pipeline/{stage}.py"]

    answer = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)

    assert answer.returncode == 1
    assert answer.stderr.startswith(f"usage: python pipeline/{stage}.py ")
    assert answer.stderr.count("\n") == 1
    assert len(answer.stderr.split()) == len(STAGES[stage]["cmd"].split()) + 1

"""dvc.yaml says what is true of the scripts: what they run, what they read, how they are called."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import git
from conftest import ROOT
from ruamel.yaml import YAML
from stages import STAGES

LOOK = {  # what only shows a training to whoever watches it
    "train": {"src/penlift/drawing", "src/penlift/tracking"},
    "recognise": {f"src/penlift/{name}" for name in ("drawing", "tracking", "sampling", "model")},
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
    """A script and all modules that run with it, but for the package's own `__init__`, which is a docstring."""
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imported_by(path)
    return seen - {Path("src/penlift/__init__.py")}


def code_in(stage: str) -> set[str]:
    """The scripts and folders of code that dvc.yaml names for a stage."""
    return {dep for dep in STAGES[stage]["deps"] if dep.startswith(("pipeline/", "src/"))}


def sections_of(stage: str) -> set[str]:
    """The sections of params.yaml that a script asks for by name, or all where it reads the whole file."""
    text = (ROOT / "pipeline" / f"{stage}.py").read_text()
    if "read_params(" in text:
        return set(YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text()))
    return set(re.findall(r'\bsection\("(\w+)"', text))


def test_every_stage_is_a_script_of_its_name_and_every_script_a_stage() -> None:
    scripts = {path.stem for path in (ROOT / "pipeline").glob("*.py")} - {"checkout"}

    assert scripts == set(STAGES)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if not STAGES[stage].get("always_changed")])
def test_a_stage_depends_on_the_folders_whose_code_it_runs_and_on_no_other(stage: str) -> None:
    code = code_of(Path(f"pipeline/{stage}.py"))
    folders = {path.as_posix() if path.parts[0] == "pipeline" else "/".join(path.parts[:3]) for path in code}
    print(f"\n{stage}:", *sorted(map(str, code)), sep="\n  ")

    assert code_in(stage) == folders - LOOK.get(stage, set())


ONLY_CHECKED = {"train": {"sample"}}  # before hours are spent; what is written later decides over no weight


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_parameters_it_reads_and_on_no_other(stage: str) -> None:
    sections = {params.partition(".")[0] for params in STAGES[stage].get("params", [])}

    assert sections == sections_of(stage) - ONLY_CHECKED.get(stage, set())


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_names_all_the_paths_that_it_is_given(stage: str) -> None:
    given = shlex.split(STAGES[stage]["cmd"])[2:]
    made = [next(iter(out)) if isinstance(out, dict) else out for key in ("outs", "metrics")
            for out in STAGES[stage].get(key, [])]  # fmt: skip
    needed = {path for path in STAGES[stage]["deps"] if "${" not in path} - code_in(stage)  # the value meets no shell
    own = {path for path in given if path.startswith("src/")}  # fonts and prose lie beside the code that reads them

    assert all(any(Path(path).is_relative_to(folder) for folder in code_in(stage)) for path in own)
    assert set(given) - own == set(made) | needed


@pytest.mark.parametrize("stage", STAGES)
def test_no_value_of_params_yaml_stands_in_a_command_which_a_shell_reads(stage: str) -> None:
    assert not set("$`") & set(STAGES[stage]["cmd"])


def test_a_clone_has_the_same_bytes_where_git_would_rewrite_line_ends(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    for name in (".gitattributes", "params.yaml"):
        shutil.copy(ROOT / name, one)
    git(one, "init", "-q")
    git(one, "add", "-A")
    git(one, "commit", "-qm", "start")

    git(tmp_path, "clone", "-q", "-c", "core.autocrlf=true", str(one), str(other))

    assert (other / "params.yaml").read_bytes() == (ROOT / "params.yaml").read_bytes()


def test_one_module_imports_mlflow() -> None:
    texts = {path: path.read_text() for folder in ("src", "pipeline") for path in (ROOT / folder).rglob("*.py")}

    importers = {path.name for path, text in texts.items() if re.search(r"^\s*(from|import) mlflow", text, re.M)}
    assert importers == {"client.py"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_script_without_arguments_prints_its_usage_in_one_line(stage: str) -> None:
    script = [sys.executable, f"pipeline/{stage}.py"]
    strict = os.environ | {"PYTHONSAFEPATH": "1"}  # where Python does not look beside a script

    answer = subprocess.run(script, cwd=ROOT, env=strict, capture_output=True, text=True, check=False)

    assert answer.returncode == 1
    assert answer.stderr.startswith(f"usage: python pipeline/{stage}.py ")
    assert answer.stderr.count("\n") == 1
    assert len(answer.stderr.split()) == len(STAGES[stage]["cmd"].split()) + 1

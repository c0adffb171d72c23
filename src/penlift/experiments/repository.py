"""The repository: Git and DVC as the programs that they are, and DVC's finished experiments."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from configobj import ConfigObj
from voluptuous import Invalid

from penlift.common.errors import InputError, one_line
from penlift.common.params import parsed, sections_in

DVC = (sys.executable, "-P", "-m", "dvc")  # -P: runs no code of the folder that it is called in
NOBODY = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER")
          for key, value in (("NAME", "penlift"), ("EMAIL", "penlift@localhost"))}  # fmt: skip


def committer(repository: Path) -> dict[str, str]:
    """What Git needs in its environment to commit: nothing, or somebody where nobody is configured."""
    try:
        output_of(repository, "git", "var", "GIT_COMMITTER_IDENT")
    except InputError:
        return NOBODY
    return {}


def on_cache(folder: Path, cache: Path, in_git: bool = False) -> None:
    """Let DVC work, on this cache, in a folder that has `.dvc/config`, and of no Git repository unless `in_git`.

    Written as DVC does: to call it takes seconds for each of many folders.
    """
    local = ConfigObj(str(folder / ".dvc" / "config.local"))
    local.update({"cache": {"dir": str(cache)}} | ({} if in_git else {"core": {"no_scm": "true"}}))
    local.write()


def cache_of(repository: Path) -> Path:
    """Where DVC keeps the files of a repository."""
    return (repository / output_of(repository, *DVC, "cache", "dir").decode().strip()).resolve()


def output_of(folder: Path, *command: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """Run a program in a folder; what it prints. `given`: its input; `environment`: beside this process's."""
    answer = subprocess.run(
        command, cwd=folder, input=given, env=os.environ | (environment or {}), capture_output=True, check=False
    )
    if answer.returncode:
        shown = ("dvc", *command[len(DVC) :]) if command[: len(DVC)] == DVC else command
        why = (answer.stderr.strip() or answer.stdout).decode(errors="replace")  # of a conflict Git says it there
        said = " ".join(line for line in why.splitlines() if not line.startswith(("hint:", "warning:")))
        raise InputError(f"{folder}: `{' '.join(shown[:4])}` failed: {one_line(said) or f'status {answer.returncode}'}")
    return answer.stdout


# of Git's list; the two parts before the name are the commit that the experiment began from
ROW = re.compile(r"(?P<commit>\S+) (?P<reference>refs/exps/[0-9a-f]{2}/[0-9a-f]{38}/(?P<name>.+))")
JUDGED = ("train", "evaluate")  # stages whose results runs are compared by


class Experiment(NamedTuple):
    """A finished experiment."""

    name: str
    commit: str
    reference: str  # Git's name for it


def experiments_in(repository: Path) -> list[Experiment]:
    """All finished experiments of a repository, whatever commit they began from."""
    rows = output_of(repository, "git", "for-each-ref", "--format=%(objectname) %(refname)", "refs/exps").decode()
    return [Experiment(**match.groupdict()) for match in map(ROW.fullmatch, rows.split("\n")) if match]


def snapshot(repository: Path) -> str:
    """The commit of what Git tracks as it stands now, changes that nobody committed included; nothing is moved.

    Raises InputError in a folder of a larger repository.
    """
    if inside := output_of(repository, "git", "rev-parse", "--show-prefix").decode().strip():
        raise InputError(f"the checkout is folder {inside} of a larger repository; sweeps need one of its own")
    head = output_of(repository, "git", "rev-parse", "HEAD").decode().strip()
    index = repository / output_of(repository, "git", "rev-parse", "--git-path", "index").decode().strip()
    with TemporaryDirectory(prefix="penlift-") as folder:  # of another index: several may ask at once
        environment = committer(repository) | {"GIT_INDEX_FILE": str(shutil.copy2(index, folder))}
        # without it, Git stumbles over a file that was touched and not changed
        output_of(repository, "git", "update-index", "-q", "--refresh", environment=environment)
        return output_of(repository, "git", "stash", "create", environment=environment).decode().strip() or head


def check_repository(repository: Path) -> None:
    """Refuse, before anything is trained, what DVC would run no trial in, or keep none of."""
    if output_of(repository, "git", "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise InputError(
            f"{repository}: a shallow clone, in which DVC keeps no experiment; `git fetch --unshallow` first"
        )
    output_of(repository, *DVC, "stage", "list")  # else each trial would say that dvc.yaml or dvc.lock is not readable


def take_over(repository: Path, other: Path, experiment: Experiment) -> None:
    """Copy a finished experiment from another repository; an older one of its name and baseline is kept beside it.

    One that came to the very same files stays instead.
    """
    output_of(
        repository, "git", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(other), experiment.commit
    )
    for older in experiments_in(repository):
        if older.reference == experiment.reference and older.commit != experiment.commit:
            if not output_of(repository, "git", "diff-tree", "-r", "--name-only", older.commit, experiment.commit):
                return
            output_of(repository, "git", "update-ref", f"{older.reference}-{older.commit[:7]}", older.commit)
    output_of(repository, "git", "update-ref", experiment.reference, experiment.commit)


def call(repository: Path, experiment: Experiment, name: str) -> None:
    """Give an experiment a name beside its own; whatever had that name before has it no more."""
    reference = experiment.reference.removesuffix(experiment.name) + name
    output_of(repository, "git", "update-ref", reference, experiment.commit)


def params_at(repository: Path, commit: str) -> dict[str, Any]:
    """The sections of params.yaml at a commit."""
    return sections_in(output_of(repository, "git", "show", f"{commit}:params.yaml"), f"params.yaml of {commit}")


def is_current(repository: Path, experiment: Experiment, params: dict[str, Any], now: str, code: Iterable[str]) -> bool:
    """Whether an experiment had these parameters, and the code and data that commit `now` has; `code`: of `code_at`."""
    if params_at(repository, experiment.commit) != params:
        return False
    paths = [*code, "dvc.yaml", *_data_of(params)]
    changed = output_of(repository, "git", "diff-tree", "-r", "--name-only", experiment.commit, now, "--", *paths)
    return not changed


def data_at(repository: Path, commit: str) -> str:
    """Git's rows of the data at a commit, as far as Git knows of it."""
    nothing = output_of(repository, "git", "hash-object", "-t", "tree", "--stdin").decode().strip()
    paths = _data_of(params_at(repository, commit))
    return output_of(repository, "git", "diff-tree", "-r", nothing, commit, "--", *paths).decode()


def is_kept(repository: Path, experiment: Experiment, cache: Path) -> bool:
    """Whether DVC's cache has what an experiment is judged by; `dvc gc` may have removed it."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA  # this late: it takes a while

    lock = _yaml(repository, experiment.commit, "dvc.lock", COMPILED_LOCKFILE_SCHEMA).get("stages", {})
    hashes = [out.get("md5") or "" for stage in JUDGED for out in lock.get(stage, {}).get("outs", [])]
    folders = [each for each in hashes if each.endswith(".dir")]  # metrics.json is Git's
    return bool(folders) and all((cache / "files" / "md5" / each[:2] / each[2:]).exists() for each in folders)


def code_at(repository: Path, commit: str) -> list[str]:
    """The code that the stages depend on at a commit."""
    from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA

    stages = _yaml(repository, commit, "dvc.yaml", COMPILED_MULTI_STAGE_SCHEMA).get("stages", {})
    paths = {str(path) for stage in stages.values() for path in stage.get("deps", [])}
    return sorted(path for path in paths if path.startswith(("src/", "pipeline/")))


def _data_of(params: dict[str, Any]) -> list[str]:
    """The files, as Git's patterns, that say which data there is."""
    ink = PurePosixPath(str(params.get("extract", {}).get("path", "")))
    in_git = ink.parts and not ink.is_absolute() and ".." not in ink.parts  # it may be
    return ["*.dvc", *([f":(literal){ink}"] if in_git else [])]


def _yaml(repository: Path, commit: str, name: str, schema: Callable[[Any], Any]) -> dict[str, Any]:
    """A file of DVC's at a commit; empty where DVC, which has this schema for it, would not read it."""
    content = output_of(repository, "git", "show", f"{commit}:{name}")
    try:
        return dict(schema(parsed(content, f"{name} of {commit}")))
    except (InputError, Invalid):
        return {}

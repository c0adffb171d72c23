"""How the trials of a sweep share the cores."""

from pathlib import Path

from penlift.sweep_file import PROCESSES, THREADS, Sweep
from penlift.trials import trials_of


def share_out(sweep: Sweep, at_once: int | None, cores: int, processes: int) -> tuple[Sweep, int]:
    """The sweep with its trials' threads, unless it says them itself, and how many trials there are at a time.

    `processes`: that share a training, with as many threads each, where the sweep says nothing of them.
    """
    threads, processes = _most(sweep, THREADS, 0), _most(sweep, PROCESSES, processes)
    at_once = at_once or max(1, cores // (processes * (threads or 1)))
    return (sweep if threads else _with(sweep, max(1, cores // (processes * at_once)))), at_once


def as_begun(sweep: Sweep, note: Path) -> Sweep:
    """The sweep with the threads that were shared out when it began, as `note` has them, unless it says them itself.

    With others its trials would be others, and those that are finished would be run again.
    """
    if any(THREADS in trial.settings for trial in trials_of(sweep)) or not note.is_file():
        return sweep
    return _with(sweep, int(note.read_text(encoding="utf-8")))


def _most(sweep: Sweep, key: str, unsaid: int) -> int:
    return max(int(str(trial.settings.get(key, unsaid))) for trial in trials_of(sweep))


def _with(sweep: Sweep, threads: int) -> Sweep:
    return sweep.model_copy(update={"set": sweep.set | {THREADS: threads}})

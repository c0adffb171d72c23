"""Inputs of every kind, damaged by number, and what penlift makes of them: accepted, refused in a line, or a fault.

A mutation is what (kind, number) says, alone. The kinds are in `mutated.py`.
"""

import contextlib
import gc
import multiprocessing
import os
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatch
from multiprocessing.connection import Connection
from pathlib import Path, PurePosixPath
from random import Random
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, NamedTuple

import psutil
import torch
from mutators import WORDS, mutate

import penlift
from penlift.common.errors import InputError

Files = dict[str, bytes]  # contents by path in a folder
LONGEST, PATIENCE = 10.0, 60.0  # s of the processor that a mutation may take; s that the clock waits for it
MOST = 2**30  # bytes of memory that it may take
LETTERS = 500  # of a message
BATCH = 1000  # mutations of a process
SOURCE = str(Path(penlift.__file__).parent)


def put(files: Files, folder: Path) -> None:
    """Write files into a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


class BrokenError(Exception):
    """What was accepted should not have been."""


def demand(true: Any, otherwise: str) -> None:
    """Raise BrokenError where something does not hold of what was accepted."""
    if not true:
        raise BrokenError(otherwise)


@contextlib.contextmanager
def deep_stack() -> Iterator[None]:
    """While entered, what nests deep is written whole, however deep the caller stands."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(5_000)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Kind(NamedTuple):
    """A kind of input: what is damaged, how, and who reads it."""

    name: str
    seed: Callable[[], Files]  # sound files, by their path in a folder
    mutated: tuple[str, ...]  # patterns of the paths that are damaged
    feed: Callable[[Path], object]  # reads the folder by penlift's own functions, and demands what should be true then
    words: tuple[bytes, ...] = ()  # of its format, beside WORDS
    share: float = 1.0  # of all mutations, beside other kinds

    def mutation(self, number: int) -> Files:
        """The files of a mutation."""
        with deep_stack():
            return self._mutation(dict(self.seed()), Random(f"{self.name} {number}"))

    def _mutation(self, files: Files, draw: Random) -> Files:
        names = sorted(name for name in files if any(fnmatch(name, pattern) for pattern in self.mutated))
        for name in draw.sample(names, min(len(names), draw.choice((1, 1, 1, 1, 2)))):
            content, way = files.pop(name), draw.random()
            if way < 0.01:
                files[f"{name}/nothing"] = b""  # a folder in its place
            elif way < 0.02:
                files[name] = b""
            elif way < 0.03:
                files[name] = self.seed()[draw.choice(names)]
            elif 0.03 < way < 0.04:  # another name; between these, no file at all
                word = os.fsdecode(draw.choice(WORDS).translate(None, b"\0/")[:200])
                files[str(PurePosixPath(name).with_name(f"{word}{PurePosixPath(name).suffix}" or "nameless"))] = content
            elif way > 0.05:
                words = (*WORDS, *self.words * 3)
                files[name] = mutate(content, draw, words, PurePosixPath(name).suffix)
        return files


class Outcome(NamedTuple):
    """What became of a mutation."""

    number: int
    verdict: str  # accepted, refused or fault
    said: str  # why it was refused; of a fault what it is and where, the same for the same fault
    seconds: float = 0.0  # of the processor
    memory: int = 0  # bytes that the process needed more than before
    detail: str = ""  # of a fault, what else was said


def judge(kind: Kind, number: int, printed: Callable[[], bool] = lambda: False) -> Outcome:
    """Feed a mutation to those who read it; `printed`: whether they wrote anything anywhere."""
    files = kind.mutation(number)
    with TemporaryDirectory(prefix="mutation-") as place:
        folder = Path(place)
        put(files, folder)
        began, used = time.process_time(), _memory()
        verdict, said, detail = _verdict(kind, folder, files)
        seconds, memory = time.process_time() - began, _memory() - used
    if verdict != "fault":
        for wrong, what in ((printed(), "prints"), (seconds > LONGEST, "slow"), (memory > MOST, "memory")):
            if wrong:
                verdict, said, detail = "fault", f"{verdict}, but: {what}", said
    return Outcome(number, verdict, said, seconds, memory, detail)


def _verdict(kind: Kind, folder: Path, files: Files) -> tuple[str, str, str]:
    try:
        with warnings.catch_warnings():
            for shown in (UserWarning, RuntimeWarning, FutureWarning, SyntaxWarning, BytesWarning):
                warnings.simplefilter("error", shown)
            kind.feed(folder)
    except BrokenError as error:
        return "fault", f"accepted, but: {error}", ""
    except (InputError, OSError) as error:
        if isinstance(error, OSError) and not error.errno:  # the command and the stages say what the system refuses
            return "fault", f"{type(error).__name__}: {_where(error)}", str(error)
        found = str(error)
        now = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        left = sorted(name for name in now - files.keys() if not name.startswith(".state/"))
        if fault := _fault_of(found) or (left and f"leaves {left[0]}"):
            return "fault", f"refused, but {fault}: {_where(error)}", found
        return "refused", found, ""
    except Exception as error:
        return "fault", f"{type(error).__name__}: {_where(error)}", str(error)
    return "accepted", "", ""


def _fault_of(message: str) -> str:
    """What is wrong with the message of a refusal."""
    if "\n" in message:
        return "in several lines"
    if not message.isprintable():
        return "unprintable"
    return f"over {LETTERS} letters" if len(message) > LETTERS else ""


def _where(error: BaseException) -> str:
    """The innermost place in penlift that an error went through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(SOURCE)]
    return f"{Path(frames[-1].filename).relative_to(SOURCE)}:{frames[-1].name}" if frames else "nowhere in penlift"


def _memory() -> int:
    """Bytes that this process has needed at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def outcomes(kind: Kind, numbers: Sequence[int]) -> Iterator[Outcome]:
    """Judge mutations in processes of their own: one that is ended, or does not end, is a fault of its mutation."""
    kind.seed()  # made once, for all
    forked, left = multiprocessing.get_context("fork"), [*numbers]
    while left:
        ours, theirs = forked.Pipe(duplex=False)
        worker = forked.Process(target=_work, args=(kind, left[:BATCH], theirs), daemon=True)
        with warnings.catch_warnings(action="ignore"):  # of later Pythons, that others may have threads
            worker.start()
        theirs.close()
        for _ in left[:BATCH]:
            ended = "takes too long"
            if ours.poll(PATIENCE):
                with contextlib.suppress(EOFError):
                    yield ours.recv()
                    left.pop(0)
                    continue
                worker.join()
                ended = f"ends the process ({worker.exitcode})"
            worker.kill()
            yield Outcome(left.pop(0), "fault", ended)
            break
        worker.join()


def _work(kind: Kind, numbers: Sequence[int], found: Connection) -> None:
    """In a process of its own: judge, with no more memory than is allowed, and nothing shown."""
    whole = psutil.Process().memory_info().vms
    resource.setrlimit(resource.RLIMIT_AS, (whole + 2 * MOST, resource.RLIM_INFINITY))
    gc.freeze()  # else to look through what all have in common would copy it
    torch.set_num_threads(1)  # those of the process that was forked are not here
    with TemporaryFile() as output:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.dup2(output.fileno(), 1), os.dup2(output.fileno(), 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
        for number in numbers:
            output.truncate(0)
            found.send(judge(kind, number, lambda: os.fstat(output.fileno()).st_size > 0))


def shared_out(kinds: Iterable[Kind], total: int) -> dict[str, int]:
    """How many of so many mutations each kind has: the first so many, in any total."""
    shares = {kind.name: kind.share for kind in kinds}
    return {name: max(1, int(total * share / sum(shares.values()))) for name, share in shares.items()}

"""The processes that train one network together; or the one that trains it alone."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil
import torch
from torch import Tensor
from torch import distributed as dist

from penlift.common.errors import InputError
from penlift.common.processes import Signals, end

MEETING = "PENLIFT_MEETING"  # the environment variable that names the file in which the processes meet
INTERFACES = ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME")  # or both listen where other machines reach them
NOTICE = 10.0  # s in which the others notice that one is gone, and save the state


class Lost(InputError):  # noqa: N818  (says what happened)
    """Another process is gone."""


class Ranks(NamedTuple):
    """This process among all of them. With one process every method gives back what it was given."""

    rank: int
    size: int

    @property
    def first(self) -> bool:
        """Whether this is the one that writes and speaks."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """This process's part of the rows of a batch."""
        return rows[self.rank :: self.size]

    def sum_(self, tensors: Iterable[Tensor]) -> None:
        """Sum tensors of one device over all processes, in place and in one message."""
        if self.size == 1:
            return
        parts = list(tensors)
        message = torch.cat([part.flatten() for part in parts])
        self._reduce(message, dist.ReduceOp.SUM)
        for part, summed in zip(parts, message.split([part.numel() for part in parts]), strict=True):
            part.copy_(summed.view_as(part))

    def meet(self, device: torch.device) -> None:
        """Wait until all processes are here."""
        self.largest(0.0, device)

    def any(self, here: bool, device: torch.device) -> bool:
        """Whether it is so in any of the processes."""
        return self.largest(float(here), device) > 0

    def largest(self, here: float, device: torch.device) -> float:
        """The largest of the numbers of all processes."""
        if self.size == 1:
            return here
        message = torch.tensor([here], dtype=torch.float64, device=device)
        self._reduce(message, dist.ReduceOp.MAX)
        return float(message)

    def _reduce(self, message: Tensor, how: "dist.ReduceOp.RedOpType") -> None:
        try:
            dist.all_reduce(message, how)
        except RuntimeError:
            raise Lost(f"one of the {self.size} processes is gone") from None


ALONE = Ranks(0, 1)


@contextmanager
def gathered(device: torch.device) -> Iterator[Ranks]:
    """The processes that `launch` has started, joined: by nccl on GPUs, by gloo on CPUs.

    They meet in a file and talk over loopback: no other machine can reach them, and nothing is unpickled. Those that
    torchrun has started, on several machines, meet where it says.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    backend, place = "nccl" if device.type == "cuda" else "gloo", os.environ.get(MEETING)
    if missing := [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if not place and name not in os.environ]:
        raise InputError(f"WORLD_SIZE is {size} without {missing[0]}; unset it, or start all processes by torchrun")
    where = f"file://{place}" if place else "env://"
    dist.init_process_group(backend, where, world_size=size, rank=int(os.environ["RANK"]))
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def launch(processes: int, threads: int, command: Sequence[str]) -> int:
    """Run a Python command as so many processes of this machine; the exit status, 1 where one of them failed.

    Lost where the first of them, which says what goes wrong, was ended by a signal and could not.
    """
    with TemporaryDirectory(prefix="penlift-") as place, Signals() as signals:
        shared = {MEETING: f"{place}/store", "WORLD_SIZE": str(processes)} | dict.fromkeys(INTERFACES, _loopback())
        own = ({"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(processes))
        threaded = {"OMP_NUM_THREADS": str(threads)} | os.environ
        ranks = [psutil.Popen([sys.executable, *command], env=threaded | shared | each) for each in own]
        gone, left = _first_gone(ranks, lambda: bool(signals.asked))
        end(psutil.wait_procs(left, timeout=0 if signals.asked else NOTICE)[1])
    if ranks[0] in gone and ranks[0].returncode < 0:
        raise Lost(
            f"the first of the {processes} processes was ended by {signal.Signals(-ranks[0].returncode).name}; "
            "`dvc repro` goes on with the state that was saved last"
        )
    return int(any(each.returncode for each in ranks))  # it has said what was wrong


def _first_gone(ranks: list[psutil.Popen], asked: Callable[[], bool]) -> tuple[list[psutil.Popen], list[psutil.Popen]]:
    """Wait until one fails, all are done, or a stop is asked for: those that are gone by then, and the others."""
    while True:
        gone, left = psutil.wait_procs(ranks, timeout=0.2)
        if not left or asked() or any(each.returncode for each in gone):
            return gone, left


def _loopback() -> str:
    """The name of the interface that no other machine reaches."""
    addresses = psutil.net_if_addrs().items()
    return next(str(name) for name, found in addresses if any(each.address == "127.0.0.1" for each in found))

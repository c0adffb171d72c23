"""The processes that train one network together, as torchrun starts them; or the one that trains it alone."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor
from torch import distributed as dist

from penlift.common.errors import InputError


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
    """The processes that torchrun has started, joined: by nccl on GPUs, by gloo on CPUs."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ALONE
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()


def launch(processes: int, threads: int, command: Sequence[str]) -> int:
    """Run a Python command as so many processes by torchrun; the exit status, 1 where one of them failed.

    Lost where the first of them, which says what goes wrong, was ended by a signal and could not.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main

    os.environ.setdefault("OMP_NUM_THREADS", str(threads))  # or torchrun says that it sets it to 1
    try:
        main(["--standalone", f"--nproc-per-node={processes}", *command])
    except SignalException:  # the first process has said so
        return 1
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if rank == 0 and failure.exitcode < 0:
            raise Lost(
                f"the first of the {processes} processes was ended by {failure.signal_name()}; `dvc repro` goes on "
                "with the state that was saved last"
            ) from None
        return 1  # it has said what was wrong
    return 0

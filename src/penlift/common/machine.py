"""This machine: its processor, how much of it is ours, how busy it is, and the memory that it keeps for us."""

import contextlib
import ctypes
import os
import platform
from pathlib import Path

import psutil

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds it may use of so many, or max
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
LARGE = 32 * 2**20  # bytes; glibc takes no higher threshold


def processor_name() -> str:
    """What the processor calls itself; Python knows no more than its family on some systems."""
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        rows = []
    names = (row.partition(":")[2].strip() for row in rows if row.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def cores(quota: Path = QUOTA) -> int:
    """How many cores this process may use, by its affinity and by the quota of the container that it is in."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        used, period = quota.read_text(encoding="utf-8").split()
        return max(1, min(allowed, int(used) // int(period)))
    except (OSError, ValueError):  # no container, or one without a quota
        return allowed


def keep_freed_memory() -> None:
    """Ask glibc to hand no freed memory back: mapping it anew takes a third of a step. Elsewhere does nothing.

    What is LARGE goes back: of lines of ever other lengths none fits the hole of another, and memory grows and grows.
    """
    with contextlib.suppress(OSError, AttributeError):  # no glibc
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def system_load() -> dict[str, float]:
    """Use of all processors since the last call, of memory now, and this process's share of it."""
    return {
        "cpu_utilization_percentage": psutil.cpu_percent(),
        "system_memory_usage_percentage": psutil.virtual_memory().percent,
        "process_memory_mib": round(psutil.Process().memory_info().rss / 2**20, 1),
    }

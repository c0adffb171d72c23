"""The processor of this machine: what it calls itself, and how much of it this process may use."""

import os
import platform
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds it may use of so many, or max


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

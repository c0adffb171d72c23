"""What the machine is doing, as any monitor shows it."""

import psutil


def system_load() -> dict[str, float]:
    """Use of all processors since the last call, of memory now, and this process's share of it."""
    return {
        "cpu_utilization_percentage": psutil.cpu_percent(),
        "system_memory_usage_percentage": psutil.virtual_memory().percent,
        "process_memory_mib": round(psutil.Process().memory_info().rss / 2**20, 1),
    }

"""How many cores a process may use."""

import os
from pathlib import Path

import pytest

from penlift.common.machine import cores, processor_name


@pytest.mark.parametrize(
    ("quota", "most"), [("max 100000\n", 10**6), ("100000 100000\n", 1), ("150000 100000\n", 1), ("1000 100000\n", 1)]
)
def test_the_quota_of_a_container_counts_where_it_has_one(tmp_path: Path, quota: str, most: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)

    assert cores(tmp_path / "cpu.max") == min(most, cores(tmp_path / "none"))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes are not bound to cores here")
def test_a_process_bound_to_one_core_has_one() -> None:
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, before)


def test_the_processor_has_a_name() -> None:
    assert processor_name().strip()

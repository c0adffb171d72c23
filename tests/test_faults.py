"""Whatever happens to the store or to the trainer, MLflow ends up with each run whole and once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import FAULTS, Bench, suffer
from test_tracking import home

__all__ = ["home"]  # a fixture: what MLflow sets in the environment ends with it
IMPLIED = {
    "nothing",
    "server down at the start, back later",
    "server hangs in mid-run",
}  # bench/tracking.py has these too
CHOSEN = sorted(FAULTS.keys() - IMPLIED)
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("faults"))
    bench.server.start()
    yield bench
    bench.server.wake()
    bench.server.kill()


@pytest.mark.parametrize("name", CHOSEN)
def test_each_point_is_there_once_and_the_run_says_how_it_ended(bench: Bench, name: str) -> None:
    result = suffer(bench, name)

    assert (result.found, result.twice, result.runs) == (result.expected, 0, 1)
    assert result.expected > 30
    assert result.status == FAULTS[name][1]

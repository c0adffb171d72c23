"""Whatever happens to the store or to the trainer, MLflow ends up with each run whole and once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import FAULTS, Bench, suffer
from tracked import files_in, once, outcome, points_in, runs_in

from penlift.tracking.outbox import drain, hand_over
from penlift.tracking.record import TRAINING
from penlift.tracking.store import Store

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


@pytest.mark.parametrize(("fault", "mend"), [("hang", "wake"), ("fill_disk", "empty_disk"), ("kill", "start")])
def test_an_outcome_that_a_server_does_not_take_is_whole_there_in_the_end(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, mend: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", bench.server.uri)
    record, states = outcome(tmp_path, fault, fault), tmp_path / ".state"
    states.mkdir()

    getattr(bench.server, fault)()
    said = hand_over(record, states, tmp_path)
    getattr(bench.server, mend)()

    assert "nothing is lost" in said
    assert [sent for _, sent in drain(states, Store.of(tmp_path))] == [True]
    (run,) = [run for run in runs_in(bench.server.uri) if run.data.tags[TRAINING] == fault]
    assert run.info.status == "FINISHED"
    assert points_in(bench.server.uri, run) == once(record)
    assert files_in(bench.server.uri, run.info.run_id) >= set(record.files)

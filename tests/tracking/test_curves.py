"""What the journal of a training says of its epochs, as curves."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_trainings import Data, train_into

from penlift.tracking.curves import dreamt_by_now, metric_points, of_history, record_of_training, write_about
from penlift.training.folder import JOURNAL, Journal, read_events, read_training


def test_the_curves_of_a_journal_are_those_of_the_history_and_the_speed_and_load(data: Data, tmp_path: Path) -> None:
    history = train_into(data, tmp_path / "f00d")

    record = record_of_training(read_training(tmp_path / "f00d"))

    known = {(point.key, point.step): point.value for point in record.points}
    told = {(point.key, point.step): point.value for point in of_history(history, 0)}
    assert told.items() <= known.items()
    assert len(told) == history.drop(columns=["epoch", "steps", "best"]).size
    more = {key for key, _ in known.keys() - told.keys()}
    assert more == {"by_epoch/points_per_second", "system/cpu_utilization_percentage",
                    "system/system_memory_usage_percentage", "system/process_memory_mib",
                    "system/process_peak_memory_mib"}  # fmt: skip
    assert (record.status, record.name) == ("FINISHED", "f00d")
    assert record.began and record.ended and record.began <= record.ended


def test_curves_of_points_thinned_to_other_rates_have_other_names_and_the_same_values(
    data: Data, tmp_path: Path
) -> None:
    history = train_into(data, tmp_path / "f00d", epochs=1)
    plain = {point.key: point.value for point in record_of_training(read_training(tmp_path / "f00d")).points}
    write_about(tmp_path / "f00d", "brave-puma", {"penlift.rate": "30 Hz"}, {})

    thinned = {point.key: point.value for point in record_of_training(read_training(tmp_path / "f00d")).points}

    nll = "by_epoch/valid_nll_nats_per_point"
    assert next(iter(thinned)) == f"{nll}_30hz.over_20"
    assert plain[f"{nll}.over_20"] == thinned[f"{nll}_30hz.over_20"]
    assert {key.replace("_30hz", "") for key in thinned} == set(plain)
    assert {key for key in thinned.keys() & plain.keys() if "nats" in key} == set()
    assert {point.key for point in of_history(history, 0, "30 Hz")} <= thinned.keys()


def test_a_folder_says_whose_training_it_is(data: Data, tmp_path: Path) -> None:
    train_into(data, tmp_path / "f00d", epochs=1)
    write_about(tmp_path / "f00d", "brave-puma", {"penlift.cell": "gru"}, {"model.cell": "gru"})

    record = record_of_training(read_training(tmp_path / "f00d"))

    assert record.name == "brave-puma"
    assert record.tags == {"penlift.cell": "gru", "penlift.training": "f00d"}
    assert record.params == {"model.cell": "gru"}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_the_speed_of_an_epoch_is_that_of_its_own_steps(steps: list[int]) -> None:
    events: list[dict[str, float]] = []
    for epoch, count in enumerate(steps, 1):
        events += [{"time": 1, "number": n, "targets": 10 * epoch, "seconds": 0.5, "peak_mib": 7} for n in range(count)]
        events.append({"time": 1, "epoch": epoch})

    speeds = {point.step: point.value for point in metric_points(events) if point.key == "by_epoch/points_per_second"}

    assert speeds == {epoch: 20.0 * epoch for epoch in range(1, len(steps) + 1)}


def test_what_is_not_finite_is_a_point_too(tmp_path: Path) -> None:
    journal = Journal(tmp_path / JOURNAL)
    journal.add(epoch=1, valid=float("nan"), train=float("inf"))
    journal.flush()

    points = list(metric_points(read_events(tmp_path / JOURNAL)))

    assert {point.key for point in points if point.value != point.value} == {"by_epoch/valid", "by_epoch/train"}


@pytest.mark.parametrize(
    "rest", [b"", b'{"time": 2, "epoch": 2', b"\x00\xff\n", b'[1]\n{"time": 1}\n', b'{"epoch": 3}\n']
)
def test_what_follows_the_last_whole_event_is_left_alone(tmp_path: Path, rest: bytes) -> None:
    (tmp_path / JOURNAL).write_bytes(json.dumps({"time": 1, "epoch": 1}).encode() + b"\n" + rest)

    assert read_events(tmp_path / JOURNAL) == [{"time": 1, "epoch": 1}]


def test_a_dreamt_line_that_is_damaged_is_not_drawn_and_the_others_are(tmp_path: Path) -> None:
    np.save(tmp_path / "epoch-001.npy", np.array([[0, 0, 0], [9, 9, 1]], np.float32))
    sound = (tmp_path / "epoch-001.npy").read_bytes()
    damaged = [b"", sound[:40], sound.replace(b"}", b" "), sound.replace(b"(2, 3)", b"(6,)  "),
               sound.replace(b"'<f4'", b"[]   "), sound.replace(b"(2, 3), }  ", b"(9" + b"9" * 8)]  # fmt: skip
    for epoch, content in enumerate(damaged, 2):
        (tmp_path / f"epoch-{epoch:03}.npy").write_bytes(content)

    assert [image.step for image in dreamt_by_now(tmp_path)] == [1]

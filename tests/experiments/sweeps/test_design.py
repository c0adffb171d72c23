"""A sweep file: the trials that it makes, and what it is refused for."""

import itertools
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from checkouts import from_before
from hypothesis import given, settings
from hypothesis import strategies as st

from penlift.common.errors import InputError
from penlift.common.params import read_params
from penlift.experiments.sweeps.design import (
    Sweep,
    Trial,
    applied,
    check_trials,
    read_sweep,
    sections_of,
    trials_of,
    words_of,
)
from penlift.experiments.sweeps.runner import command_of
from penlift.experiments.sweeps.sweep import trials_at_once

ROOT = Path(__file__).resolve().parents[3]
FIRST = ROOT / "sweeps" / "first-answer.yaml"
NAMES = ("model.mixtures", "model.hidden", "train.batch", "train.epochs")


def made(**changes: Any) -> Sweep:
    given = {"name": "a", "about": "?", "design": "grid", "seeds": [1, 2], "equal": 0.02, "set": {},
             "factors": {"model.mixtures": [20, 5]}, "search": None}  # fmt: skip
    return Sweep.model_validate(given | changes)


@st.composite
def sweeps(draw: st.DrawFn) -> Sweep:
    counts = draw(st.lists(st.integers(2, 4), min_size=1, max_size=4))
    factors = {name: list(range(1, count + 1)) for name, count in zip(NAMES, counts, strict=False)}
    seeds = draw(st.lists(st.integers(0, 99), min_size=1, max_size=3, unique=True))
    return made(factors=factors, seeds=seeds, design=draw(st.sampled_from(["grid", "one-at-a-time"])))


@given(sweeps())
def test_each_trial_has_a_name_of_its_own_and_sets_all_that_varies(sweep: Sweep) -> None:
    trials = trials_of(sweep)

    assert len({trial.name for trial in trials}) == len(trials)
    assert len({tuple(sorted(trial.settings.items())) for trial in trials}) == len(trials)
    assert {frozenset(trial.settings) for trial in trials} == {frozenset({*sweep.factors, "train.seed"})}


@given(sweeps())
def test_a_grid_has_all_combinations_and_one_at_a_time_one_change_each(sweep: Sweep) -> None:
    trials = trials_of(sweep)
    found = {tuple(trial.levels.items()) for trial in trials}

    if sweep.design == "grid":
        assert found == {
            tuple(zip(sweep.levels, each, strict=True)) for each in itertools.product(*sweep.levels.values())
        }
    else:
        assert all(sum(sweep.reference[key] != level for key, level in each) <= 1 for each in found)
        assert len(found) == 1 + sum(len(levels) - 1 for levels in sweep.levels.values())
    assert len(trials) == len(found) * len(sweep.seeds)


def test_the_sweep_of_the_first_answer_is_ten_configurations_by_three_seeds() -> None:
    sweep = read_sweep(FIRST)

    trials = trials_of(sweep)
    check_trials(trials, ROOT / "params.yaml")

    assert len(trials) == 30
    assert words_of(sweep, sweep.reference) == "reference"
    assert words_of(sweep, sweep.reference | {"cell": "gru"}) == "cell gru"


def test_the_settings_of_a_trial_stand_in_its_parameters_and_nothing_else_changes() -> None:
    params = read_params(ROOT / "params.yaml")

    changed = applied(params, {"model.mixtures": 7, "train.seed": 3})

    assert changed["model"] == params["model"] | {"mixtures": 7}
    assert changed["train"] == params["train"] | {"seed": 3}
    assert {key: changed[key] for key in params if key not in {"model", "train"}} == {
        key: params[key] for key in params if key not in {"model", "train"}
    }
    assert sections_of({"a.b": 1, "a.c": None, "d.e": "f"}) == {"a": {"b": 1, "c": None}, "d": {"e": "f"}}


@pytest.mark.parametrize(("threads", "cores", "at_once"), [([1], 2, 2), ([2], 2, 1), ([2, 1], 8, 4), ([4], 2, 1)])
def test_as_many_trials_run_at_a_time_as_there_are_cores_for(threads: list[int], cores: int, at_once: int) -> None:
    trials = [Trial(f"t{number}", {}, 1, {"train.threads": number}) for number in threads]

    assert trials_at_once(trials, {"train": {"threads": 9, "processes": 1}}, cores) == at_once
    assert trials_at_once(trials, {"train": {"threads": 9, "processes": 2}}, cores) == max(1, at_once // 2)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))).filter(
    lambda text: "${" not in text and text != "???"
)


@settings(max_examples=50)
@given(st.one_of(TEXT, st.integers(-(10**6), 10**6), st.booleans(), st.none(), st.floats(-1e9, 1e9)))
def test_dvc_reads_the_value_of_a_trial_as_it_is(value: Any) -> None:
    from dvc.utils.hydra import apply_overrides

    with TemporaryDirectory() as folder:
        file = Path(folder) / "params.yaml"
        file.write_text("a:\n  b: 1\n")  # in blocks, as params.yaml is
        apply_overrides(str(file), [command_of("x", {"a.b": value})[-1]])

        assert read_params(file) == {"a": {"b": value}}


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ({"model.cell": ["lstm", "big net", "big-net"]}, "two trials would be called"),
        ({"sample.seed": [1, 2], "evaluate.seed": [1, 2]}, "two trials would be called a-seed-2-s1"),
        ({"normalise.cap": [500, 90]}, "normalise.cap changes the held-out lines"),
        ({"normalise.rate": [None, 30]}, "nats a point of one rate compare with none of another; set it for all"),
        ({"preset": {"fast": {"normalise.rate": None}, "text": {"normalise.rate": 30}}}, "normalise.rate changes"),
        ({"compose.lines": [60, 80]}, "compose.lines changes the held-out lines"),
        ({"train.start": [None, "${HOME}/models"]}, "which DVC takes for a reference"),
        ({"train.start": [None, "???"]}, r"or is '\?\?\?', which DVC takes for a reference"),
        ({"sample.bias": [0, 1]}, "sample.bias changes no training"),
        ({"recognise.hidden": [96, 64]}, "recognise.hidden changes no training"),
        ({"train.save_every": [60, 600]}, "train.save_every changes no training"),
        ({"model.layers": [1, 0]}, "layers-0-s1: model.layers is 0; it should be greater than or equal to 1"),
        ({"train.threads": [None, 2]}, "s1: train.threads is None; it should be a valid integer"),
    ],
)
def test_trials_that_cannot_be_named_compared_or_told_to_dvc_are_refused(factors: Any, message: str) -> None:
    sweep = made(factors=factors, design="one-at-a-time", seeds=[1])

    with pytest.raises(InputError, match=message):
        check_trials(trials_of(sweep), ROOT / "params.yaml")


def test_a_sweep_that_is_judged_by_legibility_may_thin_points_and_wants_every_trial_read() -> None:
    text = {"model.text": True, "recognise.enabled": True}
    rates = {"normalise.rate": [30, 20]}

    check_trials(trials_of(made(factors=rates, set=text)), ROOT / "params.yaml", "legibility")
    for unread, factors in (({"recognise.enabled": True}, rates), ({}, {"model.text": [True, False]} | rates)):
        with pytest.raises(InputError, match="would not be read, and the sweep is judged by legibility; set model"):
            check_trials(trials_of(made(factors=factors, set=unread)), ROOT / "params.yaml", "legibility")
    with pytest.raises(InputError, match=r"compose.lines changes the held-out lines"):
        check_trials(trials_of(made(factors={"compose.lines": [3, 4]}, set=text)), ROOT / "params.yaml", "legibility")


@pytest.mark.parametrize("design", ["grid", "one-at-a-time"])
def test_more_trials_than_anybody_trains_are_refused_at_once(design: str) -> None:
    levels = list(range(1, 1_001))
    sweep = made(factors=dict.fromkeys(NAMES[:3], levels), design=design, seeds=list(range(100)))

    with pytest.raises(InputError, match="sweep a has over 1,000 trials; leave out levels or seeds"):
        trials_of(sweep)


def test_a_trial_whose_name_no_file_can_have_is_refused() -> None:
    sweep = made(factors={"train.start": [None, "x" * 300]}, seeds=[1])

    with pytest.raises(
        InputError, match=r"a trial would be called 'a-start-x+\.\.\.x+-s1', 311 letters; 200 are the most"
    ):
        check_trials(trials_of(sweep), ROOT / "params.yaml")


def test_a_name_is_one_that_dvc_takes() -> None:
    sweep = made(factors={"train.start": [None, "../a b/start"], "model.dropout": [0.2, 0.5]}, seeds=[1])

    assert [trial.name for trial in trials_of(sweep)] == [
        "a-reference-s1", "a-dropout-0.5-s1", "a-start-a-b-start-s1", "a-start-a-b-start-dropout-0.5-s1"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": {"model.mixtures": [10, 10.0]}}, "has a level twice"),
        ({"factors": {"train.start": [None, "null"]}}, "has a level twice"),
        ({"factors": {"model.mixtures": [20]}}, "it needs two or more"),
        ({"factors": {"model.mixtures": [20, 20]}}, "has a level twice"),
        ({"factors": {"c": {"a": {"model.cell": "gru"}, "b": {"model.layers": 1}}}}, "set different parameters"),
        ({"set": {"model.mixtures": 3}}, "model.mixtures is given twice"),
        ({"set": {"train.seed": 3}}, "train.seed is given twice"),
        ({"seeds": [1, 1]}, "has one twice"),
        ({"name": "../x"}, "name is '../x': String should match"),
        ({"name": "a\n"}, r"name is 'a\\n': String should match"),
        ({"about": "what\x01"}, "a control character in 'what"),
        ({"seeds": 1}, "seeds is 1; it should be a valid list; see"),
        ({"seeds": ["a"] * 1_000}, "seeds.0 is 'a'; it should be a valid integer; .* and 997 more; see"),
        ({"seeds": list(range(20_000))}, "65,536 are the most"),
        (
            {"set": {"model.hidden": [1]}},
            r"set.model.hidden is \[1\]; it should be a valid boolean, or a valid integer",
        ),
        ({"colour": 1}, "colour: Extra inputs"),
        (
            {"judged_by": "legibility", "search": {"trials": 2, "warm_up": 1}},
            "judged_by is legibility, and a search goes by likelihood; write search: null",
        ),
    ],
)
def test_a_file_that_says_two_things_at_once_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    given = {"name": "a", "about": "?", "design": "grid", "seeds": [1], "equal": 0.02, "set": {},
             "factors": {"model.mixtures": [20, 5]}, "search": None}  # fmt: skip
    file.write_text(json.dumps(given | changes))  # JSON is YAML

    with pytest.raises(InputError, match=message) as refused:
        read_sweep(file)

    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_trial_that_no_stage_would_accept_is_refused_before_the_first() -> None:
    grid = made(factors={"model.cell": ["lstm", "gru"], "model.peepholes": [False, True]})
    unknown = made(factors={"model.mixture": [20, 5]})

    with pytest.raises(InputError, match=r"cell-gru-peepholes-true-s1: model: .*only lstm has peepholes"):
        check_trials(trials_of(grid), ROOT / "params.yaml")
    with pytest.raises(InputError, match=r"model\.mixture is no parameter"):
        check_trials(trials_of(unknown), ROOT / "params.yaml")


def test_trials_over_parameters_from_before_wait_for_those_that_came_since(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(from_before((ROOT / "params.yaml").read_text()))

    for factor in ("model.mixtures", "model.text"):
        with pytest.raises(InputError, match=r"params\.yaml: lacks parameters .*; add `drills: 0` to compose, "):
            check_trials(trials_of(made(factors={factor: [1, 2]})), tmp_path / "params.yaml")


def test_a_missing_or_broken_file_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("name: [")

    with pytest.raises(InputError, match="no such sweep file"):
        read_sweep(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="not readable as YAML"):
        read_sweep(tmp_path / "broken.yaml")

"""Training learns, repeats byte for byte, and gives the same network back from disk."""

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from networks import CELLS, make_network
from small_trainings import SHAPE, Data, recipe, to_the_end, train_into

from penlift.common.errors import InputError
from penlift.ink.scales import Scales
from penlift.ink.windows import Batch, TextLines, Windows
from penlift.model.checkpoint import Model, begin_with, load_model, save_model
from penlift.model.network import ModelParams, Network
from penlift.training.device import computes
from penlift.training.lesson import Judged
from penlift.training.loop import Diverged, close_epoch, fit, judge_epoch
from penlift.training.optimisation import TrainParams, make_optimiser
from penlift.training.schedule import learning_rate
from penlift.training.state import Epoch, to_table
from penlift.training.writing import NATS, Material, start_training

BFLOAT16 = pytest.mark.skipif(not computes("bfloat16", torch.device("cpu")), reason="this CPU has no bfloat16")


def trained(data: Data, params: TrainParams, **shape: Any) -> tuple[Network, list[Epoch]]:
    torch.manual_seed(params.seed)
    network = Network(ModelParams.model_validate(SHAPE | shape), (0.025, 0.025))
    return network, to_the_end(start_training(network, params), data, params).history


@pytest.mark.parametrize(("cell", "peepholes"), CELLS)
@pytest.mark.parametrize("precision", ["float32", pytest.param("bfloat16", marks=BFLOAT16)])
def test_every_cell_learns_and_two_runs_give_the_same_bytes(
    data: Data, cell: str, peepholes: bool, precision: str
) -> None:
    runs = [trained(data, recipe(precision=precision), cell=cell, peepholes=peepholes) for _ in range(2)]

    (first, history), (second, again) = runs
    assert history == again
    for one, other in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    assert history[-1].train < history[0].train - 0.1


def test_another_seed_gives_another_network(data: Data) -> None:
    (first, _), (second, _) = (trained(data, recipe(seed=seed)) for seed in (1, 2))

    assert not torch.equal(first.head.weight, second.head.weight)


def test_whoever_drives_training_may_stop_and_go_on_after_any_step(data: Data) -> None:
    _, windows, _ = data
    whole, halves = make_network(), make_network()
    params = recipe()
    list(fit(start_training(whole, params), windows, params))

    state = start_training(halves, params)
    list(itertools.islice(fit(state, windows, params), 5))
    list(fit(state, windows, params))

    for one, other in zip(whole.parameters(), halves.parameters(), strict=True):
        assert torch.equal(one, other)


def test_an_epoch_shows_as_many_targets_as_the_training_lines_have(data: Data) -> None:
    _, windows, _ = data
    steps = list(fit(start_training(make_network(), recipe()), windows, recipe()))

    an_epoch = math.ceil(windows.targets / (4 * 15))
    assert [step.number for step in steps if step.ends_epoch] == [an_epoch, 2 * an_epoch, 3 * an_epoch]


def test_the_best_epoch_is_the_one_with_the_lowest_held_out_nll_so_far(data: Data) -> None:
    _, history = trained(data, recipe(epochs=6, learning_rate=0.2, schedule="constant"))

    lowest = math.inf
    for epoch in history:
        assert epoch.best == (epoch.held_out < lowest)
        lowest = min(lowest, epoch.held_out)


def test_history_holds_a_row_an_epoch_and_no_clock() -> None:
    table = to_table([Epoch(1, 10, 0.1, 2.0, 3.0, 4.0, 0.5, 0, True, {"window_end": 0.5})], NATS)

    assert list(table.columns) == [*Epoch._fields[:3], *NATS, *Epoch._fields[5:-1], "window_end"]
    assert not [name for name in table.columns if "second" in name or "time" in name]


def test_one_cycle_rises_over_the_warm_up_then_falls_to_nothing() -> None:
    rates = [learning_rate(recipe(), 0, (step + 0.5) / 1000) for step in range(1000)]

    peak = rates.index(max(rates))
    assert peak == pytest.approx(150, abs=2)
    assert rates[peak] == pytest.approx(0.01, rel=1e-3)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert 0 < rates[-1] < 1e-6


def test_the_articles_schedule_falls_by_a_twentieth_an_epoch() -> None:
    params = recipe(schedule="exponential", learning_rate=0.005)

    assert [learning_rate(params, epoch, 0.5) for epoch in (0, 1, 29)] == pytest.approx(
        [0.005, 0.005 * 0.95, 0.005 * 0.95**29]
    )


def test_adam_is_that_of_kingma_and_ba_with_the_beta2_that_is_asked_for() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimiser = make_optimiser([weight], recipe(learning_rate=1e-2, beta2=0.9))
    value, mean, square = 1.0, 0.0, 0.0

    for step in range(1, 21):
        gradient = 2 * value
        mean, square = 0.9 * mean + 0.1 * gradient, 0.9 * square + 0.1 * gradient**2
        value -= 1e-2 * (mean / (1 - 0.9**step)) / (math.sqrt(square / (1 - 0.9**step)) + 1e-8)
        optimiser.zero_grad()
        (weight**2).sum().backward()
        optimiser.step()

    assert float(weight.detach()) == pytest.approx(value)


def test_rmsprop_is_graves_to_the_letter() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimiser = make_optimiser([weight], recipe(optimiser="rmsprop", learning_rate=1e-2))
    value, n, g, delta = 1.0, 0.0, 0.0, 0.0

    for _ in range(20):
        gradient = 2 * value
        n, g = 0.95 * n + 0.05 * gradient**2, 0.95 * g + 0.05 * gradient
        delta = 0.9 * delta - 1e-2 * gradient / math.sqrt(n - g**2 + 1e-4)
        value += delta
        optimiser.zero_grad()
        (weight**2).sum().backward()
        optimiser.step()

    assert float(weight.detach()) == pytest.approx(value)


def gradients(data: Data, params: TrainParams, **shape: Any) -> dict[str, torch.Tensor]:
    """Of the first step, as the optimiser sees them."""
    torch.manual_seed(params.seed)
    network = Network(ModelParams.model_validate(SHAPE | shape), (0.025, 0.025))
    next(fit(start_training(network, params), data[1], params))
    return {name: weight.grad for name, weight in network.named_parameters() if weight.grad is not None}


def test_the_gradient_of_the_sum_is_that_of_the_mean_times_the_targets(data: Data) -> None:
    targets = int(data[1].batch(1, 0, 4, 15).mask.sum())
    mean, total = (gradients(data, recipe(loss=loss, clip=None)) for loss in ("mean", "sum"))

    for name, gradient in total.items():
        torch.testing.assert_close(gradient, targets * mean[name], rtol=1e-4, atol=1e-5)


def test_derivatives_by_the_outputs_are_clipped_before_they_go_further_back(data: Data) -> None:
    bounds = {bound: gradients(data, recipe(clip=None, clip_outputs=bound))["head.bias"] for bound in (None, 1e-4, 1e9)}

    targets = int(data[1].batch(1, 0, 4, 15).mask.sum())
    assert torch.equal(bounds[None], bounds[1e9])
    assert bounds[None].abs().max() > 1e-4 * targets >= bounds[1e-4].abs().max()


def test_noise_on_the_weights_is_gone_after_the_step_and_the_same_in_each_run(data: Data) -> None:
    noise = recipe(weight_noise=0.3, learning_rate=1e-30)
    first, again, none = (gradients(data, params) for params in (noise, noise, recipe()))
    network = make_network()
    before = {name: weight.clone() for name, weight in network.state_dict().items()}

    next(fit(start_training(network, noise), data[1], noise))

    moved = [(weight - before[name]).abs().max() for name, weight in network.state_dict().items()]
    assert max(moved) <= 1e-30
    assert all(torch.equal(gradient, again[name]) for name, gradient in first.items())
    assert not torch.equal(first["head.weight"], none["head.weight"])


def test_gates_are_clipped_only_where_there_are_peepholes(data: Data) -> None:
    bounds = {bound: gradients(data, recipe(clip=None, clip_gates=bound), peepholes=True)["layers.0.weight_hh_l0"]
              for bound in (None, 1e-6, 1e9)}  # fmt: skip

    assert torch.equal(bounds[None], bounds[1e9])
    assert bounds[1e-6].norm() < bounds[None].norm() / 2

    with pytest.raises(InputError, match=r"train\.clip_gates is 10\.0; only lstm with peepholes clips there"):
        gradients(data, recipe(clip_gates=10.0))


class Spoilt(Windows):
    """Windows of which those of some steps hold what no ink should."""

    def __init__(self, windows: Windows | TextLines, steps: set[int]) -> None:
        self.__dict__.update(vars(windows))
        self.steps = steps

    def batch(self, seed: int, step: int, rows: int, length: int) -> Batch:
        batch = super().batch(seed, step, rows, length)
        if step in self.steps:
            batch.targets[0, 0, 0] = math.nan
        return batch


def test_a_step_that_is_not_finite_leaves_the_weights_alone_and_is_counted(data: Data) -> None:
    ink, windows, scales = data
    state = start_training(make_network(), recipe())
    spoilt = Spoilt(windows, {1, 2})

    before: list[Any] = []
    for step in itertools.islice(fit(state, spoilt, recipe()), math.ceil(windows.targets / (4 * 15))):
        weights = [weight.detach().clone() for weight in state.network.parameters()]
        unchanged = bool(before) and all(map(torch.equal, weights, before))
        assert step.skipped == unchanged == (step.number - 1 in spoilt.steps)
        before = weights
    epoch = judge_epoch(state, step, Material(ink, windows, scales))

    assert epoch.skipped_steps == 2
    assert math.isfinite(epoch.train)
    assert math.isfinite(epoch.held_out)


def test_an_epoch_whose_held_out_nll_is_no_number_keeps_no_later_one_from_being_the_best(data: Data) -> None:
    ink, windows, scales = data
    state = start_training(make_network(), recipe())
    step = next(fit(state, windows, recipe()))

    epochs = [
        close_epoch(state, step, Judged(nll), Material(ink, windows, scales))
        for nll in (math.nan, 3.0, 4.0, math.nan, 2.0)
    ]

    assert [epoch.best for epoch in epochs] == [False, True, False, False, True]


def test_three_such_steps_in_a_row_end_training_with_a_remedy(data: Data) -> None:
    _, windows, _ = data
    state = start_training(make_network(), recipe())

    with pytest.raises(Diverged, match=r"3 steps in a row, the last of them 6; lower train\.learning_rate \(0\.01\)"):
        list(fit(state, Spoilt(windows, {0, 1, 3, 4, 5}), recipe()))

    with pytest.raises(Diverged, match="the last of them 6"):
        list(fit(state, windows, recipe()))  # started again, though what comes next would be finite
    assert state.step == 6
    assert all(weight.isfinite().all() for weight in state.network.parameters())


def test_training_ends_once_so_many_epochs_brought_nothing_better(data: Data) -> None:
    rising = {"learning_rate": 0.2, "schedule": "constant", "epochs": 30}
    _, history = trained(data, recipe(**rising, patience=2))
    _, longer = trained(data, recipe(**rising))

    assert len(history) < len(longer) == 30
    assert history == longer[: len(history)]
    assert [epoch.best for epoch in history[-3:]] == [True, False, False]
    assert not any(not any(epoch.best for epoch in history[last - 1 : last + 1]) for last in range(2, len(history) - 1))


@pytest.mark.parametrize(("rate", "unit"), [(None, "nats/point"), (30.0, "nats/point of 30 Hz")])
def test_a_training_says_of_which_points_its_likelihoods_are(
    data: Data, tmp_path: Path, rate: float | None, unit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ink, windows, scales = data

    train_into((ink, windows, scales._replace(rate=rate)), tmp_path / "f00d", epochs=1)

    meter, epoch = sorted((line for line in capsys.readouterr().err.splitlines() if "nats" in line), reverse=True)
    assert f" {unit} (offsets/20), " in meter
    assert f" held out ({unit}, offsets/20)" in epoch


def test_clipped_steps_are_those_whose_gradient_is_longer_than_the_bound(data: Data) -> None:
    ink, windows, scales = data
    params = recipe(clip=0.5, epochs=1)
    state = start_training(make_network(), params)
    steps = []

    for step in fit(state, windows, params):
        steps.append(step)
        if step.ends_epoch:
            judge_epoch(state, step, Material(ink, windows, scales))

    assert [step.clipped for step in steps] == [step.gradient_norm > 0.5 for step in steps]
    assert state.history[0].clipped_share == sum(step.clipped for step in steps) / len(steps)
    assert state.history[0].gradient_norm == pytest.approx(sum(step.gradient_norm for step in steps) / len(steps))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    network = make_network()
    shape = ModelParams.model_validate(SHAPE | {"dropout": 0.5})
    save_model(tmp_path / "models", Model(network, shape, Scales(500, (0, 0), (20, 20), (1, 2), (3, 4))))
    return tmp_path / "models"


def test_a_network_comes_back_from_disk_with_the_same_predictions(saved: Path) -> None:
    model = load_model(saved)
    line = torch.randn(1, 9, 3)

    torch.testing.assert_close(model.network(line)[0].mean, make_network().eval()(line)[0].mean, rtol=0, atol=0)
    assert model.scales == Scales(500, (0, 0), (20, 20), (1, 2), (3, 4))


def damaged_weights(models: Path) -> None:
    weights = models / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-7])


def a_pickle(models: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, models / "model.safetensors")


def other_shape(models: Path) -> None:
    config = json.loads((models / "model.json").read_text())
    config["model"]["hidden"] = 9
    (models / "model.json").write_text(json.dumps(config))


def cut_config(models: Path) -> None:
    (models / "model.json").write_text('{"model": ')


def scales_with(**values: Any) -> Callable[[Path], None]:
    def damage(models: Path) -> None:
        config = json.loads((models / "model.json").read_text())
        config["scales"].update(values)
        (models / "model.json").write_text(json.dumps(config))

    return damage


BAD_SCALES = [
    scales_with(shift=[]),
    scales_with(scale=[20]),
    scales_with(scale=[0, 20]),
    scales_with(sd=[1, float("nan")]),
    scales_with(mean=[float("inf"), 0]),
    scales_with(cap=-1),
    scales_with(cap=None),
]


@pytest.mark.parametrize("damage", [damaged_weights, a_pickle, other_shape, cut_config, *BAD_SCALES])
def test_a_damaged_model_is_refused_in_one_line(saved: Path, damage: Any) -> None:
    damage(saved)

    with pytest.raises(InputError, match="a damaged model") as raised:
        load_model(saved)

    assert "\n" not in str(raised.value)


def test_a_missing_model_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no model .*train one with `dvc repro train`"):
        load_model(tmp_path)


def test_a_network_begins_where_another_has_ended(saved: Path, data: Data) -> None:
    trained = load_model(saved)
    network = Network(trained.params, (0.025, 0.025))

    begin_with(network, saved, trained.params.model_copy(update={"dropout": 0.5}), trained.scales)

    for name, weight in trained.network.state_dict().items():
        assert torch.equal(network.state_dict()[name], weight)


def test_a_network_of_another_shape_or_scale_does_not_begin_one(saved: Path) -> None:
    trained = load_model(saved)
    wider = trained.params.model_copy(update={"hidden": 16})

    with pytest.raises(InputError, match=r"a model with hidden 8 cannot begin one with 16; set model\.hidden"):
        begin_with(Network(wider, (0.025, 0.025)), saved, wider, trained.scales)
    with pytest.raises(InputError, match=r"trained on offsets with scale .*; set section normalise alike"):
        other = trained.scales._replace(scale=(10.0, 10.0))
        begin_with(Network(trained.params, (0.025, 0.025)), saved, trained.params, other)

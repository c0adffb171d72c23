"""What is dreamt is what the network would have read, is steered as asked, and repeats byte for byte."""

import numpy as np
import pytest
import torch
from conftest import wavy_line
from networks import BUILDS, SCALES, make_network, noise

from penlift.common.errors import InputError
from penlift.ink.offsets import START, to_offsets
from penlift.model.mixture import PLAIN, Mixture, Steering
from penlift.model.network import Network
from penlift.sampling.sampler import SampleParams, Stops, sample, sample_lines
from penlift.sampling.stepper import OffsetSampler, Stepper

PARAMS = {
    "texts": None, "lines": 2, "points": 30, "strokes": None, "width": None, "bias": 0.0, "weights_temperature": 1.0,
    "spread_temperature": 1.0, "lift_temperature": 1.0, "seed": 1,
}  # fmt: skip


def offsets_of(points: "np.typing.NDArray[np.floating]") -> torch.Tensor:
    """What the network read: START, and the normalised offsets of a dreamt line."""
    moves = (np.diff(points[:, :2], axis=0) - SCALES.shift) / SCALES.scale
    rows = np.column_stack([moves, points[1:, 2]]).astype(np.float32)
    return torch.from_numpy(np.vstack([np.array([START], np.float32), rows]))


def read(network: Network, points: "np.typing.NDArray[np.floating]") -> Mixture:
    """The densities of a line's offsets, by the network's own layers."""
    with torch.no_grad():
        mixture, _ = network.eval()(offsets_of(points)[None, :-1])
    return Mixture(*(part[0] for part in mixture))


@pytest.mark.parametrize(("cell", "peepholes", "skip"), BUILDS)
def test_reading_point_by_point_puts_out_what_the_layers_do(cell: str, peepholes: bool, skip: bool) -> None:
    network = make_network(cell, peepholes, skip).eval()
    lines = torch.randn(3, 12, 3)

    stepper = Stepper(network, 3)
    outputs = np.stack([stepper(offsets.numpy()) for offsets in lines.unbind(1)], axis=1)
    with torch.no_grad():
        expected, _ = network(lines)

    for mine, theirs in zip(Mixture.from_raw(torch.from_numpy(outputs), network.floor), expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("cell", "peepholes", "skip"), BUILDS)
def test_reading_a_dreamt_line_predicts_the_densities_it_was_drawn_from(cell: str, peepholes: bool, skip: bool) -> None:
    network = make_network(cell, peepholes, skip)

    for line in sample(network, SCALES, noise()):
        expected = read(network, line.points)
        np.testing.assert_allclose(line.densities.weight, expected.log_weight.exp(), atol=1e-4)
        np.testing.assert_allclose(line.densities.mean, expected.mean.numpy() * (20, 10) + (2, -1), atol=2e-3)
        np.testing.assert_allclose(line.densities.std, expected.log_std.exp() * torch.tensor([20, 10.0]), rtol=1e-3)
        np.testing.assert_allclose(line.densities.correlation, expected.correlation.tanh(), atol=1e-4)
        np.testing.assert_allclose(line.densities.lift, expected.lift.sigmoid(), atol=1e-4)


@pytest.mark.parametrize("lines", [1, 5])
def test_a_batch_predicts_for_a_line_what_it_would_alone(lines: int) -> None:
    network, rows = make_network().eval(), torch.randn(lines, 20, 3).numpy()

    together = Stepper(network, lines)
    alone = [Stepper(network, 1) for _ in range(lines)]

    for point in range(20):
        apart = np.vstack([one(rows[[number], point]) for number, one in enumerate(alone)])
        np.testing.assert_allclose(together(rows[:, point]), apart, atol=1e-4)


def test_the_same_seed_gives_the_same_bytes_and_another_another_line() -> None:
    first, again, other = (sample(make_network(), SCALES, noise(seed=seed))[0].points for seed in (1, 1, 2))

    assert first.tobytes() == again.tobytes()
    assert not np.array_equal(first, other)


def test_each_line_has_a_random_stream_of_its_own() -> None:
    np.testing.assert_array_equal(noise(lines=2), noise(lines=5)[:2])
    assert not np.array_equal(*noise(lines=2))


def test_more_lines_than_go_side_by_side_are_all_written_each_its_own() -> None:
    params = SampleParams.model_validate(PARAMS | {"lines": 70, "points": 3})

    lines = [line.points.tobytes() for line in sample_lines(make_network(), SCALES, params)]

    assert len(set(lines)) == 70


@pytest.mark.parametrize("steering", [PLAIN, Steering.of(1.5, 1, 1, 1), Steering.of(0, 2.0, 0.3, 0.5)])
def test_a_line_is_drawn_from_the_steered_density(steering: Steering) -> None:
    network = make_network()

    (line,) = sample(network, SCALES, noise(lines=1), steering)

    expected = read(network, line.points).steer(steering)
    np.testing.assert_allclose(line.densities.weight, expected.log_weight.exp(), atol=1e-4)
    np.testing.assert_allclose(line.densities.std, expected.log_std.exp() * torch.tensor([20, 10.0]), rtol=1e-3)
    np.testing.assert_allclose(line.densities.lift, expected.lift.sigmoid(), atol=1e-4)


def test_graves_bias_is_a_temperature_of_weights_and_of_spread() -> None:
    assert Steering.of(1.0, 1, 1, 1) == pytest.approx(Steering.of(0, 1 / 2, np.exp(-2), 1))


def test_a_line_that_is_cold_enough_goes_where_the_likeliest_component_says_and_lifts_as_is_likelier() -> None:
    (line,) = sample(make_network(), SCALES, noise(lines=1), Steering.of(0, 1e-3, 1e-6, 1e-3))

    weight, mean = line.densities.weight, line.densities.mean
    likeliest = mean[np.arange(30), weight.argmax(axis=1)]
    np.testing.assert_allclose(np.diff(line.points[:, :2], axis=0), likeliest, atol=0.5)
    np.testing.assert_array_equal(line.points[1:, 2], line.densities.lift > 0.5)


def test_a_line_goes_on_from_its_prime_as_the_network_would_having_read_it() -> None:
    network, prime = make_network(), wavy_line(1)[:, :3]

    first, second = sample(network, SCALES, noise(), prime=prime)

    for line in (first, second):
        assert line.primed == len(prime) - 1
        moved = line.points[: len(prime), :2] - line.points[0, :2]
        np.testing.assert_allclose(moved, prime[:, :2] - prime[0, :2], atol=1e-2)
        expected = read(network, line.points)
        np.testing.assert_allclose(line.densities.weight, expected.log_weight.exp(), atol=1e-4)
    assert not np.array_equal(first.points[len(prime) :], second.points[len(prime) :])
    np.testing.assert_array_equal(offsets_of(first.points)[: len(prime)], to_offsets(prime, SCALES))


def test_a_steered_line_reads_its_prime_unsteered() -> None:
    network, prime = make_network(), wavy_line(1)[:, :3]

    plain, cold = (sample(network, SCALES, noise(1), steering, prime=prime)[0] for steering in (PLAIN, Steering(3.0)))

    np.testing.assert_array_equal(plain.densities.weight[: plain.primed], cold.densities.weight[: plain.primed])
    assert not np.array_equal(plain.densities.weight[plain.primed], cold.densities.weight[plain.primed])


@pytest.mark.parametrize(
    "prime", [np.zeros((1, 3), np.float32), np.array([[0, 0, 0], [1, np.nan, 0], [2, 2, 1]], np.float32)]
)
def test_a_prime_that_cannot_be_read_is_refused(prime: "np.typing.NDArray[np.float32]") -> None:
    with pytest.raises(InputError, match=r"^a prime of \d points"):
        sample(make_network(), SCALES, noise(), prime=prime)


@pytest.mark.parametrize("stops", [Stops(strokes=2), Stops(width=250.0), Stops(strokes=9, width=300.0)])
def test_stopping_cuts_a_line_and_changes_nothing_before(stops: Stops) -> None:
    network, draws = make_network(), noise(lines=3, points=120)

    stopped, endless = sample(network, SCALES, draws, stops=stops), sample(network, SCALES, draws)

    for short, long in zip(stopped, endless, strict=True):
        assert len(short.points) == len(short.densities.lift) + 1 < len(long.points)
        np.testing.assert_allclose(short.points, long.points[: len(short.points)], atol=1e-3)
        assert np.count_nonzero(short.points[:, 2]) <= (stops.strokes or 120)
        assert np.ptp(short.points[:, 0]) <= (stops.width or np.inf)


def test_draws_from_outputs_are_those_of_the_component_that_a_uniform_falls_on() -> None:
    outputs = torch.randn(500, Mixture.outputs(4), generator=torch.Generator().manual_seed(2))
    floor, steering = torch.tensor([0.3, 0.1]), Steering.of(0.3, 1.2, 0.8, 0.7)
    mixture = Mixture.from_raw(outputs, floor).steer(steering)
    numbers = noise(lines=500, points=1)[:, 0]

    drawn = OffsetSampler(numbers[:, None], floor.numpy(), steering)(outputs.numpy(), 0)

    uniform = torch.from_numpy(numbers[:, :1].copy())
    chosen = torch.searchsorted(mixture.log_weight.exp().cumsum(-1), uniform).clamp(max=3)[:, 0]
    rows = torch.arange(500)
    mean, std = mixture.mean[rows, chosen].numpy(), mixture.log_std[rows, chosen].exp().numpy()
    z = (drawn[:, :2] - mean) / std
    rho = mixture.correlation[rows, chosen].tanh().numpy()
    np.testing.assert_allclose(z[:, 0], numbers[:, 2], atol=1e-3)
    np.testing.assert_allclose(z[:, 1], rho * numbers[:, 2] + np.sqrt(1 - rho**2) * numbers[:, 3], atol=1e-3)
    np.testing.assert_array_equal(drawn[:, 2], numbers[:, 1] < mixture.lift.sigmoid().numpy())

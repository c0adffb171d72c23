"""What is dreamt is what the network would have read, and repeats byte for byte."""

import numpy as np
import pytest
import torch
from test_network import BUILDS, make_network

from penlift.checkpoint import Model
from penlift.network import ModelParams
from penlift.offsets import START, Scales
from penlift.sampling import SampleParams, dream, noise_of, to_lines

SHAPE = ModelParams(cell="lstm", peepholes=False, layers=2, hidden=8, mixtures=3, dropout=0.5, skip=False)
SCALES = Scales(500, (2, -1), (20, 10), (0, 0), (1, 1))


def params(lines: int = 2, seed: int = 1) -> SampleParams:
    return SampleParams(lines=lines, points=30, bias=0.0, seed=seed)


@pytest.mark.parametrize(("cell", "peepholes", "skip"), BUILDS)
def test_reading_a_dreamt_line_predicts_the_densities_it_was_drawn_from(cell: str, peepholes: bool, skip: bool) -> None:
    network = make_network(cell, peepholes, skip)
    dreamt = dream(network, noise_of(params()), bias=0.0)

    inputs = torch.cat([torch.tensor(START).expand(2, 1, 3), dreamt.offsets[:, :-1]], dim=1)
    with torch.no_grad():
        read, _ = network(inputs)

    for mine, theirs in zip(read, dreamt.mixture, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=1e-4)


def test_the_same_seed_gives_the_same_bytes_and_another_another_line() -> None:
    first, again, other = (dream(make_network(), noise_of(params(seed=seed)), 0.0).offsets for seed in (1, 1, 2))

    assert first.numpy().tobytes() == again.numpy().tobytes()
    assert not torch.equal(first, other)


def test_each_line_has_a_random_stream_of_its_own() -> None:
    assert torch.equal(noise_of(params(lines=2)), noise_of(params(lines=5))[:2])
    assert not torch.equal(*noise_of(params(lines=2)))


def test_lines_in_tablet_units_are_the_sum_of_the_offsets() -> None:
    network = make_network()
    dreamt = dream(network, noise_of(params()), bias=0.0)

    lines = to_lines(dreamt, Model(network, SHAPE, SCALES))

    moves = dreamt.offsets[..., :2].double().numpy() * (20, 10) + (2, -1)
    np.testing.assert_allclose(np.diff(lines.points[..., :2], axis=1), moves, atol=1e-6)
    np.testing.assert_array_equal(lines.points[:, 1:, 2], dreamt.offsets[..., 2])
    np.testing.assert_allclose(lines.weight.sum(axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(lines.std, dreamt.mixture.log_std.exp().double() * torch.tensor([20.0, 10.0]))


def test_a_high_bias_follows_the_likeliest_component() -> None:
    network = make_network().eval()
    dreamt = dream(network, noise_of(params()), bias=9.0)

    likeliest = dreamt.mixture.log_weight.argmax(-1)
    means = dreamt.mixture.mean.gather(-2, likeliest[..., None, None].expand(2, 30, 1, 2)).squeeze(-2)
    assert float((dreamt.offsets[..., :2] - means).abs().quantile(0.5)) < 0.01

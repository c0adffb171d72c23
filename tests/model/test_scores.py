"""A line's likelihood is its own: whatever stands beside it, in whatever unit, by whatever library."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import written_line
from mixtures import independent
from networks import make_network
from torch.distributions import Bernoulli

from penlift.evaluation.likelihood import summarise
from penlift.ink.lines import Ink, load_ink, save_ink
from penlift.ink.offsets import normalise
from penlift.ink.scales import NormaliseParams, Scales, shift_to, units_of
from penlift.model.network import Network
from penlift.model.scores import nll_over_20, score_lines

Made = tuple[Ink, Scales]


@pytest.fixture
def offsets(small_ink: Ink, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("offsets")
    scales, _ = normalise(small_ink, NormaliseParams(cap=55.0, scale=20.0, rate=None), folder)
    return load_ink(folder), scales


def scored(network: Network, made: Made, numbers: list[int]) -> pd.DataFrame:
    return pd.concat(score_lines(network, made[0], numbers, made[1])).set_index("line").sort_index()


def test_the_nll_of_a_line_equals_an_independent_computation(offsets: Made) -> None:
    ink, _ = offsets
    network = make_network().double().eval()
    table = scored(network.float(), offsets, [4])

    rows = torch.from_numpy(np.array(ink.rows_of(4)))[None]
    with torch.no_grad():
        mixture, _ = network(rows[:, :-1])
    move = -independent(mixture).log_prob(rows[:, 1:, :2]).double().sum()
    lift = -Bernoulli(logits=mixture.lift).log_prob(rows[:, 1:, 2]).double().sum()

    assert table["move_nll"].item() == pytest.approx(float(move), rel=1e-5)
    assert table["lift_nll"].item() == pytest.approx(float(lift), rel=1e-5)
    assert table["points"].item() == len(ink.rows_of(4)) - 1


def test_batching_padding_and_order_change_nothing(offsets: Made) -> None:
    network = make_network()
    together = scored(network, offsets, [0, 1, 2, 3, 4, 5])
    reverse = scored(network, offsets, [5, 4, 3, 2, 1, 0])
    alone = pd.concat([scored(network, offsets, [number]) for number in range(6)]).sort_index()

    pd.testing.assert_frame_equal(together, reverse, rtol=1e-5)
    pd.testing.assert_frame_equal(together, alone, rtol=1e-5)


def test_scoring_leaves_no_dropout_on(offsets: Made) -> None:
    network = make_network(dropout=0.5).train()

    pd.testing.assert_frame_equal(scored(network, offsets, [0, 1]), scored(network, offsets, [0, 1]))


def test_capped_and_zero_offsets_are_left_out_of_the_ordinary_ones(tmp_path: object, offsets: Made) -> None:
    ink, scales = offsets
    network = make_network()
    table = scored(network, offsets, list(range(6)))

    moves = np.concatenate([ink.rows_of(number)[1:, :2] * 20 for number in range(6)])
    extreme = (np.abs(moves) > 54.99).any(axis=1) | (np.abs(moves) < 0.01).all(axis=1)
    assert table["ordinary_points"].sum() == (~extreme).sum()
    assert 0 < extreme.sum() < len(moves)
    figures: Any = summarise(table.reset_index(), scales)
    assert figures["points"] == len(moves)
    ordinary = figures["without_capped_and_zero"]
    assert ordinary["points"] == (~extreme).sum()
    assert set(ordinary) == {"points", "nll_nats_per_point"}


def test_figures_without_capped_and_zero_are_those_of_all_where_there_are_none(offsets: Made) -> None:
    table = scored(make_network(), offsets, list(range(6))).reset_index()
    for name in ("points", "move_nll", "lift_nll", "squared_error"):
        table[f"ordinary_{name}"] = table[name]

    figures: Any = summarise(table, offsets[1])

    for name, value in figures["without_capped_and_zero"].items():
        assert figures[name] == value


def test_figures_of_two_parts_of_the_lines_add_up_to_those_of_all(offsets: Made) -> None:
    table = scored(make_network(), offsets, list(range(6))).reset_index()
    whole, first, second = (nll_over_20(part, offsets[1]) for part in (table, table[:2], table[2:]))

    points = table["points"]
    parts = (first * points[:2].sum() + second * points[2:].sum()) / points.sum()
    assert whole == pytest.approx(parts)
    table.loc[2, "lift_nll"] = np.nan
    assert np.isnan(nll_over_20(table, offsets[1]))  # not the sum of the others


def test_sse_is_the_squared_distance_in_standard_deviations(offsets: Made) -> None:
    ink, scales = offsets
    network = make_network()
    table = scored(network, offsets, [5]).reset_index()

    rows = torch.from_numpy(np.array(ink.rows_of(5)))[None]
    with torch.no_grad():
        mixture, _ = network.eval()(rows[:, :-1])
    distance = ((rows[:, 1:, :2] - independent(mixture).mean) * 20 / torch.tensor(scales.sd)) ** 2
    figure = summarise(table, scales)["sse_z_score_per_point"]
    assert figure == pytest.approx(float(distance.sum() / (rows.shape[1] - 1)), rel=1e-5)


def test_scaling_the_data_changes_the_likelihood_in_tablet_units_by_nothing() -> None:
    """The same density said in other units: means and deviations divided, the shift added back."""
    from mixtures import random_mixture

    mixture, move = random_mixture(50), torch.randn(50, 2, dtype=torch.float64)
    scale = torch.tensor([7.0, 3.0], dtype=torch.float64)
    smaller = mixture._replace(mean=mixture.mean / scale, log_std=mixture.log_std - scale.log())
    own = Scales(500, (0, 0), (1, 1), (0, 0), (1, 1))

    in_tablet = -mixture.log_prob_move(move) + shift_to((1, 1), own)
    through_scaled = -smaller.log_prob_move(move / scale) + shift_to((1, 1), own._replace(scale=(7.0, 3.0)))

    torch.testing.assert_close(in_tablet, through_scaled)


def test_ink_scaled_otherwise_under_a_network_scaled_alike_scores_the_same_in_every_unit(
    small_ink: Ink, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same network said in units of 7 and of 20 tablet units: first weights, means and widths fitted to them."""
    network, other = make_network(), make_network()
    by = 20.0 / 7.0
    components = 3
    with torch.no_grad():
        other.layers[0].get_parameter("weight_ih_l0")[:, :2] /= by
        means, widths = slice(1 + components, 1 + 3 * components), slice(1 + 3 * components, 1 + 5 * components)
        other.head.weight[means] *= by
        other.head.bias[means] *= by
        other.head.bias[widths] += math.log(by)
        other.floor *= by
    figures = []
    for scale, seen in ((20.0, network), (7.0, other)):
        folder = tmp_path_factory.mktemp("offsets")
        scales, _ = normalise(small_ink, NormaliseParams(cap=500.0, scale=scale, rate=None), folder)
        lines = scored(seen, (load_ink(folder), scales), list(range(6))).reset_index()
        figures.append(summarise(lines, scales))

    for name in ("nll_nats_per_point", "nll_nats_per_line", "offset_nll_nats_per_point"):
        assert figures[0][name] == pytest.approx(figures[1][name], rel=1e-3, abs=2e-3)
    assert figures[0]["sse_z_score_per_point"] == pytest.approx(figures[1]["sse_z_score_per_point"], rel=1e-4)


def test_the_four_units_are_those_of_the_literature() -> None:
    rng = np.random.default_rng(2)
    moves = rng.normal((8, 0.5), (40, 30), (10_000, 2))
    scales = Scales(500, (0, 0), (20, 20), tuple(moves.mean(axis=0)), tuple(moves.std(axis=0)))

    units = units_of(scales)

    scalar = math.sqrt((moves**2).sum(axis=1).mean() - moves.sum(axis=1).mean() ** 2)
    assert units["vrnn"] == pytest.approx((scalar, scalar))
    assert units["z_score"] == pytest.approx(tuple(moves.std(axis=0)))
    assert shift_to(units["tablet"], scales) == pytest.approx(2 * math.log(20))
    assert shift_to(units["over_20"], scales) == 0


def test_without_a_root_there_is_no_vrnn_unit() -> None:
    assert set(units_of(Scales(500, (0, 0), (20, 20), (50, 50), (1, 1)))) == {"tablet", "over_20", "z_score"}


def test_writers_are_counted_once_and_unknown_ones_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("ink")
    save_ink(folder, [written_line(number, writer=writer) for number, writer in enumerate(["a", "b", "a", ""])])
    out = tmp_path_factory.mktemp("offsets")
    scales, _ = normalise(load_ink(folder), NormaliseParams(cap=500.0, scale=20.0, rate=None), out)

    table = scored(make_network(), (load_ink(out), scales), [0, 1, 2, 3]).reset_index()

    assert summarise(table, scales)["writers"] == 2
    assert summarise(table, scales)["lines"] == 4
